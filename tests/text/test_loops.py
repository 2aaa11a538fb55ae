import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeval_humor.schema import Lang
from semeval_humor.text.loops import LoopKind, find_loops, repetition

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
