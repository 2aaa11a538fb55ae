"""Real trainings of the tiny model under the sentinel: healthy ones, and one that collapses."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from semeval_humor.configs import checked
from semeval_humor.models import Model
from semeval_humor.receipt import read_receipt
from semeval_humor.schema import Lang, Prompt
from semeval_humor.training import grpo, sft
from semeval_humor.training.grpo import GrpoConfig
from semeval_humor.training.pairs import read_rows
from semeval_humor.training.recorder import read_samples
from semeval_humor.training.sentinel.build import make_sentinel
from semeval_humor.training.train import AlarmError
from tests.tiny_model import save_model
from tests.training.sentinel.voices import joke
from tests.training.tiny_policy import CHAT, Told, a_policy, pair, settings, write_pairs
from tests.training.toy_reward import LEARNING, install, online_values

pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")  # of peft, transformers and trl

JUNK = "X"
GARBAGE = 0.25  # of the tokens are junk; a hundredth of the parent's are


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny") / "model", context=256)


def watched(folder: Path, seed: int, *, every: int) -> dict[str, Any]:
    """Settings of a watched training on jokes that differ from each other."""
    random = Random(seed)
    rows = [pair(lang, n, joke=joke(lang, random)) for n in range(24) for lang in Lang]
    pairs = write_pairs(folder / "pairs.parquet", rows)
    heard = {"every": every, "max_tokens": 16, "seed": seed}
    return {"pairs": [pairs], "seed": seed, "sentinel": heard}


def online(folder: Path, model: str, **changes: Any) -> GrpoConfig:
    values = online_values(folder, model, **LEARNING | {"batch_size": 16, "max_tokens": 16})
    return checked(GrpoConfig, values | changes, "grpo.toml")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_learning_to_write_like_people_is_healthy(tiny: Model, tmp_path: Path, seed: int) -> None:
    told = Told()
    asked = watched(tmp_path, seed, every=10)
    config = settings(tmp_path, tiny.path, **asked, learning_rate=0.03, steps=60)
    sft.train(config, CHAT, told)
    assert told.alarms == []
    assert told.probes == [10, 20, 30, 40, 50, 60]
    assert sum(told.losses[-5:]) < sum(told.losses[:5]) - 5 * 0.5  # it has learnt a lot


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_learning_from_rewards_is_healthy(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    install(monkeypatch)
    told = Told()
    asked = watched(tmp_path, seed, every=4)
    config = online(tmp_path, tiny.path, **asked, learning_rate=0.01, steps=24)
    grpo.train(config, CHAT, told)
    assert told.alarms == []
    assert told.probes == [4, 8, 12, 16, 20, 24]
    assert told.steps[-1][1]["kl"] > 0.3  # it has gone a long way


EVERY = 2


def junk(prompt: Prompt, text: str) -> float:
    return min(text.count(JUNK), 8) / 8


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))]
)
def test_a_collapse_is_stopped_and_healthy_weights_are_kept(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    install(monkeypatch, junk)
    told = Told()
    asked = watched(tmp_path, seed, every=EVERY)
    config = online(tmp_path, tiny.path, **asked, learning_rate=0.1, steps=30)
    with pytest.raises(AlarmError, match="the result are the healthy weights of step"):
        grpo.train(config, CHAT, told)
    share = {step: logged["reward"] / 2 for step, logged in told.steps}
    assert share[1] < 0.01
    garbage = next((step for step, found in share.items() if found >= GARBAGE), told.steps[-1][0])
    [(stopped, _)] = told.alarms
    assert stopped <= garbage + 2 * EVERY
    # What is kept says what the healthy probe has heard.
    policy = a_policy(config)  # type: ignore[arg-type]
    policy.load(config.out)
    sentinel = make_sentinel(config, policy, read_rows(config, policy))
    sentinel.learn()
    assert sentinel.probe(1, {}) is None
    kept = sentinel.history[-1]
    assert kept.breaches == ()
    texts = [sample.text for sample in kept.samples]
    healthy = read_receipt(config.out / "train-grpo.run.json").counts["result_step"]
    assert texts == [told.text for told in read_samples(config.out) if told.step == healthy]
    assert sum(text.count(JUNK) for text in texts) < 16 * len(texts) * GARBAGE
