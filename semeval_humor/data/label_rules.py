"""Labels without a model: a salient verb and noun of the joke, and its set-up as a headline."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from semeval_humor.data.headlines import headline_by_rules
from semeval_humor.data.label_checks import LabelFault, check_label
from semeval_humor.data.labels import LIMITS, Label
from semeval_humor.data.lexicon import zipf
from semeval_humor.data.part_of_speech import FoundWord, Kind, find_words
from semeval_humor.schema import Lang
from semeval_humor.text.scripts import to_simplified
from semeval_humor.text.words import Inclusion, inclusion

IDEAL_ZIPF = 4.1
"""Words this common are preferred: the median of the words in the official dev prompts."""

MIN_ZIPF = 2.0
"""Rarer words are misspelt or known to few."""

_EXACT_BONUS = 0.5


class Lack(StrEnum):
    """Why the rules find no label that could be checked."""

    VERB = "no-verb-found"
    NOUN = "no-noun-found"
    HEADLINE = "no-headline-found"


@dataclass(frozen=True, slots=True)
class RuleLabel:
    """What the rules make of a joke.

    Attributes:
        label: passes every check; None where there is none.
        reasons: why there is none; empty where there is one.
    """

    label: Label | None
    reasons: tuple[LabelFault | Lack, ...] = ()


def label_by_rules(joke: str, lang: Lang) -> RuleLabel:
    """Label a joke with what stands in it; the same joke always gets the same label.

    Of the words that are surely verbs or nouns it takes those that are neither too common to say
    anything nor too rare to be known, the first of equals. A verb is given as dictionaries list it,
    which is how the official prompts do.
    """
    found = find_words(joke, lang)
    verb = _salient(found, Kind.VERB, joke, lang)
    if verb is not None:
        found = [word for word in found if not {word.lemma, word.form} & {verb.lemma, verb.form}]
    noun = _salient(found, Kind.NOUN, joke, lang)
    headline = headline_by_rules(joke, lang)
    if verb is None or noun is None or headline is None:
        given = ((Lack.VERB, verb), (Lack.NOUN, noun), (Lack.HEADLINE, headline))
        return RuleLabel(None, tuple(lack for lack, value in given if value is None))
    label = Label(verb.lemma, noun.lemma, headline)
    faults = check_label(label, joke, lang)
    return RuleLabel(None, tuple(faults)) if faults else RuleLabel(label)


def _salient(found: Sequence[FoundWord], kind: Kind, joke: str, lang: Lang) -> FoundWord | None:
    low, high = LIMITS[lang].word
    fit = [
        word
        for word in found
        if word.kind is kind and low <= len(word.lemma) <= high and _zipf(word, lang) >= MIN_ZIPF
    ]
    # The sort is stable: of equals the first comes first.
    ranked = sorted(fit, key=lambda word: _salience(word, lang), reverse=True)
    return next((word for word in ranked if _counts(word, joke, lang)), None)


def _salience(word: FoundWord, lang: Lang) -> float:
    # A word that stands in the joke as it is in the prompt is the better example.
    exact = word.form.casefold() == word.lemma
    return (_EXACT_BONUS if exact else 0.0) - abs(_zipf(word, lang) - IDEAL_ZIPF)


def _counts(word: FoundWord, joke: str, lang: Lang) -> bool:
    """Whether the form in the joke is one that the check of word coverage knows."""
    return inclusion(word.lemma, joke, lang) is not Inclusion.MISSING


def _zipf(word: FoundWord, lang: Lang) -> float:
    return zipf(to_simplified(word.lemma) if lang is Lang.ZH else word.lemma, lang)
