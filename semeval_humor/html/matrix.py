"""A table of everybody against everybody, as wide as it must be, with shaded cells."""

from collections.abc import Sequence
from dataclasses import dataclass

from semeval_humor.html.page import Cell, Html, escaped, table

_STRONGEST = 34  # percent of colour in a cell: letters on it can still be read


@dataclass(frozen=True, slots=True)
class Share:
    """How a row does against a column.

    Attributes:
        value: share that the row has won, in [0, 1].
        items: number of decisions that it is the share of.
        clear: chance does not explain it; set in bold.
    """

    value: float
    items: int
    clear: bool = False


def matrix(names: Sequence[str], shares: Sequence[Sequence[Share | None]]) -> Html:
    """A row and a column for each name. Columns have numbers, so that many fit beside each other.

    Args:
        names: of the rows, and in the same order of the columns.
        shares: of each row against each column; None: they have not met.
    """
    heads = ["", *(str(number) for number, _ in enumerate(names, start=1))]
    rows: list[list[str | Cell]] = []
    for number, (name, row) in enumerate(zip(names, shares, strict=True), start=1):
        rows.append([f"{number}  {name}", *map(_cell, row)])
    return Html(f'<div class="matrix">{table(heads, rows, numbers=1)}</div>\n')


def _cell(share: Share | None) -> Cell:
    if share is None:
        return Cell(Html("–"), "number")
    strength = round(abs(share.value - 0.5) * 2 * _STRONGEST)
    colour = "good" if share.value > 0.5 else "bad"
    words = escaped(f"{share.value:.0%}")
    return Cell(
        Html(
            f'<span style="background:color-mix(in srgb,var(--{colour}) {strength}%,transparent)">'
            f"{f'<b>{words}</b>' if share.clear else words}<small>{share.items:,}</small></span>"
        ),
        "number",
    )


MATRIX_CSS = """
.matrix table { width: auto; }
.matrix td { padding: 1px; text-align: center; }
.matrix thead .number { text-align: center; }
.matrix tbody th { min-width: 7rem; max-width: 16rem; white-space: normal;
  overflow-wrap: anywhere; }
.matrix span { display: block; padding: 0.25rem 0.5rem; min-width: 3.6rem; border-radius: 3px; }
.matrix small { display: block; font-size: 0.75rem; }
"""
