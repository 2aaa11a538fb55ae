"""Which systems votes can tell apart, and how many more votes would."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import ConfigError
from semeval_humor.metrics.intervals import Z95
from semeval_humor.ratings import Resampled
from semeval_humor.ratings.resampling import SCALE

Z80 = 0.841621
"""80 % of a normal distribution lies below."""


@dataclass(frozen=True, slots=True)
class Gap:
    """How far one system is above another.

    Attributes:
        system: its name.
        other: the system that it is compared with.
        difference: of their ratings; above 0 where the system is the better one.
        low: lower end of the 95 % interval of the difference.
        high: upper end.
        more_votes: votes on the two that would tell them apart; 0 where they are told apart, None
            where no number of votes is enough because their ratings are equal.
    """

    system: str
    other: str
    difference: float
    low: float
    high: float
    more_votes: int | None


def gaps(resampled: Resampled, other: str, cast: Resampled | None = None) -> list[Gap]:
    """Compare all systems that have a rating with one of them, such as the baseline; see ``gap``.

    The difference of two ratings is drawn from the same resamples, which tells more apart than
    asking whether their intervals overlap, as ranks do.

    Raises:
        ConfigError: that one has no rating, or there is no such system.
    """
    return [gap(resampled, name, other, cast) for name in resampled.systems if name != other]


def gap(resampled: Resampled, system: str, other: str, cast: Resampled | None = None) -> Gap:
    """Compare two systems that have a rating.

    The number of votes is that which tells them apart with a probability of 80 %, if their ratings
    are what they seem to be, and all votes are on these two. A vote adds k² · p · (1 − p) to the
    inverse of the difference's variance, p being the probability to win and k = ln 10 / 400. Since
    ties scatter less, fewer votes may do.

    Args:
        resampled: ratings from all votes.
        system: one of them.
        other: the one that it is compared with.
        cast: ratings from the votes that were cast, without the ties that identical texts are
            given: no further vote is on these. None: there are no such ties.

    Raises:
        ConfigError: one of them has no rating, or there is no such system.
    """
    difference, drawn = _difference(resampled, system, other)
    low, high = map(float, np.quantile(drawn, [0.025, 0.975]))
    more: int | None = 0
    if low <= 0 <= high:
        known = cast is not None and {system, other} <= set(cast.systems)
        by_votes, drawn = _difference(cast if cast and known else resampled, system, other)
        more = _more_votes(by_votes, float(drawn.var(ddof=1)))
    return Gap(system, other, difference, low, high, more)


def _difference(resampled: Resampled, system: str, other: str) -> tuple[float, NDArray[np.float64]]:
    """How far one rating is above another, from all votes and in each resample."""
    first, second = _place(resampled, system), _place(resampled, other)
    drawn: NDArray[np.float64] = (
        resampled.resampled_B_S[:, first] - resampled.resampled_B_S[:, second]
    )
    return float(resampled.ratings_S[first] - resampled.ratings_S[second]), drawn


def _more_votes(difference: float, variance: float) -> int | None:
    if math.isclose(difference, 0, abs_tol=1e-6):  # as close as fits come
        return None
    wins = 1 / (1 + math.exp(-difference / SCALE))
    wanted = ((Z95 + Z80) / difference) ** 2 - 1 / variance
    return max(1, math.ceil(wanted * SCALE**2 / (wins * (1 - wins))))


def _place(resampled: Resampled, system: str) -> int:
    if system in resampled.systems:
        return resampled.systems.index(system)
    if system in resampled.unrated:
        raise ConfigError(f"{system} has no rating: {resampled.unrated[system]}")
    raise ConfigError(f"no votes on {system!r}; systems: {', '.join(resampled.systems)}")
