"""PPO in two processes: the update of one, and the same weights at both ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.receipt import read_receipt
from tests.tiny_model import save_model
from tests.training.ppo.recorded import run
from tests.training.processes import check_equal, in_two
from tests.training.tiny_policy import settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of peft and transformers
]


def logged(folder: Path) -> list[dict[str, Any]]:
    state = json.loads((folder / "trainer_state.json").read_text())
    return list(state["log_history"])


def made(folder: Path) -> Path:
    save_model(folder / "tiny", context=256)
    settings(folder, "tiny")  # writes pairs and prompts
    return folder


def test_two_processes_make_the_update_of_one(tmp_path: Path) -> None:
    folder = made(tmp_path)
    [expected] = run(folder, steps=1)
    in_two("tests.training.ppo.recorded", str(folder), "1")
    check_equal(folder)
    [found] = logged(folder / "out-2")
    # Of all samples, whoever drew them; but for times, and what is said of the first process only.
    names = [name for name in expected if not name.startswith(("seconds", "reward/"))]
    assert {name: found[name] for name in names} == pytest.approx(
        {name: expected[name] for name in names}, rel=1e-4, abs=1e-6
    )
    receipt = read_receipt(folder / "out-2" / "train-ppo.run.json")
    assert receipt.engine["processes"] == 2
    assert (folder / "out-2" / "credit.html").exists()


def test_processes_stay_together(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = made(tmp_path)
    in_two("tests.training.ppo.recorded", str(folder), "4")
    first, second = (load_file(folder / f"2-{rank}.safetensors") for rank in (0, 1))
    assert all(value.equal(second[name]) for name, value in first.items())
    assert any("head.bias" in name for name in first)
    assert len({entry["beta"] for entry in logged(folder / "out-2")}) == 4  # adapted alike
