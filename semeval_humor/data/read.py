"""Rows of a corpus file, one after the other, with what its label says."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from semeval_humor.data.corpora import Corpus, Layout, Meaning, Source
from semeval_humor.errors import DataError

if TYPE_CHECKING:
    from _csv import Reader

NO_LABEL = Meaning("", None)

_NO_RATING = frozenset({"", "NULL"})
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as its file has it.

    Attributes:
        number: of the row in its file, from 1, without the header.
        text: as it stands there, line breaks included.
        label: what the label says; ``NO_LABEL`` where the row has none.
        rating: from 1 to 5; None where there is none.
    """

    number: int
    text: str
    label: Meaning
    rating: float | None


def read_rows(path: Path, stream: BinaryIO, corpus: Corpus, source: Source) -> Iterator[SourceRow]:
    """Yield the rows of a file in order, without holding more than one of them.

    A byte-order mark and either kind of line ends are fine, and so are line breaks inside
    quoted cells. No other encoding than UTF-8 is guessed at.

    Args:
        path: for messages.
        stream: the file, opened; it is read to its end and left open.
        corpus: what its labels mean.
        source: how it is written.

    Raises:
        DataError: the file is a web page, not UTF-8, cut off, or no CSV; it has no row, or lacks
            a column; a row has more or fewer cells than there are columns, a label that the
            corpus does not know, or a rating that is no number from 1 to 5.
    """
    _check_beginning(path, stream)
    layout = source.layout
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        if layout.header is None:
            reader = csv.reader(text, strict=True)
        else:
            reader = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
        try:
            yield from _rows(path, reader, corpus, layout)
        except csv.Error as error:
            raise DataError(
                f"{path}:{reader.line_num}: not CSV, or cut off: {error}; fetch it again"
            ) from error
        except UnicodeDecodeError as error:
            raise _not_utf8(path, stream, reader.line_num) from error
    finally:
        text.detach()


def _rows(path: Path, reader: "Reader", corpus: Corpus, layout: Layout) -> Iterator[SourceRow]:
    header = layout.header or tuple(next(reader, ()))
    text, label, rating = _places(path, header, layout)
    number = 0
    for cells in reader:
        if not cells:  # a blank line
            continue
        number += 1
        where = f"{path}:{reader.line_num}"
        if len(cells) != len(header):
            expected = f"{len(header)} ({', '.join(header)[:80]})"
            raise DataError(f"{where}: {len(cells)} columns, expected {expected}")
        yield SourceRow(
            number,
            cells[text],
            _label(where, cells[label] if label is not None else "", corpus),
            _rating(where, cells[rating]) if rating is not None else None,
        )
    if not number:
        raise DataError(f"{path}: no rows below the header")


def _places(
    path: Path, header: tuple[str, ...], layout: Layout
) -> tuple[int, int | None, int | None]:
    wanted = (layout.text, layout.label, layout.rating)
    missing = [name for name in wanted if name is not None and name not in header]
    if missing:
        found = ", ".join(header)[:80] or "nothing"
        raise DataError(f"{path}:1: no column {', '.join(missing)}; found {found}")
    text, label, rating = (header.index(name) if name is not None else None for name in wanted)
    assert text is not None
    return text, label, rating


def _label(where: str, value: str, corpus: Corpus) -> Meaning:
    found = corpus.labels.get(value.strip())
    if found is None and value.strip():
        expected = ", ".join(corpus.labels)
        raise DataError(f"{where}: label {value[:40]!r}, expected one of {expected}")
    return found or NO_LABEL


def _rating(where: str, value: str) -> float | None:
    if value in _NO_RATING:
        return None
    try:
        rating = float(value)
    except ValueError:
        rating = 0.0
    if not 1 <= rating <= 5:
        raise DataError(f"{where}: rating {value[:40]!r}, expected a number from 1 to 5")
    return rating


def looks_like_html(beginning: bytes) -> bool:
    """Whether a file begins as a web page does, e.g. one that asks to log in."""
    start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml"))


def _check_beginning(path: Path, stream: BinaryIO) -> None:
    beginning = stream.read(512)
    stream.seek(0)
    if looks_like_html(beginning):
        raise DataError(f"{path}: a web page, expected CSV; delete it and fetch it again")
    if beginning.startswith(_UTF16):
        raise DataError(f"{path}: UTF-16, expected UTF-8; save the file as UTF-8")


def _not_utf8(path: Path, stream: BinaryIO, near: int) -> DataError:
    """The first line that is not UTF-8; what the reader was at is a buffer ahead of it."""
    stream.seek(0)
    for number, line in enumerate(stream, start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = line[error.start]
            return DataError(
                f"{path}:{number}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"
            )
    raise AssertionError(f"{path}: changed while it was read, near line {near}")
