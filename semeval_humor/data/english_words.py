"""English verbs and nouns, told by their inflections, small closed lists and their neighbours.

A word is a regular verb if its -ed and -ing forms are not much rarer than itself: *hammered* is,
*tabled* is not. Irregular verbs are listed. A word can be a noun unless it is listed as something
else, or looks like an adjective or adverb. In a text, the words around it decide which it is.
"""

from collections.abc import Iterator, Sequence
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
from semeval_humor.text.irregular import BASE_OF, PASTS

# How much rarer, in powers of ten, the rarer of -ed and -ing may be than a verb itself, and a
# superlative than an adjective.
_MAX_RARER = 1.9
_MAX_RARER_SUPERLATIVE = 2.3
# Forms that are rarer than this, as zipf values, are misspelt or made up.
_LEAST_KNOWN = 1.5
# wordfreq knows no form of words that are rarer than this, as of deseed.
_RARE = 2.5

_set = partial(word_set, Lang.EN)
_BASES, _NO_PASTS, _PURE_VERBS = _set("bases"), _set("no_pasts"), _set("pure_verbs")
_LIGHT, _OTHERS, _ADJECTIVES = _set("light"), _set("others"), _set("adjectives")
_MODALS, _AUXILIARIES, _ADVERBS = _set("modals"), _set("auxiliaries"), _set("adverbs")
_PRONOUNS, _THIRD = _set("pronouns"), _set("third")
_PARTICIPLE_STARTS, _BE, _BEFORE_GERUNDS = _set("have", "be"), _set("be"), _set("before_gerunds")
_ARTICLES, _DETERMINERS = _set("articles"), _set("articles", "determiners")
_BEFORE_NOUNS = _set("articles", "determiners", "numbers")
_BEFORE_OBJECTS, _PREPOSITIONS = _set("articles", "determiners", "objects"), _set("prepositions")

_NO_NOUN = regex.compile(r".{2,}(?:ly|ful|ous|ive|less|able|ible|ish|n't|'\w+)")
_NOUN = regex.compile(r".{2,}(?:tion|sion|ness|ment|ity|ship|ism|ist|ance|ence|ology|hood)s?")
_DOUBLED = regex.compile(r".*[^aeiou][aeiou][bdgklmnprtvz]")
_ENDS_IN_Y = regex.compile(r".*[^aeiou]y")
_SIBILANT = regex.compile(r".*(?:[sxzo]|ch|sh)")
_COMPARED = regex.compile(r"(.{2,}?)(?:er|est)")


def can_be(word: str, kind: Kind) -> bool:
    """Whether a word, in whatever form, can be a verb or a noun."""
    folded = word.casefold()
    if kind is Kind.VERB:
        return folded in _LIGHT or verb_lemma(folded) is not None
    return _can_be_noun(folded)


def find_words(text: str) -> list[FoundWord]:
    """Verbs and nouns whose neighbours leave little doubt, in order."""
    tokens = list(tokens_of(text))
    found = [_judge(tokens, place) for place in range(len(tokens))]
    return [word for word in found if word is not None]


def asked_verb(question: str) -> FoundWord | None:
    """Return the verb of a question that begins with an auxiliary, light verbs included.

    It is the first word after the subject that is no adverb: did the old chicken ever *cross*.
    """
    tokens = list(tokens_of(question))
    for place in range(2, len(tokens)):
        word = tokens[place].word
        if is_base(word) and word not in _ADJECTIVES and _ends_asked_subject(tokens, place - 1):
            if _can_be_noun(word) and verb_lemma(word_at(tokens, place + 1)) is not None:
                continue  # does the coast guard have
            return FoundWord(Kind.VERB, tokens[place].form, word, tokens[place].start)
    return None


def past_tense(base: str) -> str:
    """Past tense of a verb in its base form: cross, crossed; eat, ate; stop, stopped."""
    if base in PASTS:
        return PASTS[base][0]
    return max(_regular(base, "ed"), key=_zipf)


def third_person(base: str) -> str:
    """Form of a verb after he, she or it: cross, crosses; cry, cries; have, has."""
    if base in {"be", "have"}:
        return {"be": "is", "have": "has"}[base]
    if _ENDS_IN_Y.fullmatch(base):
        return f"{base[:-1]}ies"
    return f"{base}es" if _SIBILANT.fullmatch(base) else f"{base}s"


@lru_cache(maxsize=65536)
def verb_lemma(word: str) -> str | None:
    """Base form of a word that can be a form of a full verb; None where it cannot."""
    if word in _OTHERS or not word.isalpha():
        return None
    if word in BASE_OF and word not in _NO_PASTS:
        return BASE_OF[word]
    if is_base(word):
        return word
    bases = [base for base in _bases(word) if is_base(base)]
    lemma = dictionary_lemma(word, Lang.EN)
    return lemma if lemma in bases else max(bases, key=_zipf, default=None)


@lru_cache(maxsize=65536)
def is_base(word: str) -> bool:
    """Whether a word is the base form of a full verb."""
    if word in PASTS or word in _BASES:
        return True
    if len(word) < 3 or word in _OTHERS or word in BASE_OF or word.endswith(("ing", "eed")):
        return False
    known = _zipf(word)
    rarest = min(max(map(_zipf, _regular(word, ending))) for ending in ("ed", "ing"))
    if rarest >= _LEAST_KNOWN:
        return known - rarest <= _MAX_RARER
    return known < _RARE and any(
        form != word and dictionary_lemma(form, Lang.EN) == word for form in _regular(word, "ed")
    )


def _zipf(word: str) -> float:
    return zipf(word, Lang.EN)


def _regular(base: str, ending: str) -> Iterator[str]:
    """Spellings that a base with -ed or -ing may have."""
    if base.endswith("e"):
        yield (base if ending == "ing" and base.endswith("ee") else base[:-1]) + ending
    elif ending == "ed" and _ENDS_IN_Y.fullmatch(base):
        yield f"{base[:-1]}ied"
    else:
        yield base + ending
        if _DOUBLED.fullmatch(base):
            yield base + base[-1] + ending


def _bases(word: str) -> Iterator[str]:
    """Bases that a form in -s, -ed or -ing may have."""
    if word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]
        if word.endswith("ies"):
            yield f"{word[:-3]}y"
        elif word.endswith("es"):
            yield word[:-2]
    for ending in ("ed", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 2:
            yield stem
            yield f"{stem}e"
            if stem[-1] == stem[-2]:
                yield stem[:-1]
            if ending == "ed" and stem.endswith("i"):
                yield f"{stem[:-1]}y"


@lru_cache(maxsize=65536)
def _can_be_noun(word: str) -> bool:
    if word in _OTHERS or word in _ADJECTIVES or not word.isalpha():
        return False
    if _NOUN.fullmatch(word):
        return True
    if _NO_NOUN.fullmatch(word) or _is_adjective(word) or _is_compared(word):
        return False
    lemma = verb_lemma(word)
    past = lemma != word and (word.endswith("ed") or BASE_OF.get(word) == lemma)
    if (lemma is not None and past) or word in _PURE_VERBS or lemma in _PURE_VERBS:
        return False
    return _zipf(word) >= _LEAST_KNOWN or dictionary_lemma(word, Lang.EN) != word


@lru_cache(maxsize=65536)
def _is_adjective(word: str) -> bool:
    """Whether a word has a superlative that is not much rarer: tall, tallest."""
    stem = word[:-1] if word.endswith("e") else word
    forms = [f"{stem}est", f"{stem}{stem[-1:]}est"]
    if word.endswith("y"):
        forms = [f"{word[:-1]}iest"]
    known = max(map(_zipf, forms))
    return known >= 2 and _zipf(word) - known <= _MAX_RARER_SUPERLATIVE


def _is_compared(word: str) -> bool:
    """Whether a word is a comparative or superlative: bigger, easiest."""
    match = _COMPARED.fullmatch(word)
    if not match:
        return False
    stem = match[1]
    return any(map(_is_adjective, (stem, f"{stem}e", stem[:-1], f"{stem[:-1]}y")))


def _judge(tokens: Sequence[Token], place: int) -> FoundWord | None:
    token = tokens[place]
    word = token.word
    if token.name or len(word) < 3 or not word.isalpha() or word in _OTHERS:
        return None
    if word not in _ADJECTIVES and _verb_here(tokens, place):
        return FoundWord(Kind.VERB, token.form, verb_lemma(word) or word, token.start)
    if word not in _LIGHT and _can_be_noun(word) and _noun_here(tokens, place):
        return FoundWord(Kind.NOUN, token.form, word, token.start)
    return None


def _verb_here(tokens: Sequence[Token], place: int) -> bool:
    """Whether the neighbours of a word make it a full verb."""
    word, after = tokens[place].word, word_at(tokens, place + 1)
    lemma = verb_lemma(word)
    if lemma is None or lemma in _LIGHT or word in _LIGHT:
        return False
    at = place - 1
    while _is_adverb(word_at(tokens, at)):
        at -= 1
    before = word_at(tokens, at)
    if before in _DETERMINERS or before in _ADJECTIVES or before.endswith("'s"):
        return False
    object_follows = after in _BEFORE_OBJECTS
    if word.endswith("ing"):
        return before in _BE or (before in _BEFORE_GERUNDS and object_follows)
    if lemma == word and word not in BASE_OF:
        if before in _MODALS or before in _PRONOUNS:
            return True
        if _ends_asked_subject(tokens, at):
            # In "why does the coast guard have", guard is the subject.
            return not (_can_be_noun(word) and (after in _LIGHT or verb_lemma(after) is not None))
        return not before.isalpha() and object_follows
    subject = before in _PRONOUNS or _can_be_noun(before)
    if word.endswith("s"):
        return before in _THIRD or (subject and (object_follows or after in _PREPOSITIONS))
    return before in _PARTICIPLE_STARTS or (subject and not _can_be_noun(after))


def _ends_asked_subject(tokens: Sequence[Token], at: int) -> bool:
    """Whether the word at a place ends the subject of a question: why did the old *chicken*."""
    while _is_adverb(word_at(tokens, at)):
        at -= 1
    last = word_at(tokens, at)
    if last in _PREPOSITIONS or not (last in _PRONOUNS or _can_be_noun(last)):
        return False
    if word_at(tokens, at - 1) in _MODALS - _AUXILIARIES | _PRONOUNS | _ADVERBS:
        return False  # a verb itself: should always raise alarm
    for place in range(at - 1, max(-1, at - 5), -1):
        word = word_at(tokens, place)
        if word in _AUXILIARIES:
            return True
        if not word[0].isalpha() or word in _LIGHT:
            return False
    return False


def _noun_here(tokens: Sequence[Token], place: int) -> bool:
    """Whether the neighbours of a word make it a noun that is the head of its phrase."""
    word, after = tokens[place].word, word_at(tokens, place + 1)
    if _can_be_noun(after) and not _verb_here(tokens, place + 1):
        return False  # the first half of a compound
    either = verb_lemma(word) is not None
    at = place - 1
    while at >= place - 3 and _qualifies(word_at(tokens, at), nouns=not either):
        at -= 1
    before = word_at(tokens, at)
    if either:
        return before in _ARTICLES and (not word.endswith("ing") or at == place - 1)
    if before in _BEFORE_NOUNS or before.endswith("'s"):
        return True
    if word.endswith("s") and dictionary_lemma(word, Lang.EN) != word:
        return True  # a plural
    last = word_at(tokens, place - 1)
    return last in _PREPOSITIONS or last in _LIGHT or (place > 0 and _verb_here(tokens, place - 1))


def _qualifies(word: str, *, nouns: bool) -> bool:
    """Whether a word may stand between an article and its noun."""
    if word in _OTHERS:
        return False
    if word in _ADJECTIVES or "-" in word or _is_adjective(word):
        return True
    return nouns and _can_be_noun(word)


def _is_adverb(word: str) -> bool:
    return word in _ADVERBS or (word.endswith("ly") and len(word) > 4)
