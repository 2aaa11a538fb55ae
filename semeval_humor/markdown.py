"""Markdown, written so that no text from outside can break out of its cell."""

from collections.abc import Iterable, Sequence

import regex

_SPECIAL = regex.compile(r"[\\`*_\[\]<>|#~]")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, align: str = "") -> str:
    """A table in GitHub's Markdown, ending in a newline.

    Args:
        columns: names of the columns.
        rows: cells, as Markdown; as many as there are columns. Escape texts with :func:`plain`.
        align: one letter a column, ``l`` or ``r``; all left where it is empty.
    """
    marks = {"l": ":--", "r": "--:"}
    divider = [marks[letter] for letter in align or "l" * len(columns)]
    lines = [columns, divider, *rows]
    for cells in lines:
        if len(cells) != len(columns):
            raise ValueError(f"{len(cells)} cells, expected {len(columns)}: {cells}")
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def plain(text: str) -> str:
    """A text that Markdown shows as it is, in one line."""
    return str(_SPECIAL.sub(lambda match: "\\" + match[0], " ".join(text.split())))
