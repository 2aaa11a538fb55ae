"""``lifecycle``: misspelt commands are found before any is run, and results end on stdout."""

import shlex
from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from semeval_humor.configs import checked, read_toml
from semeval_humor.rewards.reward import RewardFile

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
    plan = capsys.readouterr().out.splitlines()
    assert plan[:2] == [
        "# jokes: corpora become jokes",
        "semeval-humor data build --sample --out out/data",
    ]
    assert plan[4] == "# refused: a label of nothing is refused; has to end with exit code 2"
    assert main(["lifecycle", str(lifecycle)]) == 0
    assert capsys.readouterr().err == "3 of 3 stages are done\n"

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
        ("data build --sample --out out/data", "bench table a.toml", "a.toml: no such file"),
        (
            "data build --sample --out out/data",
            "train sft --config sft.toml",
            "stepps: no such key, did you mean steps?",
        ),
    ],
)
def test_a_misspelt_command_is_found_before_anything_is_run(
    lifecycle: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    Path("sft.toml").write_text("stepps = 9\n")
    lifecycle.write_text(LIFECYCLE.replace(old, new))
    assert main(["lifecycle", str(lifecycle)]) == 2
    assert message in capsys.readouterr().err
    assert not Path("out/data").exists()


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_ready_lifecycles_are_sound(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["lifecycle", str(path), "--plan"]) == 0
    commands = capsys.readouterr().out.splitlines()[1::2]
    assert len(commands) > 20
    for name in (word for command in commands for word in shlex.split(command)):
        if "/reward" not in name and name.startswith("configs/") and name.endswith(".toml"):
            reward = read_toml(Path(name)).get("reward")
            assert reward is None or checked(RewardFile, read_toml(Path(reward)), reward)
