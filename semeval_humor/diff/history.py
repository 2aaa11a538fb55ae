"""What a training run says about itself, in the log that lies in its checkpoint."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_humor.weights import read_json

LOG = "trainer_state.json"
"""Written by the trainers of transformers and TRL into each checkpoint."""


@dataclass(frozen=True, slots=True)
class History:
    """Values logged while a model was trained, in their order; empty where none was logged.

    Attributes:
        steps: optimizer steps that were taken.
        learning_rates: of the logged steps.
        grad_norms: before clipping.
        rewards: mean reward of a batch; NaN where no sample had one.
        equal_rewards: share of the prompts whose samples all got the same reward, so that none
            of them was better than another.
        cut_off: share of the samples that did not end by themselves.
    """

    steps: int
    learning_rates: tuple[float, ...] = ()
    grad_norms: tuple[float, ...] = ()
    rewards: tuple[float, ...] = ()
    equal_rewards: tuple[float, ...] = ()
    cut_off: tuple[float, ...] = ()

    @property
    def path_length(self) -> float:
        """Sum of the learning rates of all steps; the way that Adam can move a value, roughly."""
        rates = self.learning_rates
        return self.steps * sum(rates) / len(rates) if rates else 0.0


def read_history(checkpoint: Path) -> History | None:
    """The log in a checkpoint, or in the newest ``checkpoint-STEP`` in its folder, if any.

    Raises:
        DataError: the log is damaged.
    """
    folders = [checkpoint, *sorted(checkpoint.glob("checkpoint-*"), key=_step, reverse=True)]
    log = next((folder / LOG for folder in folders if (folder / LOG).exists()), None)
    if log is None:
        return None
    state = read_json(log)
    entries = [entry for entry in state.get("log_history", []) if isinstance(entry, dict)]
    return history_of(int(state.get("global_step", 0)), entries)


def history_of(steps: int, entries: Sequence[Mapping[str, Any]]) -> History:
    """What the entries of a log say.

    Args:
        steps: optimizer steps that were taken.
        entries: what was logged, by the names that transformers and TRL give it, in order.
    """
    return History(
        steps=steps,
        learning_rates=_values(entries, "learning_rate"),
        grad_norms=_values(entries, "grad_norm"),
        rewards=_values(entries, "reward"),
        equal_rewards=_values(entries, "frac_reward_zero_std"),
        cut_off=_values(entries, "completions/clipped_ratio"),
    )


def _step(folder: Path) -> int:
    number = re.search(r"\d+$", folder.name)
    return int(number[0]) if number else -1


def _values(entries: Sequence[Mapping[str, Any]], name: str) -> tuple[float, ...]:
    # transformers writes what is not a number as null.
    found = [math.nan if entry[name] is None else entry[name] for entry in entries if name in entry]
    return tuple(float(value) for value in found if isinstance(value, int | float))
