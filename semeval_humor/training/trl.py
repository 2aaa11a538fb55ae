"""What the trainers of TRL have in common: arguments, a run of one of them, who follows it."""

import contextlib
import warnings
from collections.abc import Sequence
from typing import Any

from semeval_humor.errors import ConfigError
from semeval_humor.training.config import PolicyConfig
from semeval_humor.training.follower import Follower, Next
from semeval_humor.training.processes import agreed, steps_unseen
from semeval_humor.training.run import KEPT, Run, enough_memory, interruptible, writing

_SCHEDULES = {"constant": "constant_with_warmup", "linear": "linear", "cosine": "cosine"}


def arguments(config: PolicyConfig) -> dict[str, Any]:
    """Arguments that every trainer of TRL gets, for its own config class.

    Those whose defaults differ from one version to the next, or hide something, are always given:
    the type to compute in, the filter that hides a loss that is NaN, steps between two logs.

    Raises:
        ConfigError: ``report_to`` names what transformers does not know, or is not installed.
    """
    import torch

    has_gpu = torch.cuda.is_available()
    return {
        "output_dir": str(config.out),
        "per_device_train_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.accumulation,
        "num_train_epochs": config.epochs,
        "max_steps": config.steps or -1,
        "learning_rate": config.learning_rate,
        "lr_scheduler_type": _SCHEDULES[config.schedule],
        "warmup_steps": config.warmup,  # below 1 it is a share
        "weight_decay": config.weight_decay,
        "max_grad_norm": config.max_grad_norm,
        "seed": config.seed,
        "use_cpu": not has_gpu,
        "bf16": config.autocast and has_gpu and torch.cuda.is_bf16_supported(),
        "fp16": False,
        "gradient_checkpointing": config.gradient_checkpointing,
        "dataloader_pin_memory": has_gpu,
        "ddp_find_unused_parameters": False,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": config.save_every,
        "save_total_limit": KEPT,
        "report_to": _reporters(config.report_to) or "none",
        "disable_tqdm": True,
    }


def _reporters(names: Sequence[str]) -> list[str]:
    from transformers.integrations import get_available_reporting_integrations

    found = get_available_reporting_integrations()
    absent = [name for name in names if name not in found]
    if absent:
        raise ConfigError(
            f"report_to: {', '.join(absent)} is unknown to transformers, or not installed; "
            f"found: {', '.join(found) or 'none'}"
        )
    return list(names)


def keep_quiet() -> None:
    """Keep TRL from sending home what is trained on what; call it before a trainer is made."""
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_TELEMETRY = True


def fit(trainer: Any, follower: Follower, run: Run) -> None:
    """Train with a trainer of TRL until it is done, interrupted, or stopped by an alarm.

    Raises:
        EngineError: out of memory.
        HumorError: the folder cannot be written, or training does not change the policy.
    """
    import torch
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)  # it prints to standard output
    trainer.add_callback(as_callback(follower, trainer))
    for value in trainer.model.parameters():
        # TRL turns the matrices of QLoRA into bfloat16, which rounds small steps away.
        if value.requires_grad and value.dtype is not torch.float32:
            value.data = value.data.float()
    checkpoint = agreed(run.checkpoint)
    with (
        enough_memory(),
        interruptible(follower.note) as follower.interrupt,
        writing(run.out),
        warnings.catch_warnings(),
        contextlib.suppress(_AllStepsDone),
    ):
        # Known models have no config where peft looks for one; their vocabulary is not changed.
        warnings.filterwarnings("ignore", message="Could not find a config file in")
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    # From here on the model computes in the types in which it is stored, as saved files will.
    trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)


class _AllStepsDone(Exception):
    """A training that goes on had nothing left to do; transformers would take one step more."""


def as_callback(follower: Follower, trainer: Any) -> Any:
    """A follower as a callback of transformers; add it to the trainer.

    The trainer has to log every step.
    """
    from transformers import TrainerCallback

    class Callback(TrainerCallback):  # type: ignore[misc]
        """Hands events on."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
            steering = _TrainerSteering(trainer)
            follower.begins(state.max_steps, state.log_history, state.global_step, steering)

        def on_step_begin(
            self, args: Any, state: Any, control: Any, optimizer: Any, **parts: Any
        ) -> None:
            if state.global_step >= state.max_steps:
                raise _AllStepsDone
            if steps_unseen():
                follower.before_step(optimizer)

        def on_pre_optimizer_step(
            self, args: Any, state: Any, control: Any, optimizer: Any, **parts: Any
        ) -> None:
            if not steps_unseen():
                follower.before_step(optimizer)

        def on_log(
            self, args: Any, state: Any, control: Any, logs: dict[str, Any], **parts: Any
        ) -> None:
            if "grad_norm" not in logs:
                follower.evaluated(state.global_step, logs)
                return
            match follower.after_step(state.global_step, logs):
                case Next.SAVE_AND_STOP:
                    control.should_save = control.should_training_stop = True
                case Next.STOP:
                    control.should_save, control.should_training_stop = False, True

        def on_save(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
            follower.saved(state.global_step)

    return Callback()


class _TrainerSteering:
    """The optimizer, scheduler and beta of a trainer of transformers."""

    def __init__(self, trainer: Any) -> None:
        self._trainer = trainer

    def soften(self) -> None:
        inner = getattr(self._trainer.optimizer, "optimizer", self._trainer.optimizer)
        inner.state.clear()
        scheduler = self._trainer.lr_scheduler
        scheduler.base_lrs = [rate / 2 for rate in scheduler.base_lrs]
        scheduler._last_lr = [rate / 2 for rate in scheduler.get_last_lr()]  # what is logged
        for group in inner.param_groups:
            group["lr"] /= 2
            group["initial_lr"] /= 2
        self.restore(1)

    def restore(self, rollbacks: int) -> None:
        if hasattr(self._trainer, "beta"):
            self._trainer.beta *= 2**rollbacks
