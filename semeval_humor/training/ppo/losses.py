"""The losses of PPO, token by token, and the divergences that hold it back.

Each function says where it is from; where the update as a whole differs from its paper stands in
``update.py``.

Tensors hold the tokens of all completions of a batch, one behind the other. Log-probabilities and
divergences are in nats.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

MOST_CHANGE = 0.2
"""Share of a divergence's distance from its target, relative to it, that counts at most."""


def policy_losses(
    logprobs_N: "torch.Tensor",
    old_N: "torch.Tensor",
    advantages_N: "torch.Tensor",
    *,
    epsilon: float,
) -> "torch.Tensor":
    """The clipped loss of each token; lower is better.

    A token that has become likelier, or less likely, by more than a factor of 1 ± epsilon in the
    direction of its advantage has no gradient any more.

    Args:
        logprobs_N: under the policy as it is.
        old_N: under the policy that drew the tokens.
        advantages_N: how much better each was than expected.
        epsilon: relative change of a probability.

    Source: Schulman et al. 2017, arXiv:1707.06347, eq. 7, with the sign of a loss.
    """
    import torch

    ratio_N = (logprobs_N - old_N).exp()
    clipped_N = ratio_N.clamp(1 - epsilon, 1 + epsilon)
    return -torch.minimum(ratio_N * advantages_N, clipped_N * advantages_N)


def clipped(
    logprobs_N: "torch.Tensor",
    old_N: "torch.Tensor",
    advantages_N: "torch.Tensor",
    *,
    epsilon: float,
) -> "torch.Tensor":
    """Whether each token has no gradient any more, because its probability has changed so much."""
    ratio_N = (logprobs_N - old_N).exp()
    up_N = (ratio_N > 1 + epsilon) & (advantages_N > 0)
    return up_N | ((ratio_N < 1 - epsilon) & (advantages_N < 0))


def value_losses(
    values_N: "torch.Tensor", old_N: "torch.Tensor", returns_N: "torch.Tensor", *, epsilon: float
) -> "torch.Tensor":
    """Half the squared error of each prediction; the larger of it as it is and as clipped.

    A prediction that has moved by more than epsilon towards its return has no gradient any more.

    Args:
        values_N: the critic's predictions as it is.
        old_N: those when the tokens were drawn.
        returns_N: what they should have been.
        epsilon: in reward.

    Source: no paper; the clipping is of the PPO in OpenAI's baselines.
    """
    import torch

    near_N = old_N + (values_N - old_N).clamp(-epsilon, epsilon)
    return 0.5 * torch.maximum((values_N - returns_N).square(), (near_N - returns_N).square())


def k1(logprobs_N: "torch.Tensor", reference_N: "torch.Tensor") -> "torch.Tensor":
    """Divergence from a reference, as each drawn token shows it: the log-probabilities' difference.

    Right on average over tokens drawn from the policy, and so is its gradient as part of a reward;
    of a single token it may be negative. This one is taken off the rewards.

    Source: Schulman 2020, Approximating KL divergence.
    """
    return logprobs_N - reference_N


def k3(logprobs_N: "torch.Tensor", reference_N: "torch.Tensor") -> "torch.Tensor":
    """The same divergence as r − 1 − log r, r the reference's probability over the policy's.

    Right on average too, and never negative, so that a mean of few tokens is near it. This one is
    logged, and steers beta and the end of the passes.

    Source: Schulman 2020, Approximating KL divergence.
    """
    ratio_N = reference_N - logprobs_N
    return ratio_N.expm1() - ratio_N


@dataclass(slots=True)
class Penalty:
    """What a token's reward loses for each nat of divergence from the parent.

    Attributes:
        beta: the loss.
        target: nats per token at which the divergence is to be held; None leaves beta as it is.
        horizon: samples in which beta changes by a fifth, at most.
    """

    beta: float
    target: float | None
    horizon: int

    def adapt(self, divergence: float, samples: int) -> None:
        """Make beta larger where the divergence was above its target, else smaller.

        Source: Ziegler et al. 2019, arXiv:1909.08593, section 2.2; there of whole samples, here
        per token.
        """
        if self.target is not None:
            error = min(max(divergence / self.target - 1, -MOST_CHANGE), MOST_CHANGE)
            self.beta *= 1 + error * samples / self.horizon
