"""Votes counted by pair of systems, and which systems they can rate."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_humor.schema import Vote, Winner


@dataclass(frozen=True, slots=True, eq=False)
class Wins:
    """How often each of S systems won against each other one, and how often they tied.

    Attributes:
        systems: S names, sorted.
        pairs_C_2: winner and loser of each of C cells, by index; for ties the two in this order.
        ties_C: which of the cells are ties.
        counts_C: votes in each cell, 1 or more. No two cells have the same pair and outcome.
    """

    systems: tuple[str, ...]
    pairs_C_2: NDArray[np.intp]
    ties_C: NDArray[np.bool_]
    counts_C: NDArray[np.int64]

    def matrices(self, counts_B_C: NDArray[np.int64]) -> NDArray[np.float64]:
        """Wins of the system in the row over that in the column, ties as one half: B × S × S."""
        points = np.zeros((len(counts_B_C), len(self.systems), len(self.systems)))
        winners, losers = self.pairs_C_2[~self.ties_C].T
        points[:, winners, losers] = counts_B_C[:, ~self.ties_C]
        lefts, rights = self.pairs_C_2[self.ties_C].T
        halves = counts_B_C[:, self.ties_C] / 2
        points[:, lefts, rights] += halves
        points[:, rights, lefts] += halves
        return points

    def only(self, systems: Iterable[str]) -> "Wins":
        """The votes between some of the systems."""
        kept = sorted(systems)
        index = {name: place for place, name in enumerate(kept)}
        new = np.array([index.get(name, -1) for name in self.systems], dtype=np.intp)
        pairs = new[self.pairs_C_2]
        inside = (pairs >= 0).all(axis=1)
        return Wins(tuple(kept), pairs[inside], self.ties_C[inside], self.counts_C[inside])

    def battles(self) -> NDArray[np.int64]:
        """Votes on each system, on either side."""
        found = np.zeros(len(self.systems), dtype=np.int64)
        np.add.at(found, self.pairs_C_2, self.counts_C[:, None])
        return found


def count(votes: Sequence[Vote]) -> Wins:
    """Count votes; neither their order nor the sides on which the systems stood matter."""
    cells: Counter[tuple[str, str, bool]] = Counter()
    for vote in votes:
        left, right = vote.left, vote.right
        if vote.winner is Winner.TIE:
            cells[min(left, right), max(left, right), True] += 1
        elif vote.winner is Winner.LEFT:
            cells[left, right, False] += 1
        else:
            cells[right, left, False] += 1
    systems = sorted({name for first, second, _ in cells for name in (first, second)})
    index = {name: place for place, name in enumerate(systems)}
    found = sorted(cells)
    pairs = [(index[first], index[second]) for first, second, _ in found]
    return Wins(
        tuple(systems),
        np.array(pairs, dtype=np.intp).reshape(-1, 2),
        np.array([tie for _, _, tie in found], dtype=np.bool_),
        np.array([cells[cell] for cell in found], dtype=np.int64),
    )


def reached(wins_B_S_S: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the system in the row beat or tied that in the column, or one that did, and so on."""
    systems = wins_B_S_S.shape[-1]
    found = (wins_B_S_S > 0) | np.eye(systems, dtype=np.bool_)
    for _ in range(systems.bit_length()):  # chains of 1, 2, 4 … votes
        steps = found.astype(np.float32)
        found = steps @ steps > 0
    return found


def largest_circles(wins_B_S_S: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The largest set of two or more systems that all reach each other, as a mask B × S.

    Of equally large ones it is that with more votes, and then the first.
    """
    reach = reached(wins_B_S_S)
    mutual = reach & reach.swapaxes(1, 2)
    votes = ((mutual @ wins_B_S_S) * mutual).sum(axis=2)
    size = mutual.sum(axis=2) + votes / (1 + wins_B_S_S.sum(axis=(1, 2)))[:, None]
    largest: NDArray[np.bool_] = mutual[np.arange(len(mutual)), size.argmax(axis=1)]
    largest[largest.sum(axis=1) == 1] = False
    return largest


def choose(wins: Wins, *, fewest: int) -> tuple[Wins, Mapping[str, str]]:
    """The votes between systems that can be rated, and why the others cannot, by name."""
    battles = dict(zip(wins.systems, wins.battles().tolist(), strict=True))
    reasons = {
        name: f"{_votes(number)}, expected {fewest} or more"
        for name, number in battles.items()
        if number < fewest
    }
    kept = wins.only(battles.keys() - reasons.keys())
    if not kept.systems:
        return kept, reasons
    points = kept.matrices(kept.counts_C[None])[0]
    inside = largest_circles(points[None])[0]
    reach = reached(points[None])[0]
    for place, name in enumerate(kept.systems):
        if not inside[place]:
            reasons[name] = _reason(points, reach, inside, place, fewest)
    return kept.only(np.array(kept.systems)[inside].tolist()), reasons


def _reason(
    points: NDArray[np.float64],
    reach: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    place: int,
    fewest: int,
) -> str:
    won, lost = points[place].sum(), points[:, place].sum()
    if not won and not lost:
        return f"no vote against a system that has {fewest} votes"
    if not lost:
        return f"undefeated: won all of its {_votes(int(won))}, so no rating is high enough"
    if not won:
        return f"winless: lost all of its {_votes(int(lost))}, so no rating is low enough"
    if reach[place, inside].any():
        return "disconnected: no rated system has beaten or tied it, nor any that it lost to"
    if reach[inside, place].any():
        return "disconnected: it has beaten or tied no rated system, nor has any that it beat"
    return "disconnected: no chain of votes leads from it to rated systems and back"


def _votes(number: int) -> str:
    return "1 vote" if number == 1 else f"{number} votes"
