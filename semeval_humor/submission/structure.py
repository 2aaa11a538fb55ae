"""Whether a file has exactly the rows of its task, in sizes that the organisers can store."""

from collections.abc import Collection, Iterator, Sequence

from semeval_humor.findings import Code, Finding
from semeval_humor.submission.columns import shown
from semeval_humor.submission.ingest import Row
from semeval_humor.submission.kinds import Kind

MAX_ID = 10
"""Characters of an id that fit into the organisers' database."""
MAX_TEXT = 2048
"""Characters of a text that fit into it, whatever the task allows."""


def check_ids(
    file: str, rows: Sequence[Row], expected: Collection[str] | None, kind: Kind | None
) -> Iterator[Finding]:
    """Ids that the task does not have, that come twice, or that are missing.

    Args:
        file: its name, for the findings.
        rows: as the organisers' reader sees them.
        expected: ids of the task's input; None where they are not known.
        kind: says how ids look where ``expected`` is None; None where that is not known either.
    """
    known = None if expected is None else frozenset(expected)
    first: dict[str, int] = {}
    for row in rows:
        if not row.id:
            message = "no id, or one that is a missing value to the organisers' reader"
            yield Finding(file, Code.UNKNOWN_ID, message, row.line)
            continue
        if row.id in first:
            message = f"also on line {first[row.id]}"
            yield Finding(file, Code.DUPLICATE_ID, message, row.line, row.id)
            continue
        first[row.id] = row.line
        if known is not None and row.id not in known:
            message = f"not in the task's input{_near(row.id, known)}"
            yield Finding(file, Code.UNKNOWN_ID, message, row.line, row.id)
        elif known is None and kind is not None and not kind.has_id(row.id):
            message = f"no id of this task, expected one like {kind.id_prefix}_2001"
            yield Finding(file, Code.UNKNOWN_ID, message, row.line, row.id)
    for id_ in expected or ():
        if id_ not in first:
            yield Finding(file, Code.MISSING_ID, "no row has this id", id=id_)


def check_sizes(file: str, rows: Sequence[Row]) -> Iterator[Finding]:
    """Ids and texts that are too long for the organisers' database."""
    for row in rows:
        for what, value, most in (("id", row.id, MAX_ID), ("text", row.text or "", MAX_TEXT)):
            if len(value) > most:
                message = f"{what} of {len(value)} characters, the organisers store {most}"
                yield Finding(file, Code.TOO_LONG, message, row.line, row.id or None)


def _near(id_: str, known: Collection[str]) -> str:
    """Point at an id that differs only in case and padding, if there is one."""
    plain = id_.strip().casefold()
    return f", which has {shown(plain)}" if plain != id_ and plain in known else ""
