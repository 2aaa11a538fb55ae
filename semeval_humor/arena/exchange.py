"""Votes out of a votes file, and into it."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from semeval_humor.arena.contest import Pair
from semeval_humor.arena.store import WINNERS, Store
from semeval_humor.errors import DataError
from semeval_humor.files import atomic_writer
from semeval_humor.schema import Vote, Winner

COLUMNS = (
    *("prompt_id", "system_id_a", "system_id_b", "session_id"),
    *("vote", "date", "is_offensive"),
)
"""Of the organisers' table of votes."""

_CHOICES = {winner: choice for choice, winner in WINNERS.items()}


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of votes from elsewhere.

    Attributes:
        added: votes that are new.
        known: votes whose voter has one on the same pair already; it stays as it is.
        contradicting: those of the known ones that say something else.
    """

    added: int
    known: int
    contradicting: int


def votes_of(store: Store) -> list[Vote]:
    """All votes, the oldest first, without skipped pairs."""
    return [vote for cast in store.casts() if (vote := cast.vote) is not None]


def write_organisers(path: Path, store: Store) -> int:
    """Write a CSV file with the columns of the organisers' table, skipped pairs included.

    Nobody is asked what is offensive here, so that ``is_offensive`` is 0, its default.

    Returns:
        Number of rows.

    Raises:
        HumorError: the file cannot be written.
    """
    casts = store.casts()
    with atomic_writer(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for cast in casts:
            pair = cast.pair
            names = (pair.prompt_id, pair.left, pair.right, cast.voter)
            writer.writerow((*names, cast.choice, cast.date or "", 0))
    return len(casts)


def add_votes(store: Store, votes: Sequence[Vote]) -> Imported:
    """Add votes from elsewhere, all of them or none.

    A voter has one vote on a pair, on whichever side its systems stand; further ones are left out.

    Raises:
        DataError: a vote is on a prompt or a system that has never been voted on here, or says that
            the jokes are in another language; nothing is added.
        HumorError: the file cannot be written; nothing is added.
    """
    added = known = contradicting = 0
    with store.file.writing() as connection:
        there = {(cast.voter, cast.pair.key): _verdict(cast.vote) for cast in store.casts()}
        texts = {
            (id_, system): (lang, task)
            for id_, system, lang, task in connection.execute(
                "SELECT prompt_id, system, lang, task FROM texts"
            )
        }
        for vote in votes:
            task = _task(store, texts, vote)
            key = vote.voter, Pair(vote.prompt_id, vote.left, vote.right).key
            if key in there:
                known += 1
                contradicting += there[key] != _verdict(vote)
                continue
            there[key] = _verdict(vote)
            connection.execute(
                "INSERT INTO votes (voter, task, prompt_id, system_a, system_b, vote)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (vote.voter, task, vote.prompt_id, vote.left, vote.right, _CHOICES[vote.winner]),
            )
            added += 1
    return Imported(added, known, contradicting)


def _verdict(vote: Vote | None) -> str | None:
    """The better system, or that none is, whichever sides they stood on."""
    if vote is None:
        return None
    return {Winner.LEFT: vote.left, Winner.RIGHT: vote.right, Winner.TIE: ""}[vote.winner]


def _task(store: Store, texts: Mapping[tuple[str, str], tuple[str, str]], vote: Vote) -> str:
    for system in (vote.left, vote.right):
        lang, task = texts.get((vote.prompt_id, system), ("", ""))
        if not task:
            raise DataError(
                f"vote of {vote.voter} on {vote.prompt_id}: {store.file.path} knows no joke of "
                f"{system} for it to vote on; add only votes on what arena serve has shown with it"
            )
        if lang != vote.lang:
            raise DataError(
                f"vote of {vote.voter} on {vote.prompt_id}: in language {vote.lang}, "
                f"expected {lang}"
            )
    return task
