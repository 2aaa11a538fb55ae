"""``lifecycle``: misspelt commands are found before any is run, and results end on stdout."""

import shlex
from pathlib import Path

import pytest

from semeval_humor.bench.config import BenchConfig
from semeval_humor.cli.main import main
from semeval_humor.configs import Settings, checked, read_toml
from semeval_humor.rewards.reward import RewardFile
from semeval_humor.training.grpo import GrpoConfig
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.reward.config import RewardConfig
from semeval_humor.training.sft import SftConfig

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "configs" / "lifecycle"

LIFECYCLE = """
folder = "out"
[stages.jokes]
title = "corpora become jokes"
run = "data build --sample --out out/data"
[stages.pairs]
title = "rules label jokes"
run = "data label --lang zh --engine rules --jokes out/data/jokes.parquet --limit 20"
after = ["jokes"]
show = true
[stages.refused]
title = "a label of nothing is refused"
run = "data label --lang zh --engine rules --jokes none.parquet"
exit_code = 2
"""


@pytest.fixture
def lifecycle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "life.toml"
    path.write_text(LIFECYCLE)
    return path


def test_from_corpora_to_pairs(lifecycle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lifecycle", str(lifecycle)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(
        "\n== rules label jokes\n$ semeval-humor data label --lang zh --engine rules "
    )
    assert "pairs-zh.parquet" in out
    lines = err.splitlines()
    assert lines[0] == "[1/3] jokes: semeval-humor data build --sample --out out/data"
    assert lines[-1].startswith("  done in 0:00:0")
    assert "none.parquet: cannot be read" in lines[-1]  # what was caught
    assert main(["lifecycle", str(lifecycle), "--plan"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("semeval-humor data build")

    lifecycle.write_text(LIFECYCLE.replace("--limit 20", "--limit 30"))
    assert main(["lifecycle", str(lifecycle)]) == 2
    assert "pairs: run before with other settings" in capsys.readouterr().err
    assert main(["lifecycle", str(lifecycle), "--force"]) == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("--sample", "--smaple", "stages.jokes.run: No such option"),
        ("data build", "date build", "stages.jokes.run: No such command 'date'"),
        ("--limit 20", "--limit many", "stages.pairs.run: Invalid value for '--limit'"),
    ],
)
def test_a_misspelt_command_is_found_before_anything_is_run(
    lifecycle: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    lifecycle.write_text(LIFECYCLE.replace(old, new))
    assert main(["lifecycle", str(lifecycle)]) == 2
    assert message in capsys.readouterr().err
    assert not Path("out/data").exists()


SETTINGS: dict[str, type[Settings]] = {
    "train reward": RewardConfig,
    "train sft": SftConfig,
    "train grpo": GrpoConfig,
    "train ppo": PpoConfig,
    "bench run": BenchConfig,
}


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_ready_lifecycles_are_sound(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["lifecycle", str(path), "--plan"]) == 0
    commands = capsys.readouterr().out.splitlines()
    assert len(commands) > 20
    monkeypatch.chdir(ROOT)
    for _, *words in map(shlex.split, commands):
        kind = SETTINGS.get(" ".join(words[:2]))
        for name in words:
            if name.startswith("configs/") and name.endswith(".toml") and kind:
                settings = checked(kind, read_toml(Path(name)), name)
                reward = getattr(settings, "reward", None)
                assert reward is None or checked(RewardFile, read_toml(reward), str(reward))
