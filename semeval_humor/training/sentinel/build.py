"""A sentinel for a training run: which prompts it asks, which jokes it takes for healthy."""

import random
from collections.abc import Sequence

from semeval_humor.rewards.reward import Reward, load_reward
from semeval_humor.training.config import PolicyConfig
from semeval_humor.training.pairs import Row, Rows
from semeval_humor.training.policy import Policy
from semeval_humor.training.sentinel.limits import HUMAN_SETS
from semeval_humor.training.sentinel.sentinel import Sentinel
from semeval_humor.training.sentinel.speaker import TransformersSpeaker


def make_sentinel(
    config: PolicyConfig, policy: Policy, rows: Rows, reward: Reward | None = None
) -> Sentinel:
    """The sentinel that a config asks for.

    It asks prompts of the dev rows, where there are enough, else of the training rows, all
    languages in turn. Jokes of the training rows are what it takes for healthy.

    Args:
        config: of the run; its sentinel is not switched off.
        policy: in training.
        rows: that it is trained on.
        reward: that it is trained on, if any.

    Raises:
        ConfigError: the held-out reward cannot be loaded.
    """
    assert config.sentinel is not False
    wanted = config.sentinel
    speaker = TransformersSpeaker(
        *(policy.heard[0], policy.tokenizer, policy.heard[1], policy.render, policy.stop_ids),
        max_tokens=wanted.max_tokens,
        temperature=wanted.temperature,
    )
    asked = rows.dev if len(rows.dev) >= wanted.prompts else rows.train
    human = _chosen(rows.train, HUMAN_SETS * wanted.prompts, wanted.seed)
    held_out = None
    if config.held_out_reward is not None:
        langs = {row.prompt.lang for row in asked}
        held_out = load_reward(config.held_out_reward, langs).scorer
    return Sentinel(
        speaker,
        [row.prompt for row in _chosen(asked, wanted.prompts, wanted.seed)],
        wanted,
        human=[(row.prompt, row.joke) for row in human],
        reward=reward,
        held_out=held_out,
    )


def _chosen(rows: Sequence[Row], size: int, seed: int) -> list[Row]:
    """As many rows of each language as of the others, as far as there are enough."""
    shuffled = random.Random(seed).sample(rows, len(rows))
    of_lang: dict[str, int] = {}
    turns = []
    for place, row in enumerate(shuffled):
        turn = of_lang[row.prompt.lang] = of_lang.get(row.prompt.lang, -1) + 1
        turns.append((turn, place, row))
    return [row for _, _, row in sorted(turns, key=lambda each: each[:2])[:size]]
