import dataclasses
import re
import sys

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.schema import Lang
from semeval_humor.text import leaks
from semeval_humor.text.leak_patterns import Table, fold, table
from semeval_humor.text.leaks import Cleaned, Leak, LeakKind, clean, find_leaks
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
    for langs in ({case[0] for case in DIRTY}, {case[0] for case in GOOD}):
        assert langs == set(Lang)


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


def searched_in_full(text: str, lang: Lang) -> tuple[list[Leak], Cleaned]:
    """What is found when every rule is tried on every text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "is_silent", lambda *_: False)
        patch.setattr(leaks, "table", needless)
        return find_leaks(text, lang), clean(text, lang)


def needless(lang: Lang) -> Table:
    rules = table(lang)
    nothing = re.compile("")
    cuts = tuple(dataclasses.replace(rule, needs=nothing) for rule in rules.cuts)
    return Table(cuts, rules.verdicts)


# Cases cut in two and put together again, in cases that only folding makes equal.
CASES = [case[1] for cases in (DIRTY, HOPELESS, GOOD) for case in cases]
FOLDED = st.sampled_from([("s", "ſ"), ("i", "İ"), ("k", "K"), ("ss", "ß"), ("fi", "ﬁ"), ("a", "A")])
SPLICES = st.builds(
    lambda head, tail, at, end, pair: (head[: at % 60] + tail[-end:]).replace(*pair),
    *(st.sampled_from(CASES), st.sampled_from(CASES), st.integers(0), st.integers(1, 90), FOLDED),
)


@settings(max_examples=1000, deadline=None)
@given(TEXTS | SPLICES, LANGS)
def test_nothing_is_overlooked(text: str, lang: Lang) -> None:
    assert (find_leaks(text, lang), clean(text, lang)) == searched_in_full(text, lang)


@pytest.mark.parametrize("lang", list(Lang))
def test_every_rule_needs_what_it_says(lang: Lang) -> None:
    rules = table(lang)
    found = set()
    for text in CASES:
        for line in {text, *text.split("\n"), text.upper()}:
            for rule in rules.cuts + rules.verdicts:
                if rule.pattern.search(line):
                    found.add(rule)
                    assert rule.needs.search(fold(line)), rule
                    assert not rules.is_silent(fold(line))
    assert found == set(rules.cuts + rules.verdicts)


@pytest.mark.parametrize("lang", list(Lang))
def test_needs_are_the_same_to_both_libraries(lang: Lang) -> None:
    for rule in table(lang).cuts + table(lang).verdicts:
        escapes = set(re.findall(r"\\[a-zA-Z]", rule.needs.pattern))
        assert escapes <= {r"\A", r"\Z", r"\s", r"\S", r"\n"}
        assert not re.search(r"[A-Z]", re.sub(r"\\.", "", rule.needs.pattern))


def test_folding_makes_equal_what_ignoring_case_does() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    for letter in "abcdefghijklmnopqrstuvwxyzáéíóúñ":
        for other in regex.findall(letter, everything, regex.IGNORECASE | regex.VERSION1):
            assert fold(other) == letter


@given(TEXTS, st.lists(st.sampled_from("a \n\t\r\u3000\u200b"), max_size=8).map("".join))
def test_normalising_leaves_out_only_what_does_nothing(text: str, spaces: str) -> None:
    quick, full = leaks._Draft(text + spaces + text), leaks._Draft(text + spaces + text)
    leaks._normalise(quick)
    for pattern, filler in ("_BREAK", "\n"), ("INVISIBLE", ""), ("_WIDE", " "), ("_LINES", "\n"):
        leaks._substitute(getattr(leaks, pattern), full, filler)
    leaks._strip(full)
    assert (quick.text, list(quick._origin)) == (full.text, list(full._origin))


def test_no_printable_character_but_the_space_is_normalised() -> None:
    printable = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))
    assert leaks._BREAK.search(printable) is None
    assert leaks.INVISIBLE.search(printable) is None
    assert leaks._WIDE.search(printable.replace(" ", "")) is None
