"""Whether a word that a prompt demands is in the joke, and in which form."""

import unicodedata
from collections.abc import Callable
from enum import StrEnum
from functools import cache, lru_cache

import regex

from semeval_humor.errors import DataError
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text import tokens
from semeval_humor.text.irregular import BASE_OF
from semeval_humor.text.scripts import to_simplified

_LETTER = regex.compile(r"\w")
_STEMMERS = {Lang.EN: "english", Lang.ES: "spanish"}
# Shorter stems fall together for words that have nothing to do with each other (cas: casa, caso).
_MIN_STEM = 4
_MAX_GAP = 6
# What begins the part between the halves of a split verb: an aspect or a complement (洗了个澡),
# a count (见一面), a question (打什么球) or whose it is (帮你的忙).
_GAP_START = "了着过完好起上下到成错够个一两三几半不得什啥点我你您他她它谁这那"


class Inclusion(StrEnum):
    """How a demanded word occurs."""

    EXACT = "exact"
    INFLECTED = "inflected"
    MISSING = "missing"


def inclusion(word: str, text: str, lang: Lang) -> Inclusion:
    """How ``word`` occurs in ``text``.

    EXACT is verbatim but for case, as whole words in English and Spanish and as a part of the
    text in Chinese, where Simplified and Traditional forms are the same. INFLECTED is, in English
    and Spanish, a form with the same lemma or stem (mouse, mice); in Chinese a two-character verb
    with something between its halves (洗澡, 洗了个澡), or a verb and its object apart (拔掉插头,
    把插头拔掉). An English or Spanish ``word`` of several words must occur as neighbours in order.

    Raises:
        DataError: ``word`` has no letter or digit, so nothing could include it.
    """
    if not any(map(str.isalnum, word)):
        raise DataError(
            f"word {word!r} has no letter or digit, expected a word that a joke can use"
        )
    word, text = _fold(word, lang), _fold(text, lang)
    if _occurs(word, text, lang):
        return Inclusion.EXACT
    if LANGUAGES[lang].spaced:
        varied = _inflected(word, text, lang)
    else:
        varied = _split(word, text) or _turned_round(word, text, lang)
    return Inclusion.INFLECTED if varied else Inclusion.MISSING


def _fold(text: str, lang: Lang) -> str:
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().replace("’", "'").split())
    return to_simplified(folded) if lang is Lang.ZH else folded


def _occurs(word: str, text: str, lang: Lang) -> bool:
    if not LANGUAGES[lang].spaced:
        return word in text
    # A pattern for each word would take longer to compile than all texts take to search.
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not _LETTER.match(text[start - 1 : start]) and not _LETTER.match(text[end : end + 1]):
            return True
        start = text.find(word, start + 1)
    return False


def _inflected(word: str, text: str, lang: Lang) -> bool:
    wanted = tokens.words(word, lang)
    return any(
        all(_related(w, g, lang) for w, g in zip(wanted, gram, strict=True))
        for gram in tokens.ngrams(tokens.words(text, lang), len(wanted))
    )


def _related(left: str, right: str, lang: Lang) -> bool:
    if left == right:
        return True
    (lemmas, stem), (other_lemmas, other_stem) = _roots(left, lang), _roots(right, lang)
    return not lemmas.isdisjoint(other_lemmas) or (stem == other_stem and len(stem) >= _MIN_STEM)


@lru_cache(maxsize=65536)
def _roots(word: str, lang: Lang) -> tuple[frozenset[str], str]:
    """Return the lemmas and the stem."""
    import simplemma

    # A possessive has the lemma of its noun, which the dictionary does not know by itself.
    word = word.removesuffix("'s")
    stem = _stemmer(lang)(word)
    if lang is Lang.ES:
        # Spanish keeps the sound and changes the letter: lanzar, lance; pagar, pague.
        stem = regex.sub(r"(?:z|qu)$", "c", regex.sub(r"gu$", "g", stem))
    lemmas = {simplemma.lemmatize(word, lang=str(lang)).casefold()}
    if lang is Lang.EN and word in BASE_OF:
        lemmas.add(BASE_OF[word])  # the dictionary takes broke for an adjective
    return frozenset(lemmas), stem


@cache
def _stemmer(lang: Lang) -> Callable[[str], str]:
    import snowballstemmer

    stem: Callable[[str], str] = snowballstemmer.stemmer(_STEMMERS[lang]).stemWord
    return stem


def _split(word: str, text: str) -> bool:
    """Whether the halves of a two-character Chinese verb occur apart, as 见了一面 for 见面."""
    if len(word) != 2:
        return False
    first, second = map(regex.escape, word)
    gap = rf"[{_GAP_START}]\p{{Han}}{{0,{_MAX_GAP - 1}}}?"
    return regex.search(first + gap + second, text) is not None


def _turned_round(word: str, text: str, lang: Lang) -> bool:
    """Whether the words of a Chinese phrase all occur, in whatever order."""
    parts = tokens.words(word, lang)
    return len(parts) > 1 and all(len(part) > 1 and part in text for part in parts)
