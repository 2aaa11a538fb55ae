from pathlib import Path

import pytest

from semeval_humor.schema import Lang
from semeval_humor.text.length import caption_words, count_characters, count_words, too_long

OFFICIAL = Path(__file__).parents[2] / "../shared/data/mwahaha"


@pytest.mark.parametrize(("lang", "limit"), [(Lang.EN, 900), (Lang.ES, 900), (Lang.ZH, 300)])
def test_too_long(lang: Lang, limit: int) -> None:
    assert not too_long("笑" * limit, lang)
    assert too_long("笑" * (limit + 1), lang)


def test_count_characters() -> None:
    assert count_characters("a b") == 3
    assert count_characters("👩\u200d👧") == 3  # code points, as a database counts


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        (Lang.EN, "Don't stop-motion!", 3),
        (Lang.ES, "¿Qué tal?", 2),
        (Lang.ZH, "我爱北京。", 3),
        (Lang.EN, "", 0),
    ],
)
def test_count_words(lang: Lang, text: str, expected: int) -> None:
    assert count_words(text, lang) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("When the well-known cat's away", 5), ("me — at 3 a.m. 🎉", 4), ("", 0), ("...", 0)],
)
def test_caption_words(text: str, expected: int) -> None:
    assert caption_words(text) == expected


@pytest.mark.skipif(not OFFICIAL.exists(), reason="official data not here")
def test_official_captions_over_twenty_words() -> None:
    import pandas as pd

    captions = pd.read_csv(OFFICIAL / "baseline-dev/task-b2.tsv", delimiter="\t")["text"]
    assert sum(caption_words(text) > 20 for text in captions) == 59
