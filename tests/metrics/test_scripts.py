import pytest

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.metrics.scripts import (
    foreign,
    foreign_rows,
    han_mix,
    script_purity,
)
from semeval_humor.schema import Lang

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH


@pytest.mark.parametrize(
    ("lang", "texts", "rows"),
    [
        (EN, ["A cat", "ab кот 猫", "abc Ω"], [1, 2 / 6, 3 / 4]),
        (ES, ["El niño", "ñü 猫猫"], [1, 2 / 4]),
        (ZH, ["猫", "猫猫 KT", "кот猫"], [1, 2 / 4, 1 / 4]),
    ],
)
def test_script_purity(lang: Lang, texts: list[str], rows: list[float]) -> None:
    score = script_purity(texts, lang)
    assert score.rows == pytest.approx(tuple(rows))
    assert score.value == pytest.approx(sum(rows) / len(rows))


def test_purity_without_letters() -> None:
    score = script_purity(["猫", "123 🎉"], ZH)
    assert (score.value, score.items) == (1, 1)
    with pytest.raises(DataError, match=r"^script-purity: none of the 2 texts has a letter$"):
        script_purity(["1", "🎉"], EN)


@pytest.mark.parametrize(
    ("lang", "texts", "found"),
    [
        (EN, ["A cat", "A 猫咪 and кот", "He said “猫”. 42", "🎉"], [[], ["猫咪", "кот"], [], []]),
        (ES, ["El gato", "El 猫咪"], [[], ["猫咪"]]),
        (ZH, ["在KTV唱歌", "猫 walks into a bar"], [[], ["walks into a bar"]]),
    ],
)
def test_foreign(lang: Lang, texts: list[str], found: list[list[str]]) -> None:
    assert [[run.text for run in runs] for runs in foreign(texts, lang)] == found
    score = foreign_rows(texts, lang)
    assert score.rows == tuple(float(bool(runs)) for runs in found)
    assert score.value == sum(map(bool, found)) / len(found)


def test_han_mix() -> None:
    texts = ["这个漢字", "这个汉字", "個漢字", "國家", "你好", "貓说"]
    score = han_mix(texts, ZH)
    assert score.rows == pytest.approx((1, 0, 0, 0, 0, 1))
    assert score.value == 2 / 6


@pytest.mark.parametrize("lang", [EN, ES])
def test_han_mix_is_of_chinese(lang: Lang) -> None:
    with pytest.raises(ConfigError, match=f"not of language {lang}"):
        han_mix(["A cat"], lang)


def test_han_mix_of_nothing() -> None:
    with pytest.raises(DataError, match="no texts"):
        han_mix([], ZH)
