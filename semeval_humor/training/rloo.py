"""``train rloo``: each sample against the mean of the others, on TRL's RLOOTrainer."""

from pathlib import Path
from typing import Any

from pydantic import Field

from semeval_humor.training.online import MakeSentinel, train_online
from semeval_humor.training.online_config import OnlineConfig
from semeval_humor.training.policy import Chat
from semeval_humor.training.sentinel.build import make_sentinel
from semeval_humor.training.watch import Watch


class RlooConfig(OnlineConfig):
    """Everything that ``train rloo`` can be told."""

    beta: float = Field(default=0.05, ge=0)
    """What a sample's reward loses for each nat of KL divergence from the parent, summed over its
    tokens; 0 only measures it."""


def train(
    config: RlooConfig,
    chat: Chat,
    watch: Watch,
    *,
    sentinel: MakeSentinel = make_sentinel,
    force: bool = False,
) -> Path:
    """Train by the reward beyond that of the other samples; see ``train_online``."""
    return train_online("rloo", config, chat, watch, _made, sentinel=sentinel, force=force)


def _made(config: RlooConfig, shared: dict[str, Any]) -> tuple[type, Any]:
    from trl import RLOOConfig as Arguments
    from trl import RLOOTrainer

    # Normalised, the advantages of a batch in which all are alike would be steps out of nothing.
    return RLOOTrainer, Arguments(**shared, normalize_advantages=False)
