import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.schema import Lang
from semeval_humor.text import loops
from semeval_humor.text.loops import Loop, LoopKind, find_loops, repetition

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
CHARACTERS, TOKENS, TAIL = LoopKind


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        (EN, "I went home and the and the and the", [(TAIL, "and the", 3)]),
        (EN, "and the, and the, and the, and the cat", [(TOKENS, "and the", 4)]),
        (EN, "a movie movie movie movie", [(TAIL, "movie", 4)]),
        (EN, "no no no no no, I said", [(TOKENS, "no", 5)]),
        (EN, "No, no, no! Knock knock.", []),
        (EN, "hahahahaha, good one", []),
        (EN, "ha ha ha ha ha ha", []),
        (EN, "ha" * 13, [(CHARACTERS, "ha", 13)]),
        (EN, "ha " * 13, [(TAIL, "ha", 13)]),
        (EN, "s" + "o" * 12, []),
        (EN, "s" + "o" * 13 + " good", [(CHARACTERS, "o", 13)]),
        (EN, "moviemoviemovie night", [(CHARACTERS, "movie", 3)]),
        (EN, "Well" + "." * 20, []),
        (EN, "A prize of 1000000000000000 dollars", []),
        (EN, "", []),
        (ES, "jajajajajaja", []),
        (ES, "Y luego y luego y luego", [(TAIL, "y luego", 3)]),
        (ES, "¡Gooooooooooooool de nadie!", [(CHARACTERS, "o", 14)]),
        (ZH, "哈哈哈哈", []),
        (ZH, "哈" * 30, [(CHARACTERS, "哈", 30)]),
        (ZH, "好" * 13, [(CHARACTERS, "好", 13)]),
        (ZH, "况且况且况且况且", []),
        (ZH, "我不知道，我不知道，我不知道，", [(CHARACTERS, "我不知道，", 3)]),
        (ZH, "老板今天要我加班了。" * 3, [(TAIL, "老板今天要我加班了。", 3)]),
        (ZH, "我 不知道我 不 知道我不知 道我不知道", [(CHARACTERS, "我不知道", 4)]),
        (ZH, "医生：哪里疼？病人：哪里都疼。医生：哪里不疼？", []),
    ],
)
def test_find_loops(lang: Lang, text: str, expected: list[tuple[LoopKind, str, int]]) -> None:
    assert [(loop.kind, loop.unit, loop.count) for loop in find_loops(text, lang)] == expected


def test_span_covers_the_incomplete_unit() -> None:
    (loop,) = find_loops("so: one two, one two, one two, one", EN)
    assert (loop.start, loop.end) == (4, 34)


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        (EN, "movie movie movie", 1 / 2),  # 2 pairs, 1 different
        (EN, "The cat the cat", 1 / 3),  # the cat, cat the, the cat
        (EN, "every word is new", 0.0),
        (EN, "one", 0.0),
        (ES, "a la una a la una", 2 / 5),  # a la, la una, una a, a la, la una
        (ZH, "哈哈哈哈", 1 / 2),  # 2 triples, 1 different
        (ZH, "我是猫我是猫", 1 / 4),  # 4 triples, 3 different
        (ZH, "", 0.0),
    ],
)
def test_repetition(lang: Lang, text: str, expected: float) -> None:
    assert repetition(text, lang) == pytest.approx(expected)


@given(st.text(alphabet="ab 哈，", max_size=120), st.sampled_from(list(Lang)))
def test_loops_and_repetition_are_in_range(text: str, lang: Lang) -> None:
    for loop in find_loops(text, lang):
        assert 0 <= loop.start < loop.end <= len(text)
        assert loop.count >= 3
        assert text[loop.start : loop.end].lower().startswith(loop.unit[0])
    assert 0 <= repetition(text, lang) < 1


@given(st.text(alphabet="abc 我，", min_size=1, max_size=40), st.sampled_from(list(Lang)))
def test_saying_it_again_never_lowers_repetition(text: str, lang: Lang) -> None:
    assert repetition(f"{text} {text}", lang) >= repetition(text, lang) - 1e-12


@pytest.mark.parametrize(
    "unit",
    ["a", "ab", "and the ", "aab", "a b ", "abcdefgh", "哈", "我们都是好人啊", "a" * 31 + "b", " "],
)
def test_long_input_takes_seconds_at_most(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    start = time.perf_counter()
    for lang in Lang:
        find_loops(text, lang)
        repetition(text[:20_000], lang)
    assert time.perf_counter() - start < 60  # one second here; a quadratic search takes hours


def searched_in_full(text: str, lang: Lang) -> list[Loop]:
    """What is found without asking first whether there can be a loop."""
    with pytest.MonkeyPatch.context() as patch:
        for question in ("_may_loop_in_words", "_may_loop_over_words", "_repeats_a_stretch"):
            patch.setattr(loops, question, lambda _: True)
        return find_loops(text, lang)


PIECES = [*"abA 1.,'-哈我，ßΣςİ½", "\u0301", "\u200d", "👩", "❤\ufe0f", "5kg7"]
UNITS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.data(), UNITS, st.integers(2, 26), UNITS, st.sampled_from(list(Lang)))
def test_no_loop_is_overlooked(
    data: st.DataObject, unit: str, count: int, rest: str, lang: Lang
) -> None:
    joints = st.sampled_from(["", "", " ", ", ", "\u200b", "! "])
    text = rest + "".join(unit + data.draw(joints) for _ in range(count)) + rest[::-1]
    assert find_loops(text, lang) == searched_in_full(text, lang)


@pytest.mark.parametrize("period", range(1, 33))
@pytest.mark.parametrize("lang", list(Lang))
def test_the_shortest_loop_of_each_period_is_found(period: int, lang: Lang) -> None:
    letters = "我你他她它们上下左右前后大小多少来去山水火土木金日月风云天地人口"
    unit = letters[:period] if lang is Lang.ZH else "abcdefghijklmnopqrstuvwxyz"[:period]
    size = max(13, 3 * period)
    text = "".join(unit[i % len(unit)] for i in range(size))
    found = find_loops(text, lang)
    assert found == searched_in_full(text, lang)
    assert bool(found) == (period <= 8 or lang is Lang.ZH)


def test_what_is_equal_in_lower_case_is_equal_when_folded() -> None:
    for character in map(chr, range(sys.maxunicode + 1)):
        assert character.lower().casefold() == character.casefold()
