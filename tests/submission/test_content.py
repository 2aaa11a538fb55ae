import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeval_humor.errors import DataError
from semeval_humor.findings import Code, Level
from semeval_humor.schema import Constraint, Gif, GifPrompt, Headline, Lang, Task, WordPair
from semeval_humor.submission.content import Fault, check_text, check_texts
from semeval_humor.text.leaks import LeakKind
from semeval_humor.tsv import read_prompts

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
DATA = Path(__file__).parents[2] / "../shared/data/mwahaha"

PAIRS = {
    EN: WordPair("knit", "volcano"),
    ES: WordPair("tejer", "volcán"),
    ZH: WordPair("洗澡", "火山"),
}
HEADLINES = {
    EN: Headline("Town council elects a cat as mayor for the third time"),
    ES: Headline("El pueblo elige por tercera vez a un gato como alcalde"),
    ZH: Headline("小镇居民第三次选一只猫当镇长"),
}
JOKES = {
    EN: "I knit beside the volcano: it saves on heating.",
    ES: "Me gusta tejer junto al volcán: ahorro en calefacción.",
    ZH: "我在火山旁边洗澡，省了热水费。",
}


def codes(faults: list[Fault]) -> list[str]:
    return [str(fault.code) for fault in faults]


@pytest.mark.parametrize("lang", list(Lang))
def test_good_jokes_have_no_fault(lang: Lang) -> None:
    for constraint in (None, PAIRS[lang], HEADLINES[lang]):
        assert check_text(JOKES[lang], Task.A, lang, constraint) == []
    assert check_text("When the cake says hi 👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽", Task.B1, EN, Gif("u")) == []


@pytest.mark.parametrize(
    ("lang", "constraint", "text", "code", "message"),
    [
        (EN, None, "cake " * 180 + "x", Code.TOO_LONG, "901 characters, expected at most 900"),
        (ES, None, "pan y " * 151, Code.TOO_LONG, "906 characters, expected at most 900"),
        (ZH, None, "笑" * 301, Code.TOO_LONG, "301 characters, expected at most 300"),
        (
            *(EN, PAIRS[EN], "I sew beside the sea.", Code.MISSING_WORD),
            "without 'knit' and 'volcano', which must occur",
        ),
        (
            *(ES, PAIRS[ES], "Tejer en la playa cansa.", Code.MISSING_WORD),
            "without 'volcán', which must occur",
        ),
        (ZH, PAIRS[ZH], "火山不睡觉。", Code.MISSING_WORD, "without '洗澡', which must occur"),
        (
            *(EN, PAIRS[EN], "She was knitting by two volcanoes.", Code.INFLECTED_WORD),
            "'knit' only as 'knitting'; 'volcano' only as 'volcanoes'",
        ),
        (
            *(ES, PAIRS[ES], "El volcán me vio tejiendo.", Code.INFLECTED_WORD),
            "'tejer' only as 'tejiendo'",
        ),
        (
            *(ZH, PAIRS[ZH], "火山洗了个热水澡。", Code.INFLECTED_WORD),
            "'洗澡' only with its parts apart",
        ),
        (
            *(EN, WordPair("ice cream", "melt"), "Ice-cream does melt.", Code.INFLECTED_WORD),
            "'ice cream' only in another spelling",
        ),
        (EN, HEADLINES[EN], HEADLINES[EN].text + "!", Code.HEADLINE_COPY, "the headline again"),
        (ES, HEADLINES[ES], HEADLINES[ES].text.upper(), Code.HEADLINE_COPY, "the headline again"),
        (ZH, HEADLINES[ZH], "小鎮居民第三次選一隻貓當鎮長。", Code.HEADLINE_COPY, "the headline"),
        (
            *(EN, None, "The duck said 你好 and then 再见.", Code.WRONG_SCRIPT),
            "Han letters in English text: '你好', and 1 more",
        ),
        (
            *(ES, None, "El pato dijo привет a todos.", Code.WRONG_SCRIPT),
            "Cyrillic letters in Spanish text: 'привет'",
        ),
        (
            *(ZH, None, "鸭子说 i want to go home now 就走了。", Code.WRONG_SCRIPT),
            "Latin letters in Chinese text: 'i want to go home now'",
        ),
        (EN, None, "So it goes 𐌰𐌱𐌲 here.", Code.WRONG_SCRIPT, "foreign letters in English text"),
        (EN, None, "Well movie movie movie movie", Code.REPETITION, "'movie' 4 times in a row"),
        (ES, None, "Y dijo que sí que sí que sí", Code.REPETITION, "'que sí' 3 times in a row"),
        (ZH, None, "他" + "真好笑" * 5 + "。", Code.REPETITION, "'真好笑' 5 times in a row"),
        (
            *(EN, None, "Knock knock.\nWho?\nA duck.", Code.NEWLINE),
            "which voters will see: 'Knock knock.\\nWho?\\nA duck.', and 1 more",
        ),
        (ES, None, "Sí.\tNo.", Code.NEWLINE, "a line break or tab, which voters will see"),
        (ZH, None, "甲：好。\u2028乙：好。", Code.NEWLINE, "a line break or tab"),
        (
            *(EN, None, "A du\u200bck wa\u200blks in.", Code.CONTROL_CHAR),
            "2 invisible or broken: U+200B ZERO WIDTH SPACE",
        ),
        (
            ES,
            None,
            "Un \u202epato\x07.",
            Code.CONTROL_CHAR,
            "U+202E RIGHT-TO-LEFT OVERRIDE, U+0007",
        ),
        (
            ZH,
            None,
            "鸭\ufffd子来了。",
            Code.CONTROL_CHAR,
            "1 invisible or broken: U+FFFD REPLACEMENT",
        ),
        (ZH, None, "鸭\ud83d子来了。", Code.CONTROL_CHAR, "1 invisible or broken: U+D83D"),
        (EN, None, "A duck \u0378 walks.", Code.CONTROL_CHAR, "1 invisible or broken: U+0378"),
        (EN, None, "A duck\u200d walks.", Code.CONTROL_CHAR, "U+200D ZERO WIDTH JOINER"),
        (EN, None, "The duck put its bill on the", Code.TRUNCATED, "stops before its end: 'The"),
        (ES, None, "El pato pidió la cuenta en el", Code.TRUNCATED, "stops before its end: 'El"),
        (ZH, None, "鸭子走进酒吧，", Code.TRUNCATED, "stops before its end: '鸭子"),
        (EN, None, "<think>Ducks.</think> Quack.", Code.THINK_TAG, "thinking is in the text: '<th"),
        (ES, None, "El pato paga.<|im_end|>", Code.ROLE_TOKEN, "chat format is in the text: '<|"),
        (EN, None, "The **duck** pays.", Code.MARKUP, "see as characters: '**duck**'"),
        (
            *(EN, None, "Sure, here's a joke: the duck paid the bill.", Code.PREAMBLE),
            'stands before the joke: "Sure, here\'s a joke: "',
        ),
        (
            *(ZH, None, "1. 鸭子走进酒吧要了一杯水。\n2. 猫走进酒吧要了一条大鱼，没有付钱。"),
            *(Code.NUMBERED_ALTERNATIVES, "several jokes to choose from, expected one"),
        ),
        (
            EN,
            None,
            "The duck paid. Explanation: bill is a pun.",
            Code.EXPLANATION,
            "a comment stands",
        ),
        (EN, None, "The duck paid the bill. (5 words)", Code.WORD_COUNT_NOTE, "how long the joke"),
        (ES, None, "«El pato pagó la cuenta.»", Code.WRAPPING_QUOTES, "around the whole text"),
        (ZH, None, "抱歉，我无法提供这个笑话。", Code.REFUSAL, "the model refuses"),
        (EN, None, "ERROR", Code.ERROR_TEXT, "an error message in place of a joke: 'ERROR'"),
        (EN, None, "My duck is ______.", Code.UNFILLED_BLANK, "left unfilled: '______'"),
    ],
)
def test_each_fault_by_code_and_message(
    lang: Lang, constraint: Constraint | None, text: str, code: Code, message: str
) -> None:
    found = {fault.code: fault.message for fault in check_text(text, Task.A, lang, constraint)}
    assert message in found[code]
    assert len(found[code]) < 160


def test_every_kind_of_leak_has_a_code_of_the_same_name() -> None:
    assert {str(kind) for kind in LeakKind} <= {str(code) for code in Code}


@pytest.mark.parametrize("lang", list(Lang))
def test_what_is_no_fault(lang: Lang) -> None:
    headline, joke = HEADLINES[lang], JOKES[lang]
    assert check_text(f"{headline.text}? {joke}", Task.A, lang, headline) == []
    assert check_text(joke + "\n", Task.A, lang, None) == []  # nobody sees it


def test_a_code_comes_once_and_shows_the_first_place() -> None:
    [fault] = check_text("The **duck** pays the **bill**.", Task.A, EN, None)
    assert fault.message.endswith("'**duck**'")
    assert codes(check_text("Knock.\r\nWho?\v\x85A duck.", Task.A, EN, None)) == ["newline"]


def test_letters_that_are_at_home_in_chinese() -> None:
    assert check_text("鸭子在KTV唱歌，手机是iPhone。", Task.A, ZH, None) == []


def test_simplified_and_traditional_may_mix() -> None:
    assert check_text("臺灣的火山说这儿的热水费太貴了。", Task.A, ZH, None) == []


@pytest.mark.parametrize(
    ("task", "constraint"), [(Task.B1, Gif("u")), (Task.B2, GifPrompt("u", "My day is ______."))]
)
def test_captions_have_a_limit_of_words(task: Task, constraint: Constraint) -> None:
    # Twenty words, of which well-fed is one; the dash is none.
    twenty = (
        "One small step for a well-fed duck - and a very long wait for all the frogs in line "
        "behind it."
    )
    assert check_text(twenty, task, EN, constraint) == []
    assert check_text("So " + twenty, Task.A, EN, None) == []
    [fault] = check_text("So " + twenty, task, EN, constraint)
    assert fault == Fault(Code.TOO_MANY_WORDS, "21 words, expected at most 20 in a caption")


def test_a_gif_may_answer_its_caption() -> None:
    text = "Him: I fixed the roof.\nThe rain:"
    assert codes(check_text(text, Task.A, EN, None)) == ["truncated", "newline"]
    assert codes(check_text(text, Task.B1, EN, Gif("u"))) == ["newline"]


def test_a_caption_must_not_leave_the_blank_of_its_prompt() -> None:
    constraint = GifPrompt("u", "My cat when ______ is served")
    assert codes(check_text("My cat when ______ is served.", Task.B2, EN, constraint)) == [
        "unfilled-blank"
    ]
    assert check_text("My cat when broccoli is served.", Task.B2, EN, constraint) == []


def test_a_demand_that_nothing_can_meet_is_an_error() -> None:
    with pytest.raises(DataError, match="no letter or digit"):
        check_text("A duck.", Task.A, EN, WordPair("!!", "duck"))
    with pytest.raises(DataError, match="no word to compare"):
        check_text("A duck.", Task.A, EN, Headline("…"))


@given(st.text(max_size=80), st.sampled_from(Lang), st.sampled_from(Task))
def test_any_text_can_be_checked(text: str, lang: Lang, task: Task) -> None:
    faults = check_text(text, task, lang, PAIRS[lang])
    assert len(set(codes(faults))) == len(faults)
    for fault in faults:
        assert fault.message.isprintable()
        assert len(fault.message) < 300


# The whole set


def test_texts_that_differ_in_case_spaces_and_unicode_forms_are_duplicates() -> None:
    texts = ["A duck, ｆine!", "Un pez.", "a  DUCK,\tfine!", "", "A duck, fine!", "cafe\u0301"]
    found = check_texts([*texts, "CAFÉ", "", "A duck fine"], EN, identify=False)
    assert [(index, str(fault.code)) for index, fault in found] == [
        *((0, "duplicate-text"), (2, "duplicate-text"), (4, "duplicate-text")),
        *((5, "duplicate-text"), (6, "duplicate-text")),
    ]
    assert found[0][1].message == "one of 3 rows with the same text: 'A duck, ｆine!'"
    assert found[3][1].message.startswith("one of 2 rows with the same text: ")


@pytest.mark.parametrize("lang", list(Lang))
def test_a_joke_in_another_language_is_named(lang: Lang) -> None:
    others = [JOKES[other] * 2 for other in Lang if other is not lang]
    found = check_texts([JOKES[lang], *others, "Ja!", "哈"], lang)
    assert [(index, str(fault.code)) for index, fault in found] == [
        (1, "wrong-language"),
        (2, "wrong-language"),
    ]
    names = {EN: "English", ES: "Spanish", ZH: "Chinese"}
    expected = [other for other in Lang if other is not lang]
    for (_, fault), other in zip(found, expected, strict=True):
        assert fault.message == f"reads as {names[other]}, expected {names[lang]}"
    assert check_texts([JOKES[lang], *others], lang, identify=False) == []


@given(st.lists(st.sampled_from(["a", "A", " a", "b", ""]), max_size=8))
def test_duplicates_are_all_or_none_of_a_kind(texts: list[str]) -> None:
    found = {index for index, _ in check_texts(texts, EN, identify=False)}
    counts = Counter(text.strip().lower() for text in texts)
    expected = {i for i, t in enumerate(texts) if t and counts[t.strip().lower()] > 1}
    assert found == expected


# The official baseline


@pytest.mark.parametrize(
    ("name", "task", "lang", "inflected"),
    [
        *(("task-a-en", Task.A, EN, 5), ("task-a-es", Task.A, ES, 30)),
        *(("task-a-zh", Task.A, ZH, 5), ("task-b1", Task.B1, EN, 0), ("task-b2", Task.B2, EN, 0)),
    ],
)
def test_the_official_baseline_has_no_error_and_few_doubtful_warnings(
    name: str, task: Task, lang: Lang, inflected: int
) -> None:
    if not DATA.exists():
        pytest.skip("the official data is not here")
    constraints = {p.id: p.constraint for p in read_prompts(DATA / f"dev/{name}.tsv", task, lang)}
    with (DATA / f"baseline-dev/{name}.tsv").open(encoding="utf-8", newline="") as stream:
        rows = [(row["id"], row["text"]) for row in csv.DictReader(stream, delimiter="\t")]
    found = [
        fault for id_, text in rows for fault in check_text(text, task, lang, constraints[id_])
    ]
    assert {fault.code.level for fault in found} == {Level.WARNING}
    counts = Counter(codes(found))
    doubtful = ("missing-word", "headline-copy", "repetition", "control-char", "refusal")
    assert sum(counts[code] for code in doubtful) <= 2
    assert counts["inflected-word"] <= inflected
    assert check_texts([text for _, text in rows], lang) == []
