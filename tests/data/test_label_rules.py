from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.data.headlines import headline_by_rules
from semeval_humor.data.label_checks import LabelFault, check_label
from semeval_humor.data.label_rules import Lack, RuleLabel, label_by_rules
from semeval_humor.data.labels import Label
from semeval_humor.schema import Lang

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH


@pytest.mark.parametrize(
    ("lang", "joke", "label"),
    [
        (
            EN,
            "A friend weighed his pumpkin on a train scale. The train was late.",
            Label("weigh", "pumpkin", "A friend weighed his pumpkin on a train scale"),
        ),
        (
            ES,
            "El gobierno quiere pelar la calabaza más grande del mundo. Ya hay un cuchillo.",
            Label("pelar", "cuchillo", "El gobierno quiere pelar la calabaza más grande del mundo"),
        ),
        (
            ZH,
            "医生建议我每天测量冰箱的温度。现在冰箱比我健康。",
            Label("测量", "冰箱", "医生建议我每天测量冰箱的温度"),
        ),
    ],
)
def test_a_joke_is_labelled(lang: Lang, joke: str, label: Label) -> None:
    assert label_by_rules(joke, lang) == RuleLabel(label)
    assert check_label(label, joke, lang) == []


@pytest.mark.parametrize(
    ("lang", "joke", "reasons"),
    [
        (EN, "", (Lack.VERB, Lack.NOUN, Lack.HEADLINE)),
        (EN, "He is nice to the dog with one ear and a very big heart. So nice!", (Lack.VERB,)),
        (EN, "You should always whisper when it is really late. Or never.", (Lack.NOUN,)),
        (EN, "We peeled a pumpkin. Twice.", (Lack.HEADLINE,)),  # 19 characters
        (EN, "We peeled the pumpkin and then we ate nothing for a week", (Lack.HEADLINE,)),
        (ES, "Pelamos la calabaza. Otra vez.", (Lack.HEADLINE,)),
        (ZH, "今天真冷。我不想动。", (Lack.VERB, Lack.NOUN, Lack.HEADLINE)),
        (ZH, "猫打开了冰箱。它胖了。", (Lack.HEADLINE,)),
        (EN, "Il a plu toute la nuit sur the pumpkin. We peeled it and nobody was hungry.",
         (LabelFault.WRONG_LANGUAGE,)),
    ],
)  # fmt: skip
def test_reasons_for_no_label(
    lang: Lang, joke: str, reasons: tuple[LabelFault | Lack, ...]
) -> None:
    assert label_by_rules(joke, lang) == RuleLabel(None, reasons)


@pytest.mark.parametrize(
    ("joke", "headline"),
    [
        ("What do you call a duck with a new mortgage? Broke.", "A duck with a new mortgage"),
        ("Why did the baker ever quit his old job? Crumbs.", "Why the baker quit his old job"),
        ("Why did the lazy cook stop the noisy clock? Time.",
         "Why the lazy cook stopped the noisy clock"),
        ("What does a nervous snail say to a slug? Taxi!", "What a nervous snail says to a slug"),
        ("Why don't plumbers trust the ocean floor? Leaks.",
         "Why plumbers don't trust the ocean floor"),
        ("Why do lawyers wear woollen socks? To object.", "Why lawyers wear woollen socks"),
        ("How many poets does it take to change a bulb? None.",
         "How many poets it takes to change a bulb"),
        ("What do you get when you cross a goat with a lawyer? Kids.",
         "Crossing a goat with a lawyer"),
        ("Did you hear about the wooden orchestra? It split.", None),  # 20 characters
        ("Did you hear about the wooden orchestra of Leeds? It split.",
         "The wooden orchestra of Leeds"),
        ("So, i moved my piano to the 3.5th floor... alone.",
         "I moved my piano to the 3.5th floor"),
        ("Have we met in that place of yours? No.", None),
        ("Me: I sold the clock that my father made. Him: I noticed.",
         "I sold the clock that my father made"),
    ],
)  # fmt: skip
def test_english_headlines(joke: str, headline: str | None) -> None:
    assert headline_by_rules(joke, EN) == headline


@pytest.mark.parametrize(
    ("lang", "joke", "headline"),
    [
        (ES, "¿Qué le dice una maceta vieja a otra? Nada.",
         "Lo que le dice una maceta vieja a otra"),
        (ES, "¿Cuál es el colmo de un electricista de pueblo? Ninguno.",
         "El colmo de un electricista de pueblo"),
        (ES, "¿Por qué las jirafas no usan ascensor? Por estilo.",
         "Por qué las jirafas no usan ascensor"),
        (ES, "Le dice el panadero a su mejor cliente:\n—Hoy no hay pan.\n—¿Ni duro?",
         "Le dice el panadero a su mejor cliente: Hoy no hay pan"),
        (ES, "Compré tres cosas en la tienda nueva:\n1. Pan\n2. Deudas",
         "Compré tres cosas en la tienda nueva"),
        (ES, "—¿Me prestas la escalera nueva? —No.", None),
        (ZH, "小王问医生：“多吃苹果真的能长寿吗？”医生说：“先付钱。”",
         "小王问医生：多吃苹果真的能长寿吗"),
        (ZH, "据说，昨天我家的猫上了电视！邻居说那是监控。", "昨天我家的猫上了电视"),
        (ZH, "爷爷昨天买了一台新的智能手机，他说：喂。", "爷爷昨天买了一台新的智能手机"),
        (ZH, "他哭了。我也哭了。", None),
    ],
)  # fmt: skip
def test_spanish_and_chinese_headlines(lang: Lang, joke: str, headline: str | None) -> None:
    assert headline_by_rules(joke, lang) == headline


def test_a_long_set_up_is_cut_between_clauses() -> None:
    joke = f"My uncle keeps forty clocks in the attic, {'and one in the hall, ' * 5}. They lie."
    headline = headline_by_rules(joke, EN)
    assert headline is not None
    assert 60 < len(headline) <= 120
    assert headline.endswith("and one in the hall")
    assert headline_by_rules(f"My {'very ' * 30}long word. Yes.", EN) is None


@pytest.mark.parametrize(
    ("joke", "verb"),
    [
        # zipf: hammer 4.2, drill 4.2, knock 4.4. As it stands in the prompt counts for 0.5.
        ("A thief hammered at the door, so I had to knock. He was polite.", "knock"),
        ("A thief hammered at the door, so I knocked him out. He was polite.", "hammer"),
        ("A thief broke the window, so I juggled the pieces. He was polite.", "break"),
    ],
)
def test_which_verb_is_taken(joke: str, verb: str) -> None:
    label = label_by_rules(joke, EN).label
    assert label is not None
    assert label.verb == verb


TEXT = st.text(st.sampled_from("aeos ntr.,?!:\n猫狗开冰箱。，？“”—#é¿😂-'"), max_size=60)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(Lang)), TEXT)
def test_a_label_or_reasons_and_always_the_same(lang: Lang, joke: str) -> None:
    found = label_by_rules(joke, lang)
    assert found == label_by_rules(joke, lang)
    assert (found.label is None) == bool(found.reasons)
    assert found.label is None or check_label(found.label, joke, lang) == []


CORPUS = Path(__file__).parents[2] / "../shared/data/mwahaha/baseline-dev"


@pytest.mark.skipif(not CORPUS.exists(), reason="official data not here")
@pytest.mark.parametrize(("lang", "least"), [(EN, 20), (ES, 30), (ZH, 40)])
def test_yield_on_official_jokes(lang: Lang, least: int) -> None:
    import pandas as pd

    texts = pd.read_csv(CORPUS / f"task-a-{lang}.tsv", delimiter="\t")["text"].astype(str)[:200]
    labels = [label_by_rules(text, lang).label for text in texts]
    assert sum(label is not None for label in labels) >= least * 2  # percent of 200
