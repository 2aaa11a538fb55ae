import math

import pytest

from semeval_humor.errors import DataError
from semeval_humor.metrics.suite import (
    CHINESE_METRICS,
    MEASURES,
    METRICS,
    NO_PROMPTS,
    Sample,
    compare,
    identical_share,
    measure,
)
from semeval_humor.schema import Constraint, Headline, Lang, Prompt, Task, WordPair

TEXTS = {
    Lang.EN: ("The bridge has a toll for hedgehogs.", "I paint like a ladder with no wall."),
    Lang.ES: ("El puente cobra peaje a los erizos.", "Pinto como una escalera sin pared."),
    Lang.ZH: ("这座桥连刺猬也要收费。", "我粉刷起来像没有墙的梯子。"),
}
ASKED: dict[Lang, tuple[Constraint, Constraint]] = {
    Lang.EN: (Headline("City opens a bridge for hedgehogs"), WordPair("paint", "ladder")),
    Lang.ES: (Headline("La ciudad abre un puente para erizos"), WordPair("pintar", "escalera")),
    Lang.ZH: (Headline("市区为刺猬修建过街天桥"), WordPair("粉刷", "梯子")),
}


def sample(lang: Lang) -> Sample:
    prompts = tuple(
        Prompt(f"{lang}_{number}", Task.A, lang, constraint)
        for number, constraint in enumerate(ASKED[lang])
    )
    return Sample(TEXTS[lang], lang, prompts)


@pytest.mark.parametrize("lang", Lang)
def test_every_metric_has_a_value_under_its_own_name(lang: Lang) -> None:
    measured = measure(sample(lang))
    wanted = [*METRICS, *(CHINESE_METRICS if lang is Lang.ZH else ())]
    assert measured.undefined == {}
    assert list(measured.scores) == wanted
    for name, score in measured.scores.items():
        assert (score.name, score.lang) == (name, lang)
        assert score.rows is not None or name in MEASURES


def test_without_prompts_what_needs_them_is_undefined() -> None:
    measured = measure(Sample(TEXTS[Lang.ES], Lang.ES))
    assert set(measured.undefined) == {
        *("coverage-exact", "coverage-inflected"),
        *("headline-share", "headline-run", "headline-copies"),
    }
    assert set(measured.undefined.values()) == {NO_PROMPTS}


def test_what_a_set_is_compared_by_is_what_its_score_says() -> None:
    texts = sample(Lang.EN)
    measured = measure(texts)
    differences = {each.name: each for each in compare(texts, texts, measured, measured)}
    assert differences.keys() == measured.scores.keys()
    for name, difference in differences.items():
        assert difference.p == 1
        if name in MEASURES:
            assert math.isclose(difference.a, measured.scores[name].value), name


def test_identical_texts() -> None:
    a = sample(Lang.ZH)
    b = Sample((a.texts[0], "另一个笑话。"), Lang.ZH)
    assert identical_share(a, b) == 0.5
    with pytest.raises(DataError, match="no prompt in common"):
        identical_share(Sample((), Lang.ZH), Sample((), Lang.ZH))
