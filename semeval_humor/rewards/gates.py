"""Gates: what a text must not have, however funny a classifier finds it.

A gate measures one thing and turns it into a factor: 1 within its bound, and half as much with
every further step outside. So of two bad texts the worse one gets less.
"""

import math
from collections.abc import Callable, Mapping

from pydantic import model_validator

from semeval_humor.configs import Settings
from semeval_humor.errors import DataError
from semeval_humor.rewards import components
from semeval_humor.rewards.components import PerLang, Row, for_lang
from semeval_humor.schema import Headline, Lang
from semeval_humor.text import noise, scripts
from semeval_humor.text.common_words import has_common_words
from semeval_humor.text.ending import truncated
from semeval_humor.text.language import other_language
from semeval_humor.text.leaks import LeakKind, find_leaks
from semeval_humor.text.length import count_characters
from semeval_humor.text.loops import find_loops
from semeval_humor.text.overlap import headline_overlap, is_copy

_EMPHASIS = "*"
_MOST_OF_THE_LETTERS = 0.5
_MOST_OF_A_LOOP = 0.8
_ROOM = 1.5


class Gate(Settings):
    """One gate: a bound on what it measures, and how steeply its factor falls outside."""

    reason: str
    """Why there is such a gate, and why at this bound."""
    at_least: PerLang | None = None
    """The lowest value that passes, for all languages or for each; or give at_most."""
    at_most: PerLang | None = None
    """The highest value that passes."""
    half: PerLang
    """Distance from the bound that halves the factor."""

    @model_validator(mode="after")
    def _makes_sense(self) -> "Gate":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("expected at_least or at_most, and not both")
        if any(for_lang(self.half, lang) <= 0 for lang in Lang):
            raise ValueError("half: expected more than 0")
        return self

    def factor(self, value: float, lang: Lang) -> float:
        """What a reward is multiplied by, in (0, 1]."""
        outside = 0.0
        if self.at_most is not None:
            outside = value - for_lang(self.at_most, lang)
        elif self.at_least is not None:
            outside = for_lang(self.at_least, lang) - value
        return math.exp2(-outside / for_lang(self.half, lang)) if outside > 0 else 1.0


def foreign_letters(row: Row) -> float:
    """Letters in other scripts that nothing excuses: not quoted, no name, acronym or loanword."""
    runs = scripts.foreign_runs(row.text, row.lang)
    return sum(_letters(run.text) for run in runs if run.reason is None)


def purity(row: Row) -> float | None:
    """Share of the letters in the language's own scripts, in [0, 1]; None without a letter.

    Excused letters count as foreign too, so that a text of nothing but names is seen.
    """
    try:
        return scripts.purity(row.text, row.lang)
    except DataError:  # no letter
        return None


def language(row: Row) -> float:
    """1 where the text is surely in another language, else 0. Short texts are never sure."""
    # To tell a language takes longer than all else here, and can mostly be spared.
    if has_common_words(row.text, row.lang):
        return 0.0
    if row.lang is Lang.ZH and (purity(row) or 0.0) > _MOST_OF_THE_LETTERS:
        return 0.0
    return float(other_language(row.text, row.lang) is not None)


def loops(row: Row) -> float:
    """Share of the text that goes in circles, in [0, 1]: see ``text.loops.find_loops``.

    Laughter is left to its own gates: people laugh longer than they repeat anything else.
    """
    inside: set[int] = set()
    for loop in find_loops(row.text, row.lang):
        laughing = sum(map(len, noise.laughs(row.text[loop.start : loop.end])))
        if laughing < _MOST_OF_A_LOOP * (loop.end - loop.start):
            inside.update(range(loop.start, loop.end))
    return len(inside) / len(row.text) if inside else 0.0


def cut_off(row: Row) -> float | None:
    """1 where the model did not end the text itself, 0 where it did, None where nobody knows."""
    return None if row.stopped is None else float(not row.stopped)


def unfinished(row: Row) -> float:
    """1 where the text visibly stops in the middle of a sentence, else 0."""
    return float(truncated(row.text, row.lang))


def chatter(row: Row) -> float:
    """Number of things that a model let out around its joke: see ``text.leaks.find_leaks``.

    Emphasis and quotation marks around the whole do not count: they are about the joke's looks,
    one in twelve of the official baseline's texts has them, and cleaning loses nothing with them.
    """
    found = find_leaks(row.text, row.lang)
    return sum(
        leak.kind is not LeakKind.WRAPPING_QUOTES
        and not (leak.kind is LeakKind.MARKUP and leak.text.startswith(_EMPHASIS))
        for leak in found
    )


def echo(row: Row) -> float | None:
    """Share of the text that is the headline again, in [0, 1]; None where none was given.

    Counted in n-grams of the text. 1 for a copy with next to nothing added, and 0 for a text half
    as long again as the headline: it has room for a punchline, and is no copy.

    Raises:
        DataError: the headline has no word to compare.
    """
    match row.prompt.constraint:
        case Headline(headline):
            if len(row.text) >= _ROOM * len(headline) or not any(map(str.isalnum, row.text)):
                return 0.0
            if is_copy(row.text, headline, row.lang):
                return 1.0
            return headline_overlap(headline, row.text, row.lang).share
    return None


def letters(row: Row) -> float:
    """Number of letters."""
    return _letters(row.text)


def characters(row: Row) -> float:
    """Number of characters as the organisers count them, spaces included."""
    return count_characters(row.text)


def emoji(row: Row) -> float:
    """Number of emoji."""
    return noise.emoji(row.text)


def laughs(row: Row) -> float:
    """Number of times that the text laughs, however long."""
    return len(noise.laughs(row.text))


def laughter(row: Row) -> float:
    """Share of the letters that only laugh, in [0, 1]; 0 without a letter."""
    total = _letters(row.text)
    return sum(map(_letters, noise.laughs(row.text))) / total if total else 0.0


def symbols(row: Row) -> float:
    """Share of the visible characters that are neither letters nor digits, in [0, 1]."""
    return noise.symbols(row.text)


def code(row: Row) -> float:
    """Number of pieces of program code or markup."""
    return len(noise.code_tokens(row.text))


def disguised(row: Row) -> float:
    """Number of characters that are invisible, or not what they look like."""
    return noise.disguised(row.text, row.lang)


MEASURES: Mapping[str, Callable[[Row], float | None]] = {
    "foreign-letters": foreign_letters,
    "purity": purity,
    "language": language,
    "unknown": components.unknown,
    "loops": loops,
    "repetition": components.repetition,
    "cut-off": cut_off,
    "unfinished": unfinished,
    "chatter": chatter,
    "echo": echo,
    "too-short": letters,
    "too-long": characters,
    "emoji": emoji,
    "laughs": laughs,
    "laughter": laughter,
    "symbols": symbols,
    "code": code,
    "disguised": disguised,
}
"""What each gate measures, by the gate's name."""


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
