"""Attacks that ask the reward: word by word, they take what it likes best."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from semeval_humor.languages import LANGUAGES
from semeval_humor.rewards.perturbations import phrases
from semeval_humor.rewards.perturbations.source import join, pieces
from semeval_humor.schema import Lang, Prompt

BUDGET = 64
"""Texts that a search may ask the reward about, for each joke."""

_MIN_WORDS = 4

Ask = Callable[[Sequence[Prompt], Sequence[str]], Sequence[float]]
"""Rewards of texts, in order."""


class Search(StrEnum):
    """What a search does to a joke."""

    SWAPPER = "search-word-swapper"
    APPENDER = "search-tail-appender"


@dataclass(frozen=True, slots=True)
class Original:
    """A joke as it stands, with the prompt that it answers and what it gets."""

    prompt: Prompt
    text: str
    reward: float


@dataclass(frozen=True, slots=True)
class Climb:
    """Where a search ended.

    Attributes:
        original: where it started.
        text: half of the words are replaced, or half as many appended.
        reward: of that text.
        best: largest reward that was seen on the way, that of the original included.
    """

    original: Original
    text: str
    reward: float
    best: float


def climb(
    search: Search,
    ask: Ask,
    originals: Sequence[Original],
    lang: Lang,
    others: Sequence[str],
    *,
    seed: int,
    budget: int = BUDGET,
) -> list[Climb]:
    """Search from each joke of four words or more, all side by side.

    A search goes on until half of the words are new, one word at a time where the budget allows
    it. Each step proposes several places and words, and takes what gets the most, be it less than
    before: so it must leave the joke that it starts from, and may not win by doing next to nothing.

    Args:
        search: replace words, or append them.
        ask: gives the rewards; one call asks about one step of all searches.
        originals: where to start.
        lang: their language.
        others: jokes whose words are proposed. The appender also proposes laughter, emoji and
            words in other scripts.
        seed: decides what is proposed.
        budget: number of texts for each joke, 1 or more.
    """
    words = [word for text in others for word in pieces(text, lang)]
    if not words:
        return []
    climbers = [
        climber
        for original in originals
        if (climber := _Climber(search, original, lang, words, seed, budget)).steps
    ]
    while active := [climber for climber in climbers if climber.steps]:
        proposed = [climber.propose() for climber in active]
        rewards = iter(
            ask(
                [
                    climber.original.prompt
                    for climber, texts in zip(active, proposed, strict=True)
                    for _ in texts
                ],
                [text for texts in proposed for text in texts],
            )
        )
        for climber, texts in zip(active, proposed, strict=True):
            climber.choose([next(rewards) for _ in texts])
    return [climber.result for climber in climbers]


class _Climber:
    """One search. It shall change half as many words as the joke has, in ``steps`` steps."""

    def __init__(
        self,
        search: Search,
        original: Original,
        lang: Lang,
        words: Sequence[str],
        seed: int,
        budget: int,
    ) -> None:
        self.original = original
        self._lang, self._words, self._budget = lang, words, budget
        self._random = Random(f"{seed}\n{search}\n{original.text}")
        self._change = self._swap if search is Search.SWAPPER else self._append
        self._parts = pieces(original.text, lang)
        self._old = list(range(len(self._parts)))
        self._left = math.ceil(len(self._parts) / 2) if len(self._parts) >= _MIN_WORDS else 0
        self.steps = min(self._left, budget)
        self._proposals = budget // self.steps if self.steps else 0
        self._drafts: list[tuple[list[str], list[int]]] = []
        self._reward = self._best = original.reward

    @property
    def result(self) -> Climb:
        return Climb(self.original, join(self._parts, self._lang), self._reward, self._best)

    def propose(self) -> list[str]:
        """Texts one step further."""
        count = math.ceil(self._left / self.steps)
        self._left -= count
        self.steps -= 1
        self._drafts = [self._change(count) for _ in range(self._proposals)]
        return [join(parts, self._lang) for parts, _ in self._drafts]

    def choose(self, rewards: Sequence[float]) -> None:
        """Go on from the text that gets the most."""
        self._reward, chosen = max(
            zip(rewards, range(len(rewards)), strict=True), key=lambda each: each[0]
        )
        self._best = max(self._best, self._reward)
        self._parts, self._old = self._drafts[chosen]

    def _swap(self, count: int) -> tuple[list[str], list[int]]:
        places = self._random.sample(self._old, count)
        parts = list(self._parts)
        for place in places:
            parts[place] = self._random.choice(self._words)
        return parts, [place for place in self._old if place not in places]

    def _append(self, count: int) -> tuple[list[str], list[int]]:
        kinds = (self._words, _TRIGGERS[self._lang])
        tail = [self._random.choice(self._random.choice(kinds)) for _ in range(count)]
        return [*self._parts, *tail], self._old


def _triggers(lang: Lang) -> tuple[str, ...]:
    """What policies have been seen to append once they found that a reward likes it."""
    foreign = (
        word
        for script, words in phrases.FOREIGN.items()
        if script not in LANGUAGES[lang].scripts
        for word in words
    )
    marks = ("!", "!!!", "...", "?", "😂")
    return (*marks, *phrases.LAUGHTER[lang], *phrases.EMOJI, *foreign)


_TRIGGERS = {lang: _triggers(lang) for lang in Lang}
