"""Text that goes in circles: the same letters, words or phrase over and over."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import eq

import regex

from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text.tokens import CLUSTER, WORD, ngrams, tokenize

ORDER = {Lang.EN: 2, Lang.ES: 2, Lang.ZH: 3}
"""Length of the n-grams that :func:`repetition` counts, in tokens."""

_CHARACTER_PERIODS = range(1, 9)  # hahaha has a unit of 2 characters, moviemovie of 5
_WORD_PERIODS = range(1, 17)
_PHRASE_PERIODS = range(9, 33)  # in Chinese characters; shorter units are runs of characters

# What people write stays below these: among 38,000 human jokes, a loop is found in 0.3%.
_MIN_LETTERS = 13
_MIN_OTHER_CHARACTERS = 25  # laughter, dots, dashes, zeros
_MIN_WORDS, _MIN_WORDS_AT_END = 5, 4
_MIN_LAUGHTER_WORDS = 13
_MIN_PHRASES, _MIN_PHRASES_AT_END = 4, 3

_LAUGHTER = regex.compile(
    r"(?:[aeio]?+(?:[hj][aeio])++[hj]?+|[aeio][hj]|lo|ol|lol|x+d+|[哈呵嘿嘻嘎])", regex.I
)
_ANY_CLUSTER = regex.compile(r"\X")


class LoopKind(StrEnum):
    """What repeats."""

    CHARACTERS = "characters"
    TOKENS = "tokens"
    TAIL = "tail"


@dataclass(frozen=True, slots=True)
class Loop:
    """A unit that is said again and again without a break.

    Attributes:
        kind: CHARACTERS where up to 8 characters repeat, else TOKENS, or TAIL where the tokens go
            on to the end of the text, as those of a model that cannot stop.
        unit: what repeats, in lower case.
        count: how often it stands there in full.
        start: index where the loop starts.
        end: index after it; a last, incomplete unit is included.
    """

    kind: LoopKind
    unit: str
    count: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Run:
    """Tokens from ``start`` to ``end``, each equal to the one ``period`` places before it."""

    unit: tuple[str, ...]
    start: int
    end: int
    at_end: bool

    @property
    def count(self) -> int:
        return (self.end - self.start) // len(self.unit)


def find_loops(text: str, lang: Lang) -> list[Loop]:
    """Loops of a text, by position, each with its shortest unit.

    Up to 8 characters that repeat are a loop from 13 characters on, or from 25 where they are
    laughter or no letters; in languages with spaces they do so within a word. One word is a loop
    from 5 times on, or 4 at the end of the text, or 13 where it laughs. A phrase of up to 16 words
    or 9 to 32 Chinese characters is one from 4 times on, or 3 at the end. Time grows in proportion
    to the length.
    """
    if LANGUAGES[lang].spaced:
        letters, tokens, periods, joint = _ANY_CLUSTER, WORD, _WORD_PERIODS, " "
    else:
        letters, tokens, periods, joint = CLUSTER, CLUSTER, _PHRASE_PERIODS, ""
    found = [
        *_loops(text, letters, _CHARACTER_PERIODS, "", _is_character_loop),
        *_loops(text, tokens, periods, joint, _is_token_loop),
    ]
    return sorted(found, key=lambda loop: (loop.start, loop.end))


def repetition(text: str, lang: Lang) -> float:
    """Share of n-grams that have occurred before in the text, in [0, 1).

    The n-grams are pairs of words, or triples of Chinese characters. 0 where none repeats, as in
    every text with fewer than two of them. Human jokes average 0.01 to 0.02; 99% stay below 0.23.
    """
    grams = list(ngrams(tokenize(text.casefold(), lang), ORDER[lang]))
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def _loops(
    text: str,
    pattern: regex.Pattern[str],
    periods: range,
    joint: str,
    is_loop: Callable[[_Run], bool],
) -> Iterator[Loop]:
    spans = [match.span() for match in pattern.finditer(text)]
    for run in _runs([text[start:end].lower() for start, end in spans], periods):
        if is_loop(run):
            kind = LoopKind.TAIL if run.at_end else LoopKind.TOKENS
            if is_loop is _is_character_loop:
                kind = LoopKind.CHARACTERS
            start, end = spans[run.start][0], spans[run.end - 1][1]
            yield Loop(kind, joint.join(run.unit), run.count, start, end)


def _runs(tokens: Sequence[str], periods: range) -> Iterator[_Run]:
    """Yield the longest stretches that hold a unit three times or more; units do not repeat."""
    for period in periods:
        # Byte i says whether token i comes again a period later. Three units are two periods of
        # ones, and bytes are searched far faster than a loop over the tokens would go.
        again = bytes(map(eq, tokens, tokens[period:]))
        start = again.find(b"\1" * (2 * period))
        while start >= 0:
            stop = again.find(b"\0", start)
            end = (stop if stop >= 0 else len(again)) + period
            unit = tuple(tokens[start : start + period])
            if not _repeats(unit):
                yield _Run(unit, start, end, at_end=end == len(tokens))
            start = again.find(b"\1" * (2 * period), end - period)


def _repeats(unit: tuple[str, ...]) -> bool:
    """Whether a unit is itself several times a shorter one."""
    size = len(unit)
    return any(
        size % part == 0 and unit == unit[:part] * (size // part)
        for part in range(1, size // 2 + 1)
    )


def _is_character_loop(run: _Run) -> bool:
    unit = "".join(run.unit)
    if any(map(str.isspace, unit)):
        return False  # words that repeat
    plain = any(map(str.isalpha, unit)) and not _LAUGHTER.fullmatch(unit)
    return run.end - run.start >= (_MIN_LETTERS if plain else _MIN_OTHER_CHARACTERS)


def _is_token_loop(run: _Run) -> bool:
    if len(run.unit) > 1:
        return run.count >= (_MIN_PHRASES_AT_END if run.at_end else _MIN_PHRASES)
    if _LAUGHTER.fullmatch(run.unit[0]):
        return run.count >= _MIN_LAUGHTER_WORDS
    return run.count >= (_MIN_WORDS_AT_END if run.at_end else _MIN_WORDS)
