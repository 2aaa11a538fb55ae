"""Generalised advantage estimation: how much better each token was than the critic expected.

Where this differs from the paper (Schulman et al. 2016, arXiv:1506.02438): there, a trajectory
that is cut off is continued by what the critic expects; here every completion ends at its last
token, since the reward knows which ones were cut off. And advantages are whitened.

Tensors are batch by token; a mask is 1 on the tokens of a completion and 0 on what fills its row
up behind them.
"""

from typing import TYPE_CHECKING

from semeval_humor.training.ppo.together import summed

if TYPE_CHECKING:
    import torch

_NO_ZERO = 1e-8


def gae(
    rewards_B_T: "torch.Tensor",
    values_B_T: "torch.Tensor",
    mask_B_T: "torch.Tensor",
    *,
    discount: float,
    decay: float,
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Advantages and returns of each token; 0 outside of the mask.

    The return is the advantage plus the value: what the critic should have said. Nothing is
    expected after a completion's last token, whether it ended or was cut off.

    Args:
        rewards_B_T: of each token.
        values_B_T: what the critic expected before each token, of it and those after it.
        mask_B_T: where there is a token.
        discount: gamma, of a reward that comes a token later.
        decay: lambda; 0 looks one token ahead, 1 sums all rewards to the end.

    Source: Schulman et al. 2016, eq. 16, as a sum from the end.
    """
    import torch

    mask_B_T = mask_B_T.to(values_B_T.dtype)
    values_B_T = values_B_T * mask_B_T
    advantages_B_T = torch.zeros_like(values_B_T)
    following_B = next_value_B = torch.zeros_like(values_B_T[:, 0])
    for t in reversed(range(values_B_T.shape[1])):
        surprise_B = rewards_B_T[:, t] + discount * next_value_B - values_B_T[:, t]
        following_B = (surprise_B + discount * decay * following_B) * mask_B_T[:, t]
        advantages_B_T[:, t] = following_B
        next_value_B = values_B_T[:, t]
    return advantages_B_T, advantages_B_T + values_B_T


def whitened(values_B_T: "torch.Tensor", mask_B_T: "torch.Tensor") -> "torch.Tensor":
    """Values with mean 0 and variance 1 over the mask, in all processes together; 0 outside.

    Values that are all the same, or a single one, become 0.
    """
    import torch

    mask_B_T = mask_B_T.double()
    values_B_T = values_B_T.double() * mask_B_T
    count, total = summed(torch.stack([mask_B_T.sum(), values_B_T.sum()]))
    centred_B_T = (values_B_T - total / count) * mask_B_T
    variance = summed(centred_B_T.square().sum()) / count
    white_B_T: torch.Tensor = (centred_B_T / (variance + _NO_ZERO).sqrt()).float()
    return white_B_T
