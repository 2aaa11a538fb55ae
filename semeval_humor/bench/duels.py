"""Votes added up: how often one system's jokes were found funnier than another's."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from semeval_humor.metrics.intervals import wilson_interval
from semeval_humor.schema import Vote, Winner


@dataclass(frozen=True, slots=True)
class Duel:
    """What came of one system against another."""

    wins: int = 0
    ties: int = 0
    losses: int = 0

    @property
    def votes(self) -> int:
        """Number of votes."""
        return self.wins + self.ties + self.losses

    @property
    def share(self) -> float:
        """Share of the votes that were won, in [0, 1]; ties count half. There must be votes."""
        return (self.wins + self.ties / 2) / self.votes

    @property
    def clear(self) -> bool:
        """Whether the 95 % interval of the share lies on one side of one half.

        The interval is Wilson's. It is meant for votes without ties and so too wide with them.
        """
        more = max(self.wins, self.losses) + self.ties // 2
        return self.votes > 0 and wilson_interval(more, self.votes)[0] > 0.5

    def turned(self) -> "Duel":
        """The same as the other system sees it."""
        return Duel(self.losses, self.ties, self.wins)


def duels(votes: Iterable[Vote]) -> dict[tuple[str, str], Duel]:
    """Add up votes by pair of systems; each pair is there once, in alphabetical order."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for vote in votes:
        pair = (vote.left, vote.right) if vote.left <= vote.right else (vote.right, vote.left)
        if vote.winner is Winner.TIE:
            place = 1
        else:
            won = vote.left if vote.winner is Winner.LEFT else vote.right
            place = 0 if won == pair[0] else 2
        counts[pair][place] += 1
    return {pair: Duel(*found) for pair, found in counts.items()}
