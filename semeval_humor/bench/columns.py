"""The columns of a leaderboard: what each shows of a system, and which values are better."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from semeval_humor.bench.board import Board, Row
from semeval_humor.bench.config import OFFICIAL
from semeval_humor.bench.results import Reasons
from semeval_humor.metrics import suite


class Better(StrEnum):
    """Which values of a column are better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"

    @property
    def arrow(self) -> str:
        """An arrow to the better end, after a space; empty where there is none."""
        return {Better.HIGHER: " ↑", Better.LOWER: " ↓", Better.NEITHER: ""}[self]


BETTER: Mapping[str, Better] = {
    **dict.fromkeys(
        [
            *("distinct-1", "distinct-2", "distinct-3", "distinct-4", "ead-2"),
            *("distinct-1-words", "distinct-2-words", "script-purity", "language"),
            *("coverage-exact", "coverage-inflected"),
        ],
        Better.HIGHER,
    ),
    **dict.fromkeys(
        [
            *("self-bleu", "near-duplicates", "commonest-opening", "compression-ratio"),
            *("rep-2", "rep-4", "loops", "tail-loops", "foreign-rows", "han-mix"),
            "headline-copies",
        ],
        Better.LOWER,
    ),
    # How long a joke should be, and how much it should take from its headline, nobody can say.
    **dict.fromkeys(
        ["length-characters", "length-words", "headline-share", "headline-run"], Better.NEITHER
    ),
}
"""By metric: all of the suite."""

LABELS: Mapping[str, str] = {
    "coverage-exact": "exact words",
    "coverage-inflected": "any form",
    "distinct-2": "distinct-2",
    "self-bleu": "self-BLEU",
    "near-duplicates": "near-dup.",
    "rep-2": "rep-2",
    "script-purity": "purity",
    "length-words": "length",
}
"""Metrics that a table shows, in order, as it calls them. CSV and JSON have all."""

MEANINGS: Mapping[str, str] = {
    "coverage-exact": "share of the two given words that stand in the joke as given",
    "coverage-inflected": "the same in whatever form of the word",
    "distinct-2": "share of pairs of tokens that are different ones, over all jokes",
    "self-bleu": "mean BLEU of a joke against all others",
    "near-duplicates": "share of jokes that nearly repeat another",
    "rep-2": "share of pairs of tokens that a joke has had before",
    "script-purity": "share of letters in the language's own script",
    "length-words": "words a joke",
}
"""What they are, for those who read only the table."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of numbers.

    Attributes:
        label: what it is called.
        better: which values are better.
    """

    label: str
    better: Better = Better.NEITHER


@dataclass(frozen=True, slots=True)
class Number:
    """A value with its interval, and how it is written."""

    value: float
    low: float | None
    high: float | None
    write: Callable[[float], str]
    items: int | None = None

    @property
    def text(self) -> str:
        """The value as it is shown."""
        return self.write(self.value)

    @property
    def interval(self) -> str:
        """The interval as it is shown; empty where there is none."""
        if self.low is None or self.high is None:
            return ""
        return f"{self.write(self.low)}–{self.write(self.high)}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a column has its numbers from.

    Attributes:
        column: the column.
        number: of a row; None where it has none.
        reason: why a row has none; empty where the mark of official rows says it.
        of_set: it depends on how many texts there are.
        rating: it is the rating by these voters, to be compared with the baseline's.
        caveat: what must be known of a row's number; None where it is as it seems.
    """

    column: Column
    number: Callable[[Row], Number | None]
    reason: Callable[[Row], str]
    of_set: bool = False
    rating: str | None = None
    caveat: Callable[[Row], str | None] = lambda row: None


def sources_of(board: Board, reasons: Reasons) -> list[Source]:
    """All columns of a board: the number of texts, metrics, and ratings with their ranks."""
    found = [_texts(), *(_metric(name, reasons) for name in LABELS)]
    for voter in board.voters:
        found += [_rating(voter, reasons), _rank(voter)]
    return found


def _texts() -> Source:
    def number(row: Row) -> Number | None:
        length = row.scores.get("length-characters")
        return Number(length.items, None, None, _whole) if length else None

    return Source(Column("texts"), number, _no_file)


def _metric(name: str, reasons: Reasons) -> Source:
    def number(row: Row) -> Number | None:
        score = row.scores.get(name)
        if score is None:
            return None
        return Number(score.value, score.low, score.high, _decimals, score.items)

    def reason(row: Row) -> str:
        if not row.scores:
            return _no_file(row)
        return reasons.get((row.system, row.kind), {}).get(name, "not measured, see bench run")

    return Source(Column(LABELS[name], BETTER[name]), number, reason, of_set=name in suite.MEASURES)


def _rating(voter: str, reasons: Reasons) -> Source:
    def number(row: Row) -> Number | None:
        found = row.ratings.get(voter)
        return Number(found.rating, found.low, found.high, _whole) if found else None

    return Source(
        Column(voter, Better.HIGHER),
        number,
        lambda row: _unrated(row, voter),
        rating=voter,
        caveat=lambda row: reasons.get((row.system, row.kind), {}).get(voter),
    )


def _rank(voter: str) -> Source:
    def number(row: Row) -> Number | None:
        found = row.ratings.get(voter)
        return Number(found.rank, None, None, _whole) if found else None

    return Source(Column("rank"), number, lambda row: _unrated(row, voter))


def _no_file(row: Row) -> str:
    """Why a row has no scores; empty where the organisers' mark says it."""
    return "" if OFFICIAL in row.ratings else "there are votes on it, but no file"


def _unrated(row: Row, voter: str) -> str:
    if voter == OFFICIAL or OFFICIAL in row.ratings:
        return ""
    return f"{voter}: {row.unrated.get(voter, 'no votes on it')}"


def _decimals(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _whole(value: float) -> str:
    return f"{value:.0f}"
