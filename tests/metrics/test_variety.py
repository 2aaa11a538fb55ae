import math

import numpy as np
import pytest

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.metrics.grams import TokenKind
from semeval_humor.metrics.variety import (
    commonest_opening,
    distinct_n,
    expectation_adjusted_distinct_n,
    near_duplicates,
    near_duplicates_of,
    openings,
    own_share,
)
from semeval_humor.schema import Lang

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
WORD, CHAR = TokenKind
WORDS = {
    EN: ["The cat naps.", "The cat sings!", "the cat"],
    ES: ["El gato duerme.", "¡El gato canta!", "el gato"],
}
ZH_TEXTS = ["猫睡觉", "猫唱歌", "猫睡"]


@pytest.mark.parametrize(
    ("lang", "texts", "n", "tokens", "value"),
    [
        (EN, WORDS[EN], 1, None, 4 / 8),  # the cat naps sings | 3 + 3 + 2
        (EN, WORDS[EN], 2, None, 3 / 5),  # the cat, cat naps, cat sings | 2 + 2 + 1
        (EN, WORDS[EN], 3, None, 2 / 2),
        (EN, ["cat cat cat"], 1, None, 1 / 3),
        (EN, ["a b a b a"], 2, None, 2 / 4),  # a b, b a
        (EN, ["abc", "ab"], 1, CHAR, 3 / 5),
        (ES, WORDS[ES], 1, None, 4 / 8),
        (ES, WORDS[ES], 2, None, 3 / 5),
        (ZH, ZH_TEXTS, 1, None, 5 / 8),  # 猫睡觉唱歌 | 3 + 3 + 2
        (ZH, ZH_TEXTS, 2, None, 4 / 5),  # 猫睡 睡觉 猫唱 唱歌 | 2 + 2 + 1
        (ZH, ["猫睡。猫。"], 1, None, 3 / 5),  # 。 is a character
        (ZH, ["我爱北京", "我爱上海"], 1, WORD, 4 / 6),  # 我 爱 北京 上海
        (ZH, ["我爱北京", "我爱上海"], 2, WORD, 3 / 4),
    ],
)
def test_distinct_n(
    lang: Lang, texts: list[str], n: int, tokens: TokenKind | None, value: float
) -> None:
    score = distinct_n(texts, lang, n=n, tokens=tokens)
    assert score.name == f"distinct-{n}"
    assert score.value == pytest.approx(value)
    assert score.items == len(texts)
    assert score.settings == {"tokens": tokens or (CHAR if lang is ZH else WORD)}


def test_too_short_for_n_grams() -> None:
    with pytest.raises(DataError, match=r"^distinct-3: none of the 2 texts has 3 tokens$"):
        distinct_n(["the cat", "!"], EN, n=3)
    with pytest.raises(DataError, match=r"^ead-1: none of the 1 texts has 1 token$"):
        expectation_adjusted_distinct_n(["…"], ES, n=1)
    with pytest.raises(ConfigError, match="expected 1 or more"):
        distinct_n(["the cat"], EN, n=0)


def test_expectation_adjusted_distinct_n() -> None:
    score = expectation_adjusted_distinct_n(WORDS[EN], EN, n=1)
    # 4 different of 8, where chance would give V (1 − ((V − 1) / V)^8) = 7.99908 for V = 30,522.
    assert score.value == pytest.approx(4 / 7.99908, rel=1e-5)
    assert str(score).startswith("ead-1 = 0.5001 ")
    assert score.settings == {"tokens": "word", "vocabulary": 30_522}
    # Of 60,000 tokens chance would give 26,247 different ones: more than half of V.
    many = [" ".join(f"w{number}" for number in range(60_000))]
    assert expectation_adjusted_distinct_n(many, EN, n=1).value == pytest.approx(2.2860, abs=1e-4)


@pytest.mark.parametrize(
    ("lang", "texts", "value", "items"),
    [
        (EN, ["Why did the cat nap?", "why did THE dog", "Why not?", "!"], 2 / 3, 3),
        (EN, ["Why not", "why not", "Why not me"], 2 / 3, 3),
        (ES, ["¿Por qué el gato?", "Por qué el perro", "Sí"], 2 / 3, 3),
        (ZH, ["为什么猫", "为什么狗", "为何"], 2 / 3, 3),
        (ZH, ["猫", "狗"], 1 / 2, 2),
    ],
)
def test_commonest_opening(lang: Lang, texts: list[str], value: float, items: int) -> None:
    score = commonest_opening(texts, lang)
    assert score.value == pytest.approx(value)
    assert score.items == items


def test_openings() -> None:
    texts = ["Why did the cat", "Oh no", "", "why did the dog", "Ah no"]
    assert openings(texts, EN) == [(("why", "did", "the"), 2), (("ah", "no"), 1), (("oh", "no"), 1)]
    with pytest.raises(DataError, match=r"^commonest-opening: none of the 1 texts has 1 token$"):
        commonest_opening(["…"], EN)


@pytest.mark.parametrize(
    ("lang", "texts", "value", "items"),
    [
        (EN, ["My cat naps all day.", "my CAT naps, all day", "A dog sings."], 2 / 3, 3),
        # 19 of 20 and 21 letters and spaces: 1 − 3 / 41 = 0.93
        (EN, ["My cat naps all day", "My cat naps all days"], 1, 2),
        (EN, ["My cat naps", "Your dog sings", "🎉", "🎉"], 0, 2),
        (ES, ["Mi gato duerme todo el día", "Mi gato dormía todo el día", "Sí"], 2 / 3, 3),
        (ZH, ["我的貓整天睡覺。", "我的猫整天睡觉", "狗唱歌"], 2 / 3, 3),
    ],
)
def test_near_duplicates(lang: Lang, texts: list[str], value: float, items: int) -> None:
    score = near_duplicates(texts, lang)
    assert score.value == pytest.approx(value)
    assert score.items == items
    assert score.settings == {"near": 0.8, "search": "exact"}


def test_near_duplicates_of_a_part() -> None:
    texts = ["My cat naps all day", "My cat naps all days", "A dog sings", "a dog sings"]
    share = near_duplicates_of(texts, EN)
    for rows, value in (([0, 1], 1), ([0, 2], 0), ([1, 2, 3], 2 / 3), ([0, 1, 2], 2 / 3)):
        assert share(np.array(rows)) == pytest.approx(value)


def test_near_duplicates_of_texts_without_letters() -> None:
    with pytest.raises(DataError, match="none of the 2 texts has a letter or digit"):
        near_duplicates(["🎉", "🎉"], EN)


@pytest.mark.parametrize(
    ("lang", "texts", "shares"),
    [
        # "a b" is in two jokes, "b c" and "x y" in one each; a single word has no pair.
        (Lang.EN, ["a b c", "a b", "x y", "x"], (0.5, 0.0, 1.0, math.nan)),
        (Lang.ES, ["el tren", "el tren llega"], (0.0, 0.5)),
        (Lang.ZH, ["好笑", "好笑吗"], (0.0, 0.5)),
    ],
)
def test_what_is_a_jokes_own(lang: Lang, texts: list[str], shares: tuple[float, ...]) -> None:
    assert own_share(texts, lang) == pytest.approx(shares, nan_ok=True)


def test_rows_of_near_duplicates_are_in_the_order_of_the_texts() -> None:
    texts = [
        "Zebras never queue for coffee.",
        "A bear walks into a bar.",
        "!",
        "a bear walks into a bar",
    ]
    score = near_duplicates(texts, Lang.EN)
    assert score.rows == pytest.approx((0, 1, math.nan, 1), nan_ok=True)
    assert score.value == pytest.approx(2 / 3)
