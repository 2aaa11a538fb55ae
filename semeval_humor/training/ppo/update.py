"""One update of PPO: passes over samples, with small steps that stay near where they were drawn.

Where this differs from the paper (Schulman et al. 2017, arXiv:1707.06347):

- The reward of a text comes at its last token (``sequence``) or where it was earned
  (``offsets``, see ``credit.py``), less beta × the divergence from the parent at each token (k1),
  as in Stiennon et al. 2020, arXiv:2009.01325; the paper knows no parent.
- Advantages are whitened over all tokens of a step.
- The critic's predictions are clipped like probabilities are.
- A pass ends early where the policy has left the one that drew the samples by ``stop_kl``.
- Losses are means over the tokens of an optimizer step, not over samples, whatever the number of
  batches and processes that they are computed in.
- Gradients are cut to a norm, the policy's and the critic's apart.
- Completions end at their last token, cut off or not: the reward knows which of them were.
- Where another engine drew the samples, tokens are weighed by how much likelier the policy is to
  write them, at most twice.
- Dropout is off: it would be taken for a change of the policy.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.experience import Experience
from semeval_humor.training.ppo.learner import Learner, computing
from semeval_humor.training.ppo.losses import clipped, k3, policy_losses, value_losses
from semeval_humor.training.ppo.reading import hear
from semeval_humor.training.ppo.together import sum_gradients, summed

if TYPE_CHECKING:
    import torch

_FORWARD, _BACKWARD = "seconds/forward", "seconds/backward"
_SUMS = ("policy_loss", "value_loss", "entropy", "approx_kl", "clip_ratio")


@dataclass(slots=True)
class Update:
    """What became of an update.

    Attributes:
        steps: of the optimizer.
        stopped: the policy went too far, and the rest was left out.
        grad_norm: the policy's, before it was cut, in the last step that was taken or refused.
        value_grad_norm: the critic's.
        means: over all tokens of all passes: losses, entropy, divergence from the policy that drew
            the samples, and share of the tokens without a gradient.
        seconds: spent on reading (forward) and on gradients (backward).
    """

    steps: int = 0
    stopped: bool = False
    grad_norm: float = 0.0
    value_grad_norm: float = 0.0
    means: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: {_FORWARD: 0.0, _BACKWARD: 0.0})

    def logged(self, config: PpoConfig) -> dict[str, float]:
        """All of it, by the names that go into the log."""
        loss = self.means["policy_loss"] + config.value_weight * self.means["value_loss"]
        return {
            "loss": loss - config.entropy_weight * self.means["entropy"],
            **self.means,
            "grad_norm": self.grad_norm,
            "value_grad_norm": self.value_grad_norm,
            "optimizer_steps": self.steps,
            "stopped_early": float(self.stopped),
            **self.seconds,
        }


def update(
    learner: Learner,
    config: PpoConfig,
    found: Experience,
    before_step: Callable[[Any], None] = lambda optimizer: None,
) -> Update:
    """Learn from samples, in ``num_iterations`` passes over them.

    A gradient that is no number ends it, and is not followed.

    Args:
        learner: policy, critic and optimizer; all are changed.
        config: how.
        found: the samples.
        before_step: is called with the optimizer before its first step.
    """
    import torch

    done = Update()
    sums = torch.zeros(len(_SUMS), dtype=torch.float64)
    counted = 0.0
    for rows in _batches(len(found.rollouts), config):
        size = float(summed(found.read.mask_B_T[rows].sum()))
        of_step = summed(_gradients(learner, config, found, rows, size, done))
        sums += of_step
        counted += size
        if float(of_step[_SUMS.index("approx_kl")]) > config.stop_kl * size:
            done.stopped = True
            break
        if not _step(learner, config, done, before_step):
            break
    learner.optimizer.zero_grad()
    done.means = dict(zip(_SUMS, (sums / counted).tolist(), strict=True))
    return done


def _batches(count: int, config: PpoConfig) -> Iterator[list[int]]:
    """Rows of each optimizer step, drawn anew in each pass."""
    import torch

    size = config.batch_size * config.accumulation
    for _ in range(config.num_iterations):
        order = torch.randperm(count).tolist()
        for start in range(0, count, size):
            yield order[start : start + size]


def _gradients(
    learner: Learner,
    config: PpoConfig,
    found: Experience,
    rows: Sequence[int],
    size: float,
    done: Update,
) -> "torch.Tensor":
    """Add gradients of the mean loss over ``size`` tokens; returns sums over these rows'."""
    import torch

    sums = torch.zeros(len(_SUMS), dtype=torch.float64)
    for start in range(0, len(rows), config.batch_size):
        begun = time.perf_counter()
        losses, loss = _losses(learner, config, found, rows[start : start + config.batch_size])
        between = time.perf_counter()
        (loss / size).backward()  # type: ignore[no-untyped-call]
        sums += losses
        done.seconds[_FORWARD] += between - begun
        done.seconds[_BACKWARD] += time.perf_counter() - between
    return sums


def _losses(
    learner: Learner, config: PpoConfig, found: Experience, rows: Sequence[int]
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Sums over the tokens of some rows, and of them the loss, with its gradient."""
    import torch

    chosen = list(rows)
    mask_B_T = found.read.mask_B_T[chosen]

    def flat(values_B_T: "torch.Tensor") -> "torch.Tensor":
        return values_B_T[chosen][mask_B_T]

    some = [found.rollouts[row] for row in chosen]
    with computing(config):
        heard = hear(learner.policy.model, some, entropy_gradient=config.entropy_weight > 0)
        values_N = learner.critic.values(some, heard.states_N_H)
    old_N, advantages_N = flat(found.read.logprobs_B_T), flat(found.advantages_B_T)
    policy_N = policy_losses(heard.logprobs_N, old_N, advantages_N, epsilon=config.epsilon)
    weighed_N = flat(found.weights_B_T) * policy_N
    value_N = value_losses(
        values_N,
        flat(found.read.values_B_T),
        flat(found.returns_B_T),
        epsilon=config.value_epsilon,
    )
    loss = weighed_N.sum() + config.value_weight * value_N.sum()
    if config.entropy_weight:
        loss = loss - config.entropy_weight * heard.entropies_N.sum()
    with torch.no_grad():
        cut_N = clipped(heard.logprobs_N, old_N, advantages_N, epsilon=config.epsilon)
        each = (weighed_N, value_N, heard.entropies_N, k3(heard.logprobs_N, old_N), cut_N)
        sums = torch.stack([values.double().sum() for values in each]).cpu()
    return sums, loss


def _step(
    learner: Learner, config: PpoConfig, done: Update, before_step: Callable[[Any], None]
) -> bool:
    """Take a step of the optimizer, unless the gradient is no number; returns whether it did."""
    from torch.nn.utils import clip_grad_norm_

    mine = [value for value in learner.policy.model.parameters() if value.requires_grad]
    critics = list(learner.critic.parameters.values())
    sum_gradients([*mine, *critics])
    done.grad_norm = float(clip_grad_norm_(mine, config.max_grad_norm))
    done.value_grad_norm = float(clip_grad_norm_(critics, config.max_grad_norm))
    if not math.isfinite(done.grad_norm + done.value_grad_norm):
        return False
    if done.steps == 0:
        before_step(learner.optimizer)
    learner.optimizer.step()
    learner.optimizer.zero_grad()
    done.steps += 1
    return True
