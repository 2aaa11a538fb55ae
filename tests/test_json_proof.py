import json
from collections.abc import Callable

import pytest

from semeval_humor.errors import EngineError
from semeval_humor.json_proof import prove_json
from semeval_humor.schema import Request
from tests.inference.fake_engine import FakeEngine


def obedient(request: Request) -> str:
    """The only answer that the schema allows."""
    assert request.json_schema is not None
    return json.dumps({"word": request.json_schema["properties"]["word"]["enum"][0]})


@pytest.mark.parametrize("chat", [True, False])
def test_an_engine_that_keeps_to_the_schema_passes(chat: bool) -> None:
    prove_json(FakeEngine(obedient), chat=chat)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda request: "It will rain.", "ignores the JSON schema: found 'It will rain.'"),
        (lambda request: '{"word": "rain"}', "ignores the JSON schema"),
        (lambda request: None, "refuses a JSON schema: no reason"),
    ],
)
def test_any_other_answer_is_told(answer: Callable[[Request], str | None], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        prove_json(FakeEngine(answer), chat=True)


def test_the_word_cannot_be_known_beforehand() -> None:
    heard: list[str] = []

    def listening(request: Request) -> str:
        heard.append(obedient(request))
        return heard[-1]

    for _ in range(2):
        prove_json(FakeEngine(listening), chat=True)
    assert heard[0] != heard[1]
