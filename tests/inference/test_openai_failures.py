"""Servers that fail, hang, die or come back, and callers that stop early."""

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from semeval_humor.errors import DataError, EngineError
from semeval_humor.schema import Completion, Finish, Request, Sampling
from tests.inference.asking import chats, check_all, engine
from tests.inference.fake_server import FakeServer, Reply, error, said, serving

# Servers that fail


def test_the_client_waits_as_a_busy_server_asks() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        return error(429, "slow down", Retry_After="0.01") if number <= 2 else None

    with serving(FakeServer(behave)) as (server,):
        check_all(list(engine(server, retries=2).generate(chats(4), Sampling())), 4)


def test_a_server_with_too_much_to_do_loses_no_request(caplog: pytest.LogCaptureFixture) -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        return error(429, "slow down") if number <= 4 else None

    with serving(FakeServer(behave)) as (server,):
        check_all(list(engine(server).generate(chats(9), Sampling())), 9)
    assert "429: slow down" in caplog.text


def broken_for_a_while(reply: Reply) -> FakeServer:
    return FakeServer(lambda server, body, number: reply if number <= 2 else None)


@pytest.mark.parametrize(
    "reply",
    [
        error(500, "oops"),
        Reply("<html>502</html>", 502),
        Reply("<html>Welcome</html>"),
        Reply("{broken", headers={"Content-Type": "application/json"}),
        Reply({"choices": []}),
        Reply({"choices": [{"text": 5, "message": {"content": 5}}]}),
        Reply({"choices": [{"message": {"content": "half"}}]}, cut=True),
    ],
    ids=["500", "html-502", "html-200", "broken", "empty", "number", "cut"],
)
def test_work_of_a_faulty_server_goes_elsewhere(reply: Reply) -> None:
    with serving(broken_for_a_while(reply), FakeServer()) as (bad, good):
        check_all(list(engine(bad, good, concurrency=2).generate(chats(12), Sampling())), 12)
        assert good.bodies


def test_a_server_that_hangs() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        server.released.wait(20)
        return None

    with serving(FakeServer(behave), FakeServer()) as (hung, good):
        found = engine(hung, good, concurrency=2, timeout_s=0.5, pause_s=60)
        check_all(list(found.generate(chats(12), Sampling())), 12)
        assert len(hung.bodies) == 2


def test_one_of_two_servers_dies_in_the_middle() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        if number == 6:
            server.die()
        return None

    with serving(FakeServer(behave), FakeServer()) as (mortal, good):
        check_all(list(engine(mortal, good).generate(chats(60), Sampling())), 60)
        assert len(mortal.bodies) >= 6
        assert len(good.bodies) >= 50


def test_a_server_that_comes_back_gets_work_again(caplog: pytest.LogCaptureFixture) -> None:
    def mortal(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        if number == 2:
            server.die()
            back.start()
        if number > 4:
            server.released.set()
        return None

    def patient(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        # The good server leaves the rest to the one that comes back.
        if number > 3:
            a.released.wait(20)
        return None

    with serving(FakeServer(mortal), FakeServer(patient)) as (a, b):
        back = threading.Timer(0.1, a.start)
        check_all(list(engine(a, b, concurrency=2).generate(chats(20), Sampling())), 20)
        assert len(a.bodies) > 4
    assert f"{a.url} answers again" in caplog.text


def test_all_servers_die() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        if number == 6:
            server.die()
        return None

    with serving(FakeServer(behave), FakeServer(behave)) as (a, b):
        stream = engine(a, b, concurrency=1).generate(chats(60), Sampling())
        done: list[Completion] = []
        with pytest.raises(EngineError, match="every server is gone") as caught:
            done.extend(stream)
    assert len({c.key for c in done}) == len(done) == 10
    assert all(c.finish is Finish.STOPPED for c in done)
    assert a.url in str(caught.value)
    assert b.url in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_engine_whose_servers_came_back_works_again() -> None:
    with serving(FakeServer()) as (server,):
        found = engine(server)
        server.die()
        with pytest.raises(EngineError, match="every server is gone"):
            list(found.generate(chats(3), Sampling()))
        server.start()
        check_all(list(found.generate(chats(3), Sampling())), 3)


def test_a_server_that_was_down_is_asked_before_it_gets_work_again() -> None:
    with serving(FakeServer(), FakeServer()) as (mortal, good):
        found = engine(mortal, good, pause_s=60)
        mortal.die()
        check_all(list(found.generate(chats(9), Sampling())), 9)
        mortal.start()
        mortal.behave = lambda *_: good.released.set()
        good.behave = lambda server, *_: server.released.wait(20) and None
        check_all(list(found.generate(chats(9), Sampling())), 9)
        assert mortal.bodies


def test_one_call_within_another() -> None:
    with serving(FakeServer()) as (server,):
        found = engine(server, concurrency=1)
        outer = found.generate(chats(4), Sampling())
        first = next(outer)
        check_all(list(found.generate(chats(4), Sampling())), 4)
        check_all([first, *outer], 4)


def test_a_request_that_no_server_survives_is_given_up() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        return error(500, "engine died") if said(body) == "joke 3" else None

    with serving(FakeServer(behave), FakeServer(behave)) as (a, b):
        answers = {c.key: c for c in engine(a, b).generate(chats(9), Sampling())}
    assert len(answers) == 9
    assert answers["3"].finish is Finish.FAILED
    assert "3 tries failed, the last: HTTP 500: engine died" in answers["3"].text
    assert [c.finish for k, c in answers.items() if k != "3"] == [Finish.STOPPED] * 8


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_what_can_never_work_ends_the_run(status: int) -> None:
    with serving(FakeServer(lambda *_: error(status, "no"))) as (server,):
        with pytest.raises(EngineError, match=f"HTTP {status}: no"):
            list(engine(server, concurrency=1).generate(chats(9), Sampling()))
        assert len(server.bodies) == 1


def test_403_after_an_answer_is_about_the_request() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        return error(403, "flagged by moderation") if number == 2 else None

    with serving(FakeServer(behave)) as (server,):
        answers = list(engine(server, concurrency=1).generate(chats(3), Sampling()))
    assert [c.finish for c in answers] == [Finish.STOPPED, Finish.FAILED, Finish.STOPPED]


# Early ends


def wait_for_ever(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
    if number > 2:
        server.released.wait(20)
    return None


def test_closing_early_hangs_up(caplog: pytest.LogCaptureFixture) -> None:
    with serving(FakeServer(wait_for_ever)) as (server,):
        found = engine(server)
        stream = found.generate(chats(50), Sampling())
        next(stream)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        gc.collect()
        server.released.set()
        check_all(list(found.generate(chats(5), Sampling())), 5)
    assert caplog.text == ""


def test_an_interrupt_ends_the_run_and_leaves_the_engine_usable() -> None:
    def interrupted() -> Iterator[Request]:
        yield from chats(3)
        raise KeyboardInterrupt

    with serving(FakeServer(wait_for_ever)) as (server,):
        found = engine(server)
        with pytest.raises(KeyboardInterrupt):
            list(found.generate(interrupted(), Sampling()))
        server.released.set()
        check_all(list(found.generate(chats(5), Sampling())), 5)


def test_a_faulty_iterable_ends_the_run() -> None:
    def faulty() -> Iterator[Request]:
        yield from chats(2)
        raise DataError("row 3 is bad")

    with serving(FakeServer()) as (server,), pytest.raises(DataError, match="row 3"):
        list(engine(server).generate(faulty(), Sampling()))


def test_an_early_end_leaves_no_noise() -> None:
    script = """
import sys
from semeval_humor.inference.openai_engine import OpenAIEngine
from semeval_humor.schema import Request, Sampling
engine = OpenAIEngine(None, [sys.argv[1]], api_key=None, concurrency=8)
stream = engine.generate((Request(str(n), f"joke {n}") for n in range(99)), Sampling())
print(next(stream).text.startswith("re: "), next(stream).text.startswith("re: "))
if sys.argv[2] == "close":
    stream.close()
"""
    for end in ("close", "forget"):
        with serving(FakeServer(wait_for_ever)) as (server,):
            ended = subprocess.run(
                [sys.executable, "-W", "always", "-c", script, server.url, end],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        noise = [line for line in ended.stderr.splitlines() if "site-packages" not in line]
        assert (ended.returncode, ended.stdout, noise) == (0, "True True\n", [])
