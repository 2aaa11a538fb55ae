"""Spanish verbs and nouns, told by their lemmas and the words around them.

A verb is a form whose lemma is an infinitive, and an infinitive is a word in -ar, -er or -ir whose
gerund exists: *hablar* is one (hablando), *hogar* is none. Forms that are also nouns (la cocina, él
cocina) are decided by the word before them. A noun stands after an article, a possessive or a
preposition, and is neither an adjective nor a participle.
"""

from collections.abc import Sequence
from functools import lru_cache, partial

import regex

from semeval_humor.data.lexicon import (
    FoundWord,
    Kind,
    Token,
    dictionary_lemma,
    tokens_of,
    word_at,
    word_set,
    zipf,
)
from semeval_humor.schema import Lang

# Forms that are rarer than this, as zipf values, are misspelt or made up.
_LEAST_KNOWN = 1.5
_LEAST_KNOWN_INFINITIVE = 1.0

_set = partial(word_set, Lang.ES)
_LIGHT, _OTHERS, _ADJECTIVES = _set("light"), _set("others"), _set("adjectives")
_NO_INFINITIVES, _PARTICIPLE_NOUNS = _set("no_infinitives"), _set("participle_nouns")
_HAVE, _BEFORE_VERBS, _PREPOSITIONS = _set("have"), _set("before_verbs"), _set("prepositions")
_ARTICLES, _BEFORE_NOUNS = _set("articles"), _set("articles", "numbers") | {"la", "los", "las"}

_NO_NOUN = regex.compile(
    r".{3,}(?:mente|osos?|osas?|ables?|ibles?|ísim[oa]s?|ivos?|ivas?|ando|iendo)"
)
_NOUN = regex.compile(r".{2,}(?:ción|ciones|sión|siones|dad|dades|ismo|ista|istas|miento)")
_PARTICIPLE = regex.compile(r"(.{2,})([ai])d[oa]s?")
_WITH_PRONOUN = regex.compile(r".+r(?:[mts]e|[nl]os|l[aoe]s?)")
_CLITICS = regex.compile(r"(?:(?:me|te|se|nos|os)?(?:l[oae]s?)|me|te|se|nos|os)")
# Ends of forms of the present that may be nouns as well: la cocina, el trabajo, las compras.
_PRESENT = (("an", "ar"), ("as", "ar"), ("a", "ar"), ("en", "er"), ("en", "ir"), ("es", "er"))
_PRESENT_ENDS = (*_PRESENT, ("es", "ir"), ("e", "er"), ("e", "ir"), ("o", "ar"), ("o", "er"))
# Those of the past are never nouns, though the dictionary lacks some.
_PRETERITE_ENDS = (("é", "ar"), ("ó", "ar"), ("í", "er"), ("í", "ir"), ("ió", "er"), ("ió", "ir"))
_WITHOUT_ACCENTS = str.maketrans("áéíóú", "aeiou")


def can_be(word: str, kind: Kind) -> bool:
    """Whether a word, in whatever form, can be a verb or a noun."""
    folded = word.casefold()
    if kind is Kind.VERB:
        return verb_lemma(folded) is not None or noun_or_verb_lemma(folded) is not None
    return _can_be_noun(folded)


def find_words(text: str) -> list[FoundWord]:
    """Verbs and nouns whose neighbours leave little doubt, in order."""
    tokens = list(tokens_of(text))
    found = [_judge(tokens, place) for place in range(len(tokens))]
    return [word for word in found if word is not None]


@lru_cache(maxsize=65536)
def verb_lemma(word: str) -> str | None:
    """Infinitive of a form that is first of all a verb; None for other words.

    Pronouns that are joined to it go: contarle, contar; levantándose, levantar.
    """
    if word in _LIGHT:
        return word
    if word in _OTHERS or len(word) < 3 or not word.isalpha():
        return None
    if _WITH_PRONOUN.fullmatch(word):
        return _without_pronouns(word)  # verte is ver, though the dictionary says verter
    lemma = dictionary_lemma(word, Lang.ES)
    for form in (lemma, lemma.removesuffix("se")):
        if is_infinitive(form):
            return form
    return _infinitive(word, _PRETERITE_ENDS) or _without_pronouns(word)


@lru_cache(maxsize=65536)
def noun_or_verb_lemma(word: str) -> str | None:
    """Infinitive of a form that is a noun as well (trabajo, cocina); None for other words."""
    if word in _OTHERS or word in _ADJECTIVES:
        return None
    return _infinitive(word, _PRESENT_ENDS)


def _infinitive(word: str, ends: Sequence[tuple[str, str]]) -> str | None:
    """Infinitive of a form with one of the given ends, each with the infinitive's own."""
    for end, infinitive_end in ends:
        infinitive = word.removesuffix(end) + infinitive_end
        if word.endswith(end) and is_infinitive(infinitive):
            return infinitive
    return None


@lru_cache(maxsize=65536)
def is_infinitive(word: str) -> bool:
    """Whether a word is an infinitive, which it is if its gerund exists."""
    plain = word.translate(_WITHOUT_ACCENTS)
    if word in _LIGHT or word in {"oír", "reír", "ir"}:
        return True
    if len(word) < 4 or word in _NO_INFINITIVES or plain[-2:] not in {"ar", "er", "ir"}:
        return False
    if zipf(word, Lang.ES) < _LEAST_KNOWN_INFINITIVE:
        return False
    stem = word[:-2]
    gerunds = [f"{stem}ando"] if plain.endswith("ar") else [f"{stem}iendo", f"{stem}yendo"]
    return any(
        dictionary_lemma(form, Lang.ES) == word or zipf(form, Lang.ES) >= _LEAST_KNOWN
        for form in gerunds
    ) or (len(word) > 4 and dictionary_lemma(f"{stem}ía", Lang.ES) == word)


@lru_cache(maxsize=65536)
def is_participle(word: str) -> bool:
    """Whether a word is the participle of a verb, in whatever gender and number."""
    match = _PARTICIPLE.fullmatch(word)
    if not match:
        return False
    ends = ("ar",) if match[2] == "a" else ("er", "ir")
    return any(is_infinitive(match[1] + end) for end in ends)


def _without_pronouns(word: str) -> str | None:
    for size in (2, 3, 4, 5):
        stem, tail = word[:-size].translate(_WITHOUT_ACCENTS), word[-size:]
        if len(stem) > 2 and _CLITICS.fullmatch(tail):
            if is_infinitive(stem):
                return stem
            if stem.endswith("ndo") and is_infinitive(lemma := dictionary_lemma(stem, Lang.ES)):
                return lemma
    return None


@lru_cache(maxsize=65536)
def _can_be_noun(word: str) -> bool:
    if word in _OTHERS or word in _ADJECTIVES or not word.isalpha() or len(word) < 3:
        return False
    if _NOUN.fullmatch(word):
        return True
    if word in _PARTICIPLE_NOUNS:
        return True
    if _NO_NOUN.fullmatch(word) or is_participle(word) or verb_lemma(word) is not None:
        return False
    return zipf(word, Lang.ES) >= _LEAST_KNOWN or dictionary_lemma(word, Lang.ES) != word


def _judge(tokens: Sequence[Token], place: int) -> FoundWord | None:
    token = tokens[place]
    if token.name or token.word in _OTHERS or token.word in _ADJECTIVES:
        return None
    lemma = _verb_here(tokens, place)
    if lemma is not None:
        kept = lemma not in _LIGHT
        return FoundWord(Kind.VERB, token.form, lemma, token.start) if kept else None
    if _can_be_noun(token.word) and _noun_here(tokens, place):
        return FoundWord(Kind.NOUN, token.form, token.word, token.start)
    return None


def _verb_here(tokens: Sequence[Token], place: int) -> str | None:
    """Infinitive of a word that its neighbours make a verb; None for other words."""
    word, before = tokens[place].word, word_at(tokens, place - 1)
    lemma = verb_lemma(word)
    if lemma is not None:
        if is_participle(word) and before not in _HAVE:
            return None
        if lemma == "pesar" and before == "a":
            return None  # a pesar de
        return None if before in _ARTICLES - {"al"} else lemma
    return noun_or_verb_lemma(word) if before in _BEFORE_VERBS else None


def _noun_here(tokens: Sequence[Token], place: int) -> bool:
    at = place - 1
    while at >= place - 2 and word_at(tokens, at) in _ADJECTIVES:
        at -= 1
    before = word_at(tokens, at)
    if before in _BEFORE_NOUNS:
        return True
    return before in _PREPOSITIONS and noun_or_verb_lemma(tokens[place].word) is None
