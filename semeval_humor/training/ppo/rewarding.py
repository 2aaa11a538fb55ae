"""Any reward for texts, asked about completions."""

import math
from collections.abc import Sequence
from typing import Protocol

from semeval_humor.errors import first_line
from semeval_humor.rewards.reward import Rewards, TextReward
from semeval_humor.schema import FileRecord, Finish, Lang
from semeval_humor.training.online import RAISED, RewardError, described
from semeval_humor.training.ppo.rollout import Rollout


class RecordedReward(TextReward, Protocol):
    """A reward for texts that says what it was made from; ``rewards.reward.Reward`` is one."""

    @property
    def langs(self) -> Sequence[Lang]:
        """Languages of which it knows something."""

    @property
    def records(self) -> tuple[FileRecord, ...]:
        """The files that it was made from, with their hashes."""

    @property
    def fingerprint(self) -> str:
        """One hash for all of them."""


def rewarded(reward: TextReward, rollouts: Sequence[Rollout]) -> Rewards:
    """Reward completions.

    Raises:
        RewardError: the reward fails for one, or is no number; names the row.
        torch.OutOfMemoryError: the reward has no room on the GPU.
    """
    import torch

    try:
        rewards = _judged(reward, rollouts)
    except torch.OutOfMemoryError:
        raise
    except RAISED as error:
        for each in rollouts:
            try:
                _judged(reward, [each])
            except RAISED as of_one:
                raise RewardError(f"reward: {_row(each)}: {first_line(of_one)}") from of_one
        raise RewardError(f"reward: {len(rollouts)} texts together: {first_line(error)}") from error
    for each, total in zip(rollouts, rewards.total, strict=True):
        if not math.isfinite(total):
            raise RewardError(f"reward: {_row(each)}: {total}, expected a number")
    return rewards


def _judged(reward: TextReward, rollouts: Sequence[Rollout]) -> Rewards:
    return reward(
        [each.asked.prompt for each in rollouts],
        [each.text for each in rollouts],
        stopped=[each.finish is Finish.STOPPED for each in rollouts],
    )


def _row(rollout: Rollout) -> str:
    return described(rollout.asked.prompt.id, rollout.text)
