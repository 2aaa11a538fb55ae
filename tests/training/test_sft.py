"""Fine-tuning, for real, with a tiny model: what comes out, and how it goes on."""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.adapters import read_adapter
from semeval_humor.diff import Verdict, diff
from semeval_humor.errors import ConfigError, DataError, HumorError
from semeval_humor.models import Model, parent_of
from semeval_humor.receipt import read_receipt
from semeval_humor.training.first_steps import NotLearningError
from semeval_humor.training.sft import SftConfig, train
from tests.tiny_model import save_model
from tests.training.tiny_policy import CHAT, Told, settings, some_pairs

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft, transformers and trl


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


def run(config: SftConfig, told: Told | None = None, **options: Any) -> Path:
    return train(config, CHAT, told or Told(), **options)


@pytest.mark.parametrize(
    "changes", [{}, {"method": "full", "learning_rate": 3e-3}], ids=["lora", "full"]
)
def test_what_comes_out(tiny: Model, tmp_path: Path, changes: dict[str, Any]) -> None:
    told = Told()
    config = settings(tmp_path, tiny.path, steps=12, save_every=5, **changes)
    out = run(config, told)
    assert told.began == [(0, 12)]
    assert [step for step, _ in told.steps] == list(range(1, 13))
    assert told.losses[-1] < told.losses[0] - 0.2
    assert list(told.dev) == [5, 10, 12]
    assert told.dev[12] < told.dev[5]
    assert told.notes[0] == "27 rows to train on, 3 to measure the loss on"
    assert "all 27 rows end where predict stops (27 in '</s>')" in told.notes[1]
    assert told.notes[1].endswith("'</s>'")

    files = {path.name for path in out.iterdir()}
    weights = "model.safetensors" if changes else "adapter_model.safetensors"
    assert {weights, "tokenizer.json", "diff.json", "trainer_state.json"} <= files
    assert not [name for name in files if name.startswith(("checkpoint", "healthy", "result"))]
    assert not list(out.glob("*.bin"))  # no pickle
    assert diff(Path(tiny.path), out).verdict is Verdict.CHANGED
    receipt = read_receipt(out / "train-sft.run.json")
    assert receipt.command == "train sft"
    assert receipt.model.name == tiny.path
    assert receipt.counts["diff"]["verdict"] == "changed"
    assert receipt.counts["diff"]["cause"] is None
    assert receipt.counts["diff"]["behaviour"]["strayed"] < 1e-4
    assert receipt.counts["rows"]["train"] == {"en": 9, "es": 9, "zh": 9}
    assert "</s>" in receipt.counts["labels"]
    state = json.loads((out / "trainer_state.json").read_text())
    assert state["global_step"] == 12
    assert [e["step"] for e in state["log_history"] if "eval_loss" in e] == [5, 10, 12]

    with pytest.raises(ConfigError, match="is finished; name another out, or use --force"):
        run(config)
    if not changes:
        assert read_adapter(out, Path(tiny.path), "tiny").rank == 4
        assert parent_of(str(out)) == tiny.path
        assert run(config, force=True) == out


class Stopping(Told):
    """Gets a signal at a step."""

    at: int = 0
    number: int = signal.SIGTERM

    def stepped(self, step: int, steps: int, logged: Mapping[str, float]) -> None:
        super().stepped(step, steps, logged)
        if step == self.at:
            os.kill(os.getpid(), self.number)


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (signal.SIGTERM, {}),
        (signal.SIGINT, {"method": "full", "learning_rate": 1e-3, "accumulation": 2}),
    ],
)
def test_interrupted_and_gone_on_with(
    tiny: Model, tmp_path: Path, number: int, changes: dict[str, Any]
) -> None:
    if not changes:
        changes = {"lora": {"rank": 4, "targets": ["q_proj", "v_proj"], "dropout": 0.3}}
    whole = Told()
    run(settings(tmp_path / "whole", tiny.path, steps=9, **changes), whole)

    told = Stopping()
    told.at, told.number = 4, number
    config = settings(tmp_path / "halves", tiny.path, steps=9, **changes)
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        run(config, told)
    assert signal.getsignal(number) is before
    assert (config.out / "checkpoint-4").is_dir()
    assert not (config.out / "train-sft.run.json").exists()
    assert told.losses == whole.losses[:4]

    later = Told()
    # What is no part of the identity may change.
    run(config.model_copy(update={"save_every": 3, "on_alarm": "log"}), later)
    assert later.notes[0] == "going on from checkpoint-4"
    assert later.began == [(4, 9)]
    assert later.losses == whole.losses[4:]  # to the last bit, dropout included
    first, second = (tmp_path / name / "out" for name in ("whole", "halves"))
    assert diff(first, second).verdict is Verdict.IDENTICAL
    log = json.loads((second / "trainer_state.json").read_text())["log_history"]
    assert [entry["step"] for entry in log if "loss" in entry] == list(range(1, 10))


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_killed_after_the_last_step(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(settings(tmp_path / "whole", tiny.path, steps=4, schedule="constant"))
    config = settings(tmp_path / "killed", tiny.path, steps=4, schedule="constant")
    with monkeypatch.context() as patch:
        patch.setattr("semeval_humor.training.train.prove", killed)
        with pytest.raises(KeyboardInterrupt):
            run(config)
    later = Told()
    run(config, later)
    assert later.began == [(4, 4)]
    assert later.steps == []
    assert diff(whole, config.out).verdict is Verdict.IDENTICAL
    assert read_receipt(config.out / "train-sft.run.json").counts["steps"] == 4


def test_another_run_in_the_same_place(tiny: Model, tmp_path: Path) -> None:
    told = Stopping()
    told.at = 2
    config = settings(tmp_path, tiny.path)
    with pytest.raises(KeyboardInterrupt):
        run(config, told)
    other = config.model_copy(update={"learning_rate": 0.02})
    with pytest.raises(ConfigError, match=r"config\.learning_rate was 0\.01, now 0\.02"):
        run(other)
    some_pairs(config.pairs[0], each=4)
    with pytest.raises(ConfigError, match=r"holds another run \(inputs\..*pairs\.parquet was"):
        run(config)
    assert run(other, force=True).exists()


def test_training_goes_on_from_an_adapter(tiny: Model, tmp_path: Path) -> None:
    first = run(settings(tmp_path / "first", tiny.path))
    config = settings(tmp_path / "second", str(first), lora={}, steps=7)
    told = Stopping()
    told.at = 3
    with pytest.raises(KeyboardInterrupt):
        run(config, told)
    out = run(config)
    assert (out / "adapter_model.safetensors").exists()
    assert not (out / "parent").exists()
    assert read_adapter(out, Path(tiny.path), "tiny").rank == 4
    assert diff(first, out).verdict is Verdict.CHANGED
    receipt = read_receipt(out / "train-sft.run.json")
    assert receipt.model.name == tiny.path
    assert receipt.model.adapter is not None
    # As if it had not been interrupted.
    again = run(settings(tmp_path / "third", str(first), lora={}, steps=7))
    assert diff(again, out).verdict is Verdict.IDENTICAL


def test_a_rate_that_changes_nothing(tiny: Model, tmp_path: Path) -> None:
    config = settings(
        tmp_path, tiny.path, method="full", learning_rate=1e-30, steps=2, schedule="constant"
    )
    with pytest.raises(
        NotLearningError, match="at a learning rate of 1e-30 float32 rounds the others away"
    ):
        run(config)
    assert not (config.out / "train-sft.run.json").exists()


def test_rows_that_fit_nowhere(tiny: Model, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no row to train on is left \\(30 longer than 16 tokens"):
        run(settings(tmp_path, tiny.path, max_length=16))


@pytest.mark.parametrize(
    "changes", [{}, {"method": "full", "learning_rate": 1e-3}], ids=["lora", "full"]
)
def test_gradient_checkpointing_changes_nothing(
    tiny: Model, tmp_path: Path, changes: dict[str, Any]
) -> None:
    found = []
    for name, checkpointing in (("kept", False), ("again", True)):
        told = Told()
        values = {"steps": 3, "gradient_checkpointing": checkpointing, **changes}
        run(settings(tmp_path / name, tiny.path, **values), told)
        found.append(told.losses)
    assert found[0] == found[1]


def test_a_place_to_report_to_that_is_not_there(tiny: Model, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="report_to: wandbb is unknown to transformers, or not"):
        run(settings(tmp_path, tiny.path, report_to=["wandbb"]))


FSDP, DEEPSPEED = "ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"
FULL: dict[str, Any] = {"method": "full"}
HEARD: dict[str, Any] = {"sentinel": {}}
PLAIN: dict[str, Any] = {"autocast": False}


@pytest.mark.parametrize(
    ("variables", "changes", "message"),
    [
        ({FSDP: "true"}, {}, 'FSDP: only train sft with method = "full" and sentinel = false'),
        ({FSDP: "true"}, FULL | HEARD, "FSDP: only train sft"),
        ({DEEPSPEED: "true"}, FULL, "DeepSpeed: set autocast = false"),
        ({DEEPSPEED: "true"}, PLAIN | {"on_alarm": "rollback"}, 'on_alarm must be "stop" or "log"'),
        (
            {DEEPSPEED: "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3"},
            PLAIN,
            "DeepSpeed: stage 3 spreads the weights",
        ),
    ],
)
def test_what_does_not_go_with_spread_weights(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    changes: dict[str, Any],
    message: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    config = settings(tmp_path, "model", **changes)
    with pytest.raises(ConfigError) as caught:
        run(config)
    assert message in str(caught.value)
    assert not config.out.exists()


def test_a_full_disk(tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    save = torch.save

    def full(value: Any, path: Any, *args: Any, **options: Any) -> None:
        if "checkpoint-4" in str(path):
            raise OSError(28, "No space left on device")
        save(value, path, *args, **options)

    monkeypatch.setattr(torch, "save", full)
    config = settings(tmp_path, tiny.path, save_every=2)
    with pytest.raises(HumorError) as caught:
        run(config)
    message = str(caught.value)
    assert message.startswith(f"{config.out}: cannot be written: No space left on device; ")
    assert "\n" not in message
    monkeypatch.undo()
    told = Told()
    run(config, told)
    assert told.notes[:2] == [
        "checkpoint-4 was not finished; it is left out",
        "going on from checkpoint-2",
    ]
    assert told.began == [(2, 6)]


def test_a_disk_that_torch_finds_full(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def full(*args: Any, **options: Any) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 64 vs 0")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(HumorError, match="out: cannot be written: the disk is full"):
        run(settings(tmp_path, tiny.path, save_every=2))
