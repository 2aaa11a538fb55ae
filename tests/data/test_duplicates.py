import random

import pytest

from semeval_humor.data import duplicates
from semeval_humor.data.duplicates import RETOLD, SAME, Known, Match, content
from semeval_humor.schema import Lang


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        (Lang.EN, "It’s a SOCK, isn't it? 🧦", "itsasockisntit"),
        (Lang.ES, "¿Qué? ¡El ÑANDÚ!", "quéelñandú"),
        (Lang.ZH, "他說：「ＮＢＡ，好！」", "他说nba好"),
        (Lang.EN, "?! 🧦", "?! 🧦"),
    ],
)
def test_content_is_what_is_said_and_not_how(lang: Lang, text: str, expected: str) -> None:
    assert content(text, lang) == expected


@pytest.fixture(params=["all are compared", "MinHash chooses"])
def _either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "MinHash chooses":
        monkeypatch.setattr(duplicates, "COMPARED_WITH_ALL", 0)


@pytest.mark.usefixtures("_either_way")
@pytest.mark.parametrize(
    ("lang", "first", "second", "similarity"),
    [
        # 2 · 18 equal characters in order of 18 + 20 altogether: 36 / 38 = 94.7 %
        (Lang.EN, "why did a sock cross it ", "why did a sock cross it ok", 94.7),
        # Nothing but commas and case is different.
        (Lang.ES, "Mi suegra, que en paz descanse", "mi SUEGRA que, en paz descanse", 100),
        # 2 · 12 of 13 + 13 = 92.3 %, and Traditional is the same as Simplified.
        (Lang.ZH, "我家的貓今天要過生日請假了", "我家的猫今天要过生日请假啦", 92.3),
    ],
)
def test_the_most_similar_text_is_found(
    lang: Lang, first: str, second: str, similarity: float
) -> None:
    known = Known(lang)
    known.add(content("something else entirely 完全不同的句子", lang))
    assert known.add(content(first, lang)) == 1
    found = known.find(content(second, lang))
    assert found is not None
    assert found.number == 1
    assert found.similarity == pytest.approx(similarity, abs=0.05)


@pytest.mark.usefixtures("_either_way")
def test_the_first_of_equal_ones_is_found_and_none_among_none() -> None:
    known = Known(Lang.EN)
    assert known.find("abcdefgh") is None
    known.add("abcdefgh")
    known.add("abcdefgh")
    assert known.find("abcdefgh") == Match(0, 100.0)
    assert known.find("zzzzzzzzzzzz") is None
    assert len(known) == 2


def test_how_similar_is_enough_can_be_said() -> None:
    known = Known(Lang.EN)
    known.add("abcdefghij")
    # 2 · 9 of 10 + 11 = 85.7 %
    assert known.find("abcdefghixy", at_least=SAME) is None
    found = known.find("abcdefghixy", at_least=RETOLD)
    assert found is not None
    assert found.similarity == pytest.approx(85.71, abs=0.01)


def test_minhash_misses_no_duplicate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "COMPARED_WITH_ALL", 0)
    draw = random.Random(0)
    known, wanted = Known(Lang.EN), []
    for _ in range(1_000):
        text = "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=60))
        wanted.append(text)
        known.add(text)
    found = []
    for text in wanted:
        place = draw.randrange(55)
        found.append(known.find(text[:place] + "QQQQQ" + text[place + 5 :], at_least=SAME))
    # A word of 5 exchanged in 60: 2 · 55 of 120 = 91.7 %.
    assert [each.number if each else None for each in found] == list(range(1_000))
