"""What PPO trains, with its optimizer; and how it is kept in a checkpoint."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_humor.diff.history import LOG
from semeval_humor.files import atomic_writer
from semeval_humor.training.policy import Policy, load_policy
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.critic import Critic
from semeval_humor.training.ppo.losses import Penalty
from semeval_humor.training.recorder import plain
from semeval_humor.weights import read_json

if TYPE_CHECKING:
    import torch

COUNTED = ("samples", "tokens", "empty", "cut_off")

CRITIC = "ppo/critic.safetensors"
OPTIMIZER = "ppo/optimizer.safetensors"
"""In a checkpoint; apart from the policy's own weights, all of which are read at once."""


@dataclass(slots=True)
class Learner:
    """What is trained, and by what. It is the ``Steering`` that alarms use.

    Attributes:
        policy: in training.
        critic: beside it.
        optimizer: of both, in two groups.
        penalty: for leaving the parent.
        slowed: what learning rates are multiplied by, after alarms.
        counts: what the main process has drawn and learnt from, of :data:`COUNTED`.
    """

    policy: Policy
    critic: Critic
    optimizer: "torch.optim.Optimizer"
    penalty: Penalty
    slowed: float = 1.0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))

    def set_rates(self, share: float) -> None:
        """Let the next steps have a share of the peak learning rates."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * share * self.slowed

    def soften(self) -> None:
        """Forget the optimizer's state, halve the learning rates, double beta."""
        self.optimizer.state.clear()
        self.slowed /= 2
        self.penalty.beta *= 2

    def restore(self, rollbacks: int) -> None:
        """Slow down as before the checkpoint, which has kept beta itself."""
        self.slowed = 0.5**rollbacks

    def save(self, folder: Path, log: list[dict[str, Any]], step: int) -> None:
        """Write a checkpoint; of random numbers nothing, since each step begins with its own.

        Raises:
            OSError: the folder cannot be written.
            SafetensorError: the same.
        """
        from safetensors.torch import save_file

        self.policy.save(folder)
        (folder / OPTIMIZER).parent.mkdir()
        save_file({k: v.contiguous() for k, v in self.critic.state().items()}, folder / CRITIC)
        save_file(_flat(self.optimizer.state_dict()["state"]), folder / OPTIMIZER)
        state = {"global_step": step, "log_history": log, "beta": self.penalty.beta}
        state["counts"] = self.counts
        with atomic_writer(folder / LOG) as stream:
            json.dump(plain(state), stream)

    def load(self, folder: Path) -> tuple[list[dict[str, Any]], int]:
        """Take over what ``save`` wrote, but for the policy; returns the log and the step."""
        from safetensors.torch import load_file

        self.critic.load(load_file(folder / CRITIC))
        state = self.optimizer.state_dict()
        state["state"] = _nested(load_file(folder / OPTIMIZER))
        self.optimizer.load_state_dict(state)
        known = read_json(folder / LOG)
        self.penalty.beta = float(known["beta"])
        self.counts = dict(known["counts"])
        return known["log_history"], int(known["global_step"])


def make_learner(policy: Policy, config: PpoConfig) -> Learner:
    """What a config asks for, on the GPU of this process if there is one.

    Raises:
        EngineError: no memory for a critic with a model of its own.
    """
    import torch

    model = policy.model
    device = _device()
    _, parent = policy.heard
    for each in (model, parent):
        if each is not None and each.device != device:
            each.to(device)
    _prepare(model, config)
    own = None
    if config.critic == "model":
        own = load_policy(config, policy.source, policy.chat).model.to(device)
        _prepare(own, config)
    width = model.config.get_text_config().hidden_size
    critic = Critic(width, own, device)
    mine = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            _group(mine, config.learning_rate, config.weight_decay),
            _group(list(critic.parameters.values()), config.value_learning_rate, 0.0),
        ]
    )
    return Learner(
        policy, critic, optimizer, Penalty(config.beta, config.kl_target, config.kl_horizon)
    )


@contextmanager
def computing(config: PpoConfig) -> Iterator[None]:
    """Within the block a GPU computes in bfloat16, if the config lets it and it can."""
    import torch

    able = config.autocast and torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    with torch.autocast("cuda", torch.bfloat16, enabled=able):
        yield


def _group(values: list[Any], rate: float, decay: float) -> dict[str, Any]:
    return {"params": values, "lr": rate, "initial_lr": rate, "weight_decay": decay}


def _prepare(model: Any, config: PpoConfig) -> None:
    """Switch dropout off, and checkpoints of activations on where they are wanted."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    # transformers only does it in train mode, which else would do nothing but drop out.
    model.train(config.gradient_checkpointing)
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})


def _device() -> "torch.device":
    import torch

    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def _flat(state: dict[int, dict[str, Any]]) -> dict[str, Any]:
    import torch

    return {
        f"{number}/{name}": torch.as_tensor(value).contiguous()
        for number, values in state.items()
        for name, value in values.items()
    }


def _nested(tensors: dict[str, Any]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for key, value in tensors.items():
        number, name = key.split("/")
        found.setdefault(int(number), {})[name] = value
    return found
