"""What a joke must be, whatever its humour, and what makes one better where no model judges."""

from collections.abc import Sequence

from semeval_humor.schema import Candidate, Finish, Headline, Prompt, WordPair
from semeval_humor.text.leaks import find_leaks
from semeval_humor.text.length import too_long
from semeval_humor.text.loops import find_loops, repetition
from semeval_humor.text.overlap import headline_overlap, is_copy
from semeval_humor.text.scripts import foreign_runs
from semeval_humor.text.tokens import tokenize
from semeval_humor.text.words import Inclusion, inclusion
from semeval_humor.tsv import NULL_TEXTS

EMPTY = frozenset({"empty-text", "null-text"})
"""Faults of texts that cannot be submitted at all."""

# From the mildest to the worst: where every candidate of a row fails, the mildest one is taken.
_SEVERITY = {
    "missing-word": 1,
    "truncated": 1,
    "repetition": 2,
    "headline-copy": 2,
    "wrong-script": 3,
    "too-long": 4,
}
_SEVERITY_OF_LEAKS = 4

# Jokes of the human corpora have about 5 to 60 tokens; outside, a joke is a fragment or a story.
_SHORTEST, _LONGEST = 5, 60


def faults(prompt: Prompt, candidate: Candidate) -> tuple[str, ...]:
    """Rules that a candidate breaks, by the codes of the findings that it would get. Sorted."""
    text, lang = candidate.text, prompt.lang
    if not text:
        return ("empty-text",)
    if text in NULL_TEXTS:
        return ("null-text",)
    found = {str(leak.kind) for leak in find_leaks(text, lang)}
    if candidate.finish is Finish.CUT_OFF:
        found.add("truncated")
    if too_long(text, lang):
        found.add("too-long")
    if any(run.reason is None for run in foreign_runs(text, lang)):
        found.add("wrong-script")
    if find_loops(text, lang):
        found.add("repetition")
    match prompt.constraint:
        case WordPair(word1, word2):
            if Inclusion.MISSING in (inclusion(word, text, lang) for word in (word1, word2)):
                found.add("missing-word")
        case Headline(headline) if is_copy(text, headline, lang):
            found.add("headline-copy")
    return tuple(sorted(found))


def severity(broken: Sequence[str]) -> int:
    """How bad a set of faults is; 0 for none."""
    return sum(_SEVERITY.get(fault, _SEVERITY_OF_LEAKS) for fault in broken)


def score_by_rules(prompts: Sequence[Prompt], texts: Sequence[str]) -> list[float]:
    """Score texts in [0, 1] by form alone; a ``Scorer``. It does not know what is funny.

    The product of three shares: of the constraint (words in their given form count 1, inflected
    ones ½; for a headline, what the joke does not copy), of n-grams that do not repeat, and of
    a usual length.
    """
    return [
        _constraint(prompt, text) * (1 - repetition(text, prompt.lang)) * _length(prompt, text)
        for prompt, text in zip(prompts, texts, strict=True)
    ]


def _constraint(prompt: Prompt, text: str) -> float:
    values = {Inclusion.EXACT: 1.0, Inclusion.INFLECTED: 0.5, Inclusion.MISSING: 0.0}
    match prompt.constraint:
        case WordPair(word1, word2):
            return sum(values[inclusion(word, text, prompt.lang)] for word in (word1, word2)) / 2
        case Headline(headline):
            return 1 - headline_overlap(text, headline, prompt.lang).share
    return 1.0


def _length(prompt: Prompt, text: str) -> float:
    count = len(tokenize(text, prompt.lang))
    if count == 0:
        return 0.0
    return min(1.0, count / _SHORTEST, _LONGEST / count)
