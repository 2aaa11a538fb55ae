from collections.abc import Mapping
from pathlib import Path

import pytest

from semeval_humor.errors import ConfigError, DataError, EngineError
from semeval_humor.files import sha256_of_file
from semeval_humor.rewards import reward as module
from semeval_humor.rewards.profiles import GATE, PROFILES, read_profile
from semeval_humor.rewards.reward import HumourClassifier, Reward, load_reward
from semeval_humor.schema import Headline, Lang, Prompt, Scorer, Task, WordPair
from tests.rewards.fake_classifier import FakeClassifier

JOKES = {
    Lang.EN: "My umbrella called in sick.",
    Lang.ES: "El paraguas pidió la baja por estrés.",
    Lang.ZH: "雨伞今天请了病假。",
}
PROMPTS = {lang: Prompt(f"{lang}_1", Task.A, lang, Headline("今天 Lluvia rain")) for lang in Lang}


def guarded(classifiers: Mapping[Lang, HumourClassifier]) -> Reward:
    return Reward(read_profile("guarded"), classifiers)


def test_each_language_is_scored_by_its_classifier() -> None:
    classifiers = {lang: FakeClassifier(0.25 * n) for n, lang in enumerate(Lang, start=1)}
    langs = [Lang.ZH, Lang.EN, Lang.ES, Lang.EN]
    found = guarded(classifiers)([PROMPTS[lang] for lang in langs], [JOKES[lang] for lang in langs])
    assert found.total == (0.75, 0.25, 0.5, 0.25)
    assert found.components["humour"] == found.total
    assert found.components["coverage"] == (None,) * 4


def test_identical_texts_are_scored_once() -> None:
    classifier = FakeClassifier(0.5)
    texts = [JOKES[Lang.EN], "Another joke about rain.", JOKES[Lang.EN]]
    found = guarded({Lang.EN: classifier})([PROMPTS[Lang.EN]] * 3, texts)
    assert classifier.asked == texts[:2]
    assert len(found.total) == 3


def test_the_same_text_may_be_worth_different_things() -> None:
    words = Prompt("en_2", Task.A, Lang.EN, WordPair("umbrella", "dance"))
    reward = guarded({Lang.EN: FakeClassifier(0.8)})
    text = JOKES[Lang.EN]
    found = reward([PROMPTS[Lang.EN], words, words], [text] * 3, stopped=[True, True, False])
    assert found.total == pytest.approx([0.8, 0.4, 0.1])  # one of two words; a quarter of it
    assert found.components["coverage"] == (None, 0.5, 0.5)
    assert found.components[f"{GATE}cut-off"] == (1.0, 1.0, 0.25)
    nobody_knows = reward([words], [text])
    assert nobody_knows.components[f"{GATE}cut-off"] == (None,)


def test_what_the_classifier_cannot_see_is_shown_and_gated() -> None:
    text = JOKES[Lang.ES]
    blind = FakeClassifier(1.0, unknown={text: 0.7})
    found = guarded({Lang.ES: blind})([PROMPTS[Lang.ES]], [text])
    assert found.components["unknown"] == (0.7,)
    assert found.total[0] < 0.01


def test_no_texts_no_rewards() -> None:
    found = guarded({Lang.EN: FakeClassifier()})([], [])
    assert (found.total, found.components) == ((), {})


def test_the_scorer_gives_the_totals() -> None:
    reward = guarded({Lang.EN: FakeClassifier(0.5)})
    scorer: Scorer = reward.scorer
    assert scorer([PROMPTS[Lang.EN]], [JOKES[Lang.EN]]) == (0.5,)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_classifier_that_returns_no_share_is_an_error(value: float) -> None:
    with pytest.raises(EngineError, match=r"the en classifier returned .* expected a number"):
        guarded({Lang.EN: FakeClassifier(value)})([PROMPTS[Lang.EN]], [JOKES[Lang.EN]])


def test_a_language_without_a_classifier_is_an_error() -> None:
    with pytest.raises(ConfigError, match="has classifiers for en, not for zh"):
        guarded({Lang.EN: FakeClassifier()})([PROMPTS[Lang.ZH]], [JOKES[Lang.ZH]])


def test_prompts_and_texts_are_parallel() -> None:
    with pytest.raises(ValueError, match="zip"):
        guarded({Lang.EN: FakeClassifier()})([PROMPTS[Lang.EN]], [JOKES[Lang.EN]] * 2)


# REWARD.toml


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Paths of the classifiers that are loaded; their hashes are their names."""
    loaded: list[Path] = []

    def load(path: Path) -> FakeClassifier:
        loaded.append(path)
        if not path.is_dir():
            raise DataError(f"{path}: no such folder")
        langs = frozenset([Lang.EN]) if path.name == "english" else frozenset(Lang)
        return FakeClassifier(0.5, sha256=path.name, langs=langs)

    monkeypatch.setattr(module, "load_classifier", load)
    return loaded


def write(folder: Path, content: str) -> Path:
    for name in ("joint", "english"):
        (folder / name).mkdir(exist_ok=True)
    path = folder / "reward.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_a_file_becomes_a_reward(tmp_path: Path, loads: list[Path]) -> None:
    path = write(
        tmp_path,
        '[classifiers]\nen = "english"\nes = "joint"\nzh = "joint"\n'
        "[overrides.gates.cut-off]\nhalf = 1\n",
    )
    reward = load_reward(path)
    assert loads == [tmp_path / "english", tmp_path / "joint"]
    assert reward.langs == (Lang.EN, Lang.ES, Lang.ZH)
    found = reward([PROMPTS[Lang.ZH]], [JOKES[Lang.ZH]], stopped=[False])
    assert found.total == (0.25,)
    assert [(Path(each.name).name, each.sha256) for each in reward.records] == [
        ("reward.toml", sha256_of_file(path)),
        ("profiles.toml", sha256_of_file(PROFILES)),
        ("english", "english"),
        ("joint", "joint"),
    ]


def test_only_the_classifiers_that_are_needed_are_loaded(tmp_path: Path, loads: list[Path]) -> None:
    path = write(tmp_path, 'profile = "summed"\n[classifiers]\nen = "english"\nzh = "nowhere"\n')
    assert load_reward(path, [Lang.EN]).langs == (Lang.EN,)
    with pytest.raises(ConfigError, match=r'reward.toml: no classifier for es; add es = "FOLDER"'):
        load_reward(path, [Lang.EN, Lang.ES])
    with pytest.raises(DataError) as failure:
        load_reward(path)
    assert str(failure.value) == (
        f"{path}: classifiers.zh: {tmp_path / 'nowhere'}: no such folder; "
        "make one with semeval-humor train reward"
    )


def test_the_fingerprint_tells_rewards_apart(tmp_path: Path, loads: list[Path]) -> None:
    path = write(tmp_path, '[classifiers]\nen = "english"\n')
    first, again = load_reward(path).fingerprint, load_reward(path).fingerprint
    other = load_reward(write(tmp_path, '[classifiers]\nen = "joint"\n')).fingerprint
    assert first == again != other


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("classifiers = 3\n", "classifiers: Input should be a valid dictionary"),
        ("[classifiers]\n", "classifiers: Dictionary should have at least 1 item"),
        ('profil = "summed"\n[classifiers]\nen = "joint"\n', "profil: no such key, did you mean"),
        ('profile = "sum"\n[classifiers]\nen = "joint"\n', "profile: Input should be 'guarded'"),
        ('[classifiers]\nfr = "joint"\n', "classifiers.fr"),
        ('[classifiers]\nen = "joint"\n[overrides.gate]\n', "guarded: gate: no such key"),
        ('[classifiers]\nes = "english"\n', "classifiers.es: "),
        ("[classifiers\n", "not TOML"),
    ],
)
def test_bad_files_are_told_in_one_line(
    tmp_path: Path, loads: list[Path], content: str, message: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(ConfigError) as failure:
        load_reward(path)
    assert str(failure.value).startswith(f"{path}: ")
    assert message in str(failure.value)
    assert "\n" not in str(failure.value)
