"""Votes out of a file and into another one."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from semeval_humor.arena.contest import Choice, Pair
from semeval_humor.arena.exchange import COLUMNS, Imported, add_votes, votes_of, write_organisers
from semeval_humor.arena.store import Store
from semeval_humor.errors import DataError
from semeval_humor.schema import Lang, Vote, Winner
from semeval_humor.votes import read_votes, write_votes
from tests.arena.contests import made_up, opened, prompts

LANGS = [*prompts(2), *prompts(1, Lang.ES), *prompts(1, Lang.ZH)]
SYSTEMS = ["ada", 'bob, "the second"', "cid"]
ADA, BOB, CID = SYSTEMS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as found:
        found.register(made_up(LANGS, SYSTEMS))
        found.admit("v")
        for pair, task, choice in [
            (Pair("en_0001", ADA, BOB), "a-en", Choice.LEFT),
            (Pair("en_0002", CID, ADA), "a-en", Choice.SKIP),
            (Pair("es_0001", BOB, ADA), "a-es", Choice.TIE),
            (Pair("zh_0001", BOB, CID), "a-zh", Choice.RIGHT),
        ]:
            found.vote("v", found.show("v", task, pair).ticket, choice)
        yield found


def vote(id_: str, left: str, right: str, winner: Winner, voter: str = "w") -> Vote:
    return Vote(id_, Lang(id_[:2]), left, right, winner, voter)


MINE = [
    vote("en_0001", ADA, BOB, Winner.LEFT, "v"),
    vote("es_0001", BOB, ADA, Winner.TIE, "v"),
    vote("zh_0001", BOB, CID, Winner.RIGHT, "v"),
]


def test_skips_are_no_votes(store: Store) -> None:
    assert votes_of(store) == MINE


def test_the_organisers_table(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    assert write_organisers(path, store) == 4
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert tuple(header) == COLUMNS
    assert [row[:5] for row in rows] == [
        ["en_0001", ADA, BOB, "v", "a"],
        ["en_0002", CID, ADA, "v", "n"],
        ["es_0001", BOB, ADA, "v", "t"],
        ["zh_0001", BOB, CID, "v", "b"],
    ]
    assert all(row[5].endswith("+00:00") and row[6] == "0" for row in rows)
    assert read_votes(path) == MINE


@pytest.mark.parametrize("form", ["votes.jsonl", "votes.csv"])
def test_out_and_into_another_file(store: Store, tmp_path: Path, form: str) -> None:
    path = tmp_path / form
    if form == "votes.csv":
        write_organisers(path, store)
    else:
        write_votes(path, votes_of(store))
    with Store(tmp_path / "other.sqlite", new=True) as other:
        other.register(made_up(LANGS, SYSTEMS))
        assert add_votes(other, read_votes(path)) == Imported(3, 0, 0)
        assert votes_of(other) == MINE
        assert add_votes(other, read_votes(path)) == Imported(0, 3, 0)
        assert votes_of(other) == MINE
        assert {cast.date for cast in other.casts()} == {None}
        write_organisers(tmp_path / "again.csv", other)
    assert read_votes(tmp_path / "again.csv") == MINE


@pytest.mark.parametrize(
    ("again", "contradicting"),
    [
        (vote("en_0001", ADA, BOB, Winner.LEFT, "v"), 0),
        (vote("en_0001", BOB, ADA, Winner.RIGHT, "v"), 0),  # the same from the other side
        (vote("en_0001", BOB, ADA, Winner.LEFT, "v"), 1),
        (vote("en_0001", ADA, BOB, Winner.TIE, "v"), 1),
        (vote("en_0002", ADA, CID, Winner.TIE, "v"), 1),  # was skipped
        (vote("es_0001", ADA, BOB, Winner.TIE, "v"), 0),
    ],
)
def test_a_voter_has_one_vote_on_a_pair(store: Store, again: Vote, contradicting: int) -> None:
    assert add_votes(store, [again]) == Imported(0, 1, contradicting)
    assert votes_of(store) == MINE


def test_duplicates_within_what_is_imported(store: Store) -> None:
    new = vote("en_0002", ADA, CID, Winner.LEFT)
    turned = vote("en_0002", CID, ADA, Winner.LEFT)
    assert add_votes(store, [new, new, turned]) == Imported(1, 2, 1)
    assert votes_of(store) == [*MINE, new]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (vote("en_0009", ADA, BOB, Winner.TIE), "no joke of ada for it"),
        (vote("en_0001", ADA, "eve", Winner.TIE), "no joke of eve for it"),
        (vote("en_0001", "eve", ADA, Winner.TIE), "no joke of eve for it"),
        (Vote("en_0001", Lang.ES, ADA, BOB, Winner.TIE, "w"), "in language es, expected en"),
    ],
)
def test_unknown_votes_are_refused_with_all_others(store: Store, wrong: Vote, message: str) -> None:
    with pytest.raises(DataError, match=message):
        add_votes(store, [vote("en_0002", ADA, CID, Winner.LEFT), wrong])
    assert votes_of(store) == MINE
