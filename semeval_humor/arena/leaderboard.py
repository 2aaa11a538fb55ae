"""Who leads, and whether chance explains it, while votes come in."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from semeval_humor.arena.store import Cast, Store
from semeval_humor.arena.worker import Worker
from semeval_humor.ratings import Ratings
from semeval_humor.schema import Vote

EVERY_S = 5.0
"""Ratings are not computed more often."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Whether the votes tell the first two systems apart.

    Attributes:
        first: the system with the highest rating.
        second: the next one.
        more_votes: votes on the two that would tell them apart; 0 where they are told apart, None
            where no number of votes is enough because their ratings are equal.
    """

    first: str
    second: str
    more_votes: int | None


@dataclass(frozen=True, slots=True)
class Standings:
    """What the votes on a task say.

    Attributes:
        votes: number of votes by people.
        same_texts: ties that identical texts are given, beside them.
        ratings: of the systems.
        lead: of the first system; None where fewer than two have a rating.
    """

    votes: int
    same_texts: int
    ratings: Ratings
    lead: Lead | None


Rater = Callable[[Sequence[Vote]], Standings]
"""What votes on one task say. There is at least one."""


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Standings by task, those without votes left out, and when they were computed (UTC)."""

    standings: Mapping[str, Standings]
    computed: datetime


class Keeper:
    """Keeps a leaderboard: computes it when somebody looks, if there are new votes by then."""

    def __init__(
        self,
        store: Store,
        worker: Worker,
        rate: Rater,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without a leaderboard.

        Args:
            store: where the votes are.
            worker: the thread that reads it.
            rate: says what votes on one task say; it runs in a thread of its own.
            clock: seconds.
        """
        self._store, self._worker, self._rate, self._clock = store, worker, rate, clock
        self._lock = asyncio.Lock()
        self._board = Leaderboard({}, datetime.now(UTC))
        self._looked: float | None = None
        self._revision: tuple[int, int] | None = None

    async def leaderboard(self) -> Leaderboard:
        """The leaderboard, at most :data:`EVERY_S` old.

        Raises:
            HumorError: the votes cannot be read.
        """
        async with self._lock:
            if self._looked is None or self._clock() - self._looked >= EVERY_S:
                revision = await self._worker(self._store.file.revision)
                if revision != self._revision:
                    casts = await self._worker(self._store.casts)
                    self._board = await asyncio.to_thread(self._computed, casts)
                    self._revision = revision
                self._looked = self._clock()
            return self._board

    def _computed(self, casts: Sequence[Cast]) -> Leaderboard:
        votes: dict[str, list[Vote]] = {}
        for cast in casts:
            if (vote := cast.vote) is not None:
                votes.setdefault(cast.task, []).append(vote)
        standings = {task: self._rate(mine) for task, mine in sorted(votes.items())}
        return Leaderboard(standings, datetime.now(UTC))
