"""``train ppo`` from the command line."""

import json
from pathlib import Path

import pytest

from semeval_humor.cli import train_ppo
from semeval_humor.cli.main import main
from semeval_humor.configs import checked, read_toml
from semeval_humor.training.ppo import train as ppo
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.heatmap import read_heats
from tests.cli.test_train_online import CONFIGS
from tests.training.ppo.bandit import at_the_letters
from tests.training.tiny_policy import some_pairs, write_config
from tests.training.toy_reward import install

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers

PPO = """
reward = "REWARD.toml"
rollouts = 8
max_tokens = 8
untested_reward = true
on_alarm = "log"
"""


def test_a_reward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch)
    monkeypatch.setattr(ppo, "load_attribution", lambda path, reward: at_the_letters)
    path = write_config(tmp_path, PPO)
    assert main(["train", "ppo", "--config", str(path)]) == 0
    out, err = capsys.readouterr()
    folder = tmp_path / "out"
    assert out.splitlines()[0] == str(folder)
    assert len(out.splitlines()) == 3
    assert "untested_reward: REWARD.redteam.json: no card that can be read " in err
    assert "step 4 of 4, " in err
    assert " reward " in err
    assert " kl " in err
    assert "sequence" not in err  # colours are for terminals
    receipt = json.loads((folder / "train-ppo.run.json").read_text())
    assert receipt["command"] == "train ppo"
    assert receipt["counts"]["ppo"]["samples"] == 4 * 8
    assert "no card that can be read" in receipt["counts"]["reward"]["doubts"][0]
    assert (folder / "report.html").exists()
    assert len(read_heats(folder)) == 8

    monkeypatch.setenv("FORCE_COLOR", "1")  # as if there were a terminal
    train_ppo.show_credit(folder)
    err = capsys.readouterr().err
    assert err.count(" sequence ") == err.count("  offsets ") == train_ppo.SHOWN


def test_a_reward_that_was_never_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch)
    pairs = some_pairs(tmp_path / "pairs.parquet")
    path = write_config(tmp_path, PPO.replace("true", "false"), pairs=pairs)
    assert main(["train", "ppo", "--config", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: REWARD.redteam.json: no card that can be read ")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("ppo-*.toml")), ids=lambda path: path.stem)
def test_the_configs_that_come_along_are_sound(path: Path) -> None:
    config = checked(PpoConfig, read_toml(path), str(path))
    assert path.stem.startswith(config.out.name)
    assert config.beta > 0
    assert not config.untested_reward
    assert config.reward.exists()
    head = path.read_text(encoding="utf-8").partition("model =")[0]
    assert "GiB" in head  # what it costs, and whether that was measured
    assert "easured" in head
