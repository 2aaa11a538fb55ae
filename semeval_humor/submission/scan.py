"""The physical side of a file: bytes to text, and text to records with their lines.

Records are divided as pandas' C parser divides them: LF, CRLF and CR end a record outside of
quotation marks, only a mark at the beginning of a cell opens a quotation, a doubled mark inside
of one is a mark, and lines of nothing but spaces are passed over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from semeval_humor.findings import Code

_INDENTED = re.compile(r" +[^ \r\n]")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class Flaw:
    """A fault of the encoding.

    Attributes:
        line: line of the file, from 1.
        code: not-utf8 or bom.
        message: what was found and what was expected.
    """

    line: int
    code: Code
    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row of cells; the header is one too.

    Attributes:
        line: line of the file on which it begins, from 1.
        cells: one or more, without the marks that quote them.
        rest: raw text of the further lines that its quotations run over.
        closed: False where a quotation of it runs to the end of the file. The cells are then
            those of its line without the mark, and the next line is taken for a record again.
        after_cr: the record before it ends at a carriage return within a line.
    """

    line: int
    cells: tuple[str, ...]
    rest: str = ""
    closed: bool = True
    after_cr: bool = False


def decode(content: bytes) -> tuple[str, list[Flaw]]:
    """The text of a file without its byte-order mark, and what is wrong with its encoding.

    What is not UTF-8 is read as what it looks like (UTF-16, GB18030 or cp1252), and otherwise
    with U+FFFD in place of the bytes that make no sense.
    """
    if encoding := _utf16(content):
        message = "the file looks like UTF-16; save it as UTF-8"
        return content.decode(encoding, "replace"), [Flaw(1, Code.NOT_UTF8, message)]
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return _decode_other(content)
    if text.startswith("\ufeff"):
        message = "the file begins with a byte-order mark, which the organisers' reader drops"
        return text[1:], [Flaw(1, Code.BOM, message)]
    return text, []


def line_end(text: str) -> str:
    """What ends a line: LF, or CR in a file without any LF."""
    return "\r" if "\r" in text and "\n" not in text else "\n"


def scan(text: str, delimiter: str = "\t") -> Iterator[Record]:
    """Records of a text in order, blank lines left out."""
    eol = line_end(text)
    record = _patterns(delimiter).record
    position, line, after_cr = 0, 1, False
    while position < len(text) and (match := record.match(text, position)):
        raw, end = match.groups()
        position = match.end()
        if delimiter not in raw and not raw.strip(" \t"):
            if end == "\r" and text.startswith(delimiter, position):
                # The C parser takes it for a part of the line end, unless the line is indented.
                position += not _INDENTED.match(text, position + 1)
            line += eol in end
            continue
        cells, opened = _divide(raw, delimiter)
        if opened is not None:
            stop = raw.find(eol, opened)
            stop = len(raw) if stop < 0 else stop
            literal = raw[opened + 1 : stop].rstrip("\r")
            cells[-1:] = [literal] if len(cells) > 1 else literal.split(delimiter)
            position = min(match.start() + stop + 1, len(text))
        rest = raw.partition(eol)[2] if eol in raw else ""
        yield Record(line, tuple(cells), rest, opened is None, after_cr)
        line += text.count(eol, match.start(), position)
        after_cr = end == "\r" != eol


class _Patterns(NamedTuple):
    """How a record looks, with its end; and one cell: plain, or in quotation marks."""

    record: re.Pattern[str]
    cell: re.Pattern[str]


@cache
def _patterns(delimiter: str) -> _Patterns:
    # Nothing is tried twice, so that no file takes longer than its length. A quotation without an
    # end matches up to the end of the file.
    stop = re.escape(delimiter)
    plain = rf"[^{stop}\r\n]*+"
    quoted = r'[^"]*+(?:""[^"]*+)*+'
    cell = rf'(?:(?!"){plain}|"{quoted}"?+{plain})'
    return _Patterns(
        record=re.compile(rf"((?:{cell}{stop})*+{cell})(\r\n|\r|\n|\Z)"),
        cell=re.compile(rf'(?!")({plain})|"({quoted})("?+)({plain})'),
    )


def _divide(raw: str, delimiter: str) -> tuple[list[str], int | None]:
    """Cells of a raw record, and where a quotation begins that never ends."""
    if '"' not in raw:
        return raw.split(delimiter), None
    cells: list[str] = []
    position = 0
    while match := _patterns(delimiter).cell.match(raw, position):
        plain, quoted, mark, tail = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"') + tail)
        if mark == "":
            return cells, match.start()
        if match.end() == len(raw):
            break
        position = match.end() + 1
    return cells, None


def _utf16(content: bytes) -> str | None:
    """The kind of UTF-16, which a mark or the NULs in a header of Latin letters give away."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return {content[1:8:2]: "utf-16-le", content[:8:2]: "utf-16-be"}.get(b"\0" * 4)


def _decode_other(content: bytes) -> tuple[str, list[Flaw]]:
    """Text that is not, or not everywhere, UTF-8."""
    text = content.decode(errors="replace")
    broken = list(_broken_lines(content, line_end(text)))
    if sum(not character.isascii() for character in text) > 2 * text.count("\ufffd"):
        return text, broken
    # Most bytes of Chinese have neighbours outside of ASCII; most accented letters have none.
    runs = _HIGH_BYTES.findall(content)
    chinese = sum(len(run) > 1 for run in runs) > len(runs) / 2
    for encoding in ("gb18030", "cp1252") if chinese else ("cp1252",):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        message = f"{broken[0].message}; the whole file looks like {encoding}"
        return text, [replace(broken[0], message=message)]
    message = f"{broken[0].message}; so are {len(broken) - 1} further lines, in no known encoding"
    return text, [replace(broken[0], message=message)]


def _broken_lines(content: bytes, eol: str) -> Iterator[Flaw]:
    for number, line in enumerate(content.split(eol.encode()), start=1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            message = f"byte 0x{line[error.start]:02x} is not UTF-8; save the file as UTF-8"
            yield Flaw(number, Code.NOT_UTF8, message)
