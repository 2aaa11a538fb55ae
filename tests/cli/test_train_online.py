"""``train grpo`` and ``rloo`` from the command line."""

import json
from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from semeval_humor.configs import checked, read_toml
from semeval_humor.training.config import PolicyConfig
from semeval_humor.training.grpo import GrpoConfig
from semeval_humor.training.rloo import RlooConfig
from tests.training.tiny_policy import some_pairs, write_config
from tests.training.toy_reward import install

CONFIGS = Path(__file__).parents[2] / "configs" / "train"
KINDS: dict[str, type[PolicyConfig]] = {"grpo": GrpoConfig, "rloo": RlooConfig}

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft, transformers and trl


ONLINE = """
reward = "REWARD.toml"
num_generations = 4
max_tokens = 8
untested_reward = true
on_alarm = "log"
"""


@pytest.mark.parametrize("kind", ["grpo", "rloo"])
def test_a_reward(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    install(monkeypatch)
    path = write_config(tmp_path, ONLINE)
    assert main(["train", kind, "--config", str(path)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == str(tmp_path / "out")
    assert len(out.splitlines()) == 3  # nothing of what TRL would print
    assert "untested_reward: REWARD.redteam.json: no card that can be read " in err
    assert "step 4 of 4, " in err
    assert " reward " in err
    assert " kl " in err
    receipt = json.loads((tmp_path / "out" / f"train-{kind}.run.json").read_text())
    assert receipt["command"] == f"train {kind}"
    assert receipt["config"]["untested_reward"] is True


def test_a_reward_that_was_never_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch)
    pairs = some_pairs(tmp_path / "pairs.parquet")
    path = write_config(tmp_path, ONLINE.replace("true", "false"), pairs=pairs)
    assert main(["train", "grpo", "--config", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: REWARD.redteam.json: no card that can be read ")
    assert "untested_reward = true" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "path",
    sorted(path for kind in KINDS for path in CONFIGS.glob(f"{kind}-*.toml")),
    ids=lambda path: path.stem,
)
def test_the_configs_that_come_along_are_sound(path: Path) -> None:
    kind = path.stem.partition("-")[0]
    config = checked(KINDS[kind], read_toml(path), str(path))
    assert path.stem.startswith(config.out.name)
    assert isinstance(config, GrpoConfig | RlooConfig)
    assert config.batch_size * config.accumulation % config.num_generations == 0
    assert config.beta > 0
    assert not config.untested_reward
    assert config.reward.exists()
    head = path.read_text(encoding="utf-8").partition("model =")[0]
    assert "GiB" in head  # what it costs, and whether that was measured
    assert "easured" in head
