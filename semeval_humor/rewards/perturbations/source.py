"""The joke that is to be spoilt, and its words as they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random

from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang, Prompt
from semeval_humor.text.tokens import words

_TRIES = 8
# Shorter words carry little of what a text is about.
_KEYWORD = {Lang.EN: 4, Lang.ES: 4, Lang.ZH: 2}


@dataclass(frozen=True, slots=True)
class Source:
    """What a family of perturbations works on.

    Attributes:
        text: the joke.
        lang: its language.
        random: decides whatever is left to chance.
        others: further jokes.
        prompt: what the joke answers; None where nobody knows.
    """

    text: str
    lang: Lang
    random: Random
    others: Sequence[str]
    prompt: Prompt | None

    @property
    def pieces(self) -> list[str]:
        """The joke's words, see :func:`pieces`."""
        return pieces(self.text, self.lang)

    @property
    def keywords(self) -> list[str]:
        """Different words of some length, in order."""
        return keywords(self.text, self.lang)

    def join(self, parts: Sequence[str]) -> str:
        """Put words together again."""
        return join(parts, self.lang)

    def other(self) -> str | None:
        """A joke that is not this one; None where there is none, or chance finds none."""
        drawn = (self.random.choice(self.others) for _ in range(_TRIES if self.others else 0))
        return next((text for text in drawn if text.strip() and text != self.text), None)


def pieces(text: str, lang: Lang) -> list[str]:
    """Words as they stand, each with the punctuation around it, or in Chinese after it.

    In Chinese they make up the text again; in other languages they do but for the spaces. A text
    without a word is one piece, an empty one none.
    """
    return list(_pieces(text, lang))


def join(parts: Sequence[str], lang: Lang) -> str:
    """Put pieces together: with spaces where the language has them."""
    return (" " if LANGUAGES[lang].spaced else "").join(parts)


def keywords(text: str, lang: Lang) -> list[str]:
    """Different words of some length, in order and in lower case."""
    shortest = _KEYWORD[lang]
    found = (word for word in words(text, lang) if len(word) >= shortest and word.isalpha())
    return list(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def _pieces(text: str, lang: Lang) -> tuple[str, ...]:
    if LANGUAGES[lang].spaced:
        return tuple(text.split())
    starts = []
    position = 0
    for word in words(text, lang):
        start = text.find(word, position)
        # A word whose folded form differs from how it is written stays with the one before.
        if start >= 0:
            starts.append(start)
            position = start + len(word)
    bounds = [0, *starts[1:], len(text)] if text else [0]
    return tuple(text[start:end] for start, end in pairwise(bounds))
