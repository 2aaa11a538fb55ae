import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from semeval_humor.errors import ConfigError
from semeval_humor.schema import Lang
from semeval_humor.text import tokens
from semeval_humor.text.tokens import (
    characters,
    fewest_words,
    ngrams,
    split_words,
    tokenize,
    words,
)


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        (
            Lang.EN,
            "Don't PANIC, it’s 1,000.5 well-known!",
            ["don't", "panic", "it's", "1,000.5", "well", "known"],
        ),
        (Lang.EN, "It's 5kg (2nd) “quoted” …", ["it's", "5kg", "2nd", "quoted"]),
        (Lang.EN, "'tis rock 'n' roll", ["tis", "rock", "n", "roll"]),
        (Lang.ES, "¿Qué? ¡El Ñandú!—dijo", ["qué", "el", "ñandú", "dijo"]),
        (Lang.ES, "la\u0301piz", ["lápiz"]),
        (Lang.ZH, "我爱北京，NBA！", ["我", "爱", "北京", "nba"]),
        (Lang.ZH, "ＮＢＡ", ["nba"]),
        (Lang.EN, "… 🎉", []),
        (Lang.ZH, "", []),
    ],
)
def test_words(lang: Lang, text: str, expected: list[str]) -> None:
    assert words(text, lang) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("猫 说：喵", ["猫", "说", "：", "喵"]),
        ("a b\n", ["a", "b"]),
        ("👩\u200d👧🇪🇸e\u0301", ["👩\u200d👧", "🇪🇸", "e\u0301"]),
        ("\u200b\u0000", []),
    ],
)
def test_characters(text: str, expected: list[str]) -> None:
    assert characters(text) == expected


def test_tokenize_chooses_by_language() -> None:
    assert tokenize("El gato", Lang.ES) == ["el", "gato"]
    assert tokenize("the cat", Lang.EN) == ["the", "cat"]
    assert tokenize("猫说喵", Lang.ZH) == ["猫", "说", "喵"]


def test_jieba_and_rjieba_agree(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rjieba")
    texts = [
        "老板让我加班，我说我家的猫今天要过生日，他居然批准了。",
        "医生说我缺钙，超市说我缺钱，老婆说我缺心眼。",
        "昨天在地铁上睡着了，醒来发现自己坐到了终点站，还是在KTV门口。",
        "他洗了个澡，花了3.5小时，出来的时候已经2024年了。",
    ]
    fast = [words(text, Lang.ZH) for text in texts]
    monkeypatch.setitem(sys.modules, "rjieba", None)
    tokens._chinese_cutter.cache_clear()
    slow = [words(text, Lang.ZH) for text in texts]
    tokens._chinese_cutter.cache_clear()
    assert fast == slow
    assert capfd.readouterr() == ("", "")  # jieba's own log is silent


def test_ngrams() -> None:
    assert list(ngrams(["a", "b", "c"], 2)) == [("a", "b"), ("b", "c")]
    assert list(ngrams(["a"], 2)) == []


def test_ngrams_of_nothing() -> None:
    with pytest.raises(ConfigError, match="expected 1 or more"):
        ngrams(["a"], 0)


@given(st.lists(st.text(max_size=3), max_size=20), st.integers(1, 6))
def test_number_of_ngrams(parts: list[str], n: int) -> None:
    assert len(list(ngrams(parts, n))) == max(0, len(parts) - n + 1)


@given(st.text(), st.sampled_from(list(Lang)))
def test_tokens_hold_no_space(text: str, lang: Lang) -> None:
    for token in tokenize(text, lang):
        assert token
        assert not token[0].isspace()


# Pieces that a table of single bytes could take for other words than the pattern finds.
PIECES = st.sampled_from(
    [
        *(
            "don",
            "'",
            "''",
            " ",
            "-",
            "5",
            "kg",
            "7",
            "80",
            "s",
            "1",
            ",",
            ".",
            "000",
            "½",
            "²",
            "ª",
        ),
        *(
            "ñu",
            "Straße",
            "“",
            "…",
            "—",
            "€",
            "🎉",
            "❤\ufe0f",
            "e\u0301",
            "жук",
            "我",
            "\u0660",
            "\xa0",
        ),
        *("\u2044", "ˆ", "\ud800", "\n", "\x85"),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=40)


@given(TEXTS)
@example("rock''n")
@example("1,000.5 in 1.000 of the 80's")
@example("5½")
@example("5kg7")
def test_words_are_split_as_the_pattern_says(text: str) -> None:
    assert split_words(text.casefold()) == tokens.WORD.findall(text.casefold())


@pytest.mark.parametrize("character", list(map(chr, range(256))))
def test_each_latin_character_is_split_as_the_pattern_says(character: str) -> None:
    folded = f"a{character}b {character} {character}{character}'{character}".casefold()
    assert split_words(folded) == tokens.WORD.findall(folded)


def test_all_that_is_split_outside_latin_divides_words() -> None:
    beyond = "".join(map(chr, range(256, sys.maxunicode + 1)))
    dividing = set(beyond) - set(tokens._UNCLEAR.findall(beyond))
    assert len(dividing) > 1000
    assert not tokens.WORD.search("".join(dividing))


@given(TEXTS)
@example("a \xa0 \x85 \x1c b")
def test_fewest_words_are_never_too_many(text: str) -> None:
    found = words(text, Lang.EN)
    assert fewest_words(text) <= sum(any(map(str.isalnum, word)) for word in found)
    assert fewest_words("It's 5 o'clock, “somewhere” — now.") == 5
