import base64
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.errors import ConfigError, EngineError
from semeval_humor.inference.openai_engine import OpenAIEngine
from semeval_humor.schema import Completion, Finish, Message, Request, Sampling
from tests.inference.asking import chats, check_all, engine
from tests.inference.fake_server import (
    FakeServer,
    Reply,
    completion,
    error,
    said,
    serving,
)

# Preflight


def test_the_first_served_model_is_taken_where_none_is_named() -> None:
    with serving(FakeServer(models=["tuned", "base"])) as (server,):
        assert engine(server, model=None).identity().name == "tuned"


def test_the_parent_of_an_adapter_is_known() -> None:
    listing = Reply({"data": [{"id": "lora", "owned_by": "vllm", "parent": "Qwen/Qwen3-4B"}]})
    with serving(FakeServer(listing=listing)) as (server,):
        identity = engine(server, model="lora").identity()
    assert (identity.name, identity.weights, identity.parent) == ("lora", None, "Qwen/Qwen3-4B")


def test_a_dead_server_among_several_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with serving(FakeServer(), FakeServer()) as (alive, dead):
        dead.die()
        found = engine(alive, dead)
        check_all(list(found.generate(chats(5), Sampling())), 5)
        assert found.settings["base_urls"] == alive.url
        assert f"{dead.url} is left out" in caplog.text


def test_no_server_at_all() -> None:
    with serving(FakeServer(), FakeServer()) as (a, b):
        a.die()
        b.die()
        with pytest.raises(EngineError) as caught:
            engine(a, b)
    message = str(caught.value)
    assert a.url in message
    assert b.url in message
    assert "vllm serve" in message
    assert "\n" not in message


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key(status: int) -> None:
    listing = error(status, "bad key\nsk-secret was sent")
    with (
        serving(FakeServer(listing=listing)) as (server,),
        pytest.raises(EngineError, match=f"{status}.*OPENAI_API_KEY") as caught,
    ):
        engine(server, api_key="sk-secret")
    assert "sk-secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_that_one_server_does_not_serve() -> None:
    with (
        serving(FakeServer(), FakeServer(models=["other"])) as (a, b),
        pytest.raises(ConfigError, match=f"{b.url} does not serve fake; it serves other"),
    ):
        engine(a, b)


def test_servers_without_a_list_of_models() -> None:
    with serving(FakeServer(listing=error(404, "no such path"))) as (server,):
        check_all(list(engine(server).generate(chats(3), Sampling())), 3)
        with pytest.raises(ConfigError, match="--model"):
            engine(server, model=None)


@pytest.mark.parametrize(
    "listing",
    [
        Reply("<html>It works!</html>"),
        Reply("{broken", headers={"Content-Type": "application/json"}),
        Reply({"status": "ok"}),
        Reply({"data": []}),
        error(400, "what?"),
    ],
    ids=["html", "broken", "other", "empty", "refused"],
)
def test_garbage_for_a_list_of_models(listing: Reply) -> None:
    with (
        serving(FakeServer(listing=listing)) as (server,),
        pytest.raises((EngineError, ConfigError)) as caught,
    ):
        engine(server, model=None)
    assert server.url in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://a/v1", "http://", "http://[", "http://a:99999/v1"]
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ConfigError, match="no address"):
        OpenAIEngine("m", [url], api_key=None)


def test_a_model_that_only_the_second_server_lists() -> None:
    with serving(FakeServer(listing=error(404, "no such path")), FakeServer()) as (a, b):
        assert engine(a, b, model=None).identity().name == "fake"


def test_other_settings_that_make_no_sense() -> None:
    with pytest.raises(ConfigError, match="--base-url"):
        OpenAIEngine("m", [], api_key=None)
    with pytest.raises(ConfigError, match="concurrency 0"):
        OpenAIEngine("m", ["http://a/v1"], api_key=None, concurrency=0)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY") as caught:
        OpenAIEngine("m", ["http://user:sesame@a/v1"], api_key=None)
    assert "sesame" not in str(caught.value)
    with pytest.raises(ConfigError, match="characters") as caught:
        OpenAIEngine("m", ["http://a/v1"], api_key="sk-sesame\n€")
    assert "sesame" not in str(caught.value)


# What is sent


def test_a_chat_for_vllm_says_everything_but_the_seed() -> None:
    with serving(FakeServer()) as (server,):
        sampling = Sampling(temperature=0.5, top_p=0.8, max_tokens=7, stop=("\n",), seed=3)
        turns = (Message("system", "Be funny."), Message("user", "Hi"))
        (answer,) = engine(server).generate([Request("k", turns)], sampling)
    assert server.paths == ["/v1/chat/completions"]
    assert server.bodies == [
        {
            "model": "fake",
            "messages": [
                {"role": "system", "content": "Be funny."},
                {"role": "user", "content": "Hi"},
            ],
            "temperature": 0.5,
            "top_p": 0.8,
            "max_tokens": 7,
            "stop": ["\n"],
            "top_k": -1,
            "min_p": 0.0,
            "repetition_penalty": 1.0,
            "chat_template_kwargs": {"enable_thinking": False},
        }
    ]
    assert answer == Completion("k", "re: Hi", 3, Finish.STOPPED)


def test_a_plain_text_is_continued() -> None:
    with serving(FakeServer(owned_by="someone")) as (server,):
        (answer,) = engine(server).generate([Request("k", "Once")], Sampling(top_k=5))
    assert server.paths == ["/v1/completions"]
    assert server.bodies == [
        {
            "model": "fake",
            "prompt": "Once",
            "temperature": 1.0,
            "top_p": 1.0,
            "max_tokens": 96,
            "top_k": 5,
        }
    ]
    assert answer.text == "re: Once"


@pytest.mark.parametrize("text", ["A dog's joke", "¿Qué? ¡Ñandú!", "狗说：“你好”😀"])
def test_languages_survive_the_journey(text: str) -> None:
    with serving(FakeServer()) as (server,):
        (answer,) = engine(server).generate([Request(text, (Message("user", text),))], Sampling())
    assert (answer.key, answer.text) == (text, f"re: {text}")


def test_images_and_json(tmp_path: Path) -> None:
    gif = tmp_path / "cat.gif"
    gif.write_bytes(b"GIF89a")
    schema = {"type": "object", "properties": {"joke": {"type": "string"}}}
    request = Request(
        "k", (Message("user", "Caption it"),), ("https://example.org/dog.gif", str(gif)), schema
    )
    with serving(FakeServer()) as (server,):
        (answer,) = engine(server).generate([request], Sampling())
    (body,) = server.bodies
    first, second, last = body["messages"][0]["content"]
    assert first["image_url"]["url"] == "https://example.org/dog.gif"
    assert second["image_url"]["url"] == "data:image/gif;base64," + base64.b64encode(
        b"GIF89a"
    ).decode("ascii")
    assert last == {"type": "text", "text": "Caption it"}
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema, "strict": True},
    }
    assert answer.text == "re: Caption it"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request("k", (Message("user", "?"),), ("/etc/passwd",)), "not the name of an image"),
        (Request("k", (Message("user", "?"),), ("/nowhere/cat.gif",)), "No such file"),
        (Request("k", "text", ("https://example.org/dog.gif",)), "needs a chat"),
        (Request("k", (), ("https://example.org/dog.gif",)), "is empty"),
    ],
)
def test_images_that_cannot_be_sent(request_: Request, reason: str) -> None:
    with serving(FakeServer()) as (server,):
        answers = list(engine(server).generate([request_, *chats(1)], Sampling()))
    failed = next(answer for answer in answers if answer.key == "k")
    assert failed.finish is Finish.FAILED
    assert reason in failed.text
    assert len(server.bodies) == 1


def strict(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
    """As a hosted API: unknown fields are refused."""
    unknown = {"chat_template_kwargs", "top_k", "min_p", "repetition_penalty"} & set(body)
    return error(400, f"Unrecognized arguments: {sorted(unknown)}") if unknown else None


def test_a_server_that_refuses_unknown_fields(caplog: pytest.LogCaptureFixture) -> None:
    with serving(FakeServer(strict, owned_by="someone")) as (server,):
        found = engine(server, concurrency=1)
        check_all(list(found.generate(chats(5), Sampling(top_k=9))), 5)
        check_all(list(found.generate(chats(5), Sampling(top_k=9))), 5)
        assert len(server.bodies) == 11  # one was asked twice, and the lesson was kept
    assert found.settings["extensions"] == "none"
    assert caplog.text.count("refuses fields outside the standard") == 1


def test_a_refusal_that_has_nothing_to_do_with_unknown_fields_teaches_nothing() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        return error(400, "context too long") if said(body) == "joke 2" else None

    with serving(FakeServer(behave, owned_by="someone")) as (server,):
        found = engine(server)
        answers = {a.key: a for a in found.generate(chats(5), Sampling())}
    assert answers["2"].finish is Finish.FAILED
    assert "context too long" in answers["2"].text
    assert sorted(answers) == list("01234")
    assert found.settings["extensions"] == "chat_template_kwargs"


def test_the_newer_name_of_max_tokens_is_learnt() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        if "max_tokens" in body:
            return error(400, "Unsupported parameter: use 'max_completion_tokens' instead.")
        return strict(server, body, number)

    with serving(FakeServer(behave, owned_by="someone")) as (server,):
        check_all(list(engine(server, concurrency=1).generate(chats(3), Sampling())), 3)
        assert len(server.bodies) == 5
    assert server.bodies[-1]["max_completion_tokens"] == 96


def test_vllm_is_not_asked_twice() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        return error(400, "context too long")

    with serving(FakeServer(behave)) as (server,):
        (answer,) = engine(server).generate(chats(1), Sampling())
    assert answer.finish is Finish.FAILED
    assert len(server.bodies) == 1


# What comes back


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (completion("ha", "stop", 5), Completion("0", "ha", 5, Finish.STOPPED)),
        (completion("ha", "length", 5), Completion("0", "ha", 5, Finish.CUT_OFF)),
        (completion(None, "stop", 0), Completion("0", "", 0, Finish.STOPPED)),
        (completion("ha", "stop", None), Completion("0", "ha", 0, Finish.STOPPED)),
        (
            completion("", "content_filter", 5),
            Completion("0", "finish_reason content_filter", 5, Finish.FAILED),
        ),
        (completion("h", None, 1), Completion("0", "finish_reason None", 1, Finish.FAILED)),
        (
            Reply({"choices": [{"message": {"refusal": "No."}, "finish_reason": "stop"}]}),
            Completion("0", "refused: No.", 0, Finish.FAILED),
        ),
        (
            Reply(
                {
                    "choices": [
                        {
                            "message": {"content": "ha", "reasoning_content": "hm"},
                            "finish_reason": "stop",
                        }
                    ]
                }
            ),
            Completion("0", "ha", 0, Finish.STOPPED),
        ),
    ],
)
def test_how_answers_are_read(reply: Reply, expected: Completion) -> None:
    with serving(FakeServer(lambda *_: reply)) as (server,):
        assert list(engine(server).generate(chats(1), Sampling())) == [expected]


def test_uncounted_tokens_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with serving(FakeServer(lambda *_: completion("ha", tokens=None))) as (server,):
        list(engine(server).generate(chats(5), Sampling()))
    assert caplog.text.count("does not count tokens") == 1


# Order, bounds, laziness


def test_what_is_finished_first_comes_first() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        if said(body) == "joke 0":
            server.released.wait(20)
        return None

    with serving(FakeServer(behave)) as (server,):
        stream = engine(server).generate(chats(8), Sampling())
        first = [next(stream) for _ in range(7)]
        server.released.set()
        assert [c.key for c in stream] == ["0"]
        assert sorted(c.key for c in first) == list("1234567")


def test_each_server_works_up_to_its_bound_and_no_further() -> None:
    full = threading.Barrier(6)

    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        full.wait(20)  # opens only when 3 requests are in work on both servers
        return None

    with serving(FakeServer(behave), FakeServer(behave)) as (a, b):
        check_all(list(engine(a, b, concurrency=3).generate(chats(30), Sampling())), 30)
        assert (a.peak, b.peak) == (3, 3)


def test_requests_are_not_pulled_ahead() -> None:
    pulled = 0

    def counted() -> Iterator[Request]:
        nonlocal pulled
        for request in chats(50):
            pulled += 1
            yield request

    with serving(FakeServer(), FakeServer()) as (a, b):
        stream = engine(a, b, concurrency=2).generate(counted(), Sampling())
        assert pulled == 0
        for taken, _ in enumerate(stream, start=1):
            assert pulled <= taken + 4
    assert pulled == 50


def test_no_requests() -> None:
    with serving(FakeServer()) as (server,):
        assert list(engine(server).generate([], Sampling())) == []


# The key


def test_the_key_is_sent_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        return error(400, "sk-open-sesame may not say this") if number == 2 else None

    monkeypatch.setenv("OPENAI_API_KEY", "sk-open-sesame")
    caplog.set_level(logging.DEBUG)
    with serving(FakeServer(behave)) as (server,):
        found = OpenAIEngine.from_environment("fake", [server.url + "/"], concurrency=1)
        answers = list(found.generate(chats(3), Sampling()))
        assert server.keys == {"Bearer sk-open-sesame"}
        assert found.settings["base_urls"] == server.url
    assert "[key] may not say this" in answers[1].text
    assert "sesame" not in f"{found!r} {found.settings} {found.identity()} {answers} {caplog.text}"


def test_without_a_key_a_placeholder_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with serving(FakeServer()) as (server,):
        OpenAIEngine.from_environment(None, [server.url])
    assert server.keys == {"Bearer EMPTY"}
