import math

import pytest
from pydantic import ValidationError

from semeval_humor.errors import DataError
from semeval_humor.rewards.components import Row
from semeval_humor.rewards.gates import MEASURES, Gate
from semeval_humor.schema import Constraint, Headline, Lang, Prompt, Task, WordPair

HEADLINES = {
    Lang.EN: "Town elects a cat as mayor for the third time",
    Lang.ES: "Un pueblo elige alcalde a un gato por tercera vez",
    Lang.ZH: "小镇第三次选一只猫当镇长",
}


def measure(
    name: str,
    text: str,
    lang: Lang = Lang.EN,
    constraint: Constraint | None = None,
    stopped: bool | None = None,
) -> float | None:
    asked = Prompt("x", Task.A, lang, constraint or Headline(HEADLINES[lang]))
    return MEASURES[name](Row(asked, text, 1.0, 0.25, stopped))


@pytest.mark.parametrize(
    ("name", "lang", "text", "value"),
    [
        ("foreign-letters", Lang.EN, "So he said привет to us", 6),
        ("foreign-letters", Lang.EN, "So he said «привет» to us", 0),
        ("foreign-letters", Lang.ES, "El señor dijo 你好 y calló", 2),
        ("foreign-letters", Lang.ZH, "我的 iPhone 在 KTV 丢了", 0),
        ("foreign-letters", Lang.ZH, "他说 we are all fine 然后走了", 12),
        ("purity", Lang.EN, "abc где", 0.5),  # 3 of 6 letters
        ("purity", Lang.ZH, "我爱KTV", 0.4),  # 2 of 5
        ("purity", Lang.EN, "12 !?", None),
        ("language", Lang.EN, "El perro de mi vecino ladra toda la noche sin parar", 1),
        ("language", Lang.EN, "My neighbour's dog snores louder than his alarm", 0),
        ("language", Lang.EN, "Olé", 0),
        ("language", Lang.ES, "My neighbour's dog snores louder than his old alarm clock", 1),
        ("language", Lang.ES, "El perro de mi vecino y el mío roncan más que el despertador", 0),
        ("language", Lang.ZH, "My neighbour's dog snores louder than his old alarm clock", 1),
        ("language", Lang.ZH, "邻居家的狗打呼噜", 0),
        ("unknown", Lang.EN, "anything", 0.25),
        ("loops", Lang.EN, "no no no no no no", 1.0),
        ("loops", Lang.EN, "A joke. ha ha ha ha ha ha ha ha ha ha ha ha ha ha", 0),  # laughter
        ("loops", Lang.ES, "Nada se repite aquí.", 0),
        ("loops", Lang.ZH, "今天下雨今天下雨今天下雨今天下雨", 1.0),
        ("unfinished", Lang.EN, "The umbrella called in sick because the", 1),
        ("unfinished", Lang.ES, "El paraguas pidió la baja.", 0),
        ("unfinished", Lang.ZH, "雨伞请了病假，", 1),
        ("chatter", Lang.EN, "Sure, here's a joke for you: My umbrella called in sick.", 1),
        ("chatter", Lang.EN, "Why did the hen **knit**? She had **egg** warmers to sell.", 0),
        ("chatter", Lang.EN, '"My umbrella called in sick."', 0),
        ("chatter", Lang.ES, "Me llovió encima.<|im_end|>", 1),
        ("chatter", Lang.ZH, "好的，这是一个笑话：雨伞请了病假。", 1),
        ("too-short", Lang.EN, "a1 b2!", 2),
        ("too-short", Lang.ES, "¿Eñe?", 3),
        ("too-short", Lang.ZH, "好，好", 2),
        ("too-long", Lang.ZH, "好 好", 3),
        ("emoji", Lang.ES, "Uy 😂😂", 2),
        ("laughs", Lang.EN, "haha, lol", 2),
        ("laughter", Lang.EN, "haha!!! haha!!!", 1.0),
        ("laughter", Lang.ES, "jaja casa", 0.5),
        ("laughter", Lang.ZH, "123", 0.0),
        ("symbols", Lang.EN, "ab!!", 0.5),
        ("code", Lang.EN, "a && b </div>", 2),
        ("disguised", Lang.EN, "ze\u200bro", 1),
    ],
)
def test_measures(name: str, lang: Lang, text: str, value: float | None) -> None:
    found = measure(name, text, lang)
    assert found == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize(("stopped", "value"), [(True, 0.0), (False, 1.0), (None, None)])
def test_cut_off_is_known_from_the_engine_or_not_at_all(
    stopped: bool | None, value: float | None
) -> None:
    assert measure("cut-off", "A joke.", stopped=stopped) == value


@pytest.mark.parametrize("lang", list(Lang))
def test_echo(lang: Lang) -> None:
    headline = HEADLINES[lang]
    fresh = {
        Lang.EN: "He promised naps for everybody.",
        Lang.ES: "Prometió siestas para todos.",
        Lang.ZH: "它承诺人人都能午睡。",
    }[lang]
    assert measure("echo", headline, lang) == 1.0
    assert measure("echo", f"“{headline}”", lang) == 1.0
    assert measure("echo", fresh, lang) == 0.0
    added = {Lang.EN: " so there", Lang.ES: " y ya está", Lang.ZH: "喵喵"}[lang]
    most = measure("echo", headline + added, lang)
    assert most is not None
    assert 0.7 < most < 1
    assert measure("echo", f"{headline} {fresh}", lang) == 0.0  # with a punchline of its own
    assert measure("echo", "?!", lang) == 0.0
    assert measure("echo", fresh, lang, WordPair("cat", "mayor")) is None


def test_a_headline_without_a_word_is_an_error() -> None:
    with pytest.raises(DataError, match="has no word to compare"):
        measure("echo", "Hm.", constraint=Headline("?!?!"))


def test_factors_halve_with_each_step_outside_the_bound() -> None:
    most = Gate(reason="r", at_most=3, half=2)
    assert [most.factor(value, Lang.EN) for value in (0, 3, 5, 7)] == [1, 1, 0.5, 0.25]
    least = Gate(reason="r", at_least={Lang.EN: 4, Lang.ES: 4, Lang.ZH: 2}, half=1)
    assert [least.factor(value, Lang.EN) for value in (9, 4, 3, 0)] == [1, 1, 0.5, 1 / 16]
    assert least.factor(1, Lang.ZH) == 0.5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"half": 1}, "expected at_least or at_most, and not both"),
        ({"half": 1, "at_most": 1, "at_least": 1}, "expected at_least or at_most, and not both"),
        ({"half": 0, "at_most": 1}, "half: expected more than 0"),
        ({"half": math.nan, "at_most": 1}, "finite number"),
        ({"half": 1, "at_most": {"en": 1}}, "one for each of en, es, zh"),
        ({"half": 1, "at_most": 1, "atmost": 1}, "Extra inputs"),
    ],
)
def test_gates_that_make_no_sense(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Gate.model_validate({"reason": "r", **values})
