import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.data.agreement import GoldJoke, read_gold
from semeval_humor.data.joke_parts import JokeParts, giveaway, split_joke
from semeval_humor.data.label_checks import LabelFault, check_label
from semeval_humor.data.labels import Label
from semeval_humor.schema import Lang

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
F = LabelFault

JOKES = {
    EN: "My alarm clock and I separated. It kept waking me with accusations.",
    ES: "Mi despertador y yo rompimos. Me despertaba siempre con reproches.",
    ZH: "我和闹钟分手了。它每天早上都用唠叨叫醒我。",
}
GOOD = {
    EN: Label("separate", "clock", "Sales of old alarm clocks keep falling"),
    ES: Label("romper", "despertador", "Caen las ventas de despertadores antiguos"),
    ZH: Label("分手", "闹钟", "老式闹钟销量连续三年下降"),
}


def faults(lang: Lang, **changes: str) -> list[LabelFault]:
    return check_label(dataclasses.replace(GOOD[lang], **changes), JOKES[lang], lang)


@pytest.mark.parametrize("lang", list(Lang))
def test_a_good_label_has_no_fault(lang: Lang) -> None:
    assert faults(lang) == []


@pytest.mark.parametrize("joke", read_gold(), ids=lambda joke: joke.joke[:20])
def test_every_gold_word_and_headline_passes(joke: GoldJoke) -> None:
    for verb in joke.verbs:
        assert check_label(Label(verb, joke.nouns[0], joke.headline), joke.joke, joke.lang) == []
    for noun in joke.nouns:
        assert check_label(Label(joke.verbs[0], noun, joke.headline), joke.joke, joke.lang) == []


@pytest.mark.parametrize(
    ("lang", "changes", "expected"),
    [
        (EN, {"verb": "wake up"}, [F.VERB_SHAPE]),
        (EN, {"verb": "!"}, [F.VERB_SHAPE]),
        (EN, {"noun": "alarm-clock"}, [F.NOUN_SHAPE]),
        (EN, {"noun": ""}, [F.NOUN_SHAPE]),
        (EN, {"verb": "sing"}, [F.VERB_MISSING]),
        (EN, {"noun": "toaster"}, [F.NOUN_MISSING]),
        (EN, {"verb": "wake", "noun": "waking"}, [F.SAME_WORD]),
        (EN, {"verb": "clock"}, [F.SAME_WORD]),
        (EN, {"verb": "accusations"}, [F.NO_VERB]),
        (EN, {"noun": "kept"}, [F.NO_NOUN]),
        (ES, {"verb": "romper con"}, [F.VERB_SHAPE]),
        (ES, {"verb": "cantar"}, [F.VERB_MISSING]),
        (ES, {"noun": "tostador"}, [F.NOUN_MISSING]),
        (ES, {"verb": "reproches"}, [F.NO_VERB]),
        (ES, {"noun": "siempre"}, [F.NO_NOUN]),
        (ZH, {"verb": "分"}, [F.VERB_SHAPE]),
        (ZH, {"verb": "分手ing"}, [F.VERB_SHAPE]),
        (ZH, {"noun": "我和闹钟分手了"}, [F.NOUN_SHAPE]),
        (ZH, {"verb": "唱歌"}, [F.VERB_MISSING]),
        (ZH, {"noun": "鬧鐘"}, []),
        (ZH, {"noun": "手机"}, [F.NOUN_MISSING]),
        (ZH, {"verb": "早上"}, [F.NO_VERB]),
        (ZH, {"noun": "叫醒"}, [F.NO_NOUN]),
    ],
)
def test_faults_of_words(lang: Lang, changes: dict[str, str], expected: list[F]) -> None:
    assert faults(lang, **changes) == expected


@pytest.mark.parametrize(
    ("lang", "headline", "expected"),
    [
        (EN, "Clocks fall", [F.HEADLINE_LENGTH]),
        (EN, "Clock " * 21, [F.HEADLINE_LENGTH]),  # 126 characters
        (EN, "…" * 30, [F.HEADLINE_LENGTH]),
        (EN, "Sales of alarm clocks упали снова", [F.WRONG_SCRIPT, F.WRONG_LANGUAGE]),
        (EN, GOOD[ES].headline, [F.WRONG_LANGUAGE]),
        (EN, JOKES[EN], [F.JOKE_COPY, F.PUNCHLINE]),
        (EN, "Clock kept waking owner with accusations", [F.PUNCHLINE]),
        (EN, '"Sales of alarm clocks keep falling"', [F.LEAK]),
        (EN, "Headline: Sales of alarm clocks fall", []),
        (EN, "Why did the clock leave its owner? Time.", [F.NO_HEADLINE]),
        (EN, "Sales of alarm clocks keep falling, haha", [F.NO_HEADLINE]),
        (EN, "Sales of alarm clocks keep falling 😂", [F.NO_HEADLINE]),
        (EN, "Who still buys an alarm clock today?", []),
        (ES, "Caen los relojes", [F.HEADLINE_LENGTH]),
        (ES, GOOD[EN].headline, [F.WRONG_LANGUAGE]),
        (ES, JOKES[ES], [F.JOKE_COPY, F.PUNCHLINE]),
        (ES, "Lo despertaba siempre con reproches un reloj", [F.PUNCHLINE]),
        (ES, "¿Qué le dice un reloj a otro? Tic, tac.", [F.NO_HEADLINE]),
        (ES, "Caen las ventas de despertadores, jajaja", [F.NO_HEADLINE]),
        (ES, "—Se rompió mi despertador esta mañana", [F.NO_HEADLINE]),
        (ZH, "闹钟降价", [F.HEADLINE_LENGTH]),
        (ZH, "Alarm clocks become cheaper", [F.WRONG_SCRIPT, F.WRONG_LANGUAGE]),
        (ZH, JOKES[ZH], [F.JOKE_COPY, F.PUNCHLINE]),
        (ZH, "男子每天早上被唠叨叫醒引发热议", [F.PUNCHLINE]),
        (ZH, "闹钟为什么哭？因为它没时间了。", [F.NO_HEADLINE]),
        (ZH, "老式闹钟销量连续三年下降哈哈哈", [F.NO_HEADLINE]),
        (ZH, "老式闹钟销量下降 专家：与手机有关", []),
    ],
)
def test_faults_of_headlines(lang: Lang, headline: str, expected: list[F]) -> None:
    assert faults(lang, headline=headline) == expected


@pytest.mark.parametrize("lang", list(Lang))
def test_every_fault_has_its_sentence(lang: Lang) -> None:
    sentences = [fault.sentence(lang) for fault in LabelFault]
    assert len(set(sentences)) == len(LabelFault)
    assert not any("{" in sentence for sentence in sentences)
    assert all(sentence.endswith("。" if lang is ZH else ".") for sentence in sentences)
    assert "10到40" in F.HEADLINE_LENGTH.sentence(ZH)
    assert "25 to 120" in F.HEADLINE_LENGTH.sentence(EN)


@pytest.mark.parametrize(
    ("lang", "joke", "parts"),
    [
        (EN, "One. Two! Three?", JokeParts("One.\nTwo!", "Three?")),
        (
            EN,
            "It cost 3.50 in the U.S. today",
            JokeParts("It cost 3.50 in", "the U.S. today", True),
        ),
        (EN, "Time flies, but not mine. Haha! #joke", JokeParts("Time flies,", "but not mine.")),
        (EN, "He owes me 1,000 ducks", JokeParts("He owes me", "1,000 ducks", True)),
        (EN, "a b c", JokeParts("a b", "c", True)),
        (EN, "", JokeParts("", "", True)),
        (ES, "—¿Hay café?\n—No.", JokeParts("—¿Hay café?", "—No.")),
        (ES, "Perdí todo: me fui, jajaja", JokeParts("Perdí todo:", "me fui,")),
        (ZH, "他来了。“你好！”她说。", JokeParts("他来了。\n“你好！”", "她说。")),
        (ZH, "吃饭，睡觉", JokeParts("吃饭，", "睡觉")),
        (ZH, "吃饭睡觉了", JokeParts("吃饭睡", "觉了", True)),
    ],
)
def test_split_joke(lang: Lang, joke: str, parts: JokeParts) -> None:
    assert split_joke(joke, lang) == parts


@pytest.mark.parametrize(
    ("lang", "headline", "joke", "share"),
    [
        # Own words of the punchline: frog, drives, bus; "the" is too common, "bus" is set up.
        (EN, "Frog arrives", "Who drives the bus? The frog drives fast.", 1 / 2),  # frog, fast
        (EN, "Bus is late", "Who drives the bus? The frog drives fast.", 0.0),
        (EN, "Frog", "The frog. The frog.", 0.0),  # no word of its own
        (ES, "Una rana rápida", "¿Quién conduce? La rana conduce rápida.", 1.0),
        (ZH, "青蛙开公交", "谁在开车？青蛙开车。", 1.0),
    ],
)
def test_giveaway(lang: Lang, headline: str, joke: str, share: float) -> None:
    assert giveaway(headline, joke, lang) == share


TEXT = st.text(st.sampled_from("abc é. ,?!:\n猫狗笑。，？“”—#\u0301½ﬁ😂-'"), max_size=30)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(Lang)), TEXT, TEXT, TEXT, TEXT)
def test_anything_can_be_checked(
    lang: Lang, verb: str, noun: str, headline: str, joke: str
) -> None:
    found = check_label(Label(verb, noun, headline), joke, lang)
    assert found == sorted(set(found), key=list(LabelFault).index)
    assert 0 <= giveaway(headline, joke, lang) <= 1
    if lang is not Lang.ZH:  # where a part may be cut into other words than the whole
        assert giveaway(joke, joke, lang) in {0, 1}
