"""Who is waited for, and for how long."""

import asyncio
import threading

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from semeval_humor.arena import guards, worker
from semeval_humor.arena.guards import Limiter, read_form
from semeval_humor.arena.worker import Worker
from semeval_humor.errors import HumorError


def test_a_voter_has_a_burst_and_then_a_rate() -> None:
    now = 100.0
    limiter = Limiter(burst=3, per_second=2, clock=lambda: now)
    assert [limiter.wait_s("v") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limiter.wait_s("v") == 0.5  # who is refused does not have to wait longer
    assert limiter.wait_s("w") == 0
    now = 100.5
    assert limiter.wait_s("v") == 0
    assert limiter.wait_s("v") == 0.5
    now = 1000.0
    assert [limiter.wait_s("v") for _ in range(4)] == [0, 0, 0, 0.5]


def test_voters_who_are_idle_are_forgotten() -> None:
    now = 0.0
    limiter = Limiter(burst=1, clock=lambda: now)
    for number in range(10_000):
        limiter.wait_s(str(number))
    now = 5.0
    limiter.wait_s("v")
    assert len(limiter._idle) == 1
    assert limiter.wait_s("v") == 1


def test_a_form_that_does_not_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "PATIENCE_S", 0.01)

    async def silence() -> Message:
        await asyncio.sleep(10)
        raise AssertionError

    kind = (b"content-type", b"application/x-www-form-urlencoded")
    request = Request({"type": "http", "headers": [kind]}, silence)
    with pytest.raises(HTTPException) as refusal:
        asyncio.run(read_form(request, ["ticket"]))
    assert refusal.value.status_code == 408


def test_work_that_waits_too_long_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE_S", 0.05)
    done: list[str] = []
    release = threading.Event()

    def slow() -> str:
        release.wait(10)
        done.append("slow")
        return "slow"

    async def main() -> str:
        work = Worker()
        first = asyncio.create_task(work(slow))
        await asyncio.sleep(0)
        with pytest.raises(HumorError, match="too busy"):
            await work(lambda: done.append("late"))
        assert not first.done()  # what has begun is waited for: it may have been stored
        release.set()
        return await first

    assert asyncio.run(main()) == "slow"
    assert done == ["slow"]


def test_what_goes_wrong_in_the_thread_is_raised_here() -> None:
    def fail() -> None:
        raise HumorError("disk full")

    with pytest.raises(HumorError, match="disk full"):
        asyncio.run(Worker()(fail))
