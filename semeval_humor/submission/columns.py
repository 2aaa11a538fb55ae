"""Where the ids and the texts of a submission stand, and what is wrong with its header."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from semeval_humor.findings import Code
from semeval_humor.schema import Task
from semeval_humor.submission.kinds import OFFICIAL_ID

EXPECTED = "expected the columns id and text, divided by a tab"

_INPUT_COLUMNS = {column for task in Task for column in task.columns}
_EXCERPT = 40  # characters of a value that a message shows


@dataclass(frozen=True, slots=True)
class Columns:
    """What the first line of a file says.

    Attributes:
        id: index of the column with the ids; None where none can be that.
        text: index of the column with the texts; None where none can be that.
        width: number of columns.
        headed: the first line is a header, and not a row.
        faults: code and message of each thing that is wrong with it.
    """

    id: int | None
    text: int | None
    width: int
    headed: bool
    faults: tuple[tuple[Code, str], ...]


def shown(value: str) -> str:
    """A value in quotation marks, on one line, cut where it is long."""
    return repr(value if len(value) <= _EXCERPT else value[: _EXCERPT - 1] + "…")


def likely_delimiter(text: str) -> str:
    """What divides the columns: a tab, or what stands in its place in the header."""
    first = re.match(r"[ \r\n]*([^\r\n]*)", text)
    header = first[1] if first else ""
    for delimiter in (",", ";", "|") if "\t" not in header else ():
        cells = header.split(delimiter)
        if len(cells) > 1 and "id" in map(_plain, cells):
            return delimiter
    return "\t"


def find_columns(header: Sequence[str], delimiter: str) -> Columns:
    """The columns, or those that most likely are meant to be them.

    Args:
        header: cells of the first line that is not blank.
        delimiter: what divides them.
    """
    if OFFICIAL_ID.fullmatch(header[0]) and "id" not in header:
        message = f"no header: the first line is a row already; {EXPECTED}"
        return Columns(0, 1, 2, headed=False, faults=((Code.MISSING_COLUMN, message),))
    id_, text = _index(header, "id"), _index(header, "text")
    if len(header) == 1 and id_ is None and text is None:
        message = f"no tab in the first line, found {shown(header[0])}; {EXPECTED}"
        return Columns(0, 1, 2, headed=True, faults=((Code.NOT_TSV, message),))
    free = [index for index in range(len(header)) if index not in (id_, text)]
    if id_ is None and free:
        id_ = free.pop(0)
    if text is None and free and header[free[-1]] not in _INPUT_COLUMNS:
        text = free.pop()
    faults = [
        *_delimiter_fault(delimiter),
        *_missing(header, "id", id_),
        *_missing(header, "text", text),
        *_extra(header, free),
    ]
    return Columns(id_, text, len(header), headed=True, faults=tuple(faults))


def _plain(name: str) -> str:
    return name.strip(' "\ufeff').casefold()


def _index(header: Sequence[str], name: str) -> int | None:
    """Index of the column with this name, or else with one that differs in case and padding."""
    if name in header:
        return header.index(name)
    plain = [_plain(cell) for cell in header]
    return plain.index(name) if name in plain else None


def _delimiter_fault(delimiter: str) -> Iterator[tuple[Code, str]]:
    if delimiter != "\t":
        yield Code.NOT_TSV, f"divided by {delimiter!r}; {EXPECTED}"


def _missing(header: Sequence[str], name: str, index: int | None) -> Iterator[tuple[Code, str]]:
    if index is None:
        found = ", ".join(map(shown, header[: len(_INPUT_COLUMNS)]))
        task = any(task.columns == tuple(header) for task in Task)
        hint = ", which is the input of a task" if task else ""
        yield Code.MISSING_COLUMN, f"no column {name!r}, found {found}{hint}; {EXPECTED}"
    elif header[index] != name:
        found = shown(header[index])
        yield Code.MISSING_COLUMN, f"no column {name!r}, found {found}, which is read in its place"


def _extra(header: Sequence[str], free: Sequence[int]) -> Iterator[tuple[Code, str]]:
    for index in free:
        if not header[index]:
            message = f"column {index + 1} has no name"
        elif header[index] in header[:index]:
            message = f"column {shown(header[index])} is there twice"
        else:
            message = f"column {shown(header[index])}"
        yield Code.EXTRA_COLUMN, f"{message}, expected id and text only"
