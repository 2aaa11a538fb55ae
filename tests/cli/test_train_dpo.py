"""``train dpo`` from the command line."""

from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from semeval_humor.configs import checked, read_toml
from semeval_humor.rewards.preferences import Preference, write_preferences
from semeval_humor.schema import Headline, Lang, Prompt, Task
from semeval_humor.training.dpo import DpoConfig
from tests.cli.test_train_online import CONFIGS
from tests.training.tiny_policy import write_config

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft, transformers and trl


def test_dpo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    about = Headline("Mayor resigns")
    jokes = [
        Preference(Prompt(str(i), Task.A, Lang.EN, about), f"The pigeon won {i}.", "No.", 0.5, "us")
        for i in range(8)
    ]
    preferences = tmp_path / "preferences.parquet"
    write_preferences(preferences, jokes)
    path = write_config(tmp_path, "beta = 0.2", pairs=preferences)
    assert main(["train", "dpo", "--config", str(path), "--on-alarm", "log"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == str(tmp_path / "out")
    assert "rejected: labels: all 8 rows end where predict stops" in err
    assert (tmp_path / "out" / "adapter_model.safetensors").exists()


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("dpo-*.toml")), ids=lambda path: path.stem)
def test_the_configs_that_come_along_are_sound(path: Path) -> None:
    config = checked(DpoConfig, read_toml(path), str(path))
    assert path.stem.startswith(config.out.name)
    head = path.read_text(encoding="utf-8").partition("model =")[0]
    assert "GiB" in head  # what it costs, and whether that was measured
    assert "easured" in head
