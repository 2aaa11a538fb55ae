"""The leaderboard as HTML, with its intervals as a picture, and everybody against everybody."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from semeval_humor.bench.board import Board, Row
from semeval_humor.bench.columns import Column
from semeval_humor.bench.config import OFFICIAL
from semeval_humor.bench.duels import Duel, duels
from semeval_humor.bench.formats import raised
from semeval_humor.bench.table import MISSING, Leaderboard, Line
from semeval_humor.bench.table import Cell as Number
from semeval_humor.html.charts import charts
from semeval_humor.html.intervals import Interval, interval_plot
from semeval_humor.html.matrix import Share, matrix
from semeval_humor.html.page import Cell, Html, bullets, escaped, folded, heading, table, visible
from semeval_humor.schema import Vote


def leaderboard_tables(board: Board, drawn: Leaderboard) -> Iterator[Html]:
    """The plots of ratings and a table for each task file, then what must be known of them."""
    by_kind = groupby(board.rows, key=lambda row: row.kind)
    for group, (_, mine) in zip(drawn.groups, by_kind, strict=True):
        rows = list(mine)
        ours = [line for line in group.lines if not line.official]
        theirs = [line for line in group.lines if line.official]
        yield heading(group.title, 3)
        yield charts(_plots(board, rows, [name for name in board.voters if name != OFFICIAL]))
        if ours:
            yield _table(drawn.columns, ours)
        if theirs:
            inside = f"{charts(_plots(board, rows, [OFFICIAL]))}{_table(drawn.columns, theirs)}"
            yield folded(f"From the organisers' score file: {len(theirs)} systems", Html(inside))
    notes = [
        Html(f"{raised(number)} {escaped(visible(note, longest=1000))}.")
        for number, note in enumerate(drawn.notes, start=1)
    ]
    remarks = [escaped(visible(remark, longest=2000)) for remark in drawn.remarks]
    yield Html(f'<div class="notes">{bullets([*notes, *remarks])}</div>\n')


def head_to_head(votes: Iterable[Vote], systems: Sequence[str]) -> Html | None:
    """Everybody against everybody by some votes; None without a vote on two of the systems.

    Args:
        votes: of one kind of voters on one task file.
        systems: in the order of the rows; those that nobody voted on are left out.
    """
    found = {pair: duel for pair, duel in duels(votes).items() if set(pair) <= set(systems)}
    if not found:
        return None
    met = [name for name in systems if any(name in pair for pair in found)]
    return matrix(
        [visible(name) for name in met],
        [[_share(found, row, column) for column in met] for row in met],
    )


def _table(columns: Sequence[Column], lines: Sequence[Line]) -> Html:
    """Some lines, with those columns in which one of them has a number."""
    kept = [
        place
        for place, _ in enumerate(columns)
        if any(line.cells[place].text != MISSING for line in lines)
    ]
    heads = ["system", *(_head(columns[place]) for place in kept)]
    rows = [[Cell(_name(line)), *(_cell(line.cells[place]) for place in kept)] for line in lines]
    return table(heads, rows, numbers=1)


def _head(column: Column) -> str:
    return column.label + column.better.arrow.replace(" ", "\u00a0")  # an arrow alone says nothing


def _name(line: Line) -> Html:
    marks = " †" * line.baseline + " ‡" * line.official
    return Html(f"<bdi>{escaped(visible(line.system))}</bdi>{marks}")


def _cell(number: Number) -> Cell:
    value = escaped(number.text)
    inside = f"<b>{value}</b>" if number.best else value
    inside += "≈" * number.like_baseline
    if number.note:
        inside += raised(number.note)
    if number.interval:
        inside += f'<small class="quiet">{escaped(number.interval)}</small>'
    return Cell(Html(inside), "number")


def _plots(board: Board, rows: Sequence[Row], voters: Sequence[str]) -> Iterator[Html]:
    for voter in voters:
        rated = [row for row in rows if voter in row.ratings]
        rated.sort(key=lambda row: -row.ratings[voter].rating)
        if rated:
            yield interval_plot(
                f"Ratings by {visible(voter)}",
                [_interval(row, voter, board.baseline) for row in rated],
                axis="rating, with its 95 % interval",
                note="400 points ahead are ten wins for each loss",
            )


def _interval(row: Row, voter: str, baseline: str | None) -> Interval:
    found = row.ratings[voter]
    return Interval(
        f"{found.rank}. {visible(row.system, longest=40)}",
        found.rating,
        found.low,
        found.high,
        marked=row.system == baseline,
    )


def _share(found: Mapping[tuple[str, str], Duel], row: str, column: str) -> Share | None:
    duel = found.get((row, column))
    if duel is None and (column, row) in found:
        duel = found[column, row].turned()
    return None if duel is None else Share(duel.share, duel.votes, duel.clear)
