"""A real vLLM with the embedded model and an adapter; started once for all tests here."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from semeval_humor.inference.adapter_proof import prove_adapter
from semeval_humor.inference.transformers_engine import TransformersEngine
from semeval_humor.inference.vllm_engine import VLLMEngine
from semeval_humor.models import DEFAULT_MODEL, Adapter, Model, check_adapter, resolve
from semeval_humor.schema import Continuation, Finish, Message, Request, Sampling
from tests.adapters import write_adapter

pytest.importorskip("vllm")
pytestmark = pytest.mark.model

CHAT = (Message("user", "Say hello."),)
TEXTS = [
    Continuation(CHAT, "Hello! How can I help you today?"),
    Continuation("The umbrella called in sick because", " it was raining."),
    Continuation("El paraguas pidió la baja", " porque llovía."),
    Continuation("雨伞今天请了病假", "，因为下雨。"),
]


@pytest.fixture(scope="module")
def model() -> Model:
    return resolve(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def adapter(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    folder = write_adapter(tmp_path_factory.mktemp("adapters") / "lora", scale=0.3)
    return check_adapter(str(folder), model)


@pytest.fixture(scope="module")
def engine(model: Model, adapter: Adapter) -> Iterator[VLLMEngine]:
    with VLLMEngine(model, adapter=adapter, seed=0, expected_tokens=1000) as engine:
        yield engine


def mean(rows: list[tuple[float, ...]]) -> float:
    return sum(map(sum, rows)) / sum(map(len, rows))


def test_every_request_is_answered_once_whatever_its_fate(engine: VLLMEngine) -> None:
    requests = [Request(str(i), CHAT) for i in range(20)]
    requests.insert(7, Request("endless", "word " * 5000))
    found = list(engine.generate(iter(requests), Sampling(max_tokens=8)))
    assert sorted(c.key for c in found) == sorted(r.key for r in requests)
    fates = {c.key: c.finish for c in found}
    assert fates.pop("endless") is Finish.FAILED
    assert set(fates.values()) <= {Finish.STOPPED, Finish.CUT_OFF}
    assert all(0 < c.tokens <= 8 for c in found if c.key != "endless")
    assert all(c.tokens == 8 for c in found if c.finish is Finish.CUT_OFF)


def test_requests_are_read_no_further_than_the_batch_needs(engine: VLLMEngine) -> None:
    read = 0

    def requests() -> Iterator[Request]:
        nonlocal read
        for read in range(1, 2001):
            yield Request(str(read), "Once", json_schema=None)

    answers = engine.generate(requests(), Sampling(max_tokens=2))
    next(answers)
    assert read < 600
    answers.close()  # type: ignore[attr-defined]
    # What was under way is given up, and the engine goes on with other work.
    (only,) = engine.generate([Request("only", "Once")], Sampling(max_tokens=2))
    assert only.key == "only"


def test_stop_texts_end_a_completion_and_are_not_part_of_it(engine: VLLMEngine) -> None:
    listing = "1\n2\n3\n4\n5\n6\n"
    (free,) = engine.generate([Request("a", listing)], Sampling(temperature=0, max_tokens=12))
    (stopped,) = engine.generate(
        [Request("a", listing)], Sampling(temperature=0, max_tokens=12, stop=("\n",))
    )
    assert stopped.text == free.text.partition("\n")[0]
    assert stopped.finish is Finish.STOPPED


def test_a_json_schema_is_honoured(engine: VLLMEngine) -> None:
    schema = {
        "type": "object",
        "properties": {"funny": {"type": "boolean"}},
        "required": ["funny"],
        "additionalProperties": False,
    }
    (answer,) = engine.generate(
        [Request("a", CHAT, json_schema=schema)], Sampling(max_tokens=30, temperature=0)
    )
    assert set(json.loads(answer.text)) == {"funny"}


def test_log_probabilities_agree_with_transformers(
    engine: VLLMEngine, model: Model, adapter: Adapter
) -> None:
    with TransformersEngine(model, adapter=adapter) as reference:
        for adapted in (False, True):
            ours = engine.logprobs(TEXTS, adapted=adapted)
            theirs = reference.logprobs(TEXTS, adapted=adapted)
            assert [len(row) for row in ours] == [len(row) for row in theirs]
            # vLLM computes in bfloat16 here, transformers in float32.
            assert mean(ours) == pytest.approx(mean(theirs), rel=0.02)


def test_the_adapter_is_proved_to_be_in_use(engine: VLLMEngine) -> None:
    assert prove_adapter(engine) > 0.1


def test_identity_and_settings(engine: VLLMEngine, adapter: Adapter) -> None:
    identity = engine.identity()
    assert identity.name == DEFAULT_MODEL
    assert len(identity.weights or "") == len(identity.adapter or "") == 64
    assert engine.settings["engine"] == "vllm"
    assert Path(adapter.path).exists()
