"""What is logged of a step."""

import math
from typing import TYPE_CHECKING

from semeval_humor.rewards.reward import Rewards
from semeval_humor.rewards.trl import METRIC
from semeval_humor.schema import Finish
from semeval_humor.training.ppo.experience import Experience
from semeval_humor.training.ppo.losses import k3
from semeval_humor.training.ppo.together import summed

if TYPE_CHECKING:
    import torch

_SAME = 1e-9
"""Standard deviation of rewards below which they are all the same."""


def measured(found: Experience, rewards: Rewards) -> dict[str, float]:
    """What samples were like, over all processes, under the names that TRL's trainers use.

    ``kl`` is the divergence from the parent in nats per token, ``frac_reward_zero_std`` 1 if all
    samples got the same reward, and ``explained_variance`` the share of the returns' variance that
    the critic foresaw, at most 1. Components of the reward are means of this process's samples;
    so is ``sampling/mean_weight``, near 1 if the engine that drew them computes as the policy does.
    """
    import torch

    heard, rollouts = found.read, found.rollouts
    kl_B_T = k3(heard.logprobs_B_T, heard.parent_B_T) * heard.mask_B_T
    total_B = torch.tensor(rewards.total, dtype=torch.float64)
    of_process = [
        len(rollouts),
        sum(len(each.ids) for each in rollouts),
        sum(each.finish is Finish.CUT_OFF for each in rollouts),
        sum(not each.text for each in rollouts),
        float(kl_B_T.double().sum()),
        float(total_B.sum()),
        float(total_B.square().sum()),
    ]
    device = kl_B_T.device
    size, tokens, cut_off, empty, kl, total, square = summed(
        torch.tensor(of_process, dtype=torch.float64, device=device)
    ).tolist()
    mean = total / size
    deviation = math.sqrt(max(0.0, square / size - mean**2))
    logged = {
        "reward": mean,
        "reward_std": deviation,
        "frac_reward_zero_std": float(deviation < _SAME),
        "kl": kl / tokens,
        "explained_variance": _explained(found),
        "completions/mean_length": tokens / size,
        "completions/clipped_ratio": cut_off / size,
        "completions/empty_ratio": empty / size,
    }
    if any(each.logprobs for each in rollouts):
        logged["sampling/mean_weight"] = float(found.weights_B_T.sum()) / of_process[1]
    for name, values in rewards.components.items():
        present = [value for value in values if value is not None]
        if present:
            logged[METRIC + name] = math.fsum(present) / len(present)
    return logged


def _explained(found: Experience) -> float:
    """Share of the returns' variance that the critic foresaw; 0 where there is none."""
    mask_B_T = found.read.mask_B_T
    returns_N = found.returns_B_T[mask_B_T].double()
    variance = _variance(returns_N)
    missed = _variance(returns_N - found.read.values_B_T[mask_B_T])
    return 1 - missed / variance if variance else 0.0


def _variance(values_N: "torch.Tensor") -> float:
    """Of the numbers of all processes."""
    import torch

    count = torch.full_like(values_N, 1.0).sum()
    size, total = summed(torch.stack([count, values_N.sum()])).tolist()
    return float(summed((values_N - total / size).square().sum()) / size)
