"""One update of GRPO on recorded rollouts, in as many processes as torchrun starts.

TRL seeds each process differently, so what several of them sample is never what one samples.
"""

import sys
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.training.grpo import GrpoConfig, train
from semeval_humor.training.run import processes
from semeval_humor.training.trl import fit
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
    from safetensors.torch import save_file
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

    def spy(trainer: Any, *rest: Any) -> None:
        fit(trainer, *rest)
        named = trainer.accelerator.unwrap_model(trainer.model).named_parameters()
        trained = {name: value for name, value in named if value.requires_grad}
        tensors = {name: value.detach().clone() for name, value in trained.items()}
        # Adam's first step is nearly the gradient's sign; its first moment is a tenth of it.
        state = getattr(trainer.optimizer, "optimizer", trainer.optimizer).state
        tensors |= {f"gradient of {n}": state[v]["exp_avg"] * 10 for n, v in trained.items()}
        rank = trainer.accelerator.process_index
        save_file(tensors, folder / f"{processes()}-{rank}.safetensors")

    with pytest.MonkeyPatch.context() as patch:
        install(patch)
        patch.setattr(GRPOTrainer, "_generate_single_turn", recorded)
        patch.setattr("semeval_humor.training.online.fit", spy)
        values = online_values(folder, model, steps=1, warmup=0.0, num_generations=6, **changes)
        return train(GrpoConfig.model_validate(values), CHAT, Told())


if __name__ == "__main__":
    place, size, out = sys.argv[1:]
    update(Path(place), str(Path(place) / "tiny"), batch_size=int(size), out=Path(out))
