"""Votes by people on pairs of jokes, and how often a score agrees with them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import DataError
from semeval_humor.schema import Lang, Score

RESAMPLES = 2000

_COLUMNS = ("session_id", "winner", "theme", "left_joke", "right_joke")

TextScore = Callable[[Sequence[str]], Sequence[float] | NDArray[np.float64]]
"""One score for each text; the funnier, the higher."""


class FunnySide(StrEnum):
    """Which of two jokes a voter found funny."""

    LEFT = "LEFT"
    RIGHT = "RIGHT"
    BOTH = "BOTH"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class PairVote:
    """One person's verdict on two jokes.

    Attributes:
        session: of the voter; one person, as far as anyone knows.
        theme: word that both jokes are about.
        left: the joke shown on the left.
        right: the joke shown on the right.
        winner: which was found funny.
    """

    session: str
    theme: str
    left: str
    right: str
    winner: FunnySide

    @property
    def decisive(self) -> bool:
        """Whether one joke was preferred to the other."""
        return self.winner in (FunnySide.LEFT, FunnySide.RIGHT)

    @property
    def funny(self) -> tuple[bool, bool]:
        """Whether the left and the right joke were found funny."""
        return (
            self.winner in (FunnySide.LEFT, FunnySide.BOTH),
            self.winner in (FunnySide.RIGHT, FunnySide.BOTH),
        )


def read_human_votes(path: Path, *, identical: bool = False) -> list[PairVote]:
    """Votes from a JSON list of objects with session_id, winner, theme, left_joke, right_joke.

    Args:
        path: the file.
        identical: keep pairs of identical texts, of which nobody can prefer one.

    Raises:
        DataError: the file cannot be read, is of another form, or holds no vote.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {error}") from error
    if not isinstance(rows, list) or not rows:
        raise DataError(f"{path}: expected a list of votes, each with {', '.join(_COLUMNS)}")
    votes = [_vote(row, f"{path}: vote {number}") for number, row in enumerate(rows, start=1)]
    return [vote for vote in votes if identical or vote.left != vote.right]


def agreement_with_votes(
    score: TextScore, votes: Sequence[PairVote], *, name: str = "vote-agreement"
) -> Score:
    """Share of the decisive votes in which the preferred joke has the higher score, in [0, 1].

    Equal scores count one half, so a score that knows nothing has 0.5. The interval is from
    sessions drawn with replacement, since votes of one person are alike.

    Args:
        score: of single texts; it must not have learnt from these votes.
        votes: all are fine, the decisive ones count.
        name: of the result.

    Raises:
        DataError: no vote is decisive, or a score is no number.
    """
    decisive = [vote for vote in votes if vote.decisive]
    gaps = _gaps(score, decisive, name) if decisive else []
    return agreement_of_gaps(gaps, decisive, name=name)


def agreement_of_gaps(gaps: Sequence[float], votes: Sequence[PairVote], *, name: str) -> Score:
    """The same for what compares two jokes instead of scoring each, such as a judge.

    Args:
        gaps: for each vote, how much better the left joke is than the right one.
        votes: in the same order.
        name: of the result.

    Raises:
        DataError: no vote is decisive, or a gap is no number.
    """
    rows = [row for row, vote in enumerate(votes) if vote.decisive]
    decisive = [votes[row] for row in rows]
    return _score(_points([gaps[row] for row in rows], decisive, name), decisive, name)


def _gaps(score: TextScore, votes: Sequence[PairVote], name: str) -> list[float]:
    texts = list(dict.fromkeys(text for vote in votes for text in (vote.left, vote.right)))
    value = dict(zip(texts, map(float, score(texts)), strict=True))
    unsound = [text for text in texts if not np.isfinite(value[text])]
    if unsound:
        raise DataError(f"{name}: the score of {unsound[0][:60]!r} is {value[unsound[0]]}")
    return [value[vote.left] - value[vote.right] for vote in votes]


def _points(gaps: Sequence[float], votes: Sequence[PairVote], name: str) -> list[float]:
    """For each decisive vote 1 where the gap agrees, ½ where there is none, else 0."""
    if not np.isfinite(gaps).all():
        raise DataError(f"{name}: a gap is no number")
    signs = [1 if vote.winner is FunnySide.LEFT else -1 for vote in votes]
    return [float(np.sign(gap) * sign + 1) / 2 for gap, sign in zip(gaps, signs, strict=True)]


def _score(points: Sequence[float], votes: Sequence[PairVote], name: str) -> Score:
    if not points:
        raise DataError(f"{name}: no decisive vote, expected some with winner LEFT or RIGHT")
    sessions = [vote.session for vote in votes]
    value = float(np.mean(points))
    low, high = _session_interval(np.array(points), sessions)
    return Score(
        name,
        value,
        len(points),
        Lang.EN,
        min(low, value),
        max(high, value),
        {"sessions": len(set(sessions))},
        tuple(points),
    )


def _session_interval(
    points_V: NDArray[np.float64], sessions: Sequence[str]
) -> tuple[float, float]:
    names, session_V = np.unique(np.array(sessions), return_inverse=True)
    sums_S, counts_S = np.bincount(session_V, points_V), np.bincount(session_V)
    drawn = np.random.default_rng(0).integers(len(names), size=(RESAMPLES, len(names)))
    means = sums_S[drawn].sum(axis=1) / counts_S[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _vote(row: object, where: str) -> PairVote:
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in _COLUMNS):
        raise DataError(f"{where}: expected the texts {', '.join(_COLUMNS)}")
    if row["winner"] not in set(FunnySide):
        raise DataError(
            f"{where}: winner {row['winner']!r}, expected one of {', '.join(FunnySide)}"
        )
    return PairVote(
        row["session_id"],
        row["theme"],
        row["left_joke"],
        row["right_joke"],
        FunnySide(row["winner"]),
    )
