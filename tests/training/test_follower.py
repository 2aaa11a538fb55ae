"""What happens around every step: probes, alarms, and what they do."""

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from semeval_humor.diff import Verdict, diff
from semeval_humor.errors import ConfigError, HumorError
from semeval_humor.models import Model
from semeval_humor.receipt import read_receipt
from semeval_humor.training.follower import Follower, Next
from semeval_humor.training.run import Run
from semeval_humor.training.sft import SftConfig, train
from semeval_humor.training.train import AlarmError
from semeval_humor.training.trl import _TrainerSteering, as_callback
from tests.tiny_model import save_model
from tests.training.fake_sentinel import FakeSentinel
from tests.training.test_sft import Stopping
from tests.training.tiny_policy import CHAT, Told, settings

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft, transformers and trl

STEADY: dict[str, Any] = {"schedule": "constant", "warmup": 0.0, "sentinel": {}}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


def run(config: SftConfig, sentinel: FakeSentinel, told: Told | None = None) -> Path:
    def make(*parts: Any) -> Any:
        return sentinel

    heard = config.sentinel and config.sentinel.model_copy(update={"every": sentinel.every})
    config = config.model_copy(update={"sentinel": heard})
    return train(config, CHAT, told or Told(), sentinel=make)


def rates(told: Told) -> list[float]:
    return [logged["learning_rate"] for _, logged in told.steps]


def test_a_quiet_sentinel(tiny: Model, tmp_path: Path) -> None:
    sentinel, told = FakeSentinel(every=2), Told()
    out = run(settings(tmp_path, tiny.path, steps=5, **STEADY), sentinel, told)
    assert sentinel.learnt == 1
    assert told.probes == [2, 4, 5]  # the last step is always heard
    # It hears the mean of what was logged since the last probe.
    assert sentinel.logged[1]["loss"] == pytest.approx((told.losses[2] + told.losses[3]) / 2)
    assert not list(out.glob("healthy*"))
    assert not (out / "alarm.json").exists()
    counts = read_receipt(out / "train-sft.run.json").counts
    assert (counts["result_step"], counts["alarms"]) == (5, [])


def test_a_config_without_a_sentinel(tiny: Model, tmp_path: Path) -> None:
    sentinel = FakeSentinel(every=1, alarms=(1,))
    run(settings(tmp_path, tiny.path, sentinel=False), sentinel)
    assert sentinel.learnt == 0


def test_an_alarm_keeps_the_last_healthy_weights(tiny: Model, tmp_path: Path) -> None:
    told = Told()
    config = settings(tmp_path / "a", tiny.path, steps=9, **STEADY)
    with pytest.raises(AlarmError) as caught:
        run(config, FakeSentinel(every=2, alarms=(6,)), told)
    assert str(caught.value) == (
        f"{config.out}: stopped at step 6: the policy repeats itself; "
        "the result are the healthy weights of step 4"
    )
    assert told.alarms == [(6, "stop")]
    assert told.steps[-1][0] == 6
    alarm = json.loads((config.out / "alarm.json").read_text())
    assert alarm["signal"] == "repetition"
    assert alarm["then"] == "stop"
    assert alarm["before"] == [{"id": "en-1", "text": "joke of step 4"}]
    assert alarm["after"] == [{"id": "en-1", "text": "joke of step 6"}]
    four = run(settings(tmp_path / "b", tiny.path, steps=4, **STEADY), FakeSentinel(every=2))
    assert diff(four, config.out).verdict is Verdict.IDENTICAL
    counts = read_receipt(config.out / "train-sft.run.json").counts
    assert counts["result_step"] == 4
    assert counts["diff"]["verdict"] == "changed"
    assert [alarm["step"] for alarm in counts["alarms"]] == [6]
    assert not list(config.out.glob("healthy*"))
    with pytest.raises(ConfigError, match="is finished; name another out, or use --force"):
        run(config, FakeSentinel(every=2))


def test_suspicious_weights_are_not_kept(tiny: Model, tmp_path: Path) -> None:
    config = settings(tmp_path, tiny.path, steps=9, **STEADY)
    sentinel = FakeSentinel(every=2, alarms=(6,), suspicions=(4,))
    with pytest.raises(AlarmError, match="the result are the healthy weights of step 2"):
        run(config, sentinel)


def test_an_alarm_at_the_first_probe_keeps_nothing(tiny: Model, tmp_path: Path) -> None:
    config = settings(tmp_path, tiny.path, **STEADY)
    with pytest.raises(AlarmError, match="no healthy weights but the parent's: nothing is kept"):
        run(config, FakeSentinel(every=2, alarms=(2,)))
    assert not list(config.out.glob("*.safetensors"))
    with pytest.raises(ConfigError, match="was ended by an alarm"):
        run(config, FakeSentinel(every=2))


def test_an_alarm_is_logged(tiny: Model, tmp_path: Path) -> None:
    told = Told()
    config = settings(tmp_path, tiny.path, on_alarm="log", **STEADY)
    out = run(config, FakeSentinel(every=2, alarms=(2, 4)), told)
    assert told.alarms == [(2, "log"), (4, "log")]
    assert told.steps[-1][0] == 6
    assert read_receipt(out / "train-sft.run.json").counts["result_step"] == 6
    assert (out / "alarm.json").exists()


@pytest.mark.parametrize(
    "changes", [{}, {"method": "full", "learning_rate": 1e-3}], ids=["lora", "full"]
)
def test_an_alarm_rolls_back(tiny: Model, tmp_path: Path, changes: dict[str, Any]) -> None:
    told = Told()
    changes = STEADY | {"on_alarm": "rollback", "steps": 5} | changes
    config = settings(tmp_path / "a", tiny.path, **changes)
    out = run(config, FakeSentinel(every=2, alarms=(4,)), told)
    rate = config.learning_rate
    assert told.alarms == [(4, "rollback")]
    assert rates(told) == pytest.approx([rate] * 4 + [rate / 2])
    # One step of half the rate from the weights of step 2: Adam's first step is one rate long.
    two = run(settings(tmp_path / "b", tiny.path, **changes | {"steps": 2}), FakeSentinel(every=2))
    moved = max(group.max_abs for group in diff(two, out).groups)
    if changes.get("method") == "full":
        assert moved == pytest.approx(rate / 2, rel=0.01)
    assert moved > 0
    assert read_receipt(out / "train-sft.run.json").counts["result_step"] == 5


def test_so_many_rollbacks_and_no_more(tiny: Model, tmp_path: Path) -> None:
    told = Told()
    config = settings(tmp_path, tiny.path, on_alarm="rollback", rollbacks=2, steps=12, **STEADY)
    with pytest.raises(AlarmError, match="the result are the healthy weights of step 2"):
        run(config, FakeSentinel(every=2, alarms=(4, 6, 8)), told)
    assert told.alarms == [(4, "rollback"), (6, "rollback"), (8, "stop")]
    rate = config.learning_rate
    assert rates(told)[-1] == pytest.approx(rate / 4)


def test_a_rollback_is_remembered(tiny: Model, tmp_path: Path) -> None:
    told = Stopping()
    told.at = 5
    config = settings(tmp_path, tiny.path, on_alarm="rollback", rollbacks=1, steps=8, **STEADY)
    with pytest.raises(KeyboardInterrupt):
        run(config, FakeSentinel(every=2, alarms=(4,)), told)
    later = Told()
    with pytest.raises(AlarmError, match="healthy weights of step 6"):
        run(config, FakeSentinel(every=2, alarms=(8,)), later)
    assert later.alarms == [(8, "stop")]  # the one rollback was used
    assert rates(later) == pytest.approx([config.learning_rate / 2] * 3)


class Parts:
    """A follower without a model."""

    def __init__(self, out: Path, sentinel: FakeSentinel | None, **options: Any) -> None:
        self.saved: list[Path] = []
        policy: Any = SimpleNamespace(model=None, save=self.saved.append, load=lambda folder: None)
        self.told = Told()
        self.run = Run(out, "grpo", {})
        heard: Any = sentinel
        every = sentinel.every if sentinel else 0
        self.follower = Follower(policy, self.run, heard, self.told, every=every, **options)
        self.follower._first.done = True
        self.trainer = trainer(beta=0.05)
        self.follower.begins(10, [], 0, _TrainerSteering(self.trainer))

    def step(self, number: int, **logged: float) -> Next:
        return self.follower.after_step(number, {"grad_norm": 1.0, "learning_rate": 0.1, **logged})


def trainer(**more: Any) -> Any:
    import torch

    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.AdamW([weight], lr=0.1)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)
    weight.grad = torch.ones(2)
    optimizer.step()
    return SimpleNamespace(optimizer=optimizer, lr_scheduler=scheduler, **more)


def test_a_broken_gradient_is_probed_at_once(tmp_path: Path) -> None:
    with Parts(tmp_path / "a", FakeSentinel(every=5, alarms=(2,))).run as _:
        pass
    parts = Parts(tmp_path / "b", FakeSentinel(every=5, alarms=(2,)))
    assert parts.step(1) is Next.GO_ON
    assert parts.step(2, grad_norm=math.nan) is Next.STOP
    assert parts.told.probes == [2]
    parts = Parts(tmp_path / "c", None)
    with pytest.raises(HumorError, match="step 1: the gradient is nan; lower the learning_rate"):
        parts.step(1, grad_norm=math.nan)


@pytest.mark.parametrize("deepspeed", [False, True])
def test_when_weights_are_looked_at(monkeypatch: pytest.MonkeyPatch, deepspeed: bool) -> None:
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", str(deepspeed).lower())
    seen: list[str] = []
    callback = as_callback(SimpleNamespace(before_step=seen.append), None)  # type: ignore[arg-type]
    state = SimpleNamespace(global_step=0, max_steps=1)
    callback.on_step_begin(None, state, None, optimizer="before gradients")
    callback.on_pre_optimizer_step(None, None, None, optimizer="with gradients")
    # DeepSpeed has stepped when transformers says that it is about to.
    assert seen == ["before gradients" if deepspeed else "with gradients"]


def test_beta_and_rate_after_a_rollback(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "a", FakeSentinel(every=1, alarms=(2,)), on_alarm="rollback")
    assert parts.step(1) is Next.GO_ON
    assert parts.trainer.optimizer.state
    assert parts.step(2) is Next.GO_ON
    assert parts.trainer.beta == 0.1
    assert parts.trainer.lr_scheduler.base_lrs == [0.05]
    assert parts.trainer.optimizer.param_groups[0]["lr"] == 0.05
    assert not parts.trainer.optimizer.state
    parts.trainer.lr_scheduler.step()
    assert parts.trainer.optimizer.param_groups[0]["lr"] == 0.05
    # After a checkpoint, optimizer and scheduler remember; beta has to be told.
    new = trainer(beta=0.05)
    _TrainerSteering(new).restore(2)
    assert new.beta == 0.2
    _TrainerSteering(trainer()).restore(1)  # a trainer without beta


def test_the_log_is_what_diff_reads(tmp_path: Path) -> None:
    from semeval_humor.diff import read_history

    parts = Parts(tmp_path / "a", None)
    parts.step(1, reward=0.5, frac_reward_zero_std=1.0)
    parts.step(2, reward=math.nan)
    parts.follower.evaluated(2, {"eval_loss": 3.0})
    parts.follower.write_log()
    expected = parts.follower.history
    found = read_history(tmp_path / "a")
    assert found is not None
    assert found.steps == 2
    assert repr(found) == repr(expected)  # NaN included
    assert found.equal_rewards == (1.0,)
