"""Where a joke is set up and where its punchline begins, and whether a text gives it away."""

from dataclasses import dataclass

import regex

from semeval_humor.data.lexicon import zipf
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text.scripts import to_simplified
from semeval_humor.text.tokens import words

# A sentence ends after its marks and the quotes that they close, or with its line. A point within
# a number or an abbreviation ends none.
_SENTENCE = regex.compile(
    r"(?:[^\n.!?。！？…]|(?<=\d)\.(?=\d)|(?<=\b\p{L})\.(?=\p{L}\b)|(?<=\b\p{L}\.\p{L})\.|"
    r"(?i:(?<=\b(?:mr|mrs|ms|dr|dra|st|sr|sra|vs))\.))++"
    r"(?:[.!?。！？…]++[\"'”’」』)）]*+)?|[.!?。！？…]++"
)
_CLAUSE = regex.compile(r"(?:[^,;:，；：—–]|(?<=\d)[,:](?=\d))++[,;:，；：—–]*+")
_LAUGHTER = regex.compile(
    r"(?i)(?:\b(?:b?(?:ha){2,}h?|(?:he){2,}|(?:j[aeio]){2,}j?|lo+l|lmf?ao|rofl|xd+)\b|[哈呵嘿嘻]{2,})"
    r"[!！~]*+"
)
_HASHTAG = regex.compile(r"#[\p{L}\p{N}_]++")
# Words more common than this are of no subject: function words, be, have, do.
_COMMON = 6.0


@dataclass(frozen=True, slots=True)
class JokeParts:
    """A joke in two.

    Attributes:
        setup: what comes first, a line for each sentence or clause; empty only where there is none.
        punchline: the last sentence, or of a single sentence the last clause, or else its last
            half, as what surprises comes last.
        broken: the joke has no break, and was divided in its middle.
    """

    setup: str
    punchline: str
    broken: bool = False


def split_joke(joke: str, lang: Lang) -> JokeParts:
    """Divide a joke before its punchline; laughter and hashtags are of neither part."""
    text = _LAUGHTER.sub("", _HASHTAG.sub("", joke))
    for pieces in (_pieces(_SENTENCE, text), _pieces(_CLAUSE, text)):
        if len(pieces) > 1:
            return JokeParts("\n".join(pieces[:-1]), pieces[-1])
    return _halves(text.strip(), lang)


def sentences(text: str) -> list[str]:
    """Sentences of a text, each with a letter or digit, without the spaces around them."""
    return _pieces(_SENTENCE, text)


def clauses(text: str) -> list[str]:
    """Parts of a sentence between commas, colons and dashes, each with a letter or digit."""
    return _pieces(_CLAUSE, text)


def has_laughter(text: str) -> bool:
    """Whether somebody laughs in letters: haha, jajaja, 哈哈."""
    return _LAUGHTER.search(text) is not None


def giveaway(headline: str, joke: str, lang: Lang) -> float:
    """Share of the punchline's own words that a headline says, in [0, 1]. Lower is better.

    Its own words are those that the set-up does not have, without the most common ones of the
    language. 0 where it has none.
    """
    parts = split_joke(joke, lang)
    own = _subjects(parts.punchline, lang) - _subjects(parts.setup, lang)
    return len(own & _subjects(headline, lang)) / len(own) if own else 0.0


def _pieces(pattern: regex.Pattern[str], text: str) -> list[str]:
    found = (match[0].strip() for match in pattern.finditer(text))
    return [piece for piece in found if any(map(str.isalnum, piece))]


def _halves(text: str, lang: Lang) -> JokeParts:
    if LANGUAGES[lang].spaced:
        found = text.split()
        half = (len(found) + 1) // 2
        return JokeParts(" ".join(found[:half]), " ".join(found[half:]), broken=True)
    half = (len(text) + 1) // 2
    return JokeParts(text[:half], text[half:], broken=True)


def _subjects(text: str, lang: Lang) -> set[str]:
    folded = to_simplified(text) if lang is Lang.ZH else text
    return {word for word in words(folded, lang) if zipf(word, lang) < _COMMON}
