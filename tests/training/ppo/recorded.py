"""One update of PPO on recorded rollouts, in as many processes as torchrun starts."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.schema import Finish
from semeval_humor.training.completions import text_of
from semeval_humor.training.policy import Policy
from semeval_humor.training.ppo import train as ppo
from semeval_humor.training.ppo.learner import Learner, make_learner
from semeval_humor.training.ppo.rollout import Asked, Rollout
from semeval_humor.training.processes import processes, rank
from tests.training.ppo.bandit import at_the_letters, bandit
from tests.training.recorded import JOKES
from tests.training.tiny_policy import CHAT, Told
from tests.training.toy_reward import ToyReward


def told_again(policy: Policy, asked: Sequence[Asked], *, max_tokens: int) -> list[Rollout]:
    """The recorded joke of each sample of this process; two of three have ended."""
    found = []
    for place, each in enumerate(asked, start=rank() * len(asked)):
        ids = policy.tokenizer(JOKES[place], add_special_tokens=False).input_ids
        finish = Finish.CUT_OFF if place % 3 == 0 and ids else Finish.STOPPED
        text = text_of(policy.tokenizer, ids, finish)
        end = [2] if finish is Finish.STOPPED else []
        found.append(Rollout(each, (*ids, *end), text, finish))
    return found


def run(folder: Path, **changes: Any) -> list[dict[str, float]]:
    """Train, and write what this process holds in the end; returns what was logged."""
    from safetensors.torch import save_file

    learners: list[Learner] = []
    trained: dict[str, Any] = {}

    def spy(policy: Policy, config: Any) -> Learner:
        learner = make_learner(policy, config)
        learners.append(learner)
        named = policy.model.named_parameters()  # the model is given back in the end
        trained.update({name: value for name, value in named if value.requires_grad})
        trained.update(learner.critic.parameters)
        return learner

    told = Told()
    config = bandit(
        folder / f"{processes()}-{rank()}",  # the same pairs, without a race for their file
        str(folder / "tiny"),
        out=folder / f"out-{processes()}",
        batch_size=len(JOKES) // processes(),
        rollouts=len(JOKES),
        num_iterations=1,
        warmup=0.0,
        beta=0.05,
        kl_target=0.1,
        **changes,
    )
    shared = {"pairs": (folder / "pairs.parquet",), "prompts": folder / "prompts.toml"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ppo, "roll_out", told_again)
        patch.setattr(ppo, "make_learner", spy)
        config = config.model_copy(update=shared)
        ppo.train_with(ToyReward(), at_the_letters, config, CHAT, told)
    [learner] = learners
    tensors = {name: value.detach().clone() for name, value in trained.items()}
    # Adam's first step is nearly the gradient's sign; its first moment is a tenth of it.
    state = learner.optimizer.state
    tensors |= {f"gradient of {n}": state[v]["exp_avg"] * 10 for n, v in trained.items()}
    save_file(tensors, folder / f"{processes()}-{rank()}.safetensors")
    return [logged for _, logged in told.steps]


if __name__ == "__main__":
    run(Path(sys.argv[1]), steps=int(sys.argv[2]))
