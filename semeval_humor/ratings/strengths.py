"""Maximum likelihood of the Bradley–Terry model, for many samples of votes at once."""

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import DataError

MOST_STEPS = 2000
CLOSE = 1e-9


def strengths(
    wins_B_S_S: NDArray[np.float64], start_S: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Strengths under which the wins are the likeliest: B × S, of mean 0 in each sample.

    The probability of winning is 1 / (1 + exp(−d)), d being how much stronger a system is than the
    other. Nothing holds strengths together but the wins.

    Args:
        wins_B_S_S: B samples of how often the system in the row won over that in the column, ties
            as one half. In each, all systems must reach each other by wins and ties: otherwise no
            strengths are the likeliest ones.
        start_S: where to begin; all equal unless given.

    Raises:
        DataError: no strengths are found, as when systems do not reach each other.

    Source: Bradley & Terry 1952, Rank analysis of incomplete block designs; on when the maximum
    exists, Ford 1957, Solution of a ranking problem from binary comparisons; on the steps, Bach
    2010, Self-concordant analysis for logistic regression, proposition 1: Newton's step is certain
    to gain if no difference of strengths changes by more than 1.
    """
    samples, systems = wins_B_S_S.shape[:2]
    found = np.zeros((samples, systems))
    if start_S is not None:
        found += start_S
    battles = wins_B_S_S + wins_B_S_S.swapaxes(1, 2)
    won = wins_B_S_S.sum(axis=2)
    for _ in range(MOST_STEPS):
        step = _newton_step(found, battles, won)
        reach = np.ptp(step, axis=1, keepdims=True)
        found += step / np.maximum(1, reach)
        if (reach < CLOSE).all():
            found -= found.mean(axis=1, keepdims=True)
            return found
    raise DataError(f"Bradley–Terry: no likeliest strengths in {MOST_STEPS} steps")


def _newton_step(
    found: NDArray[np.float64], battles: NDArray[np.float64], won: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Step of each strength; that of the first is 0, since only differences matter."""
    with np.errstate(over="ignore"):  # systems that are infinitely far apart for a float
        wins = 1 / (1 + np.exp(found[:, None, :] - found[:, :, None]))
    expected = battles * wins
    spread = expected * wins.swapaxes(1, 2)
    curvature = -spread
    places = np.arange(found.shape[1])
    curvature[:, places, places] = spread.sum(axis=2)
    step = np.zeros_like(found)
    slope = won - expected.sum(axis=2)
    step[:, 1:] = np.linalg.solve(curvature[:, 1:, 1:], slope[:, 1:, None])[..., 0]
    return step
