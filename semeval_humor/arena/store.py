"""The votes file: who has which pair before them, and what they said of it."""

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from semeval_humor.arena.contest import Choice, Contest, Pair, task_of
from semeval_humor.arena.database import Database
from semeval_humor.errors import DataError, HumorError
from semeval_humor.schema import Lang, Vote, Winner

WINNERS = {Choice.LEFT: Winner.LEFT, Choice.RIGHT: Winner.RIGHT, Choice.TIE: Winner.TIE}
"""What counts as a vote. A skip does not."""


class TicketError(HumorError):
    """A vote for a pair that its voter does not have before them."""


class SpentTicketError(TicketError):
    """A vote that is already there."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair that a voter has before them. Whoever knows the ticket has seen the voter's page."""

    ticket: str
    task: str
    pair: Pair


@dataclass(frozen=True, slots=True)
class Cast:
    """One line of the votes.

    Attributes:
        voter: who says it.
        lang: of the jokes.
        task: name of the task.
        pair: of what.
        choice: what.
        date: when, in UTC, ISO 8601; None for imported votes.
    """

    voter: str
    lang: Lang
    task: str
    pair: Pair
    choice: Choice
    date: str | None

    @property
    def vote(self) -> Vote | None:
        """The vote as it counts; None where the pair was skipped."""
        if self.choice not in WINNERS:
            return None
        pair, winner = self.pair, WINNERS[self.choice]
        return Vote(pair.prompt_id, self.lang, pair.left, pair.right, winner, self.voter)


class Store:
    """A votes file that is voted on.

    Every method that writes raises HumorError if the file is locked for seconds or the disk is
    full; then the file is as it was.
    """

    def __init__(self, path: Path, *, new: bool = False) -> None:
        """Open a votes file; see :class:`Database`."""
        self.file = Database(path, new=new)

    def register(self, contest: Contest) -> None:
        """Note what is voted on from now on, beside what was before.

        Pairs that voters have before them stay, but for those that are not voted on any more.

        Raises:
            DataError: a system's joke is another one than that which has votes.
        """
        rows = {
            (id_, system): (prompt.lang, task_of(prompt), _fingerprint(text))
            for id_, prompt in contest.prompts.items()
            for system, text in contest.texts[id_].items()
        }
        with self.file.writing() as connection:
            changed = {
                (id_, system)
                for id_, system, sha256 in connection.execute(
                    "SELECT prompt_id, system, sha256 FROM texts"
                )
                if (id_, system) in rows and rows[id_, system][-1] != sha256
            }
            self._refuse_voted(connection, changed)
            connection.executemany(
                "INSERT INTO texts (prompt_id, system, lang, task, sha256) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET sha256 = excluded.sha256",
                [(*key, *row) for key, row in rows.items()],
            )
            same = rows.keys() - changed
            for ticket, id_, *systems in connection.execute(
                "SELECT ticket, prompt_id, system_a, system_b FROM shown"
            ).fetchall():
                if not same.issuperset((id_, system) for system in systems):
                    connection.execute("DELETE FROM shown WHERE ticket = ?", (ticket,))

    def admit(self, voter: str) -> None:
        """Note that somebody may vote from now on."""
        with self.file.writing(durable=False) as connection:
            connection.execute("INSERT OR IGNORE INTO voters VALUES (?, ?)", (voter, _now()))

    def is_admitted(self, voter: str) -> bool:
        """Whether somebody may vote."""
        return bool(self.file.all("SELECT 1 FROM voters WHERE voter = ?", voter))

    def before(self, voter: str, task: str) -> Shown | None:
        """The pair of a task that a voter has before them, if any."""
        found = self.file.all(
            "SELECT ticket, prompt_id, system_a, system_b FROM shown WHERE voter = ? AND task = ?",
            *(voter, task),
        )
        return Shown(found[0][0], task, Pair(*found[0][1:])) if found else None

    def show(self, voter: str, task: str, pair: Pair) -> Shown:
        """Put a pair before a voter, in place of the one of that task which was there, if any."""
        with self.file.writing(durable=False) as connection:
            return _show(connection, voter, task, pair)

    def vote(self, voter: str, ticket: str, choice: Choice) -> Shown:
        """Store a vote on the pair that a ticket was made for. Returns once the disk has it.

        Raises:
            SpentTicketError: the voter has voted on the pair already.
            TicketError: the voter has no such pair before them.
        """
        with self.file.writing() as connection:
            found = connection.execute(
                "DELETE FROM shown WHERE ticket = ? AND voter = ?"
                " RETURNING task, prompt_id, system_a, system_b",
                (ticket, voter),
            ).fetchall()
            added = 0
            for row in found:
                # Two servers on one file may show a pair twice; it counts once all the same.
                added = connection.execute(
                    "INSERT INTO votes (ticket, voter, vote, date, task, prompt_id, system_a,"
                    " system_b) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (ticket, voter, choice, _now(), *row),
                ).rowcount
        if added:
            task, *names = found[0]
            return Shown(ticket, task, Pair(*names))
        if found or self._voted(voter, ticket):
            raise SpentTicketError("you have voted on this pair already")
        raise TicketError("this pair is not before you, or not any more")

    def last(self, voter: str, task: str) -> str | None:
        """Ticket of the last vote of a voter on a task, if there is one."""
        found = self.file.all(
            "SELECT ticket FROM votes WHERE voter = ? AND task = ? ORDER BY number DESC LIMIT 1",
            *(voter, task),
        )
        return found[0][0] if found else None

    def undo(self, voter: str, ticket: str) -> Cast:
        """Take back a voter's last vote on a task, and put its pair before them again.

        Returns:
            The vote that is no more.

        Raises:
            TicketError: that is not the ticket of the last vote.
        """
        with self.file.writing() as connection:
            voted = self._voted(voter, ticket)
            if voted is None:
                raise TicketError("there is no such vote of yours, or not any more")
            if ticket != self.last(voter, voted.task):
                raise TicketError("this is not your last vote")
            connection.execute("DELETE FROM votes WHERE ticket = ?", (ticket,))
            _show(connection, voter, voted.task, voted.pair)
        return voted

    def casts(self) -> list[Cast]:
        """All votes and skips, the oldest first."""
        return [_cast(row) for row in self.file.all(f"{_CASTS} ORDER BY number")]

    def close(self) -> None:
        """Let go of the file. Nothing is lost without it."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def _voted(self, voter: str, ticket: str) -> Cast | None:
        found = self.file.all(f"{_CASTS} WHERE ticket = ? AND voter = ?", ticket, voter)
        return _cast(found[0]) if found else None

    def _refuse_voted(self, connection: sqlite3.Connection, changed: set[tuple[str, str]]) -> None:
        voted = connection.execute(
            "SELECT prompt_id, system_a FROM votes UNION SELECT prompt_id, system_b FROM votes"
        )
        for id_, system in sorted(changed.intersection(voted)):
            raise DataError(
                f"{self.file.path}: there are votes on another text of {system} for {id_}; "
                "give a new file for votes, or the system a new name"
            )


_CASTS = (
    "SELECT voter, lang, votes.task, votes.prompt_id, system_a, system_b, vote, date FROM votes"
    " JOIN texts ON texts.prompt_id = votes.prompt_id AND texts.system = system_a"
)


def _cast(row: tuple[str, str, str, str, str, str, str, str | None]) -> Cast:
    voter, lang, task, id_, left, right, choice, date = row
    return Cast(voter, Lang(lang), task, Pair(id_, left, right), Choice(choice), date)


def _show(connection: sqlite3.Connection, voter: str, task: str, pair: Pair) -> Shown:
    ticket = secrets.token_urlsafe(24)
    connection.execute("DELETE FROM shown WHERE voter = ? AND task = ?", (voter, task))
    connection.execute(
        "INSERT INTO shown (ticket, voter, task, prompt_id, system_a, system_b)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (ticket, voter, task, pair.prompt_id, pair.left, pair.right),
    )
    return Shown(ticket, task, pair)


def _fingerprint(text: str) -> str:
    # As browsers show it: spaces at the ends do not make another joke.
    return hashlib.sha256(text.strip().encode(errors="surrogatepass")).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
