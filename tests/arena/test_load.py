"""Many voters at once, and what happens to their votes when something breaks."""

import asyncio
import resource
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from semeval_humor.arena.store import Store
from tests.arena.crowd import Person, crowd, leave
from tests.arena.served import hand_in, serving

pytestmark = pytest.mark.slow

VOTERS = 200
SECONDS = 60
PAUSE_S = 2.0  # a fast reader; the limit is one vote a second


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on a real disk."""
    return tmp_path_factory.mktemp("votes")


def stored(path: Path) -> dict[str, str]:
    """Choice by ticket, as the file has it."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT ticket, vote FROM votes").fetchall()
    doubled = connection.execute(
        "SELECT count(*) FROM votes GROUP BY voter, prompt_id,"
        " min(system_a, system_b), max(system_a, system_b) HAVING count(*) > 1"
    ).fetchall()
    connection.close()
    assert doubled == []
    assert len(dict(rows)) == len(rows)
    return dict(rows)


def acknowledged(people: Sequence[Person]) -> dict[str, str]:
    return {ticket: choice for person in people for ticket, choice in person.stored.items()}


def test_200_voters_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = hand_in(tmp_path, 300, "ada", "bob", "cid", "dan")
    path = tmp_path / "votes.sqlite"

    async def session(address: str) -> list[Person]:
        people = crowd(address, VOTERS)
        await asyncio.gather(*(person.start() for person in people))
        deadline = time.monotonic() + SECONDS
        await asyncio.gather(*(person.vote_until(deadline, PAUSE_S) for person in people))
        await leave(people)
        return people

    with serving(*arguments, "--votes", str(path)) as server:
        people = asyncio.run(session(server.address))
        with Store(path) as store:
            systems = Counter(
                name for cast in store.casts() for name in (cast.pair.left, cast.pair.right)
            )
    assert stored(path) == acknowledged(people)  # none lost, none made up, none twice
    statuses = sum((person.statuses for person in people), Counter[int]())
    seconds = np.array([each for person in people for each in person.seconds])
    p50, p99 = np.quantile(seconds, [0.5, 0.99])
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{len(seconds):,} votes by {VOTERS} voters in {SECONDS} s: from a vote to the next "
            f"pair {p50 * 1000:.0f} ms (median), {p99 * 1000:.0f} ms (p99), "
            f"{seconds.max() * 1000:.0f} ms (longest)"
        )
    assert set(statuses) <= {303, 429}
    assert statuses[429] < 0.01 * len(seconds)
    assert len(seconds) > VOTERS * SECONDS / PAUSE_S / 3
    assert max(systems.values()) < 1.1 * min(systems.values())
    assert p99 < 2.0


def test_killed_while_people_vote(tmp_path: Path) -> None:
    arguments = hand_in(tmp_path, 100, "ada", "bob", "cid")
    path = tmp_path / "votes.sqlite"

    async def until_it_is_gone(address: str, kill: asyncio.Event) -> list[Person]:
        people = crowd(address, 40)
        await asyncio.gather(*(person.start() for person in people))
        deadline = time.monotonic() + 60
        voting = [asyncio.create_task(person.vote_until(deadline, 0.1)) for person in people]
        await asyncio.sleep(2)
        kill.set()
        await asyncio.gather(*voting)
        return people

    async def killed() -> list[Person]:
        kill = asyncio.Event()
        with serving(*arguments, "--votes", str(path)) as server:
            voting = asyncio.create_task(until_it_is_gone(server.address, kill))
            await kill.wait()
            server.process.kill()
            return await voting

    async def go_on(people: Sequence[Person], address: str, there: dict[str, str]) -> None:
        for person in people:
            person.client.base_url = address  # with the cookie that they have
        waiting = [person for person in people if person.ticket]
        expected = [409 if person.ticket in there else 303 for person in waiting]
        # What people had before them is still theirs, and counts once.
        assert await asyncio.gather(*(person.vote("t") for person in waiting)) == expected
        assert expected.count(303) > 0
        await leave(people)

    people = asyncio.run(killed())
    there, known = stored(path), acknowledged(people)
    unknown = {ticket for person in people for ticket in person.unknown}
    assert len(known) > 100
    assert known.items() <= there.items()
    assert there.keys() - known.keys() <= unknown  # stored, but the answer was lost
    with serving(*arguments, "--votes", str(path)) as server:
        asyncio.run(go_on(people, server.address, there))
    assert stored(path).items() >= acknowledged(people).items()
    assert len(stored(path)) > len(there)


def test_a_locked_file(tmp_path: Path) -> None:
    arguments = hand_in(tmp_path, 50, "ada", "bob", "cid")
    path = tmp_path / "votes.sqlite"

    async def session(address: str) -> tuple[list[Person], float]:
        people = crowd(address, 30)
        await asyncio.gather(*(person.start() for person in people))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        begin = time.monotonic()
        refused = await asyncio.gather(*(person.vote("a") for person in people))
        waited = time.monotonic() - begin
        other.execute("ROLLBACK")
        other.close()
        assert set(refused) == {503}
        assert stored(path) == {}
        assert set(await asyncio.gather(*(person.vote("b") for person in people))) == {303}
        await leave(people)
        return people, waited

    with serving(*arguments, "--votes", str(path)) as server:
        people, waited = asyncio.run(session(server.address))
    assert stored(path) == acknowledged(people)
    assert waited < 10  # nobody waits for all those who wait before


def test_a_full_disk(tmp_path: Path) -> None:
    arguments = hand_in(tmp_path, 100, "ada", "bob", "cid")
    path = tmp_path / "votes.sqlite"

    async def session(address: str, process: int) -> list[Person]:
        people = crowd(address, 5)
        await asyncio.gather(*(person.start() for person in people))
        # Files may not grow further, which is what a full disk looks like.
        size = max(file.stat().st_size for file in tmp_path.glob("votes.sqlite*"))
        free = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size + 100_000, free[1]))
        statuses = Counter[int]()
        for person in people:
            while person.ticket is not None and sum(person.statuses.values()) < 15:
                await person.vote("a")
            statuses += person.statuses
        assert statuses[303] > 0
        assert statuses[503] > 0
        assert stored(path) == acknowledged(people)
        resource.prlimit(process, resource.RLIMIT_FSIZE, free)
        for person in people:
            await person.look()
        assert set(await asyncio.gather(*(person.vote("b") for person in people))) == {303}
        await leave(people)
        return people

    with serving(*arguments, "--votes", str(path)) as server:
        people = asyncio.run(session(server.address, server.process.pid))
    assert stored(path) == acknowledged(people)
