"""RLOO with a reward that pays for a letter. What it shares with GRPO is tested there."""

from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from semeval_humor.configs import checked
from semeval_humor.errors import ConfigError
from semeval_humor.models import Model
from semeval_humor.receipt import read_receipt
from semeval_humor.training.first_steps import NotLearningError
from semeval_humor.training.rloo import RlooConfig, train
from tests.tiny_model import save_model
from tests.training.tiny_policy import CHAT, Told
from tests.training.toy_reward import LEARNING, install, online_values

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft, transformers and trl


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


def a_config(folder: Path, model: str, **changes: Any) -> RlooConfig:
    return checked(RlooConfig, online_values(folder, model, **changes), "rloo.toml")


def test_it_learns(tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    told = Told()
    out = train(a_config(tmp_path, tiny.path, **LEARNING), CHAT, told)
    rewards = [logged["reward"] for _, logged in told.steps]
    assert fmean(rewards[:5]) < 0.25
    assert fmean(rewards[-3:]) > 0.5
    kl = [logged["kl"] for _, logged in told.steps]
    assert kl[:2] == [0, 0]  # the rate is 0 in the first step of a warm-up
    assert kl[-1] > 0.01
    assert read_receipt(out / "train-rloo.run.json").counts["diff"]["verdict"] == "changed"


def test_a_constant_reward_ends_it_early(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, lambda prompt, text: 0.3)
    config = a_config(tmp_path, tiny.path, steps=50, num_generations=6, batch_size=12)
    with pytest.raises(NotLearningError, match="the reward was constant"):
        train(config, CHAT, Told())


def test_beta_is_never_silently_0(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    told = Told()
    train(a_config(tmp_path, tiny.path, steps=4, beta=0), CHAT, told)
    assert len([note for note in told.notes if note.startswith("beta = 0: ")]) == 1
    assert told.steps[3][1]["kl"] != 0
    assert RlooConfig.model_fields["beta"].default == 0.05


def test_what_only_grpo_knows(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="loss_type: no such key"):
        a_config(tmp_path, "model", loss_type="dapo")
