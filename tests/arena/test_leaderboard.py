"""The leaderboard is as new as it needs to be."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from semeval_humor.arena.contest import Choice, Pair
from semeval_humor.arena.leaderboard import Keeper, Lead, Leaderboard, Standings
from semeval_humor.arena.pages import Pages
from semeval_humor.arena.store import Store
from semeval_humor.arena.worker import Worker
from semeval_humor.schema import Lang, Vote, Winner
from tests.arena.contests import made_up, opened, prompts, rated

ASKED = [*prompts(3), *prompts(1, Lang.ZH)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as found:
        found.register(made_up(ASKED, ["ada", "bob"]))
        found.admit("v")
        yield found


def vote(store: Store, id_: str, choice: Choice = Choice.LEFT) -> None:
    task = f"a-{id_[:2]}"
    ticket = store.show("v", task, Pair(id_, "ada", "bob")).ticket
    store.vote("v", ticket, choice)


def test_it_is_computed_when_there_are_new_votes_and_not_too_often(store: Store) -> None:
    now = 0.0
    calls: list[int] = []

    def rate(votes: Sequence[Vote]) -> Standings:
        calls.append(len(votes))
        return rated(votes)

    async def main() -> None:
        nonlocal now
        keeper = Keeper(store, Worker(), rate, clock=lambda: now)
        assert (await keeper.leaderboard()).standings == {}
        vote(store, "en_0001")
        assert (await keeper.leaderboard()).standings == {}  # too soon
        now = 5.0
        boards = await asyncio.gather(*(keeper.leaderboard() for _ in range(20)))
        assert calls == [1]
        assert {board.standings["a-en"].votes for board in boards} == {1}
        now = 50.0
        await keeper.leaderboard()
        assert calls == [1]  # nothing new
        vote(store, "en_0002", Choice.TIE)
        vote(store, "en_0003", Choice.SKIP)
        vote(store, "zh_0001", Choice.RIGHT)
        now = 55.0
        board = await keeper.leaderboard()
        assert {task: each.votes for task, each in board.standings.items()} == {
            "a-en": 2,
            "a-zh": 1,
        }
        assert calls == [1, 2, 1]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        (None, "Too few to say who leads."),
        (Lead("a<b", "c", 0), "Chance does not explain that a&lt;b is above c."),
        (Lead("a", "c", None), "a and c are level."),
        (Lead("a", "c", 1), "1 more vote on these two would"),
        (Lead("a", "\u202ec", 1234), "that a is above ⟨U+202E⟩c: if"),
        (Lead("a", "c", 1234), "1,234 more votes on these two would"),
    ],
)
def test_what_is_said_of_the_lead(lead: Lead | None, words: str) -> None:
    contest = made_up(ASKED, ["ada", "bob"])
    votes = [Vote("en_0001", Lang.EN, "ada", "bob", winner, "v") for winner in Winner]
    standings = Standings(3, 0, rated(votes).ratings, lead)
    board = Leaderboard({"a-en": standings}, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    page = Pages("Lab", contest).leaderboard(board)
    assert words in page
    assert "03:04:05 UTC" in page
