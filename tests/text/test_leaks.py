import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.schema import Lang
from semeval_humor.text.leaks import LeakKind, clean, find_leaks
from tests.text.leak_cases import DIRTY, GOOD, HOPELESS, OWL

STAYS = {LeakKind.REFUSAL, LeakKind.ERROR_TEXT, LeakKind.UNFILLED_BLANK}

# Pieces that patterns care about, put together at random.
PIECES = st.sampled_from(
    [
        *(
            '"',
            "'",
            "“",
            "”",
            "«",
            "»",
            "「",
            "」",
            "`",
            "```",
            "**",
            "*",
            "# ",
            "\n",
            " ",
            "\t",
            ".",
        ),
        *("<think>", "</think>", "<|im_end|>", "<|im_start|>assistant\n", "[INST]", "[/INST]"),
        *(
            "assistant\n",
            "user\n",
            "Sure, ",
            "here's a joke",
            ":",
            "Joke: ",
            "笑话：",
            "好的，",
            "这是一个",
        ),
        *(
            "1. ",
            "2. ",
            "Note: ",
            "(19 words)",
            "（字数：25）",
            "_____",
            "error",
            "I can't help with that",
        ),
        *(
            "\u200d",
            "👩",
            "\ufeff",
            "\ud83d",
            "🏴",
            "\U000e0067",
            "a",
            "哈哈",
            "ñu",
            "-",
            "…",
            "\r\n",
        ),
        "A man walks into a library and asks for the loudest book they have.",
    ]
)
TEXTS = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=60)
LANGS = st.sampled_from(list(Lang))


@pytest.mark.parametrize(("lang", "text", "cleaned", "kinds"), DIRTY)
def test_clean(lang: Lang, text: str, cleaned: str, kinds: tuple[LeakKind, ...]) -> None:
    result = clean(text, lang)
    assert (result.text, result.kinds) == (cleaned, kinds)
    assert {leak.kind for leak in find_leaks(text, lang)} == set(kinds)


@pytest.mark.parametrize(("lang", "joke"), GOOD)
def test_good_joke_stays(lang: Lang, joke: str) -> None:
    assert clean(joke, lang).text == joke
    assert find_leaks(joke, lang) == []


@pytest.mark.parametrize(("lang", "text", "kind"), HOPELESS)
def test_what_cannot_be_cleaned(lang: Lang, text: str, kind: LeakKind) -> None:
    assert clean(text, lang).text == text
    assert [leak.kind for leak in find_leaks(text, lang)] == [kind]


def test_tables_are_large_enough() -> None:
    assert len(DIRTY) >= 60
    assert len(GOOD) >= 40
    for table in ({case[0] for case in DIRTY}, {case[0] for case in GOOD}):
        assert table == set(Lang)


def test_every_kind_occurs() -> None:
    kinds = {kind for case in DIRTY for kind in case[3]} | {case[2] for case in HOPELESS}
    assert kinds == set(LeakKind)


def test_spans_are_those_of_the_given_text() -> None:
    text = f"\ufeff  Sure, here's a joke:\n\n  {OWL}  (19 words)"
    preamble, note = find_leaks(text, Lang.EN)
    assert preamble.text.startswith("Sure, here's a joke:")
    assert preamble.start == 3
    assert note.text.strip() == "(19 words)"
    assert note.end == len(text)


def test_a_pair_of_marks_is_one_leak() -> None:
    (leak,) = find_leaks(f"“{OWL}”", Lang.EN)
    assert (leak.start, leak.end) == (0, len(OWL) + 2)


def test_only_the_languages_of_the_model_are_tried() -> None:
    assert clean("好的，这是一个笑话：猫说汪。", Lang.EN).kinds == ()
    assert clean(f"Joke: {OWL}", Lang.ZH).kinds == (LeakKind.MARKUP,)


@settings(max_examples=400, deadline=None)
@given(TEXTS, LANGS)
def test_cleaning_twice_changes_nothing(text: str, lang: Lang) -> None:
    once = clean(text, lang)
    twice = clean(once.text, lang)
    assert (twice.text, twice.kinds) == (once.text, ())
    assert {leak.kind for leak in find_leaks(once.text, lang)} <= STAYS
    assert once.text == " ".join(once.text.split())


@settings(max_examples=400, deadline=None)
@given(TEXTS, LANGS)
def test_leaks_and_cleaning_agree(text: str, lang: Lang) -> None:
    leaks = find_leaks(text, lang)
    for leak in leaks:
        assert text[leak.start : leak.end] == leak.text != ""
    removable = {leak.kind for leak in leaks} - STAYS
    assert removable == set(clean(text, lang).kinds)


@settings(max_examples=200, deadline=None)
@given(TEXTS, LANGS)
def test_cleaning_adds_nothing(text: str, lang: Lang) -> None:
    left = iter(text)
    assert all(any(c == d for d in left) for c in re.sub(r"\s", "", clean(text, lang).text))


@pytest.mark.parametrize(
    "unit",
    [
        *(
            '"',
            "“",
            "`",
            "** ",
            "**a ",
            "<think>",
            "</think>",
            "<|a",
            "<|im_end|>",
            "[INST]",
            "(19 ",
        ),
        *(
            "Sure, ",
            "here's a ",
            "1. a",
            "_ ",
            "\u200d",
            "👩\u200d",
            "\nNote",
            "user\n",
            ' "a"',
            "a  ",
        ),
        *("setup: ", "我", "好的，", "\n# ", "1. joke. 2", "<｜", "\ud800", "I can't create "),
    ],
)
@pytest.mark.parametrize("lang", [Lang.EN, Lang.ZH])
def test_long_nonsense_ends_soon(unit: str, lang: Lang) -> None:
    text = "x" + unit * (20_000 // len(unit))
    assert len(clean(text, lang).text) <= len(text)
    assert len(clean(text[1:] + "x", lang).text) <= len(text)
