"""Hard negatives that are searched for: what a word swapper makes of jokes against a classifier.

A classifier that has learnt from jokes spoilt at random still likes what is spoilt with care. So it
is attacked as the red team will, on texts of its own, and learns from what got through.
"""

import dataclasses
from collections.abc import Callable, Sequence
from random import Random

from semeval_humor.rewards.encoders import HUMOR, TransformersEncoder
from semeval_humor.rewards.redteam_search import Original, Search, climb
from semeval_humor.schema import Lang, Prompt, Task, WordPair
from semeval_humor.training.reward.config import RewardConfig
from semeval_humor.training.reward.data import Example, Examples

BUDGET = 32
"""Texts that the search asks about for each joke: half of what the red team may ask."""

REPLAYED = 7
"""Other examples for each that was searched for, lest the classifier forget them."""

SLOWER = 0.5
"""Learning rate after the search, of the one before."""

_VOCABULARY = 500  # jokes whose words are proposed
_NOBODY_ASKED = WordPair("-", "-")  # the classifier sees no prompt

Asked = Callable[[int, int], None]
"""Is told how many texts of how many have been asked about."""


def with_searched(
    encoder: TransformersEncoder, examples: Examples, config: RewardConfig, asked: Asked
) -> Examples:
    """Examples to go on with: jokes with half of their words swapped, and others to remember.

    Args:
        encoder: classifier that is attacked.
        examples: what it has learnt from.
        config: says how many jokes of each language are attacked.
        asked: is told how the search goes.
    """
    random = Random(f"{config.seed}-searched")
    found: list[Example] = []
    search = _Search(encoder, config, asked)
    for lang in config.langs:
        jokes = [each.text for each in examples.train if each.lang is lang and each.humor]
        chosen = random.sample(jokes, min(config.searched, len(jokes)))
        words_of = random.sample(jokes, min(_VOCABULARY, len(jokes)))
        found += [
            Example(text, lang, humor=False, kind=Search.SWAPPER)
            for text in search.swapped(chosen, words_of, lang)
        ]
    others = random.sample(examples.train, min(REPLAYED * len(found), len(examples.train)))
    return dataclasses.replace(examples, train=(*found, *others))


class _Search:
    """Asks a classifier about texts, and tells how many it has asked about."""

    def __init__(self, encoder: TransformersEncoder, config: RewardConfig, asked: Asked) -> None:
        self._encoder, self._seed, self._tell = encoder, config.seed, asked
        self._asked = 0
        self._total = len(config.langs) * config.searched * BUDGET

    def swapped(self, jokes: Sequence[str], words_of: Sequence[str], lang: Lang) -> list[str]:
        prompt = Prompt("", Task.A, lang, _NOBODY_ASKED)
        originals = [Original(prompt, text, 0.0) for text in jokes]
        swapper = Search.SWAPPER
        climbs = climb(
            swapper, self._ask, originals, lang, words_of, seed=self._seed, budget=BUDGET
        )
        return [each.text for each in climbs]

    def _ask(self, prompts: Sequence[Prompt], texts: Sequence[str]) -> list[float]:
        logits: list[float] = self._encoder.logits(texts)[:, HUMOR].tolist()
        self._asked += len(texts)
        self._tell(self._asked, self._total)
        return logits
