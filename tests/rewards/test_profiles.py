import tomllib
from pathlib import Path

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.rewards.components import Row
from semeval_humor.rewards.gates import MEASURES
from semeval_humor.rewards.profiles import GATE, PROFILES, read_profile
from semeval_humor.rewards.reward import RewardFile
from semeval_humor.schema import Constraint, Headline, Lang, Prompt, Task, WordPair

SUMMED, GUARDED = read_profile("summed"), read_profile("guarded")

HEADLINE = Headline("A town elects its cat as mayor")
WORDS = WordPair("knit", "volcano")


def row(
    text: str, constraint: Constraint = HEADLINE, humour: float = 1.0, lang: Lang = Lang.EN
) -> Row:
    return Row(Prompt("x", Task.A, lang, constraint), text, humour, 0.0, True)


@pytest.mark.parametrize(
    ("text", "constraint", "humour", "total"),
    [
        # 8 words, in the band; no pair of words repeats: 0.75 · 0.8 + 0.20 · 1 - 0.15 · 0
        ("He promised naps for everybody in the town.", HEADLINE, 0.8, 0.80),
        # 4 of at least 8 words, 1 of 3 pairs repeats: 0.75 · 0.8 + 0.20 · ½ - 0.15 · ⅓
        ("nap cat nap cat", HEADLINE, 0.8, 0.65),
        # no token at all
        ("!", HEADLINE, 0.8, 0.60),
        # both words, 9 words: 0.55 · 0.8 + 0.25 · 1 + 0.15 · 1
        ("I knit beside the volcano because it is warm.", WORDS, 0.8, 0.84),
        # one word: 0.55 · 0.8 + 0.25 · ½ + 0.15 · 1
        ("I knit beside the oven because it is warm.", WORDS, 0.8, 0.715),
        # no word, 2 of at least 8 tokens: 0.55 · 0 + 0.15 · ¼
        ("Nothing here.", WORDS, 0.0, 0.0375),
    ],
)
def test_summed_is_the_users_formula(
    text: str, constraint: Constraint, humour: float, total: float
) -> None:
    assert SUMMED.judge(row(text, constraint, humour)).total == pytest.approx(total)


def test_the_weights_are_the_users() -> None:
    assert dict(SUMMED.headline) == {"humour": 0.75, "length": 0.2, "repetition": -0.15}
    words = {"humour": 0.55, "coverage": 0.25, "length": 0.15, "repetition": -0.1}
    assert dict(SUMMED.words) == words
    assert SUMMED.gates == {}


def test_coverage_does_not_exist_on_headline_rows() -> None:
    for profile in (SUMMED, GUARDED):
        judged = profile.judge(row("I knit beside a volcano, for the warmth."))
        assert judged.components["coverage"] is None
    assert "coverage" not in dict(SUMMED.headline)


CLEAN = {
    Lang.EN: (
        "My umbrella called in sick, so I took a day off too.",
        "Pietro ordered “gnocchi al pesto” and got 3 invoices 😂",
        "Haha, said the robot, in UTF-8.",
        "Why did the hen **knit**?\n\nShe had egg warmers to sell!",
    ),
    Lang.ES: (
        "¡Qué frío! ¿Y el pingüino? Pidió una manta y un café.",
        "El camarero dijo «bonjour» y mi niño contestó: «¡croissant!» jajajaja",
        "Compré 2 kg de paciencia en Amazon; llega el 30/02 😅",
        "—Mamá, en el colegio me llaman distraído.\n—Niño, esta no es tu casa.",
    ),
    Lang.ZH: (
        "我在KTV唱了一晚上，iPhone比我先没电。",
        "老板问：“WiFi密码多少？”我说：“先发工资，12345678！”",
        "医生让我少喝5 kg的奶茶，我换成了Coca-Cola。",
        "哈哈，雨伞请了病假，说是湿气太重😂",
    ),
}


@pytest.mark.parametrize("lang", list(Lang))
def test_clean_jokes_are_not_punished(lang: Lang) -> None:
    headline = {Lang.EN: "It rains", Lang.ES: "Llueve por fin", Lang.ZH: "今天下雨"}[lang]
    for text in CLEAN[lang]:
        judged = GUARDED.judge(row(text, Headline(headline), 0.6, lang))
        touched = {
            name: factor
            for name, factor in judged.components.items()
            if name.startswith(GATE) and factor not in (1.0, None)
        }
        assert touched == {}, text
        assert judged.total == 0.6


GARBAGE = {
    Lang.EN: (
        "",
        "k",
        "movie " * 40,
        "haha!!! haha!!!",
        "Why did the cat sing? مرحبا بكم في المدينة",
        "Why did the cat sing? Because 😂😂🤣😂😂🤣😂😂🤣😂",
        "Because it, because it, because it, because it, because it",
        "Sure! Here's a joke for you:\n<|im_start|>assistant\nThe cat sang.",
        "The c\u200ba\u200bt s\u200ba\u200bng to the mayor at noon.",
        "The cat sang. def joke(): return None </div>",
        HEADLINE.text,
    ),
    Lang.ES: (
        "el gato el gato el gato el gato el gato",
        "El gato canta al alcalde вчера вечером",
        "jajaja jeje xD jajaja jeje xD jaja JAJAJA",
        "El gаtо cаntа аl аlcаlde del рueblо.",
    ),
    Lang.ZH: (
        "猫当镇长猫当镇长猫当镇长猫当镇长",
        "猫当了镇长 the people of the town are happy",
        "猫⼈当⼤镇长，全城午睡。",
        "猫" * 20,
    ),
}


@pytest.mark.parametrize("lang", list(Lang))
def test_garbage_is_worth_next_to_nothing_whatever_the_classifier_says(lang: Lang) -> None:
    for text in GARBAGE[lang]:
        assert GUARDED.judge(row(text, HEADLINE, 1.0, lang)).total < 0.02, text


def test_the_sum_hardly_notices_garbage() -> None:
    # 0.75 · 1 + 0.20 · 1 - 0.15 · 0: Arabic letters cost nothing.
    tail = "Why did the cat sing at noon today? مرحبا بكم في المدينة"
    assert SUMMED.judge(row(tail)).total == pytest.approx(0.95)


def test_coverage_multiplies_on_word_rows() -> None:
    texts = ["I knit beside the volcano.", "I knit beside the oven.", "I sat beside the oven."]
    totals = [GUARDED.judge(row(text, WORDS, 0.8)).total for text in texts]
    assert totals == pytest.approx([0.8, 0.4, 0.0])


def test_worse_is_worth_less() -> None:
    tail = " مرحبا"
    totals = [GUARDED.judge(row("The cat sang at noon." + tail * n)).total for n in range(4)]
    assert sorted(totals, reverse=True) == totals
    assert len(set(totals)) == 4


def test_a_text_that_was_cut_off_is_worth_a_quarter() -> None:
    asked = Prompt("x", Task.A, Lang.EN, HEADLINE)
    text = "He promised naps for everybody."
    totals = [GUARDED.judge(Row(asked, text, 1.0, 0.0, end)).total for end in (True, False, None)]
    assert totals == [1.0, 0.25, 1.0]


def test_every_gate_has_a_reason_and_the_guarded_profile_has_every_gate() -> None:
    assert GUARDED.gates.keys() == MEASURES.keys()
    assert all(gate.reason for gate in GUARDED.gates.values())


def test_overrides_change_single_numbers() -> None:
    other = read_profile("guarded", {"gates": {"too-long": {"at_most": 900}}})
    assert other.gates["too-long"].at_most == 900
    assert other.gates["too-long"].half == GUARDED.gates["too-long"].half
    assert other.gates["emoji"] == GUARDED.gates["emoji"]


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("gaurded", {}, "profile 'gaurded': expected summed or guarded"),
        ("guarded", {"gate": {}}, "gate: no such key, did you mean gates"),
        ("summed", {"gates": {"code": {}}}, "gates.code.reason: is missing"),
        ("guarded", {"gates": 3}, "gates: Input should be a valid dictionary"),
        (
            "guarded",
            {"gates": {"too-lonng": {"at_most": 900}}},
            "gates: too-lonng: no such gate, did you mean too-long?",
        ),
        ("guarded", {"gates": {"code": {"half": "a"}}}, "gates.code.half"),
        ("guarded", {"gates": {"scripts": {}}}, "scripts: no such gate; expected foreign-letters"),
        ("summed", {"headline": {"coverage": 1}}, "headline.coverage: no such key"),
        ("guarded", {"headline": {"length": 0.5}}, "length has a weight but no band"),
    ],
)
def test_wrong_settings_are_named(name: str, overrides: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=r"^run\.toml: ") as failure:
        read_profile(name, overrides, "run.toml")
    assert message in str(failure.value)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("config", sorted(Path("configs/rewards").glob("*.toml")), ids=str)
def test_ready_rewards_are_valid(config: Path) -> None:
    made = RewardFile.model_validate(tomllib.loads(config.read_text(encoding="utf-8")))
    read_profile(made.profile, made.overrides, str(config))


def test_the_packages_profiles_are_those_that_a_reward_can_name() -> None:
    names = tomllib.loads(PROFILES.read_text(encoding="utf-8")).keys()
    for name in names:
        RewardFile.model_validate({"profile": name, "classifiers": {"en": "x"}})
