"""Log-probabilities by a server, which only vLLM can tell."""

import math
from typing import Any

import pytest

from semeval_humor.errors import ConfigError, EngineError
from semeval_humor.schema import Continuation, Message
from tests.inference.asking import engine
from tests.inference.fake_server import FakeServer, Reply, completion, error, serving

CHAT = (Message("user", "why"),)
BOS, GENERATE, END, NEWLINE = 1, 2, 3, 10


def scorer(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
    """One token per character; a chat begins with BOS, an answer begins and ends with a token."""
    if "messages" in body:
        *turns, last = ["".join(turn["content"]) for turn in body["messages"]]
        if body.get("add_generation_prompt") is True:
            return Reply({"tokens": [BOS, *map(ord, "".join([*turns, last])), GENERATE]})
        answered = [BOS, *map(ord, "".join(turns)), GENERATE, *map(ord, last)]
        closing = [] if body.get("continue_final_message") else [END, NEWLINE]
        return Reply({"tokens": [*answered, *closing]})
    if "echo" not in body:
        return Reply({"tokens": [BOS] * body["add_special_tokens"] + [*map(ord, body["prompt"])]})
    values = [None, *(-token / 100 for token in body["prompt"][1:])]
    return Reply({"choices": [{"text": "", "logprobs": {"token_logprobs": values}}]})


def without_bos(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
    return Reply({"tokens": []}) if body["prompt"] == "" else scorer(server, body, number)


def unclosed(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
    open_end = {"continue_final_message": True, "add_generation_prompt": False}
    return scorer(server, body | open_end, number)


def test_logprobs_are_those_of_the_text_alone() -> None:
    asked = [
        Continuation(CHAT, "ab"),
        Continuation("Once", "笑"),
        Continuation("Once", ""),
        Continuation("", "b"),
    ]
    with serving(FakeServer(scorer), FakeServer(scorer)) as (a, b):
        found = engine(a, b).logprobs(asked)
    assert found == [(-0.97, -0.98), (-ord("笑") / 100,), (), (-0.98,)]
    assert {path for server in (a, b) for path in server.paths} == {"/tokenize", "/v1/completions"}
    assert all(math.isfinite(value) for values in found for value in values)


def test_the_end_token_is_that_of_the_chat_template() -> None:
    with serving(FakeServer(scorer)) as (server,):
        found = engine(server).logprobs(
            [Continuation(CHAT, "ab", ends=True), Continuation(CHAT, "", ends=True)]
        )
    assert found == [(-0.97, -0.98, -END / 100), (-END / 100,)]


def test_a_template_that_closes_nothing_has_no_end_token() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        return (unclosed if "messages" in body else scorer)(server, body, number)

    with (
        serving(FakeServer(behave)) as (server,),
        pytest.raises(EngineError, match="closes an answer by no token"),
    ):
        engine(server).logprobs([Continuation(CHAT, "ab", ends=True)])


def test_the_end_token_of_a_text_is_not_known() -> None:
    with serving(FakeServer(scorer)) as (server,):
        with pytest.raises(ConfigError, match=r"end token of texts.*--engine vllm or transformers"):
            engine(server).logprobs([Continuation("", "ab"), Continuation("", "c", ends=True)])
        assert server.bodies == []


def test_a_first_token_that_nothing_stands_before_has_no_probability() -> None:
    with serving(FakeServer(without_bos)) as (server,):
        ((first, *others),) = engine(server).logprobs([Continuation("", "joke")])
    assert math.isnan(first)
    assert others == [-ord(letter) / 100 for letter in "oke"]


def test_a_missing_value_in_the_middle_is_no_probability() -> None:
    def behave(server: FakeServer, body: dict[str, Any], number: int) -> Reply | None:
        if "echo" in body:
            values = [None, *(None for _ in body["prompt"][1:])]
            return Reply({"choices": [{"logprobs": {"token_logprobs": values}}]})
        return scorer(server, body, number)

    with (
        serving(FakeServer(behave)) as (server,),
        pytest.raises(EngineError, match="expected 6 log-probabilities"),
    ):
        engine(server).logprobs([Continuation("a", "joke")])


@pytest.mark.parametrize(
    "reply", [error(404, "no such path"), completion("no echo"), Reply({"tokens": "many"})]
)
def test_servers_that_cannot_tell_logprobs(reply: Reply) -> None:
    with (
        serving(FakeServer(lambda *_: reply)) as (server,),
        pytest.raises(EngineError, match=r"text 1 of 1.*--engine vllm"),
    ):
        engine(server).logprobs([Continuation("why", "because")])


def test_logprobs_by_a_server_that_always_fails() -> None:
    with (
        serving(FakeServer(lambda *_: error(500, "oops"))) as (server,),
        pytest.raises(EngineError, match="3 tries failed"),
    ):
        engine(server).logprobs([Continuation("why", "because")])


def test_a_server_cannot_leave_out_an_adapter() -> None:
    with serving(FakeServer()) as (server,), pytest.raises(ConfigError, match="parent"):
        engine(server).logprobs([], adapted=False)
