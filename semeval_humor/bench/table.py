"""A board as a table for people: which columns, what is best, what is missing and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import semeval_humor
from semeval_humor.bench.board import Board, Row
from semeval_humor.bench.columns import (
    LABELS,
    MEANINGS,
    Better,
    Column,
    Number,
    Source,
    sources_of,
)
from semeval_humor.bench.config import OFFICIAL
from semeval_humor.bench.judge_card import MEASURES, measure_of
from semeval_humor.bench.results import Reasons

MISSING = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """One number as it is shown.

    Attributes:
        text: the number, or a dash.
        interval: its 95 % interval; empty where it has none.
        best: no other of its column and task file is better.
        note: number of the note that says why it is missing, or cannot be compared; None where
            there is nothing to say but what the mark of official rows says.
        like_baseline: its interval meets the baseline's.
    """

    text: str
    interval: str = ""
    best: bool = False
    note: int | None = None
    like_baseline: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One system.

    Attributes:
        system: its name.
        cells: one for each column.
        baseline: it is the one that others are compared with.
        official: it is a row of the organisers' score file.
    """

    system: str
    cells: tuple[Cell, ...]
    baseline: bool = False
    official: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The systems on one task file."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A board that only has to be drawn.

    Attributes:
        name: of the benchmark.
        columns: the columns of numbers; that of the systems' names comes before them.
        groups: one for each task file.
        notes: what the numbered notes say, the first of them number 1.
        remarks: what else a reader must know, a sentence each.
    """

    name: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]


def leaderboard(board: Board, reasons: Reasons) -> Leaderboard:
    """Lay a board out for people.

    Columns in which no system has a number are left out, and said to be.

    Args:
        board: what is known.
        reasons: why metrics have no value, by system and task file.
    """
    sources = sources_of(board, reasons)
    shown = [source for source in sources if any(map(source.number, board.rows))]
    left_out = [source for source in sources if source not in shown]
    notes: dict[str, int] = {}
    groups = tuple(
        Group(kind.title, _lines(tuple(rows), shown, board.baseline, notes))
        for kind, rows in groupby(board.rows, key=lambda row: row.kind)
    )
    return Leaderboard(
        board.name,
        tuple(source.column for source in shown),
        groups,
        tuple(notes),
        tuple(_remarks(board, groups, left_out)),
    )


def _lines(
    rows: Sequence[Row], sources: Sequence[Source], baseline: str | None, notes: dict[str, int]
) -> tuple[Line, ...]:
    columns = [_cells(rows, source, baseline, notes) for source in sources]
    return tuple(
        Line(
            row.system,
            cells,
            baseline=row.system == baseline,
            official=OFFICIAL in row.ratings,
        )
        for row, cells in zip(rows, zip(*columns, strict=True), strict=True)
    )


def _cells(
    rows: Sequence[Row], source: Source, baseline: str | None, notes: dict[str, int]
) -> list[Cell]:
    """One column of one task file."""
    numbers = [source.number(row) for row in rows]
    unequal = _unequal(source, numbers)
    best = None if unequal else _best(source.column.better, numbers)
    like = _like_baseline(rows, source.rating, baseline)

    def note(text: str | None) -> int | None:
        return notes.setdefault(text, len(notes) + 1) if text else None

    return [
        Cell(MISSING, note=note(source.reason(row)))
        if number is None
        else Cell(
            number.text,
            number.interval,
            best=number.text == best,
            note=note(unequal or source.caveat(row)),
            like_baseline=row.system in like,
        )
        for row, number in zip(rows, numbers, strict=True)
    ]


def _unequal(source: Source, numbers: Iterable[Number | None]) -> str | None:
    """Why values cannot be compared, and none is the best; None where they can."""
    items = {number.items for number in numbers if number and number.items}
    if len(items) < 2:
        return None
    here = f"here {min(items)} to {max(items)}"
    if source.of_set:
        return f"moves with the number of texts, {here}: not comparable"
    return f"over different rows, {here}"


def _best(better: Better, numbers: Iterable[Number | None]) -> str | None:
    """The best number as it is written; None where there is none, or all look the same."""
    found = [number for number in numbers if number is not None]
    if better is Better.NEITHER or len({number.text for number in found}) < 2:
        return None
    choose = max if better is Better.HIGHER else min
    return choose(found, key=lambda number: number.value).text


def _like_baseline(rows: Sequence[Row], voter: str | None, baseline: str | None) -> set[str]:
    """Systems that voters cannot tell apart from the baseline."""
    if voter is None:
        return set()
    rated = {row.system: row.ratings[voter] for row in rows if voter in row.ratings}
    if baseline not in rated:
        return set()
    own = rated[baseline]
    return {
        name
        for name, rating in rated.items()
        if name != baseline and rating.low <= own.high and own.low <= rating.high
    }


def _remarks(board: Board, groups: Sequence[Group], left_out: Sequence[Source]) -> Iterable[str]:
    lines = [line for group in groups for line in group.lines]
    yield (
        "↑ higher is better, ↓ lower is better, the best in bold; below each value its 95 % "
        "interval."
    )
    if any(line.baseline for line in lines):
        yield "† the baseline."
    if any(cell.like_baseline for line in lines for cell in line.cells):
        yield "≈ cannot be told apart from the baseline: the intervals of the two ratings meet."
    if any(line.official for line in lines):
        yield (
            "‡ from the organisers' score files, which hold ratings only: of other texts by other "
            "voters, so they are not to be compared with ratings of our own."
        )
    for card in board.cards.values():
        yield _judge(card)
    told: dict[str, str] = {}
    for source in left_out:  # a rank comes after its rating, for the same reason
        reasons = "; ".join(dict.fromkeys(filter(None, map(source.reason, board.rows))))
        told.setdefault(reasons, source.column.label)
    for reasons, label in told.items():
        if reasons:
            yield f"Left out: {label} ({reasons})."
    meanings = "; ".join(
        f"{label}: {MEANINGS[name]}"
        for name, label in LABELS.items()
        if any(name in row.scores for row in board.rows)
    )
    if meanings:
        yield f"{meanings}."
    signatures = "; ".join(_signatures(board))
    if signatures:
        yield f"Settings: {signatures}; semeval-humor {semeval_humor.__version__}."


def _judge(card: Mapping[str, Any]) -> str:
    """A judge's card in a line."""
    figures = [f"{name.replace('_', ' ')} {measure_of(card, name) or MISSING}" for name in MEASURES]
    battles = f"{card['battles']} of {card['possible']} possible battles"
    return f"{card['judge']}: a judge; {battles}; {', '.join(figures)}. {' '.join(card['says'])}"


def _signatures(board: Board) -> Iterator[str]:
    """What else moves the metrics that are shown, by language where it differs."""
    for name, label in LABELS.items():
        langs: dict[str, list[str]] = {}
        for row in board.rows:
            if name in row.scores and row.scores[name].settings:
                settings = row.scores[name].settings.items()
                seen = langs.setdefault(" ".join(f"{key}:{value}" for key, value in settings), [])
                if row.kind.lang not in seen:
                    seen.append(row.kind.lang)
        found = [f"{each} ({', '.join(where)})" for each, where in langs.items()]
        if found:
            yield f"{label} {', '.join(found)}"
