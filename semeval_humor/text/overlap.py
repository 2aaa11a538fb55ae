"""How much of its headline a joke repeats, and whether it is nothing but the headline."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from semeval_humor.errors import DataError
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text.scripts import to_simplified
from semeval_humor.text.tokens import fewest_words, ngrams, tokenize

ORDER = 2
"""Length of the n-grams that are compared, in tokens."""

MAX_ADDED = 0.1
"""A copy adds at most this share of the headline's tokens: a one-word punchline is a joke."""

MIN_KEPT = 0.5
"""A copy keeps at least this share of the headline's tokens."""

_HAN = re.compile("[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a joke repeats of a headline.

    Attributes:
        share: part of the headline's different n-grams that occur in the joke, in [0, 1].
        run: longest run of tokens in both, relative to the headline's tokens, in [0, 1].
    """

    share: float
    run: float


def headline_overlap(joke: str, headline: str, lang: Lang) -> Overlap:
    """Measure how much of the headline the joke repeats.

    Case, punctuation and the Simplified or Traditional form do not matter. A headline of a
    single token is compared by that token.

    Raises:
        DataError: the headline has no token, which leaves the shares undefined.
    """
    wanted, given = _headline_tokens(headline, lang), _content_tokens(joke, lang)
    order = min(ORDER, len(wanted))
    grams = set(ngrams(wanted, order))
    shared = grams.intersection(ngrams(given, order))
    return Overlap(len(shared) / len(grams), _longest_run(wanted, given) / len(wanted))


def is_copy(joke: str, headline: str, lang: Lang) -> bool:
    """Whether the joke is the headline, or a part of it, with next to nothing added.

    Repeating the headline before a punchline is no copy, nor is a headline with its words
    turned round or, where it is short, with one word exchanged.

    Raises:
        DataError: the headline has no token.
    """
    # Most jokes are too long, which shows before they are divided. A headline without a token has
    # no room for anything, and is refused below.
    if _fewest_tokens(joke, lang) > _most_tokens(headline, lang) * (1 + MAX_ADDED) > 0:
        return False
    wanted, given = _headline_tokens(headline, lang), _content_tokens(joke, lang)
    if len(given) > len(wanted) * (1 + MAX_ADDED):
        return False  # also keeps the comparison below, which is quadratic, to short texts
    known = set(wanted)
    if not _is_kept(sum(token in known for token in given), wanted, given):
        return False  # whatever the order, that is the most it can keep
    matcher = SequenceMatcher(None, wanted, given, autojunk=False)
    kept = sum(block.size for block in matcher.get_matching_blocks())
    return _is_kept(kept, wanted, given)


def _is_kept(kept: int, wanted: list[str], given: list[str]) -> bool:
    return len(given) - kept <= MAX_ADDED * len(wanted) and kept >= MIN_KEPT * len(wanted)


def _fewest_tokens(text: str, lang: Lang) -> int:
    """At most as many as the text has tokens, and faster: in Chinese, its Han characters."""
    return fewest_words(text) if LANGUAGES[lang].spaced else sum(map(len, _HAN.findall(text)))


def _most_tokens(text: str, lang: Lang) -> int:
    """At least as many as the text has tokens: in Chinese, its letters and digits.

    Turning Traditional into Simplified exchanges characters one by one.
    """
    if LANGUAGES[lang].spaced:
        return len(_content_tokens(text, lang))
    return sum(map(str.isalnum, text.casefold()))


def _headline_tokens(headline: str, lang: Lang) -> list[str]:
    found = _content_tokens(headline, lang)
    if not found:
        raise DataError(f"headline {headline!r} has no word to compare, expected at least one")
    return found


def _content_tokens(text: str, lang: Lang) -> list[str]:
    """Tokens that hold a letter or digit, with Chinese folded to Simplified."""
    folded = to_simplified(text).casefold() if lang is Lang.ZH else text
    return [
        token for token in tokenize(folded, lang) if token.isalnum() or any(map(str.isalnum, token))
    ]


def _longest_run(left: list[str], right: list[str]) -> int:
    """Length of the longest list of tokens that is a slice of both."""
    places: dict[str, list[int]] = {}
    for place, token in enumerate(left):
        places.setdefault(token, []).append(place)
    longest = 0
    ending: dict[int, int] = {}  # place in left -> length of the common run that ends there
    for token in right:
        ending = {place: ending.get(place - 1, 0) + 1 for place in places.get(token, ())}
        longest = max(longest, *ending.values(), 0)
    return longest
