"""One update of GRPO on recorded rollouts, in as many processes as torchrun starts.

TRL seeds each process differently, so what several of them sample is never what one samples.
"""

import sys
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.training.grpo import GrpoConfig, train
from tests.training.processes import kept
from tests.training.tiny_policy import CHAT, Told
from tests.training.toy_reward import install, online_values

JOKES = (
    "bee",
    "The pigeon",
    "e",
    "鸽子",
    "see me",
    "elle",
    "peep",
    "no",
    "",
    "geese",
    "Ende",
    "le",
)
"""One for each sample of the update, with other lengths and rewards; some end, some are cut off."""


def update(folder: Path, model: str, **changes: Any) -> Path:
    """Train, and write beside the result what each process holds in the end."""
    from trl import GRPOTrainer

    def recorded(
        self: Any, prompt_ids: list[list[int]], *rest: Any
    ) -> tuple[list[list[int]], None]:
        first = self.accelerator.process_index * len(prompt_ids)
        texts = [JOKES[first + place] for place in range(len(prompt_ids))]
        ids = [self._tokenizer(text, add_special_tokens=False).input_ids for text in texts]
        ends = [place % 3 > 0 or not tokens for place, tokens in enumerate(ids, first)]
        return [
            [*tokens, *([2] if end else [])] for tokens, end in zip(ids, ends, strict=True)
        ], None

    with pytest.MonkeyPatch.context() as patch:
        install(patch)
        patch.setattr(GRPOTrainer, "_generate_single_turn", recorded)
        patch.setattr("semeval_humor.training.online.fit", kept(folder))
        values = online_values(folder, model, steps=1, warmup=0.0, num_generations=6, **changes)
        return train(GrpoConfig.model_validate(values), CHAT, Told())


if __name__ == "__main__":
    place, size, out = sys.argv[1:]
    update(Path(place), str(Path(place) / "tiny"), batch_size=int(size), out=Path(out))
