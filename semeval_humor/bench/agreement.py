"""How far voters agree on which of two jokes is funnier."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import DataError
from semeval_humor.metrics.intervals import RESAMPLES, Settings
from semeval_humor.schema import Score, Vote, Winner

NAME = "voter-agreement"


def voter_agreement(votes: Sequence[Vote], *, seed: int = 0) -> Score:
    """Krippendorff's α of votes on the same pair of jokes: 1 is agreement, 0 is chance.

    It is below 0 where voters agree less often than by chance. The three verdicts count as equally
    far apart. Pairs with a single vote tell nothing and are left out; ``items`` counts the others.
    The interval is from such pairs drawn with replacement.

    Args:
        votes: of one language.
        seed: of the resamples.

    Raises:
        DataError: the votes are in several languages, fewer than two pairs have two of them, or
            all are alike.

    Source: Krippendorff 2011, Computing Krippendorff's alpha-reliability, nominal data.
    """
    langs = sorted({vote.lang for vote in votes})
    counts_U_V = _verdicts(votes)
    units = len(counts_U_V)
    if units < 2:
        raise DataError(f"{NAME}: pairs of jokes with two votes: {units}, expected two or more")
    if len(langs) > 1:
        raise DataError(f"{NAME}: votes in {', '.join(langs)}; expected one language")
    value = float(_alphas(counts_U_V, np.ones((1, units)))[0])
    if np.isnan(value):
        raise DataError(f"{NAME}: all votes are alike, so chance alone explains that they agree")
    low, high = _interval(counts_U_V, value, seed)
    settings: Settings = {"alpha": "nominal", "votes": int(counts_U_V.sum()), "seed": seed}
    return Score(NAME, value, units, langs[0], low, high, settings)


def _verdicts(votes: Sequence[Vote]) -> NDArray[np.float64]:
    """How often each verdict was given, for each pair of jokes with two votes or more."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    for vote in votes:
        first, second = sorted((vote.left, vote.right))
        winner = {Winner.LEFT: vote.left, Winner.RIGHT: vote.right}.get(vote.winner)
        verdicts = counts.setdefault((vote.prompt_id, first, second), [0, 0, 0])
        verdicts[(first, second, None).index(winner)] += 1
    # Sorted, so that the resamples are the same in any order of the votes.
    kept = [verdicts for _, verdicts in sorted(counts.items()) if sum(verdicts) > 1]
    return np.array(kept, dtype=np.float64).reshape(-1, 3)


def _alphas(
    counts_U_V: NDArray[np.float64], weights_B_U: NDArray[np.float64]
) -> NDArray[np.float64]:
    """α where each pair counts as often as its weight says; NaN where all votes are alike."""
    votes_U = counts_U_V.sum(axis=1)
    differing_U = (votes_U**2 - (counts_U_V**2).sum(axis=1)) / (votes_U - 1)
    totals_B_V = weights_B_U @ counts_U_V
    votes_B = totals_B_V.sum(axis=1)
    by_chance_B = (votes_B**2 - (totals_B_V**2).sum(axis=1)) / (votes_B - 1)
    by_chance_B[by_chance_B == 0] = np.nan
    alphas: NDArray[np.float64] = 1 - (weights_B_U @ differing_U) / by_chance_B
    return alphas


def _interval(counts_U_V: NDArray[np.float64], value: float, seed: int) -> tuple[float, float]:
    units = len(counts_U_V)
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(units, np.full(units, 1 / units), size=RESAMPLES)
    low, high = np.nanquantile(_alphas(counts_U_V, drawn.astype(np.float64)), [0.025, 0.975])
    return min(float(low), value), max(float(high), value)
