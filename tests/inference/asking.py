"""What the tests of the OpenAI engine ask a fake server, and what they expect of the answers."""

from collections.abc import Iterator
from typing import Any

from semeval_humor.inference.openai_engine import OpenAIEngine
from semeval_humor.schema import Completion, Finish, Message, Request
from tests.inference.fake_server import FakeServer

PAUSE_S = 0.001
"""Of the pool, so that a whole series of rests takes half a second."""


def engine(*servers: FakeServer, model: str | None = "fake", **options: Any) -> OpenAIEngine:
    options = {"api_key": None, "retries": 0, "pause_s": PAUSE_S, "concurrency": 4} | options
    return OpenAIEngine(model, [server.url for server in servers], **options)


def chats(count: int) -> Iterator[Request]:
    for number in range(count):
        yield Request(str(number), (Message("user", f"joke {number}"),))


def check_all(completions: list[Completion], count: int) -> None:
    """Nothing is lost, nothing comes twice, and each answer belongs to its question."""
    assert sorted(int(c.key) for c in completions) == list(range(count))
    assert all(c.finish is Finish.STOPPED and c.text == f"re: joke {c.key}" for c in completions)
