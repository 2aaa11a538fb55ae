"""A reward for one letter, and settings with which a tiny model learns it in a moment."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from semeval_humor.rewards.reward import Rewards
from semeval_humor.schema import Prompt
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.credit import Piece
from tests.training.tiny_policy import settings
from tests.training.toy_reward import letters


def at_the_letters(
    prompts: Sequence[Prompt], texts: Sequence[str], rewards: Rewards
) -> list[list[Piece]]:
    """An attribution of ``toy_reward.letters``: the first four e have earned a quarter each."""
    return [
        [Piece(found.start(), found.end(), 0.25) for found in list(re.finditer("e", text))[:4]]
        for text in texts
    ]


def bandit(folder: Path, model: str, **changes: Any) -> PpoConfig:
    base = settings(folder, model, **({"method": "full"} if changes.get("method") else {}))
    given = base.model_dump(exclude={"sentinel", "lora", "schedule", "batch_size", "steps"})
    return PpoConfig.model_validate(
        {
            **given,
            **({} if changes.get("method") == "full" else {"lora": base.lora}),
            "sentinel": False,
            "reward": folder / "REWARD.toml",
            "untested_reward": True,
            "rollouts": 16,
            "batch_size": 8,
            "max_tokens": 8,
            "learning_rate": 0.01,
            "value_learning_rate": 0.03,
            "stop_kl": 0.1,
            "beta": 0.0,
            "steps": 20,
            "schedule": "constant",
            **changes,
        }
    )


__all__ = ["at_the_letters", "bandit", "letters"]
