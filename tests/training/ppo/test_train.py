"""PPO, for real, with a tiny model: that it learns, goes on, and says why where it does not."""

import json
import math
import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.diff import Verdict, diff
from semeval_humor.errors import ConfigError, DataError, HumorError
from semeval_humor.models import Model
from semeval_humor.receipt import read_receipt
from semeval_humor.schema import Prompt
from semeval_humor.training.online import RewardError
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.credit import Attribution
from semeval_humor.training.ppo.train import rate_share, train_with
from semeval_humor.training.proof import NotLearningError
from tests.tiny_model import save_model
from tests.training.fake_sentinel import FakeSentinel
from tests.training.ppo.bandit import at_the_letters, bandit
from tests.training.tiny_policy import CHAT, Told
from tests.training.toy_reward import ToyReward

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers

UPDATES = 25
"""In which the bandit is to be solved, from a reward of about 0.2 to 0.9 of 1."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


def run(
    config: PpoConfig,
    told: Told | None = None,
    attribution: Attribution | None = None,
    reward: ToyReward | None = None,
    **options: Any,
) -> Path:
    judge = reward or ToyReward()
    return train_with(judge, attribution, config, CHAT, told or Told(), **options)


def logged(told: Told, name: str) -> list[float]:
    return [entry[name] for _, entry in told.steps]


@pytest.mark.parametrize("attribution", [None, at_the_letters], ids=["sequence", "offsets"])
def test_it_solves_a_bandit(tiny: Model, tmp_path: Path, attribution: Attribution | None) -> None:
    told = Told()
    config = bandit(
        tmp_path,
        tiny.path,
        steps=UPDATES,
        rollouts=32,
        batch_size=16,
        num_iterations=4,
        learning_rate=0.02,
    )
    out = run(config, told, attribution)
    rewards = logged(told, "reward")
    assert sum(rewards[:3]) / 3 < 0.3
    assert sum(rewards[-3:]) / 3 > 0.9
    assert all(entry["kl"] >= 0 for _, entry in told.steps)
    assert logged(told, "kl")[0] < 1e-6 < logged(told, "kl")[-1]
    assert max(logged(told, "stopped_early")) == 1

    assert diff(Path(tiny.path), out).verdict is Verdict.CHANGED
    files = {path.name for path in out.iterdir()}
    assert {"adapter_model.safetensors", "trainer_state.json", "diff.json"} <= files
    assert not [name for name in files if name.startswith("checkpoint")]
    receipt = read_receipt(out / "train-ppo.run.json")
    assert receipt.command == "train ppo"
    assert receipt.counts["diff"]["verdict"] == "changed"
    assert receipt.counts["ppo"]["samples"] == UPDATES * 32
    assert receipt.counts["ppo"]["cut_off"] > 0.9 * UPDATES * 32
    assert "toy" in {record.name for record in receipt.inputs}


class Stopping(Told):
    """Gets a signal at a step."""

    at: int = 0

    def stepped(self, step: int, steps: int, logged: Mapping[str, float]) -> None:
        super().stepped(step, steps, logged)
        if step == self.at:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    "changes",
    [
        {"beta": 0.02, "kl_target": 0.05, "kl_horizon": 50, "schedule": "linear"},
        {"method": "full", "learning_rate": 1e-3, "critic": "model", "rollouts": 8},
    ],
    ids=["lora", "full"],
)
def test_interrupted_and_gone_on_with(tiny: Model, tmp_path: Path, changes: dict[str, Any]) -> None:
    whole, told, later = Told(), Stopping(), Told()
    run(bandit(tmp_path / "whole", tiny.path, steps=6, **changes), whole, at_the_letters)
    told.at = 3
    config = bandit(tmp_path / "halves", tiny.path, steps=6, save_every=2, **changes)
    with pytest.raises(KeyboardInterrupt):
        run(config, told, at_the_letters)
    assert {path.name for path in config.out.glob("checkpoint-*")} == {
        "checkpoint-2",
        "checkpoint-3",
    }
    assert not list(config.out.rglob("*.pt"))  # no pickle
    run(config, later, at_the_letters)
    assert later.notes[0] == "going on from checkpoint-3"
    assert later.began == [(3, 6)]
    steps = [*told.steps, *later.steps]
    for (step, found), (same, expected) in zip(steps, whole.steps, strict=True):
        assert step == same
        timeless = {name: value for name, value in expected.items() if "seconds" not in name}
        assert {name: found[name] for name in timeless} == timeless  # to the last bit
    first, second = (tmp_path / name / "out" for name in ("whole", "halves"))
    assert diff(first, second).verdict is Verdict.IDENTICAL
    log = json.loads((second / "trainer_state.json").read_text())["log_history"]
    assert [entry["step"] for entry in log] == list(range(1, 7))
    if "kl_target" in changes:
        assert logged(whole, "beta")[-1] != 0.02


def test_weights_that_never_move(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: None)
    told = Told()
    config = bandit(tmp_path, tiny.path)
    with pytest.raises(NotLearningError, match=r"moved 0 of .* or the optimizer does not step"):
        run(config, told)
    assert len(told.steps) == 1
    assert not (config.out / "train-ppo.run.json").exists()


def test_an_optimizer_of_another_model(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    class Patched(torch.optim.AdamW):
        def __init__(self, groups: list[dict[str, Any]]) -> None:
            copies = [v.detach().clone().requires_grad_() for v in groups[0]["params"]]
            super().__init__([{**groups[0], "params": copies}, groups[1]])

    monkeypatch.setattr(torch.optim, "AdamW", Patched)
    with pytest.raises(NotLearningError, match="the optimizer holds none of the"):
        run(bandit(tmp_path, tiny.path))


def nothing(prompt: Prompt, text: str) -> float:
    return math.nan if prompt.id.startswith("es") else 0.5


def broken(prompt: Prompt, text: str) -> float:
    if prompt.id.startswith("zh"):
        raise DataError("no letters")
    return 0.5


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (nothing, r"^reward: row es-\d+, '.*': nan, expected a number$"),
        (broken, r"^reward: row zh-\d+, '.*': no letters$"),
    ],
)
def test_a_reward_that_fails(tiny: Model, tmp_path: Path, score: Any, message: str) -> None:
    with pytest.raises(RewardError, match=message):
        run(bandit(tmp_path, tiny.path), reward=ToyReward(score))


def test_a_prompt_that_is_too_long(tiny: Model, tmp_path: Path) -> None:
    told = Told()
    run(bandit(tmp_path / "some", tiny.path, steps=1, max_length=128, max_tokens=72), told)
    found = re.match(r"(\d) different prompts; (\d) are longer than 56 tokens", told.notes[1])
    assert found
    kept, left_out = map(int, found.groups())
    assert kept + left_out == 8
    assert kept
    assert left_out
    with pytest.raises(DataError, match="no prompt is left: 8 are longer than 4 tokens, with no"):
        run(bandit(tmp_path / "none", tiny.path, max_length=128, max_tokens=124))


def test_completions_that_end_at_once(tiny: Model, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "model"
    model = save_model(folder, context=256)
    file = folder / "model.safetensors"
    tensors = load_file(file)
    tensors["lm_head.weight"] *= 0.01  # all tokens about alike, the end token too
    save_file(tensors, file, metadata={"format": "pt"})
    told = Told()
    run(
        bandit(tmp_path / "run", model.path, steps=3, rollouts=256, max_tokens=2),
        told,
        at_the_letters,
    )
    assert max(logged(told, "completions/empty_ratio")) > 0
    assert min(logged(told, "completions/mean_length")) < 2
    assert all(map(math.isfinite, logged(told, "loss")))


def test_an_alarm_that_goes_back(tiny: Model, tmp_path: Path) -> None:
    told = Told()
    config = bandit(
        tmp_path, tiny.path, beta=0.02, on_alarm="rollback", sentinel={"every": 2}, steps=5
    )
    run(config, told, sentinel=lambda *given: FakeSentinel(2, alarms=(4,)))
    assert told.alarms == [(4, "rollback")]
    assert logged(told, "learning_rate") == [0.005, 0.01, 0.01, 0.01, 0.005]
    assert logged(told, "beta") == [0.02, 0.02, 0.02, 0.02, 0.04]


def test_a_full_disk(tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import safetensors.torch

    save = safetensors.torch.save_file

    def full(tensors: Any, path: Any, **options: Any) -> None:
        if "optimizer" in str(path):
            raise OSError(28, "No space left on device")
        save(tensors, path, **options)

    monkeypatch.setattr(safetensors.torch, "save_file", full)
    config = bandit(tmp_path, tiny.path, save_every=1, steps=2)
    with pytest.raises(HumorError, match="out: cannot be written: No space left on device; "):
        run(config)
    monkeypatch.undo()
    told = Told()
    run(config, told)
    assert told.notes[0] == "checkpoint-1 was not finished; it is left out"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rollouts": 12}, "rollouts is 12, expected a multiple of batch_size × accumulation"),
        ({"kl_target": 0.1}, "give it a beta above 0"),
        ({"max_tokens": 128}, "must have room for max_tokens"),
        ({"lora": {"dropout": 0.1}}, "dropout is off"),
        ({"report_to": ["wandb"]}, "not for ppo"),
        ({"clip": 0.1}, "clip"),
    ],
)
def test_settings_that_make_no_sense(
    tiny: Model, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        bandit(tmp_path, tiny.path, **changes)


def test_processes_that_do_not_share_evenly(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(ConfigError, match=r"multiple of processes × .* \(24\)"):
        run(bandit(tmp_path, tiny.path))


@pytest.mark.parametrize(
    ("schedule", "shares"),
    [
        # warm-up of 0.4 * 5 = 2 steps
        ("constant", [1 / 3, 2 / 3, 1, 1, 1]),
        ("linear", [1 / 3, 2 / 3, 1, 2 / 3, 1 / 3]),
        ("cosine", [1 / 3, 2 / 3, 1, 0.75, 0.25]),  # (1 + cos 60°) / 2, (1 + cos 120°) / 2
    ],
)
def test_rates(tiny: Model, tmp_path: Path, schedule: str, shares: list[float]) -> None:
    config = bandit(tmp_path, tiny.path, schedule=schedule, warmup=0.4)
    assert [rate_share(config, step, 5) for step in range(1, 6)] == pytest.approx(shares)
    assert rate_share(config, 1, 1) > 0
