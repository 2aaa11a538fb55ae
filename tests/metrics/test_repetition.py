import zlib

import pytest

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.metrics.repetition import compression_ratio, loops, rep_n, tail_loops
from semeval_humor.schema import Lang

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH


@pytest.mark.parametrize(
    ("lang", "texts", "n", "rows"),
    [
        (EN, ["a b a b", "The cat. The dog.", "cat"], 1, [2 / 4, 1 / 4, 0]),
        (EN, ["a b a b", "The cat. The dog."], 2, [1 / 3, 0]),  # a b twice
        (EN, ["ha ha ha ha ha"], 4, [1 / 2]),
        (ES, ["no y no y no", "sí"], 1, [3 / 5, 0]),
        (ES, ["no y no y no"], 3, [1 / 3]),  # no y no twice
        (ZH, ["猫猫狗", "猫。猫。"], 1, [1 / 3, 2 / 4]),
        (ZH, ["哈哈哈哈"], 2, [2 / 3]),
    ],
)
def test_rep_n(lang: Lang, texts: list[str], n: int, rows: list[float]) -> None:
    score = rep_n(texts, lang, n=n)
    assert score.rows == pytest.approx(tuple(rows))
    assert score.value == pytest.approx(sum(rows) / len(rows))


def test_rep_n_of_short_texts() -> None:
    score = rep_n(["a b a", "a"], EN, n=2)
    assert (score.value, score.items) == (0, 1)
    with pytest.raises(DataError, match=r"^rep-2: none of the 1 texts has 2 tokens$"):
        rep_n(["cat"], EN, n=2)
    with pytest.raises(ConfigError, match="expected 1 or more"):
        rep_n(["cat"], EN, n=0)


@pytest.mark.parametrize(
    ("lang", "text", "loop", "tail"),
    [
        (EN, "A cat walks into a bar.", 0, 0),
        (EN, "Then movie movie movie movie movie again.", 1, 0),
        (EN, "Then movie movie movie movie movie!", 1, 1),
        (EN, "Then noooooooooooooooo…", 1, 1),
        (ES, "Y el gato y el gato y el gato y el gato", 1, 1),
        (ES, "Sí, sí, claro.", 0, 0),
        (ZH, "他说电影电影电影电影电影电影电影。", 1, 1),
        (ZH, "电影电影电影电影电影电影电影，他说。", 1, 0),
        (ZH, "哈哈哈哈，真好笑", 0, 0),
    ],
)
def test_loops(lang: Lang, text: str, loop: int, tail: int) -> None:
    assert loops([text], lang).rows == (loop,)
    assert tail_loops([text], lang).rows == (tail,)


@pytest.mark.parametrize("text", ["The cat naps.", "El gato duerme.", "猫在睡觉。"])
def test_compression_ratio(text: str) -> None:
    raw = f"{text}\n{text}".encode()
    score = compression_ratio([text, text], EN)
    assert score.value == len(raw) / len(zlib.compress(raw, 9))
    assert compression_ratio([text] * 50, EN).value > 10 * score.value
    assert score.settings == {"codec": "zlib-9"}


def test_half_a_character_is_compressed_too() -> None:
    assert compression_ratio(["cat \ud83d"], EN).value > 0


def test_compression_of_nothing() -> None:
    with pytest.raises(DataError, match=r"^compression-ratio: the 2 texts are empty$"):
        compression_ratio(["", ""], EN)
