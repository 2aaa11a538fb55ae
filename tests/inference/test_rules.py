import pytest

from semeval_humor.inference.rules import faults, score_by_rules, severity
from semeval_humor.schema import (
    Candidate,
    Constraint,
    Finish,
    GifPrompt,
    Headline,
    Lang,
    Prompt,
    Task,
    WordPair,
)
from semeval_humor.submission.content import check_text

LONG = {Lang.EN: "ha " * 400, Lang.ES: "ja " * 400, Lang.ZH: "好" * 301}


def prompt(lang: Lang, constraint: Constraint) -> Prompt:
    return Prompt(f"{lang}_1", Task.A, lang, constraint)


def candidate(text: str, finish: Finish = Finish.STOPPED) -> Candidate:
    return Candidate("en_1", 0, 0, text, text, 10, finish)


@pytest.mark.parametrize(
    ("lang", "constraint", "text", "expected"),
    [
        (Lang.EN, Headline("Cat elected mayor"), "At last a leader who sleeps in public.", ()),
        (
            Lang.EN,
            Headline("Cat elected mayor of town"),
            "Cat elected mayor of town.",
            ("headline-copy",),
        ),
        (Lang.EN, WordPair("knit", "volcano"), "I knit near a volcano, for the warmth.", ()),
        (Lang.EN, WordPair("knit", "volcano"), "She was knitting by the volcanoes.", ()),
        (Lang.EN, WordPair("knit", "volcano"), "I knit near the sea.", ("missing-word",)),
        (Lang.EN, Headline("Rain"), "", ("empty-text",)),
        (Lang.EN, Headline("Rain"), "NA", ("null-text",)),
        (Lang.EN, Headline("Rain"), "I'm sorry, but I can't write that joke.", ("refusal",)),
        (Lang.ES, Headline("Llueve"), "El cielo llora. مرحبا بكم في بيتنا", ("wrong-script",)),
        (Lang.ES, WordPair("bailar", "lápiz"), "Dos lápices bailan; el sacapuntas mira.", ()),
        (Lang.ES, WordPair("bailar", "lápiz"), "Nadie quiso bailar.", ("missing-word",)),
        (Lang.ZH, WordPair("跳舞", "雨伞"), "雨伞说它想跳舞，可惜一开心就收不住。", ()),
        (Lang.ZH, WordPair("跳舞", "雨伞"), "他在雨里跳舞。", ("missing-word",)),
        (Lang.ZH, Headline("今天下雨"), "天气好 привет как дела друзья", ("wrong-script",)),
    ],
)
def test_faults(lang: Lang, constraint: Constraint, text: str, expected: tuple[str, ...]) -> None:
    assert faults(prompt(lang, constraint), candidate(text)) == expected


@pytest.mark.parametrize("lang", list(Lang))
def test_a_joke_that_did_not_stop_or_is_too_long_or_loops(lang: Lang) -> None:
    row = prompt(lang, Headline("今天 Lluvia rain"))
    joke = {
        Lang.EN: "The umbrella called in sick.",
        Lang.ES: "El paraguas pidió la baja.",
        Lang.ZH: "雨伞今天请了病假。",
    }[lang]
    assert faults(row, candidate(joke)) == ()
    assert faults(row, candidate(joke, Finish.CUT_OFF)) == ("truncated",)
    assert "repetition" in faults(row, candidate(joke * 8))
    assert {"repetition", "too-long"} <= set(faults(row, candidate(LONG[lang])))


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        (Lang.EN, "She was knitting.\nNear volcanoes, and then the"),
        (Lang.ES, "Los lápices\tbailan\u200b y el"),
        (Lang.ZH, "他跳了一支舞。\n雨伞看着，"),
    ],
)
def test_what_voters_may_forgive_rules_no_candidate_out(lang: Lang, text: str) -> None:
    pairs = {
        Lang.EN: WordPair("knit", "volcano"),
        Lang.ES: WordPair("bailar", "lápiz"),
        Lang.ZH: WordPair("跳舞", "雨伞"),
    }
    row = prompt(lang, pairs[lang])
    seen = {str(fault.code) for fault in check_text(text, Task.A, lang, row.constraint)}
    assert {"inflected-word", "newline", "truncated"} <= seen
    assert faults(row, candidate(text)) == ()


def test_captions_are_judged_by_the_same_rules() -> None:
    row = Prompt("img_2_1", Task.B2, Lang.EN, GifPrompt("u", "My cat when ______"))
    assert faults(row, candidate("My cat when " + "the news about dinner reaches her " * 2)) == ()
    assert faults(row, candidate("My cat when ______")) == ("unfilled-blank",)


def test_severity_grows_with_faults_and_leaks_are_worst() -> None:
    assert severity(()) == 0 < severity(("truncated",)) < severity(("missing-word", "truncated"))
    assert severity(("truncated",)) < severity(("wrong-script",)) < severity(("refusal",))


def test_score_by_rules_against_hand_worked_values() -> None:
    pair = prompt(Lang.EN, WordPair("knit", "volcano"))
    texts = [
        "I knit near a volcano, for the warmth.",  # both exact, 8 words, no repeats: 1
        "She was knitting by the volcano today.",  # exact and inflected: (1 + 1/2) / 2
        "knit volcano.",  # both exact, but 2 of at least 5 words: 2/5
    ]
    assert score_by_rules([pair] * 3, texts) == pytest.approx([1.0, 0.75, 0.4])
    head = prompt(Lang.EN, Headline("Cat elected mayor of the town"))
    copied, fresh = score_by_rules(
        [head] * 2,
        ["Cat elected mayor of the town, meow said voters.", "He promised naps for all of us."],
    )
    assert copied < 0.1 < 0.9 < fresh
