"""``train sft`` and ``train export`` from the command line."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from semeval_humor.configs import checked, read_toml
from semeval_humor.training.sft import SftConfig
from tests.training.tiny_policy import write_config

CONFIGS = Path(__file__).parents[2] / "configs" / "train"

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft, transformers and trl


def test_sft_and_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_config(tmp_path, name="sft")
    arguments = ["train", "sft", "--config", str(path), "--on-alarm", "log"]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    first, second, third = out.splitlines()
    assert first == str(tmp_path / "sft")
    assert second.startswith("  4 steps, ")
    assert second.endswith(" GiB at most")
    assert third.startswith(
        f"  changed from {tmp_path / 'tiny'}: log-probabilities differ by up to"
    )
    assert third.endswith(" of 3 greedy answers differ")
    assert "labels: all 27 rows end where predict stops (27 in '</s>'); last tokens" in err
    assert "step 4 of 4, " in err
    receipt = json.loads((tmp_path / "sft" / "train-sft.run.json").read_text())
    assert receipt["config"]["on_alarm"] == "log"

    assert main(arguments) == 2
    assert "sft: is finished; name another out, or use --force" in capsys.readouterr().err

    adapter, merged = tmp_path / "sft", tmp_path / "merged"
    assert main(["train", "export", str(adapter), "--out", str(merged)]) == 0
    out, _ = capsys.readouterr()
    assert out.splitlines()[0] == str(merged)
    assert "  100.0% of the " in out
    assert main(["diff", str(tmp_path / "tiny"), str(merged)]) == 0
    assert capsys.readouterr().out.startswith("changed: ")
    assert main(["train", "export", str(adapter), "--out", str(merged)]) == 2


def test_wrong_configs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_config(
        tmp_path, 'learning_rte = 1.0\nbatch_sise = 2\nseed = "x"\nlora = 3', name="sft"
    )
    assert main(["train", "sft", "--config", str(path)]) == 2
    err = capsys.readouterr().err
    assert "learning_rte: no such key, did you mean learning_rate?" in err
    assert "batch_sise: no such key, did you mean batch_size?" in err
    assert "seed: Input should be a valid integer" in err
    assert "lora: " in err
    assert err.count("\n") == 1

    path = write_config(tmp_path, name="sft", model="no-such-model")
    assert main(["train", "sft", "--config", str(path)]) == 2
    assert "no-such-model: unknown model; expected one of smollm2-135m" in capsys.readouterr().err
    assert not (tmp_path / "sft").exists()


def test_a_no_op_ends_with_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_config(tmp_path, 'method = "full"\nwarmup = 0.0', name="sft")
    path.write_text(path.read_text().replace("learning_rate = 0.01", "learning_rate = 1e-30"))
    assert main(["train", "sft", "--config", str(path)]) == 1
    err = capsys.readouterr().err
    assert "error: the first step moved " in err
    assert "raise the learning_rate" in err


@pytest.mark.slow
@pytest.mark.model
def test_sigterm_writes_a_checkpoint(tmp_path: Path) -> None:
    path = write_config(tmp_path, name="sft", steps=2000)
    command = [sys.executable, "-m", "semeval_humor", "train", "sft", "--config", str(path)]
    log = tmp_path / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            command, stderr=stream, env={**os.environ, "HF_HUB_OFFLINE": "1"}
        )
        deadline = time.monotonic() + 120
        while "step 1 of 2000" not in log.read_text() and time.monotonic() < deadline:
            time.sleep(0.2)
        process.terminate()
        assert process.wait(60) == 130
    assert log.read_text().endswith("interrupted; run the same command again\n")
    assert list((tmp_path / "sft").glob("checkpoint-*/trainer_state.json"))


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("sft-*.toml")), ids=lambda path: path.stem)
def test_the_configs_that_come_along_are_sound(path: Path) -> None:
    config = checked(SftConfig, read_toml(path), str(path))
    assert path.stem.startswith(config.out.name)
    head = path.read_text(encoding="utf-8").partition("model =")[0]
    assert "GiB" in head  # what it costs, and whether that was measured
    assert "easured" in head
