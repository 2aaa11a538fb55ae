import pytest

from semeval_humor.metrics.length import length_characters, length_words
from semeval_humor.schema import Lang


@pytest.mark.parametrize(
    ("lang", "texts", "characters", "words"),
    [
        (Lang.EN, ["A cat naps.", "Don't! 🎉", ""], [11, 8, 0], [3, 1, 0]),
        (Lang.ES, ["¿El niño?", "No."], [9, 3], [2, 1]),
        (Lang.ZH, ["我爱北京。", "猫"], [5, 1], [3, 1]),  # 我 爱 北京
    ],
)
def test_length(lang: Lang, texts: list[str], characters: list[float], words: list[float]) -> None:
    for metric, wanted in ((length_characters, characters), (length_words, words)):
        score = metric(texts, lang)
        assert score.rows == tuple(wanted)
        assert score.value == sum(wanted) / len(wanted)
