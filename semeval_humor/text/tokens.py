"""Words, characters and n-grams: the one definition of a token that every count is made with."""

import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import regex

from semeval_humor.errors import ConfigError
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang

# An apostrophe stays inside its word (don't), a comma or point inside its number (1,000.5);
# a hyphen divides, so that "well-known" and "well known" are the same tokens.
WORD = regex.compile(
    r"\d++(?:[.,]\d++)*+[\p{L}\p{M}]*+|[\p{L}\p{M}\p{N}]++(?:'[\p{L}\p{M}\p{N}]++)*+"
)
_ALPHANUMERIC = regex.compile(r"[\p{L}\p{N}]")
# Most English and Spanish texts are Latin-1 but for some punctuation and pictographs, and in it a
# table of 256 bytes finds all words at once: letters, digits and apostrophes stay; the rest, and
# the "?" for what is not Latin-1, become spaces.
_LATIN = "latin-1"
_DIVIDED = bytes(
    byte if chr(byte).isalnum() or chr(byte) == "'" else ord(" ") for byte in range(256)
)
_NO_LETTERS = bytes(
    byte for byte in range(256) if not chr(byte).isalnum() and byte not in b" \t\n\v\f\r"
)
_DIVIDING = "\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2600-\u26ff\U0001f300-\U0001faff"
# What the table cannot tell: letters beyond Latin-1, and that 1,000.5 is one word, 80's and 5kg7
# are two. Most texts hold no digit either, which one set tells faster.
_UNCLEAR = re.compile(rf"[0-9](?:[.,][0-9]|['a-z\x80-\xff])|[^\0-\xff{_DIVIDING}]")
_MAY_BE_UNCLEAR = re.compile(rf"[^\0-/:-\xff{_DIVIDING}]")
# A grapheme cluster is what a reader sees as one character: a family emoji, a flag, a letter with
# its accent. Clusters of spaces, controls and format characters are no characters to a reader.
CLUSTER = regex.compile(r"(?![\s\p{Cc}\p{Cf}])\X")


def words(text: str, lang: Lang) -> list[str]:
    """Words of a text in order, without punctuation, spaces and emoji.

    Compatibility forms are folded (full-width ＡＢ is ab), case too, and curly apostrophes become
    straight. Chinese is divided by rjieba when it is installed, else by jieba; they agree.

    Args:
        text: anything; a text without letters and digits has no words.
        lang: decides how words are found.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    if LANGUAGES[lang].spaced:
        return split_words(folded)
    return [word for word in _chinese_cutter()(folded) if _ALPHANUMERIC.search(word)]


def split_words(folded: str) -> list[str]:
    """Return what :data:`WORD` finds in a case-folded text, twice as fast for most texts."""
    unclear = _MAY_BE_UNCLEAR.search(folded) and _UNCLEAR.search(folded)
    if unclear or "''" in folded:
        found: list[str] = WORD.findall(folded)
        return found
    divided = folded.encode(_LATIN, "replace").translate(_DIVIDED).decode(_LATIN)
    if "'" not in divided:
        return divided.split()
    # An apostrophe belongs to a word only between its letters.
    return [word for piece in divided.split() if (word := piece.strip("'"))]


def fewest_words(text: str) -> int:
    """At most as many as the text has words: its pieces between spaces with a Latin letter."""
    return len(text.encode(_LATIN, "replace").translate(None, _NO_LETTERS).split())


def characters(text: str) -> list[str]:
    """Visible characters of a text in order, punctuation included, spaces not.

    A character is a grapheme cluster: an emoji with its modifiers counts once.
    """
    found: list[str] = CLUSTER.findall(text)
    return found


def tokenize(text: str, lang: Lang) -> list[str]:
    """Tokens for n-gram statistics: words for languages with spaces, characters for Chinese."""
    return words(text, lang) if LANGUAGES[lang].spaced else characters(text)


def ngrams(tokens: Sequence[str], n: int) -> Iterator[tuple[str, ...]]:
    """Yield each run of ``n`` tokens in order; none where there are fewer than ``n``.

    Raises:
        ConfigError: ``n`` is below 1.
    """
    if n < 1:
        raise ConfigError(f"n-grams of {n} tokens, expected 1 or more")
    return zip(*(tokens[start:] for start in range(n)), strict=False)


def jieba_cutter() -> Callable[[str], Iterable[str]]:
    """Return jieba's cut, with its dictionary loaded and its log silenced."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    return lambda text: jieba.cut(text)


@cache
def _chinese_cutter() -> Callable[[str], Iterable[str]]:
    try:
        import rjieba
    except ImportError:
        return jieba_cutter()
    return lambda text: rjieba.cut(text)
