r"""A submission file as the organisers' ingester reads it, explained in the file's own lines.

The ingester calls ``pandas.read_csv(path, delimiter="\\t", index_col="id")``. Which rows survive,
and with which values, is asked of pandas itself. Where it refuses a file, the rows are those of a
plain reading, so that further faults come to light in the same run.
"""

import re
import warnings
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from semeval_humor.errors import DataError
from semeval_humor.findings import Code, Finding, Level
from semeval_humor.submission.columns import (
    EXPECTED,
    Columns,
    find_columns,
    likely_delimiter,
    shown,
)
from semeval_humor.submission.kinds import OFFICIAL_ID
from semeval_humor.submission.scan import Flaw, Record, decode, line_end, scan
from semeval_humor.tsv import NULL_TEXTS

MOST_COLUMNS = 1000
"""Wider files are not given to pandas, which needs seconds for 100,000 columns."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a submission.

    Attributes:
        line: line of the file on which it begins, from 1.
        id: as the organisers' reader gets it; empty where it gets a missing value.
        text: as the organisers' reader gets it; None where it gets a missing value.
    """

    line: int
    id: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Ingested:
    """The rows of a file, and what is wrong with the file as such."""

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """A file divided into cells; ``body`` is all records but the header."""

    file: str
    eol: str
    delimiter: str
    columns: Columns
    records: Sequence[Record]
    body: Sequence[Record]

    def id(self, record: Record) -> str:
        """Return the id as it stands in the file."""
        return _cell(record, self.columns.id)

    def text(self, record: Record) -> str:
        """Return the text as it stands in the file, with what follows in cells too many."""
        last = self.columns.width - 1
        if self.columns.text == last and len(record.cells) > self.columns.width:
            return self.delimiter.join(record.cells[last:])
        return _cell(record, self.columns.text)

    def finding(self, record: Record, code: Code, message: str) -> Finding:
        """Return a finding about a record, with its id unless it is the header."""
        header = self.columns.headed and record is self.records[0]
        id_ = None if header else self.id(record) or None
        return Finding(self.file, code, message, record.line, id_)


def ingest(file: str, content: bytes) -> Ingested:
    """Read a submission file.

    Args:
        file: its name, for the findings.
        content: its bytes. Nothing in them makes this raise.
    """
    text, flaws = decode(content)
    delimiter = likely_delimiter(text)
    records = list(scan(text, delimiter))
    if not records:
        flaws.append(Flaw(1, Code.UNREADABLE, f"the file is empty; {EXPECTED}"))
        return Ingested((), tuple(Finding(file, f.code, f.message, f.line) for f in flaws))
    columns = find_columns(records[0].cells, delimiter)
    body = records[1:] if columns.headed else records
    table = _Table(file, line_end(text), delimiter, columns, records, body)
    findings = [
        *_encoding(table, flaws),
        *(Finding(file, code, message, records[0].line) for code, message in columns.faults),
        *_wide(table),
        *_lost(table),
    ]
    if not body:
        findings.append(Finding(file, Code.UNREADABLE, "no row below the header", 1))
    seen: Sequence[tuple[object, object]]
    try:
        seen = _as_organisers_read(table, content)
    except DataError as error:
        if not any(finding.level is Level.ERROR for finding in findings):
            findings.append(Finding(file, Code.UNREADABLE, str(error)))
        seen = [(_or_null(table.id(record)), _or_null(table.text(record))) for record in body]
    rows = []
    for record, (id_, value) in zip(body, seen, strict=True):
        row = Row(record.line, _as_text(id_) or "", _as_text(value))
        rows.append(row)
        findings += _misread(table, record, row, value)
    return Ingested(tuple(rows), tuple(findings))


def _is_refused(table: _Table) -> bool:
    """Whether pandas fails for sure, or would be busy for minutes with nothing but columns."""
    columns = table.columns
    header = table.records[0].cells if columns.headed else ()
    return (
        table.delimiter != "\t"
        or not {"id", "text"}.issubset(header)
        or columns.width > MOST_COLUMNS
        or any(len(record.cells) > columns.width for record in table.body)
    )


def _as_organisers_read(table: _Table, content: bytes) -> list[tuple[object, object]]:
    """Id and text of each row as pandas gets them: strings, numbers, booleans or missing values.

    Raises:
        DataError: pandas fails, finds no columns id and text, or not as many rows as there are.
    """
    if _is_refused(table):
        raise DataError("the organisers' reader fails")
    import pandas

    try:
        with warnings.catch_warnings():
            # A long column may hold both numbers and texts; each value is looked at by itself.
            warnings.simplefilter("ignore", pandas.errors.DtypeWarning)
            texts = pandas.read_csv(BytesIO(content), delimiter="\t", index_col="id")["text"]
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"the organisers' reader fails: {reason}") from error
    if len(texts) != len(table.body):
        found = f"{len(texts)} rows, but the file has {len(table.body)}"
        raise DataError(f"the organisers' reader gets {found}")
    return list(zip(texts.index.tolist(), texts.tolist(), strict=True))


def _cell(record: Record, index: int | None) -> str:
    return record.cells[index] if index is not None and index < len(record.cells) else ""


def _or_null(cell: str) -> str | None:
    return None if cell in NULL_TEXTS else cell


def _as_text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return None if value is None or value != value else str(value)


def _misread(table: _Table, record: Record, row: Row, value: object) -> Iterator[Finding]:
    """What the organisers' reader does not get as it stands in the file."""
    text = table.text(record)
    if table.columns.text is None or (value == text and text.strip()):
        return
    if not text.strip():
        yield table.finding(record, Code.EMPTY_TEXT, "no text")
    elif row.text is None:
        message = f"{text!r} is a missing value to the organisers' reader; choose another text"
        yield table.finding(record, Code.NULL_TEXT, message)
    elif isinstance(value, bool) or row.text != text:
        kind = "" if isinstance(value, str) else f"the {type(value).__name__} "
        found = f"{kind}{value if kind else shown(row.text)}"
        message = f"the organisers' reader gets {found} in place of {shown(text)}"
        yield table.finding(record, Code.UNREADABLE, message)


def _encoding(table: _Table, flaws: Sequence[Flaw]) -> Iterator[Finding]:
    for flaw in flaws:
        above = bisect_right(table.body, flaw.line, key=lambda record: record.line)
        id_ = table.id(table.body[above - 1]) or None if above else None
        yield Finding(table.file, flaw.code, flaw.message, flaw.line, id_)


def _wide(table: _Table) -> Iterator[Finding]:
    for record in table.body:
        if len(record.cells) > table.columns.width:
            message = (
                f"{len(record.cells)} cells, expected {table.columns.width}; "
                "a text with a tab in it must stand in quotation marks"
            )
            yield table.finding(record, Code.EXTRA_COLUMN, message)


def _lost(table: _Table) -> Iterator[Finding]:
    """Rows that a quotation swallows, and texts that a carriage return cuts off."""
    suspects = [each for each in table.records if each.rest or not each.closed or each.after_cr]
    shapes = {_shape(table.id(record)) for record in table.body} if suspects else set()
    for record in suspects:
        swallowed = list(_swallowed(table, record, shapes))
        if swallowed or not record.closed:
            yield _unclosed(table, record, len(swallowed))
        for line, id_ in swallowed:
            message = f"inside of the quotation that begins on line {record.line}, and so no row"
            yield Finding(table.file, Code.SWALLOWED_ROW, message, line, id_)
        if record.after_cr and not _is_row(record.cells, table, shapes):
            message = (
                "a carriage return outside of quotation marks ends the row before it, "
                "and the organisers' reader takes what follows for a row"
            )
            yield table.finding(record, Code.UNREADABLE, message)


def _unclosed(table: _Table, record: Record, swallowed: int) -> Finding:
    if record.closed:
        fault = f"swallows {swallowed} row{'s' * (swallowed > 1)}"
    else:
        fault = "never ends, so that the organisers' reader refuses the file"
    message = (
        f"the quotation that begins here {fault}; put a text with quotation marks between two "
        "more, and double those inside"
    )
    return table.finding(record, Code.UNCLOSED_QUOTE, message)


def _swallowed(table: _Table, record: Record, shapes: Collection[str]) -> Iterator[tuple[int, str]]:
    """Further lines of a record that look like rows, with their ids."""
    own = table.id(record)
    for line, raw in enumerate(record.rest.split(table.eol), start=record.line + 1):
        cells = [cell.strip('" \r') for cell in raw.split(table.delimiter)]
        if _is_row(cells, table, shapes) and (id_ := cells[table.columns.id or 0]) != own:
            yield line, id_


def _is_row(cells: Sequence[str], table: _Table, shapes: Collection[str]) -> bool:
    """Whether cells look like a row: more than one, and an id like those of the file."""
    index = table.columns.id
    if index is None or len(cells) <= max(index, 1):
        return False
    shape = _shape(cells[index])
    return bool(OFFICIAL_ID.fullmatch(cells[index])) or (shape in shapes and "0" in shape)


def _shape(id_: str) -> str:
    """An id with each of its numbers as 0."""
    return re.sub(r"\d+", "0", id_)
