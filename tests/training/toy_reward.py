"""A reward that pays for a letter, so that a tiny model can learn it in a moment."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.rewards.reward import Rewards
from semeval_humor.schema import FileRecord, Lang, Prompt
from semeval_humor.training import online
from tests.training.tiny_policy import settings

LEARNING: dict[str, Any] = {
    "steps": 18,
    "learning_rate": 0.03,
    "batch_size": 32,
    "num_generations": 8,
    "beta": 0.001,
    "lora": {
        "rank": 8,
        "alpha": 16,
        "targets": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    },
}
"""With these, most samples of the tiny model have four e in the end; a seventh of it at first."""

SCORE = Callable[[Prompt, str], float]


def letters(prompt: Prompt, text: str) -> float:
    """A quarter for each of the first four e."""
    return min(text.count("e"), 4) / 4


@dataclass(slots=True)
class ToyReward:
    """A reward that is a function of prompt and text; remembers the texts."""

    score: SCORE = letters
    langs: tuple[Lang, ...] = tuple(Lang)
    records: tuple[FileRecord, ...] = (FileRecord("toy", "12ab"),)
    fingerprint: str = "34cd"
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def __call__(
        self,
        prompts: Sequence[Prompt],
        texts: Sequence[str],
        *,
        stopped: Sequence[bool] | None = None,
    ) -> Rewards:
        assert stopped is not None  # who trains knows
        self.asked += zip(texts, stopped, strict=True)
        totals = [self.score(prompt, text) for prompt, text in zip(prompts, texts, strict=True)]
        return Rewards(tuple(totals), {"letters": tuple(totals), "gate-odd": (None,) * len(texts)})


def install(monkeypatch: pytest.MonkeyPatch, score: SCORE = letters) -> ToyReward:
    """Have every REWARD.toml be a toy."""
    reward = ToyReward(score)

    def load(path: Path, langs: Collection[Lang] | None = None) -> ToyReward:
        return reward

    monkeypatch.setattr(online, "load_reward", load)
    return reward


def online_values(folder: Path, model: str, **changes: Any) -> dict[str, Any]:
    """Settings as a config file has them."""
    base = settings(folder, model)
    return {
        **base.model_dump(exclude={"sentinel", "lora", "reward"}),
        "lora": {} if changes.get("model") else base.lora,
        "sentinel": False,
        "reward": folder / "REWARD.toml",
        "untested_reward": True,
        "num_generations": 4,
        "batch_size": 8,
        "max_tokens": 8,
        "max_length": 128,
        "learning_rate": 0.02,
        "steps": 3,
        "schedule": "constant",
        **changes,
    }
