"""Ratings of systems, and how they would scatter had other votes been drawn."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.ratings.strengths import strengths
from semeval_humor.ratings.wins import Wins, choose, count, largest_circles
from semeval_humor.schema import Vote

MEAN = 1000.0
SCALE = 400 / math.log(10)
"""Points of a rating for each unit of strength: 400 points ahead are ten wins for each loss."""

_BLOCK = 2_000_000  # values of B × S × S worked on at once: 16 MB an array


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Ratings of S systems from all votes, and from B resamples of them.

    Attributes:
        systems: names, the highest rating first.
        ratings_S: from all votes, of mean 1000.
        battles_S: votes on each system against other rated ones.
        resampled_B_S: ratings from each resample, of mean 1000 in it.
        unrated: why other systems have no rating, by name.
        unbounded: share of the resamples in which no rating of a system is the likeliest, by name,
            where that is above 0.
    """

    systems: tuple[str, ...]
    ratings_S: NDArray[np.float64]
    battles_S: NDArray[np.int64]
    resampled_B_S: NDArray[np.float64]
    unrated: Mapping[str, str]
    unbounded: Mapping[str, float]


def resample(
    votes: Sequence[Vote], *, bootstraps: int = 1000, seed: int = 0, fewest: int = 20
) -> Resampled:
    """Rate systems by votes, and by as many votes drawn with replacement, again and again.

    Rated are systems with enough votes that all reach each other by chains of wins and ties, and
    only the votes between them count. For others the likelihood has no maximum, and the ratings of
    those that are left are what it tends to as the others' grow without bound.

    The same may happen in a resample to a system that has hardly ever lost, or won. There it gets
    one vote more, spread over its own votes as they are. That makes a rating far out, but finite,
    and ends no interval too early by leaving out the resamples that matter most.

    Args:
        votes: of one task and language. Their order and sides do not matter.
        bootstraps: number of resamples, 2 or more.
        seed: of the resamples.
        fewest: systems with fewer votes are left out, with all their votes.

    Raises:
        ConfigError: fewer than two resamples.
        DataError: there are no votes.

    Source: as the organisers, by FastChat's ``fastchat/serve/monitor/rating_systems.py``: maximum
    likelihood without regularisation, resamples as multinomial counts. They draw 100 resamples, and
    where there is no maximum they take the numbers at which 100 steps of L-BFGS end.
    """
    if bootstraps < 2:
        raise ConfigError(f"bootstraps {bootstraps}, expected 2 or more")
    if not votes:
        raise DataError("no votes to rate systems by, expected at least one")
    wins, unrated = choose(count(votes), fewest=fewest)
    if not wins.systems:
        nothing = np.zeros(0)
        return Resampled((), nothing, wins.battles(), nothing.reshape(bootstraps, 0), unrated, {})
    observed = wins.matrices(wins.counts_C[None])
    fitted = strengths(observed)[0]
    drawn, loose = _draw(wins, observed[0], fitted, bootstraps, seed)
    order = np.argsort(-fitted, kind="stable")
    return Resampled(
        tuple(wins.systems[place] for place in order),
        MEAN + SCALE * fitted[order],
        wins.battles()[order],
        MEAN + SCALE * drawn[:, order],
        unrated,
        {wins.systems[place]: float(loose[place]) for place in order if loose[place]},
    )


def _draw(
    wins: Wins,
    observed_S_S: NDArray[np.float64],
    start_S: NDArray[np.float64],
    bootstraps: int,
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Strengths in each resample, and in which share of them each system has no likeliest one."""
    generator = np.random.default_rng(seed)
    votes = int(wins.counts_C.sum())
    block = max(1, _BLOCK // observed_S_S.size)
    found, loose = [], np.zeros(len(start_S))
    for start in range(0, bootstraps, block):
        size = min(block, bootstraps - start)
        counts = generator.multinomial(votes, wins.counts_C / votes, size=size)
        points = wins.matrices(counts)
        outside = ~largest_circles(points)
        loose += outside.sum(axis=0)
        spread = outside / wins.battles()
        points += (spread[:, :, None] + spread[:, None, :]) * observed_S_S
        found.append(strengths(points, start_S))
    return np.concatenate(found), loose / bootstraps
