"""Stages from their TOML file, and what makes one of them another."""

from pathlib import Path

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.lifecycle.stages import read_lifecycle, stages_of

LIFECYCLE = """
folder = "out"
[stages.data]
title = "first"
run = "data build --sample"
[stages.sft]
title = "second"
run = '''train sft
--config sft.toml'''
after = ["data"]
[stages.score]
title = "third"
run = "score submissions/x"
"""


def fingerprints(folder: Path, lifecycle: str = LIFECYCLE) -> dict[str, str]:
    path = folder / "life.toml"
    path.write_text(lifecycle)
    return {stage.name: stage.fingerprint for stage in stages_of(read_lifecycle(path), str(path))}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in after if before[name] != after[name]}


def test_commands_are_taken_apart_as_a_shell_does(tmp_path: Path) -> None:
    path = tmp_path / "life.toml"
    path.write_text(LIFECYCLE)
    stages = stages_of(read_lifecycle(path), "life.toml")
    assert [stage.name for stage in stages] == ["data", "sft", "score"]
    assert stages[1].arguments == ("train", "sft", "--config", "sft.toml")
    assert stages[1].command == "semeval-humor train sft --config sft.toml"


def test_a_stage_is_another_if_its_command_its_config_or_what_it_reads_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "sft.toml"
    config.write_text("steps = 1\n")
    before = fingerprints(tmp_path)
    assert fingerprints(tmp_path, LIFECYCLE.replace("first", "FIRST")) == before
    assert changed(before, fingerprints(tmp_path, LIFECYCLE.replace("--sample", "--out x"))) == {
        "data",
        "sft",  # reads its result
    }
    config.write_text("steps = 1  # a comment\n")
    assert fingerprints(tmp_path) == before
    config.write_text("steps = 2\n")
    assert changed(before, fingerprints(tmp_path)) == {"sft"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'after = ["data"]',
            'after = ["dta"]',
            "there is no stage dta, did you mean data?",
        ),
        (
            'after = ["data"]',
            'after = ["score"]',
            "sft.after: score comes later: stages run in",
        ),
        ('"score submissions/x"', "'score \"x'", "stages.score.run: No closing quotation"),
        ("title", "titel", "stages.data.titel: no such key"),
        ('folder = "out"', "", "folder: is missing"),
        ("stages.data", 'stages."../data"', "String should match pattern"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"life\.toml") as failure:
        fingerprints(tmp_path, LIFECYCLE.replace(old, new, 1))
    assert message in str(failure.value)
    assert "\n" not in str(failure.value)
