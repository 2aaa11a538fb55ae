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
from semeval_humor.schema import Finish, Prompt
from semeval_humor.training import grpo
from semeval_humor.training.config import LoraSettings
from semeval_humor.training.first_steps import NotLearningError
from semeval_humor.training.online import RewardError
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.credit import Attribution
from semeval_humor.training.ppo.heatmap import read_heats
from semeval_humor.training.ppo.pace import rate_share
from semeval_humor.training.ppo.rollout import Rollout, roll_out
from semeval_humor.training.ppo.train import train_with
from tests.tiny_model import save_model
from tests.training.fake_sentinel import FakeSentinel
from tests.training.ppo.bandit import at_the_letters, bandit
from tests.training.tiny_policy import CHAT, Told
from tests.training.toy_reward import LEARNING, ToyReward, install, online_values

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers

UPDATES = 25
"""In which the bandit is to be solved, with 32 samples each: from a reward of about 0.2 of 1 at
first to more than 0.9 in the last three."""


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_grpo_solves_the_same_bandit(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    told = Told()
    values = online_values(
        tmp_path, tiny.path, **{**LEARNING, "steps": UPDATES, "num_iterations": 1}
    )
    grpo.train(grpo.GrpoConfig.model_validate(values), CHAT, told)
    rewards = logged(told, "reward")
    assert sum(rewards[:3]) / 3 < 0.3
    assert sum(rewards[-3:]) / 3 > 0.9


def test_it_learns_and_shows_what(tiny: Model, tmp_path: Path) -> None:
    told = Told()
    config = bandit(tmp_path, tiny.path, steps=4, num_iterations=4, learning_rate=0.02)
    out = run(config, told, at_the_letters, doubts=["nobody tested it"])
    assert logged(told, "reward")[-1] > logged(told, "reward")[0]
    assert logged(told, "kl")[0] < 1e-6 < logged(told, "kl")[-1]
    assert diff(Path(tiny.path), out).verdict is Verdict.CHANGED
    receipt = read_receipt(out / "train-ppo.run.json")
    assert receipt.counts["reward"] == {"fingerprint": "34cd", "doubts": ["nobody tested it"]}
    assert receipt.counts["ppo"]["samples"] == 4 * 16
    parts = {"rollout", "reward", "read", "credit", "forward", "backward"}
    assert {name for name in told.steps[0][1] if "seconds" in name} == {
        f"seconds/{part}" for part in parts
    }

    found = read_heats(out)
    assert len(found) == 8
    assert [heat.reward for heat in found] == sorted((h.reward for h in found), reverse=True)
    for heat in found:
        assert heat.offsets is not None
        assert len(heat.tokens) == len(heat.sequence) == len(heat.offsets)
    assert any(heat.sequence != heat.offsets for heat in found)
    assert max(abs(value) for h in found for _, side in h.sides for value in side) == pytest.approx(
        found[0].largest
    )
    assert "offsets" in (out / "credit.html").read_text(encoding="utf-8")


def test_activations_that_are_computed_twice_are_the_same(tiny: Model, tmp_path: Path) -> None:
    losses = []
    for again in (False, True):
        told = Told()
        config = bandit(tmp_path / str(again), tiny.path, steps=2, gradient_checkpointing=again)
        run(config, told, at_the_letters)
        losses.append(logged(told, "loss") + logged(told, "grad_norm"))
    assert losses[0] == pytest.approx(losses[1], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("critic", ["head", "model"])
def test_what_is_trained_is_never_rounded(tiny: Model, tmp_path: Path, critic: str) -> None:
    import torch
    from safetensors.torch import load_file

    told = Told()
    lora = {"rank": 4, "alpha": 8, "targets": ["q_proj", "v_proj"], "base": "bfloat16"}
    config = bandit(tmp_path, tiny.path, steps=2, entropy_weight=0.01, critic=critic)
    config = config.model_copy(update={"lora": LoraSettings.model_validate(lora)})
    out = run(config, told, at_the_letters)
    assert all(map(math.isfinite, logged(told, "loss")))
    tensors = load_file(out / "adapter_model.safetensors")
    assert {value.dtype for value in tensors.values()} == {torch.float32}
    assert diff(Path(tiny.path), out).verdict is Verdict.CHANGED


def test_a_constant_reward_ends_it_early(tiny: Model, tmp_path: Path) -> None:
    told = Told()
    config = bandit(tmp_path, tiny.path, beta=0.05)
    with pytest.raises(NotLearningError, match=r"no gradient in 5 steps: .*reward was constant"):
        run(config, told, reward=ToyReward(lambda prompt, text: 0.3))
    assert len(told.steps) == 5
    assert not (config.out / "train-ppo.run.json").exists()


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
    counts = [read_receipt(out / "train-ppo.run.json").counts["ppo"] for out in (first, second)]
    assert counts[0] == counts[1]
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


def test_a_policy_whose_steps_are_rounded_away_beside_a_critic_that_learns(
    tiny: Model, tmp_path: Path
) -> None:
    config = bandit(tmp_path, tiny.path, method="full", learning_rate=1e-30, warmup=0.0)
    with pytest.raises(NotLearningError, match=r"moved \d+ of .* rate of 1e-30 float"):
        run(config)


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


def test_completions_that_end_at_once(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def some_empty(*given: Any, **options: Any) -> list[Rollout]:
        drawn = roll_out(*given, **options)
        return [Rollout(each.asked, (2,), "", Finish.STOPPED) for each in drawn[:6]] + drawn[6:]

    monkeypatch.setattr("semeval_humor.training.ppo.train.roll_out", some_empty)
    told = Told()
    out = run(bandit(tmp_path, tiny.path, steps=2), told, at_the_letters)
    assert logged(told, "completions/empty_ratio") == [6 / 16] * 2
    assert logged(told, "completions/mean_length")[0] == (6 * 1 + 10 * 8) / 16
    assert all(map(math.isfinite, logged(told, "loss")))
    assert ("∎",) in {heat.tokens for heat in read_heats(out)}


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
