"""Votes are there or not, and nothing in between."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from semeval_humor.arena.contest import Choice, Pair
from semeval_humor.arena.store import Shown, SpentTicketError, Store, TicketError
from semeval_humor.errors import DataError, HumorError
from semeval_humor.schema import Lang, Vote, Winner
from tests.arena.contests import made_up, one_pair, opened, prompts, small

PAIR = Pair("en_0001", "ada", "bob")
OTHER = Pair("en_0002", "bob", "cid")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as found:
        found.register(small())
        for voter in ("v", "w"):
            found.admit(voter)
        yield found


def shown(store: Store, pair: Pair = PAIR, voter: str = "v") -> Shown:
    return store.show(voter, "a-en", pair)


def said(store: Store) -> list[tuple[str, Pair, Choice]]:
    return [(cast.voter, cast.pair, cast.choice) for cast in store.casts()]


@pytest.mark.parametrize(
    ("choice", "winner"),
    [
        (Choice.LEFT, Winner.LEFT),
        (Choice.RIGHT, Winner.RIGHT),
        (Choice.TIE, Winner.TIE),
        (Choice.SKIP, None),
    ],
)
def test_a_vote(store: Store, choice: Choice, winner: Winner | None) -> None:
    ticket = shown(store).ticket
    assert store.vote("v", ticket, choice) == Shown(ticket, "a-en", PAIR)
    (cast,) = store.casts()
    assert (cast.voter, cast.task, cast.pair, cast.choice) == ("v", "a-en", PAIR, choice)
    expected = winner and Vote("en_0001", Lang.EN, "ada", "bob", winner, "v")
    assert cast.vote == expected
    assert store.before("v", "a-en") is None


def test_who_has_what_before_them(store: Store) -> None:
    assert store.before("v", "a-en") is None
    first = shown(store)
    assert store.before("v", "a-en") == first
    assert store.before("w", "a-en") is None
    assert store.before("v", "b1") is None
    second = shown(store, OTHER)
    assert store.before("v", "a-en") == second
    with pytest.raises(TicketError, match="not before you"):
        store.vote("v", first.ticket, Choice.LEFT)
    assert said(store) == []


def test_tickets_cannot_be_guessed(store: Store) -> None:
    tickets = {shown(store).ticket for _ in range(100)}
    assert len(tickets) == 100
    assert min(map(len, tickets)) >= 32  # 24 bytes: 192 bits


def test_a_ticket_counts_once(store: Store) -> None:
    ticket = shown(store).ticket
    store.vote("v", ticket, Choice.LEFT)
    for choice in Choice:
        with pytest.raises(SpentTicketError):
            store.vote("v", ticket, choice)
    assert said(store) == [("v", PAIR, Choice.LEFT)]


def test_a_ticket_is_its_voters(store: Store) -> None:
    ticket = shown(store).ticket
    with pytest.raises(TicketError, match="not before you"):
        store.vote("w", ticket, Choice.RIGHT)
    store.vote("v", ticket, Choice.LEFT)
    with pytest.raises(TicketError) as refusal:
        store.vote("w", ticket, Choice.RIGHT)
    assert not isinstance(refusal.value, SpentTicketError)  # it is none of w's business
    assert said(store) == [("v", PAIR, Choice.LEFT)]


def test_a_pair_counts_once_even_if_it_is_shown_twice(store: Store) -> None:
    store.vote("v", shown(store).ticket, Choice.LEFT)
    again = shown(store, Pair("en_0001", "bob", "ada"))
    with pytest.raises(SpentTicketError):
        store.vote("v", again.ticket, Choice.LEFT)
    assert store.before("v", "a-en") is None  # or the voter would see it for ever
    store.vote("w", shown(store, voter="w").ticket, Choice.TIE)
    assert len(said(store)) == 2


def test_undo_puts_the_pair_back_as_it_was(store: Store) -> None:
    first = shown(store)
    store.vote("v", first.ticket, Choice.LEFT)
    after = shown(store, OTHER)
    assert store.undo("v", first.ticket).choice is Choice.LEFT
    assert said(store) == []
    back = store.before("v", "a-en")
    assert back is not None
    assert back.pair == PAIR
    assert back.ticket not in {first.ticket, after.ticket}
    for ticket in (first.ticket, after.ticket):
        with pytest.raises(TicketError):
            store.vote("v", ticket, Choice.RIGHT)
    store.vote("v", back.ticket, Choice.RIGHT)
    assert said(store) == [("v", PAIR, Choice.RIGHT)]


def test_undo_goes_back_one_vote_at_a_time(store: Store) -> None:
    first = shown(store).ticket
    store.vote("v", first, Choice.LEFT)
    second = shown(store, OTHER).ticket
    store.vote("v", second, Choice.SKIP)
    assert store.last("v", "a-en") == second
    with pytest.raises(TicketError, match="not your last"):
        store.undo("v", first)
    store.undo("v", second)
    assert store.last("v", "a-en") == first
    store.undo("v", first)
    assert store.last("v", "a-en") is None
    assert said(store) == []


@pytest.mark.parametrize("ticket", ["", "x", "\0", "é" * 9])
def test_undo_of_what_is_not_there(store: Store, ticket: str) -> None:
    mine = shown(store).ticket
    store.vote("v", mine, Choice.LEFT)
    for voter, wanted in [("v", ticket), ("w", mine)]:
        with pytest.raises(TicketError, match="no such vote"):
            store.undo(voter, wanted)
    assert len(said(store)) == 1


def test_only_those_who_are_admitted_see_pairs(store: Store) -> None:
    assert store.is_admitted("v")
    assert not store.is_admitted("x")
    with pytest.raises(HumorError, match="FOREIGN KEY"):
        shown(store, voter="x")


def test_pairs_that_never_were_cannot_be_shown_or_stored(store: Store) -> None:
    ticket = shown(store, Pair("en_0009", "ada", "bob")).ticket
    with pytest.raises(HumorError, match="FOREIGN KEY"):
        store.vote("v", ticket, Choice.LEFT)
    assert said(store) == []


def test_everything_is_there_after_a_restart(tmp_path: Path, store: Store) -> None:
    store.vote("v", shown(store).ticket, Choice.LEFT)
    waiting = shown(store, OTHER)
    with opened(tmp_path) as again:  # the first one has not been closed
        again.register(small())
        assert said(again) == [("v", PAIR, Choice.LEFT)]
        assert again.is_admitted("v")
        assert again.before("v", "a-en") == waiting
        again.vote("v", waiting.ticket, Choice.TIE)
    assert len(said(store)) == 2


def test_new_systems_may_join_and_others_leave(store: Store) -> None:
    store.vote("v", shown(store).ticket, Choice.LEFT)
    gone, stays = shown(store, OTHER), store.show("w", "a-en", PAIR)
    store.register(made_up(prompts(5), ["ada", "bob", "dan"]))
    assert store.before("v", "a-en") is None
    assert store.before("w", "a-en") == stays
    with pytest.raises(TicketError):
        store.vote("v", gone.ticket, Choice.LEFT)
    assert len(said(store)) == 1


def test_texts_with_votes_cannot_change(store: Store) -> None:
    changed = one_pair("en_0001 in other words", "something else")
    stale = shown(store)
    store.register(changed)  # nobody has voted yet
    with pytest.raises(TicketError):
        store.vote("v", stale.ticket, Choice.LEFT)
    store.vote("v", shown(store).ticket, Choice.LEFT)
    store.register(one_pair(" en_0001 in other words\n", "something else"))
    with pytest.raises(DataError, match=r"votes on another text of bob for en_0001; give a new"):
        store.register(one_pair("en_0001 in other words", "yet something else"))
    store.register(changed)


def test_no_text_and_no_secret_is_in_the_file(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.register(one_pair("a joke of mine", "another joke"))
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"en_0001" in content
    assert b"joke" not in content


def write_other(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE votes (x)")
    connection.close()


def write_later(path: Path) -> None:
    Store(path, new=True).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()


def write_half(path: Path) -> None:
    Store(path, new=True).close()
    path.write_bytes(path.read_bytes()[:100] + b"x" * 5000)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_text("voter,vote\n" * 100), "not a votes file"),
        (write_other, "another SQLite file"),
        (write_later, "version 2, expected 1"),
        (write_half, "not a votes file"),
        (lambda path: path.mkdir(), "unable to open"),
    ],
)
def test_other_files_are_refused_and_left_alone(
    tmp_path: Path, write: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / "votes.sqlite"
    write(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(HumorError, match=message):
        Store(path, new=True)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such votes file"):
        Store(tmp_path / "votes.sqlite")
    with pytest.raises(HumorError, match="unable to open"):
        Store(tmp_path / "nowhere" / "votes.sqlite", new=True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "votes.sqlite").touch()
    with opened(tmp_path) as store:
        assert store.casts() == []


def test_a_locked_file_is_a_clean_error(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = shown(store).ticket
    store.file.all("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(tmp_path / "votes.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(HumorError, match="cannot be written: database is locked"):
        store.vote("v", ticket, Choice.LEFT)
    assert store.before("v", "a-en") == Shown(ticket, "a-en", PAIR)  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    store.vote("v", ticket, Choice.LEFT)
    assert len(said(store)) == 1


def test_a_full_disk_is_a_clean_error(store: Store) -> None:
    tickets = [shown(store).ticket]
    pages = store.file.all("PRAGMA page_count")[0][0]
    store.file.all(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(HumorError, match=r"cannot be written: .*full"):
        store.admit("x" * 100_000)
    store.file.all("PRAGMA max_page_count = 1000000")
    store.vote("v", tickets[0], Choice.LEFT)
    assert len(said(store)) == 1


def test_votes_wait_for_the_disk_and_pairs_do_not(store: Store) -> None:
    ticket = shown(store).ticket
    assert store.file.all("PRAGMA synchronous") == [(1,)]  # NORMAL
    store.vote("v", ticket, Choice.LEFT)
    assert store.file.all("PRAGMA synchronous") == [(2,)]  # FULL
    assert store.file.all("PRAGMA journal_mode") == [("wal",)]


def test_revision_tells_when_to_look_again(tmp_path: Path, store: Store) -> None:
    before = store.file.revision()
    store.casts()
    assert store.file.revision() == before
    shown(store)
    mine = store.file.revision()
    assert mine != before
    with opened(tmp_path) as other:
        other.admit("x")
    assert store.file.revision() != mine
