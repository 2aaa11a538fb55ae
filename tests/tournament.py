"""Votes made up for tests."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from semeval_humor.schema import Lang, Vote, Winner

LEFT, RIGHT, TIE = Winner.LEFT, Winner.RIGHT, Winner.TIE


def votes(*results: tuple[str, int, int, int, str]) -> list[Vote]:
    """Of each two systems, how often the first won, they tied, and the second won."""
    return [
        Vote(f"en_{number}", Lang.EN, first, second, winner, "ana")
        for first, wins, ties, losses, second in results
        for number, winner in enumerate([LEFT] * wins + [TIE] * ties + [RIGHT] * losses)
    ]


def tournament(
    strengths: Sequence[float] | NDArray[np.float64], rounds: int, *, seed: int, ties: float = 0.25
) -> list[Vote]:
    """Each two systems meet so many times; the name of a system is its number.

    Strengths are natural logarithms. Ties take their mass from both sides alike, so a system is
    worth as many points as its strength says, whatever their share is.

    Args:
        strengths: of each system.
        rounds: votes on each pair.
        seed: of the votes.
        ties: their share between equally strong systems.
    """
    generator = np.random.default_rng(seed)
    pairs = [(left, right) for right in range(len(strengths)) for left in range(right)]
    found = []
    for number, (left, right) in enumerate(pairs * rounds):
        wins = 1 / (1 + np.exp(strengths[right] - strengths[left]))
        tied = ties * 2 * min(wins, 1 - wins)
        drawn = generator.random()
        winner = LEFT if drawn < wins - tied / 2 else TIE if drawn < wins + tied / 2 else RIGHT
        found.append(Vote(f"en_{number}", Lang.EN, str(left), str(right), winner, "ana"))
    return found
