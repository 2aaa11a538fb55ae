"""Fine-tuning in two processes: the update of one, and whatever ends it ends both."""

import json
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.diff import Verdict, diff
from semeval_humor.receipt import read_receipt
from tests.tiny_model import save_model
from tests.training.processes import check_equal, in_two
from tests.training.recorded_sft import SHARDED, UPDATES, run
from tests.training.tiny_policy import settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of peft, transformers and trl
]


CONFIGS = Path(__file__).parents[2] / "configs" / "distributed"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two processes have trained everything, one after the other."""
    folder = tmp_path_factory.mktemp("two")
    save_model(folder / "tiny", context=256)
    settings(folder, "tiny")  # writes pairs and prompts
    in_two("tests.training.recorded_sft", str(folder))
    return folder


@pytest.fixture(scope="module")
def sharded(folder: Path) -> Path:
    """Where the weights were spread over two processes, as ``fsdp.yaml`` says."""
    import yaml  # type: ignore[import-untyped]

    told = yaml.safe_load((CONFIGS / "fsdp.yaml").read_text())["fsdp_config"]
    environment = {name.upper(): str(value) for name, value in told.items()}
    in_two("tests.training.recorded_sft", str(folder), ACCELERATE_USE_FSDP="true", **environment)
    return folder


def told(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads((folder / name / f"2-{rank}.json").read_text()) for rank in (0, 1)]


@pytest.mark.parametrize("name", list(UPDATES))
def test_two_processes_make_the_update_of_one(folder: Path, name: str) -> None:
    run(folder, name, **UPDATES[name])
    check_equal(folder / name)
    one, two = (read_receipt(folder / name / f"out-{n}" / "train-sft.run.json") for n in (1, 2))
    assert two.engine["processes"] == 2
    assert two.counts["rows"] == one.counts["rows"]
    assert two.counts["diff"]["behaviour"]["moved"] == pytest.approx(
        one.counts["diff"]["behaviour"]["moved"], rel=1e-3
    )
    first, second = told(folder, name)
    assert (first["end"], second["end"]) == ("done", "done")
    assert first["heard"] > 0
    assert second["heard"] == 0  # people are told by one process only


@pytest.mark.parametrize("rank", [0, 1])
def test_a_signal_to_any_process_stops_all(folder: Path, rank: int) -> None:
    name = f"interrupt-{rank}"
    for process in told(folder, name):
        assert process["end"] == "KeyboardInterrupt"
        assert [step for step, _ in process["steps"]] == [1, 2]
    out = folder / name / "out-2"
    assert (out / "checkpoint-2" / "adapter_model.safetensors").exists()
    assert not (out / "train-sft.run.json").exists()
    assert not (out / "adapter_model.safetensors").exists()


def test_an_alarm_stops_all(folder: Path) -> None:
    first, second = told(folder, "stop")
    assert (first["end"], second["end"]) == ("AlarmError", "done")
    assert [step for step, _ in first["steps"]] == [step for step, _ in second["steps"]]
    assert len(first["steps"]) == 4
    receipt = read_receipt(folder / "stop" / "out-2" / "train-sft.run.json")
    assert receipt.counts["result_step"] == 2


def test_all_roll_back_to_the_same(folder: Path) -> None:
    from safetensors.torch import load_file

    first, second = told(folder, "rollback")
    assert (first["end"], second["end"]) == ("done", "done")
    assert first["steps"] == second["steps"]
    assert [rate for _, rate in first["steps"]] == pytest.approx([0.01] * 4 + [0.005] * 2)
    ends = [load_file(folder / "rollback" / f"2-{rank}.safetensors") for rank in (0, 1)]
    assert all(value.equal(ends[1][name]) for name, value in ends[0].items())


def test_spread_weights_make_the_update_of_one_process(sharded: Path) -> None:
    run(sharded, "sharded", **SHARDED["sharded"])
    check_equal(sharded / "sharded")
    one, two = (sharded / "sharded" / f"out-{number}" for number in (1, 2))
    receipt = read_receipt(two / "train-sft.run.json")
    assert receipt.counts["diff"]["verdict"] == "changed"
    assert receipt.counts["diff"]["cause"] is None
    assert diff(one, two).traits.moved.largest < 1e-5


def test_spread_weights_go_on_from_a_checkpoint(sharded: Path) -> None:
    for process in told(sharded, "sharded-interrupt-0"):
        assert process["end"] == "done"
        assert [step for step, _ in process["steps"]] == [3, 4]
    ends = [sharded / f"sharded-interrupt-{name}" / "out-2" for name in ("0", "none")]
    assert diff(*ends).verdict is Verdict.IDENTICAL
