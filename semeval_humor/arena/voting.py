"""People voting on a contest: who sees what, and what becomes of their votes."""

import hashlib
import random
import secrets
from dataclasses import dataclass

from semeval_humor.arena.contest import Choice, Contest
from semeval_humor.arena.pairing import Pairing
from semeval_humor.arena.store import Shown, Store


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a voter sees of a task.

    Attributes:
        shown: the pair before them; None where they have judged all.
        undo: ticket of the vote that they may take back, if there is one.
        judged: pairs of the task that they have voted on or skipped.
        votes: of all voters on the task.
    """

    shown: Shown | None
    undo: str | None
    judged: int
    votes: int


class Voting:
    """A contest and its votes. Use it from one thread at a time.

    Every method may raise HumorError if the votes file cannot be read or written.
    """

    def __init__(self, contest: Contest, store: Store) -> None:
        """Go on with what is in a votes file.

        Args:
            contest: what is voted on.
            store: the votes so far.

        Raises:
            DataError: there are votes on other texts of the same systems.
        """
        store.register(contest)
        self.contest, self.store = contest, store
        self._draw = random.Random()  # decides between pairs that need votes equally
        self._count()

    def admit(self) -> str:
        """Let a new voter in.

        Returns:
            The secret by which :meth:`voter` knows them. It is kept nowhere.
        """
        secret = secrets.token_urlsafe(32)
        self.store.admit(_name(secret))
        return secret

    def voter(self, secret: str) -> str | None:
        """Name of the voter with this secret, as in the votes; None if there is none."""
        name = _name(secret)
        return name if self.store.is_admitted(name) else None

    def ballot(self, voter: str, task: str) -> Ballot:
        """What the voter sees: the same pair until they judge it, then another one."""
        if self.store.file.foreign() != self._foreign:
            self._count()
        shown = self.store.before(voter, task)
        if shown is None:
            pair = self._pairing.choose(task, voter)
            shown = None if pair is None else self.store.show(voter, task, pair)
        return Ballot(
            shown,
            self.store.last(voter, task),
            self._pairing.judged(task, voter),
            self._pairing.votes(task),
        )

    def vote(self, voter: str, ticket: str, choice: Choice) -> str:
        """Store a vote, and return the name of its task.

        Raises:
            SpentTicketError: the voter has voted on the pair already.
            TicketError: the voter has no such pair before them.
        """
        voted = self.store.vote(voter, ticket, choice)
        self._pairing.count(voter, voted.pair, choice)
        return voted.task

    def undo(self, voter: str, ticket: str) -> str:
        """Take back a voter's last vote on a task, and return the task's name.

        Raises:
            TicketError: that is not the ticket of the last vote.
        """
        cast = self.store.undo(voter, ticket)
        self._pairing.count(voter, cast.pair, cast.choice, by=-1)
        return cast.task

    def _count(self) -> None:
        """Count all votes, as others may have added some."""
        self._foreign = self.store.file.foreign()
        self._pairing = Pairing(self.contest, self._draw)
        for cast in self.store.casts():
            self._pairing.count(cast.voter, cast.pair, cast.choice)


def _name(secret: str) -> str:
    # Votes are handed around; whoever reads them must not be able to vote in another's name.
    return hashlib.sha256(secret.encode()).hexdigest()[:32]
