"""The leaderboard that the organisers make of votes: ratings with intervals, and ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from semeval_humor.errors import DataError
from semeval_humor.ratings.resampling import Resampled, resample
from semeval_humor.schema import Vote

TAIL = 0.025
"""Share of the resamples that lies beyond each end of an interval."""


@dataclass(frozen=True, slots=True)
class Rating:
    """How a system did against the others.

    Attributes:
        system: its name.
        rating: on the Elo scale: 400 points ahead are ten wins for each loss; the mean is 1000.
        variance: of the rating over the resamples.
        low: lower end of the 95 % interval.
        high: upper end.
        battles: votes that the rating rests on.
        rank: 1 + number of systems whose interval lies above this one's.
    """

    system: str
    rating: float
    variance: float
    low: float
    high: float
    battles: int
    rank: int


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings of systems by the same votes.

    Attributes:
        rows: the highest rating first.
        unrated: why other systems have none, by name.
        unbounded: systems that are as good as undefeated or winless in more than 2.5 % of the
            resamples, with that share: on one side their interval has no end, and the one that is
            given is a stand-in.
    """

    rows: tuple[Rating, ...]
    unrated: Mapping[str, str]
    unbounded: Mapping[str, float] = field(default_factory=dict)


def rate(
    votes: Sequence[Vote], *, bootstraps: int = 1000, seed: int = 0, fewest: int = 20
) -> Ratings:
    """Rate and rank systems by votes, as the organisers do; see :func:`resample`.

    Raises:
        ConfigError: fewer than two resamples.
        DataError: there are no votes.
    """
    return summary(resample(votes, bootstraps=bootstraps, seed=seed, fewest=fewest))


def summary(resampled: Resampled) -> Ratings:
    """Ratings from all votes, with variance, interval and rank from the resamples.

    The interval is from the 2.5th to the 97.5th percentile. Votes are taken for independent ones,
    though those of a voter, or on a joke, are alike; so it is rather too short.

    Source: as the organisers, by FastChat's ``fastchat/serve/monitor/elo_analysis.py``.
    """
    drawn = resampled.resampled_B_S
    lows, highs = np.quantile(drawn, [TAIL, 1 - TAIL], axis=0)
    columns = (
        resampled.systems,
        resampled.ratings_S.tolist(),
        drawn.var(axis=0, ddof=1).tolist(),
        lows.tolist(),
        highs.tolist(),
        resampled.battles_S.tolist(),
        ranks(lows.tolist(), highs.tolist()),
    )
    rows = tuple(Rating(*row) for row in zip(*columns, strict=True))
    loose = {name: share for name, share in resampled.unbounded.items() if share > TAIL}
    return Ratings(rows, resampled.unrated, loose)


def ranks(lower: Sequence[float], upper: Sequence[float]) -> list[int]:
    """Rank of each system: 1 + number of systems whose lower end is above its upper end.

    Systems whose intervals overlap thus may share a rank, and one may have a better rank than
    another with a higher rating.

    Args:
        lower: lower end of the interval of each system.
        upper: upper end, in the same order.

    Raises:
        DataError: the two are not equally long, or an end is no number or on the wrong side.

    Source: the organisers' ``final_ranking``.
    """
    if len(lower) != len(upper):
        raise DataError(f"ranks: {len(lower)} lower ends of intervals, but {len(upper)} upper ones")
    for place, (low, high) in enumerate(zip(lower, upper, strict=True), start=1):
        if not low <= high:
            raise DataError(f"ranks: interval {place} is from {low} to {high}")
    return [1 + sum(low > high for low in lower) for high in upper]
