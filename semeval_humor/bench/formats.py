"""A leaderboard as a terminal, Markdown, LaTeX, CSV and JSON show it."""

import csv
import io
import re
import string
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from semeval_humor.bench.board import Board, Row
from semeval_humor.bench.columns import Column
from semeval_humor.bench.config import OFFICIAL
from semeval_humor.bench.results import Reasons, rating_value, score_value
from semeval_humor.bench.table import Cell, Leaderboard, Line
from semeval_humor.markdown import plain, table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_RAISED = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖ𐞥ʳˢᵗᵘᵛʷˣʸᶻ"


def rich_tables(board: Leaderboard) -> "Iterator[RenderableType]":
    """What a terminal shows: a table for each task file, then the notes."""
    from rich.table import Table
    from rich.text import Text

    for group in board.groups:
        drawn = Table(title=group.title, title_justify="left", box=None, pad_edge=False)
        drawn.add_column("system", no_wrap=True)
        shown = zip(*(line.cells for line in group.lines), strict=True)
        for column, cells in zip(board.columns, shown, strict=True):
            label = _label(column)
            pieces = [*label.split(), *(piece for cell in cells for piece in _pieces(cell))]
            drawn.add_column(Text(label), justify="right", min_width=max(map(len, pieces)))
        for line in group.lines:
            drawn.add_row(Text(line.system + _kind_marks(line)), *map(_rich_cell, line.cells))
        yield drawn
        yield ""
    yield Text("\n".join(_below(board)), style="dim")


def markdown(board: Leaderboard) -> str:
    """Markdown: a table for each task file, then the notes."""
    parts = []
    for group in board.groups:
        rows = [
            [plain(line.system) + _kind_marks(line), *map(_markdown_cell, line.cells)]
            for line in group.lines
        ]
        columns = ["system", *(plain(_label(column)) for column in board.columns)]
        parts += [f"**{group.title}**\n", table(columns, rows, align="l" + "r" * len(rows[0][1:]))]
    parts.append("\n".join(f"- {plain(each)}" for each in _below(board)) + "\n")
    return "\n".join(parts)


def latex(board: Leaderboard) -> str:
    """LaTeX for the package booktabs: one table with a block for each task file, and the notes."""
    width = 1 + len(board.columns)
    labels = ["system", *(_label(column) for column in board.columns)]
    body = []
    for group in board.groups:
        body += [r"\midrule", rf"\multicolumn{{{width}}}{{l}}{{\emph{{{_tex(group.title)}}}}} \\"]
        for official, lines in groupby(group.lines, key=lambda line: line.official):
            body += [r"\addlinespace"] if official else []
            body += [row for line in lines for row in _latex_rows(line)]
    caption = f"{board.name}: metrics and ratings, with 95 % intervals."
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            r"\begin{table*}[t]",
            r"\centering\footnotesize\setlength{\tabcolsep}{3pt}",
            rf"\begin{{tabular}}{{l{'r' * len(board.columns)}}}",
            r"\toprule",
            rf"{' & '.join(map(_tex, labels))} \\",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\par\smallskip",
            r"\begin{minipage}{\linewidth}\scriptsize",
            *(_tex(each) for each in _below(board)),
            r"\end{minipage}",
            rf"\caption{{{_tex(caption)}}}",
            rf"\label{{tab:{re.sub('[^A-Za-z0-9-]', '-', board.name)}}}",
            r"\end{table*}",
            "",
        ]
    )


def csv_text(board: Board, reasons: Reasons) -> str:
    """CSV: one line for each system and task file, with every number there is.

    Each number has a column for itself and, where it has an interval, two for that. A missing one
    is an empty cell, and the column ``notes`` says why.
    """
    lines = [_csv_line(row, board, reasons) for row in board.rows]
    names = list(dict.fromkeys(name for line in lines for name in line if name != "notes"))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*names, "notes"], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return stream.getvalue()


def document(board: Board, reasons: Reasons) -> dict[str, Any]:
    """A board as a JSON value."""
    return {
        "name": board.name,
        "baseline": board.baseline,
        "voters": list(board.voters),
        "rows": [
            {
                "system": row.system,
                "file": row.kind.file_name,
                "task": row.kind.task,
                "lang": row.kind.lang,
                "official": OFFICIAL in row.ratings,
                "scores": {name: score_value(score) for name, score in row.scores.items()},
                "undefined": {k: why for k, why in _of(row, reasons) if k not in row.ratings},
                "caveats": {k: why for k, why in _of(row, reasons) if k in row.ratings},
                "ratings": {voter: rating_value(found) for voter, found in row.ratings.items()},
                "unrated": dict(row.unrated),
            }
            for row in board.rows
        ],
        "judges": dict(board.cards),
    }


def _of(row: Row, reasons: Reasons) -> list[tuple[str, str]]:
    return list(reasons.get((row.system, row.kind), {}).items())


def _label(column: Column) -> str:
    return column.label + column.better.arrow


def _marks(cell: Cell) -> str:
    return "≈" * cell.like_baseline + (raised(cell.note) if cell.note else "")


def raised(note: int) -> str:
    """A note's letter: figures would look like powers. After z comes aa."""
    more, last = divmod(note - 1, len(_RAISED))
    return (raised(more) if more else "") + _RAISED[last]


def _kind_marks(line: Line) -> str:
    return " †" * line.baseline + " ‡" * line.official


def _below(board: Leaderboard) -> list[str]:
    """Numbered notes, then remarks, each a line."""
    notes = [f"{raised(number)} {text}." for number, text in enumerate(board.notes, 1)]
    return [*notes, *board.remarks]


def _rich_cell(cell: Cell) -> "Text":
    from rich.text import Text

    value, *interval = _pieces(cell)
    text = Text(value, style="bold" if cell.best else "")
    if interval:
        text.append(f"\n{' '.join(interval)}", style="not bold dim")
    return text


def _pieces(cell: Cell) -> list[str]:
    """What a narrow terminal must not break: a value, and the ends of its interval."""
    low, dash, high = cell.interval.partition("–")
    return [cell.text + _marks(cell), *([f"{low} {dash}", high] if dash else [])]


def _markdown_cell(cell: Cell) -> str:
    text = f"**{cell.text}**" if cell.best else cell.text
    return text + _marks(cell) + (f"<br><sub>{cell.interval}</sub>" if cell.interval else "")


def _latex_rows(line: Line) -> list[str]:
    """A row with intervals below it; official rows, of which there are many, have them beside."""
    name = _tex(line.system + _kind_marks(line))
    values = [
        (rf"\textbf{{{_tex(cell.text)}}}" if cell.best else _tex(cell.text)) + _tex(_marks(cell))
        for cell in line.cells
    ]
    intervals = [
        rf"{{\tiny {_tex(cell.interval)}}}" if cell.interval else "" for cell in line.cells
    ]
    if line.official:
        values = [" ".join(filter(None, pair)) for pair in zip(values, intervals, strict=True)]
        return [" & ".join([name, *values]) + r" \\"]
    return [" & ".join([name, *values]) + r" \\", " & ".join(["", *intervals]) + r" \\"]


_TEX: Mapping[str, str] = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "*": "{*}",  # at the beginning of a row, these two would belong to the line break before it
    "[": "{[}",
    "–": "--",
    "†": r"$^\dagger$",
    "‡": r"$^\ddagger$",
    "≈": r"$^\approx$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    **{
        raised: rf"\textsuperscript{{{letter}}}"
        for letter, raised in zip(string.ascii_lowercase, _RAISED, strict=True)
    },
}


def _tex(text: str) -> str:
    """A text that LaTeX sets as it is."""
    return "".join(_TEX.get(letter, letter) for letter in text)


def _csv_line(row: Row, board: Board, reasons: Reasons) -> dict[str, Any]:
    line: dict[str, Any] = {
        "system": row.system,
        "file": row.kind.file_name,
        "task": row.kind.task,
        "lang": row.kind.lang,
        "official": int(OFFICIAL in row.ratings),
        "baseline": int(row.system == board.baseline),
    }
    for name, score in row.scores.items():
        line |= {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high}
        line[f"{name}_items"] = score.items
    for voter, rating in row.ratings.items():
        for name in ("rating", "low", "high", "variance", "battles", "rank"):
            line[f"{voter}_{name}"] = getattr(rating, name)
    notes = [*_of(row, reasons), *row.unrated.items()]
    line["notes"] = "; ".join(f"{name}: {why}" for name, why in notes)
    return line
