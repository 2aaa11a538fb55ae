"""``train grpo``: a policy learns from how its samples compare, on TRL's GRPOTrainer."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from semeval_humor.training.online import MakeSentinel, train_online
from semeval_humor.training.online_config import OnlineConfig
from semeval_humor.training.policy import Chat
from semeval_humor.training.sentinel.build import make_sentinel
from semeval_humor.training.watch import Watch

LossType = Literal["grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo"]


class GrpoConfig(OnlineConfig):
    """Everything that ``train grpo`` can be told."""

    beta: float = Field(default=0.04, ge=0)
    """Weight of the KL divergence from the parent, per token in nats; 0 only measures it."""
    loss_type: LossType = "dapo"
    """How tokens are weighed: dapo, bnpo all alike; grpo each sample alike, which favours short
    ones; dr_grpo by max_tokens; the others weigh or clip by how probable a sample has become."""
    epsilon_high: float | None = Field(default=None, gt=0)
    """Another epsilon for tokens that become more probable; none: the same. For cispo the largest
    ratio that counts, such as 5."""
    importance: Literal["token", "sequence"] = "token"
    """Of what the change in probability is taken."""
    scale_rewards: Literal["group", "batch", "none"] = "group"
    """By whose standard deviation rewards are divided: that of a prompt's samples, of the whole
    batch, or not at all."""

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.loss_type == "cispo" and (self.epsilon_high is None or self.epsilon_high < 1):
            raise ValueError("epsilon_high: cispo needs the largest ratio that counts, such as 5")
        if self.loss_type == "luspo" and self.importance != "sequence":
            raise ValueError('importance: luspo needs "sequence"')
        return self


def train(
    config: GrpoConfig,
    chat: Chat,
    watch: Watch,
    *,
    sentinel: MakeSentinel = make_sentinel,
    force: bool = False,
) -> Path:
    """Train by comparing samples of the same prompt; see ``train_online``, also for its errors."""
    return train_online("grpo", config, chat, watch, _made, sentinel=sentinel, force=force)


def _made(config: GrpoConfig, shared: dict[str, Any]) -> tuple[type, Any]:
    from trl import GRPOConfig as Arguments
    from trl import GRPOTrainer

    return GRPOTrainer, Arguments(
        **shared,
        loss_type=config.loss_type,
        epsilon_high=config.epsilon_high,
        importance_sampling_level=config.importance,
        scale_rewards=config.scale_rewards,
    )
