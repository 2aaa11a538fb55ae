"""Samples with all that is learnt from them: probabilities, values, rewards, advantages.

Tensors are batch by token, and 0 behind the end of a completion.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semeval_humor.training.policy import Policy
from semeval_humor.training.ppo.critic import Critic
from semeval_humor.training.ppo.gae import gae, whitened
from semeval_humor.training.ppo.losses import k1
from semeval_humor.training.ppo.reading import hear
from semeval_humor.training.ppo.rollout import Rollout

if TYPE_CHECKING:
    import torch

MOST_WEIGHT = 2.0
"""Of a token, where another engine drew it."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the policy that drew completions, its parent and the critic think of each token.

    Attributes:
        mask_B_T: where there is a token.
        logprobs_B_T: under the policy, in nats.
        parent_B_T: under the parent, in nats.
        values_B_T: what the critic expects, before each token.
    """

    mask_B_T: "torch.Tensor"
    logprobs_B_T: "torch.Tensor"
    parent_B_T: "torch.Tensor"
    values_B_T: "torch.Tensor"


@dataclass(frozen=True, slots=True)
class Experience:
    """What a step learns from.

    Attributes:
        rollouts: the completions.
        read: what was thought of them when they were drawn.
        advantages_B_T: how much better than expected each token was, whitened.
        returns_B_T: what the critic should have said.
        weights_B_T: what each token counts: as much likelier or less likely the policy is to write
            it than the engine that drew it.
    """

    rollouts: tuple[Rollout, ...]
    read: Read
    advantages_B_T: "torch.Tensor"
    returns_B_T: "torch.Tensor"
    weights_B_T: "torch.Tensor"


def read(policy: Policy, critic: Critic, rollouts: Sequence[Rollout], *, batch_size: int) -> Read:
    """Ask policy, critic and parent about each token, without gradients.

    Args:
        policy: that drew the completions.
        critic: of the policy.
        rollouts: the completions.
        batch_size: completions that are read at a time.
    """
    import torch

    # Neighbours in length fill few places up.
    order = sorted(
        range(len(rollouts)), key=lambda row: len(rollouts[row].asked.ids) + len(rollouts[row].ids)
    )
    found: dict[int, list[torch.Tensor]] = {row: [] for row in order}
    with torch.no_grad():
        for rows, some in _chunks(order, rollouts, batch_size):
            heard = hear(policy.model, some)
            values_N = critic.values(some, heard.states_N_H)
            _sort_in(found, rows, some, heard.logprobs_N, values_N)
        with policy.as_parent() as parent:
            for rows, some in _chunks(order, rollouts, batch_size):
                _sort_in(found, rows, some, hear(parent, some).logprobs_N)
    columns = zip(*(found[row] for row in range(len(rollouts))), strict=True)
    logprobs, values, parents = (_padded(column) for column in columns)
    mask_B_T = _padded([torch.ones(len(each.ids), device=values.device) for each in rollouts])
    return Read(mask_B_T.bool(), logprobs, parents, values)


def experience(
    rollouts: Sequence[Rollout],
    heard: Read,
    credits: Sequence[Sequence[float]],
    *,
    beta: float,
    discount: float,
    decay: float,
) -> Experience:
    """Rewards of completions, less the penalty for leaving the parent, and their advantages.

    Args:
        rollouts: the completions.
        heard: what was thought of them when they were drawn.
        credits: what each token gets of its completion's reward.
        beta: what it loses for each nat by which the policy finds it likelier than the parent.
        discount: see ``gae``.
        decay: see ``gae``.
    """
    import torch

    mask_B_T = heard.mask_B_T
    penalty_B_T = beta * k1(heard.logprobs_B_T, heard.parent_B_T)
    paid = [torch.tensor(row, dtype=torch.float32, device=mask_B_T.device) for row in credits]
    rewards_B_T = (_padded(paid) - penalty_B_T) * mask_B_T
    advantages_B_T, returns_B_T = gae(
        rewards_B_T, heard.values_B_T, mask_B_T, discount=discount, decay=decay
    )
    return Experience(
        tuple(rollouts),
        heard,
        whitened(advantages_B_T, mask_B_T),
        returns_B_T,
        weights(heard.logprobs_B_T, [each.logprobs for each in rollouts], mask_B_T),
    )


def weights(
    logprobs_B_T: "torch.Tensor", drawn: Sequence[Sequence[float]], mask_B_T: "torch.Tensor"
) -> "torch.Tensor":
    """What each token counts, at most ``MOST_WEIGHT``; 1 where the policy itself drew it.

    Args:
        logprobs_B_T: of the policy, in nats.
        drawn: of the engine that drew the tokens, a row each; empty where that was the policy.
        mask_B_T: where there is a token.

    Source: truncated importance sampling, Ionides 2008, doi:10.1198/106186008X320456; per token.
    """
    import torch

    if not any(drawn):
        return mask_B_T.to(logprobs_B_T.dtype)
    drawn_B_T = _padded(
        [torch.tensor(row, dtype=torch.float32, device=mask_B_T.device) for row in drawn]
    )
    return (logprobs_B_T - drawn_B_T).exp().clamp(max=MOST_WEIGHT) * mask_B_T


def _chunks(
    order: Sequence[int], rollouts: Sequence[Rollout], size: int
) -> Iterator[tuple[Sequence[int], list[Rollout]]]:
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        yield rows, [rollouts[row] for row in rows]


def _sort_in(
    found: dict[int, list["torch.Tensor"]],
    rows: Sequence[int],
    some: Sequence[Rollout],
    *columns: "torch.Tensor",
) -> None:
    import torch

    sizes = [len(each.ids) for each in some]
    for column_N in columns:
        for row, values_T in zip(rows, torch.split(column_N, sizes), strict=True):
            found[row].append(values_T)


def _padded(rows: Sequence[Any]) -> "torch.Tensor":
    import torch

    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True)
