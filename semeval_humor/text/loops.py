"""Text that goes in circles: the same letters, words or phrase over and over."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from operator import eq

import regex

from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text.tokens import CLUSTER, WORD, ngrams, split_words, tokenize

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
# What follows from these and the periods; see _repeats_a_stretch.
_MIN_STRETCH = 9

_LAUGHTER = regex.compile(
    r"(?:[aeio]?+(?:[hj][aeio])++[hj]?+|[aeio][hj]|lo|ol|lol|x+d+|[哈呵嘿嘻嘎])", regex.I
)
_ANY_CLUSTER = regex.compile(r"\X")
_NO_CLUSTER = regex.compile(r"[\s\p{Cc}\p{Cf}]++")  # what CLUSTER passes over


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
    found: list[Loop] = []
    folded = text.casefold()
    if LANGUAGES[lang].spaced:
        if _may_loop_in_words(folded):
            found += _loops(text, _ANY_CLUSTER, _CHARACTER_PERIODS, "", _is_character_loop)
        if _may_loop_over_words(folded):
            found += _loops(text, WORD, _WORD_PERIODS, " ", _is_token_loop)
    elif _repeats_a_stretch(_NO_CLUSTER.sub("", folded)):
        found += _loops(text, CLUSTER, _CHARACTER_PERIODS, "", _is_character_loop)
        found += _loops(text, CLUSTER, _PHRASE_PERIODS, "", _is_token_loop)
    return sorted(found, key=lambda loop: (loop.start, loop.end))


def repetition(text: str, lang: Lang) -> float:
    """Share of n-grams that have occurred before in the text, in [0, 1).

    The n-grams are pairs of words, or triples of Chinese characters. 0 where none repeats, as in
    every text with fewer than two of them. Human jokes average 0.01 to 0.02; 99% stay below 0.23.
    """
    grams = list(ngrams(tokenize(text.casefold(), lang), ORDER[lang]))
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


# Few texts have a loop, so each search is preceded by what every loop must have. Folded case is
# coarser than the lower case in which loops are searched for: what is equal there is equal here.


def _may_loop_in_words(folded: str) -> bool:
    """Whether characters may loop: only where no space is, and in a long piece."""
    pieces = folded.split()
    if max(map(len, pieces), default=0) < _MIN_LETTERS:
        return False
    return any(len(piece) >= _MIN_LETTERS and _repeats_a_stretch(piece) for piece in pieces)


def _repeats_a_stretch(text: str) -> bool:
    """Whether any 9 neighbouring characters come again, as they do in each loop of characters.

    A loop of n characters with a period of p repeats n - p of them, p further on. It has at least
    13 characters and three units: 13 - p is 9 or more for p up to 4, and 3p - p from 5 on, as it
    is for the longer phrases. What a reader sees as one character is one code point or more.
    """
    size = _MIN_STRETCH
    stretches = [text[start : start + size] for start in range(len(text) - size + 1)]
    return len(set(stretches)) < len(stretches)


def _may_loop_over_words(folded: str) -> bool:
    """Whether words may loop: some word then follows the same word three times or more.

    It does where a phrase is said three times, or one word four times; by then, three words or
    more, and two pairs or more, have been there before.
    """
    words = split_words(folded)
    if len(words) - len(set(words)) < 3:
        return False
    pairs = list(pairwise(words))
    return len(pairs) - len(set(pairs)) >= 2 and max(Counter(pairs).values()) >= 3


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
