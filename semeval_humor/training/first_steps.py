"""Proof in memory that a trainer trains: its first steps change the weights as they should."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from semeval_humor.diff import History, no_gradient
from semeval_humor.errors import HumorError

if TYPE_CHECKING:
    import torch

WATCHED = 2**16
"""Values of each tensor that are compared after a step, evenly over it."""

FEW = 0.5
"""Share of the values with a gradient that moved, below which 16 bits have rounded steps away."""

HARDLY_ANY = 0.01
"""The same with 32 bits, where only the smallest gradients may move nothing."""


class NotLearningError(HumorError):
    """Training leaves the model as it is, or breaks it."""


@dataclass(slots=True)
class _Watched:
    """Some values of one tensor before a step, and which of them have a gradient."""

    name: str
    before: "torch.Tensor"
    pulled: "torch.Tensor"


@dataclass(slots=True)
class FirstSteps:
    """Looks at the first steps of an optimizer until one of them has changed the weights.

    A step at a learning rate of 0, as the first one of a warm-up, is let pass. A step without a
    gradient is, as often as ``patience`` allows: with rewards, all samples of a batch may be
    equally good.

    Attributes:
        model: in training.
        patience: steps in a row without a gradient that are let pass.
        gradients: they can be looked at, and the optimizer holds the model's own parameters;
            DeepSpeed's does not.
        done: a step has changed the weights as it should.
    """

    model: Any
    patience: int = 0
    gradients: bool = True
    done: bool = False
    _watched: list[_Watched] = field(default_factory=list)
    _rate: float = 0.0
    _coming: bool = False
    _idle: int = 0

    def before(self, optimizer: Any) -> None:
        """Look at weights and gradients when the optimizer is about to step.

        Where gradients are not to be seen, it may be called before they are computed.

        Raises:
            NotLearningError: nothing is trainable, or the optimizer holds other parameters.
        """
        import torch

        trainable = {
            name: value for name, value in self.model.named_parameters() if value.requires_grad
        }
        if not trainable:
            raise NotLearningError("no parameter is trainable: all of them are frozen")
        groups = optimizer.param_groups
        if self.gradients:
            # A critic may be trained by the same optimizer, at a rate of its own.
            mine = set(map(id, trainable.values()))
            groups = [each for each in groups if not mine.isdisjoint(map(id, each["params"]))]
        if not groups:
            raise NotLearningError(
                f"the optimizer holds none of the {len(trainable)} trainable tensors: it was made "
                "for another model, or before the adapter was"
            )
        self._rate = max(float(group["lr"]) for group in groups)
        self._coming = any(float(group.get("initial_lr", group["lr"])) > 0 for group in groups)
        self._watched = []
        for name, value in trainable.items():
            before, gradient = _some(value).clone(), value.grad
            if not self.gradients:
                pulled = torch.ones_like(before, dtype=torch.bool)
            elif gradient is None:
                pulled = torch.zeros(1, dtype=torch.bool)
            else:
                pulled = _some(gradient) != 0
            self._watched.append(_Watched(name, before, pulled))

    def after(self, history: History) -> None:
        """Look at the weights after the step.

        Args:
            history: what was logged so far; names the cause where the weights alone do not.

        Raises:
            NotLearningError: the step did not change the weights, or broke them; says why.
        """
        now = {name: _some(value) for name, value in self.model.named_parameters()}
        broken = [w.name for w in self._watched if not bool(now[w.name].isfinite().all())]
        if broken:
            raise NotLearningError(
                f"the first steps made {len(broken)} tensors NaN or infinite, the first is "
                f"{broken[0]}: the gradient was no number; lower the learning_rate, and train in "
                "float32 or bfloat16, never in float16"
            )
        if self._rate == 0:
            if not self._coming:
                raise NotLearningError("the learning rate is 0, and will stay so")
            return
        pulled = any(bool(w.pulled.any()) for w in self._watched)
        if not pulled or (not self.gradients and history.grad_norms[-1:] == (0.0,)):
            self._idle += 1
            if self._idle > self.patience:
                raise NotLearningError(_without_gradient(self._idle, history))
            return
        self._check_moved(now)
        self.done = True

    def _check_moved(self, now: Mapping[str, "torch.Tensor"]) -> None:
        moved = {w.name: now[w.name] != w.before for w in self._watched}
        kinds = {str(w.before.dtype).removeprefix("torch.") for w in self._watched}
        half = kinds & {"bfloat16", "float16"}
        pulled = sum(int(w.pulled.sum()) for w in self._watched)
        reached = sum(
            int((w.pulled & moved[w.name]).sum())
            for w in self._watched
            if w.pulled.shape == moved[w.name].shape
        )
        if reached < (FEW if half else HARDLY_ANY) * pulled:
            advice = "train in float32" if half else "raise the learning_rate"
            raise NotLearningError(
                f"the first step moved {reached:,} of {pulled:,} values that have a gradient: at a "
                f"learning rate of {self._rate:.2g} {', '.join(sorted(kinds))} rounds the others "
                f"away, or the optimizer does not step; {advice}"
            )
        b_matrices = [w.name for w in self._watched if ".lora_B." in w.name]
        if b_matrices and not any(bool(now[name].any()) for name in b_matrices):
            raise NotLearningError(
                "every lora_B is still zero after the first step: the adapter adds nothing"
            )


def _without_gradient(steps: int, history: History) -> str:
    why = no_gradient(history) or "no token counts, or the loss is constant"
    return f"no gradient in {steps} steps: {why}"


def _some(tensor: "torch.Tensor") -> "torch.Tensor":
    """Values of a tensor, evenly over it; of a sharded one, those that this process holds."""
    local = tensor.to_local() if hasattr(tensor, "to_local") else tensor
    values = local.detach().reshape(-1)
    return values[:: max(1, -(-len(values) // WATCHED))]
