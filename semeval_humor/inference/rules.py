"""What a joke must be, whatever its humour, and what makes one better where no model judges."""

from collections.abc import Mapping, Sequence

from semeval_humor.findings import Code
from semeval_humor.schema import Candidate, Finish, Headline, Prompt, WordPair
from semeval_humor.submission.content import check_text
from semeval_humor.text.leaks import LeakKind
from semeval_humor.text.loops import repetition
from semeval_humor.text.overlap import headline_overlap
from semeval_humor.text.tokens import tokenize
from semeval_humor.text.words import Inclusion, inclusion
from semeval_humor.tsv import NULL_TEXTS

EMPTY = frozenset({Code.EMPTY_TEXT, Code.NULL_TEXT})
"""Faults of texts that cannot be submitted at all."""

# What rules a candidate out among the faults of its text. Whether it was cut off is known from the
# engine; the look of the text is only a guess at it.
_RULES = frozenset(
    {
        *(Code.TOO_LONG, Code.WRONG_SCRIPT, Code.REPETITION, Code.MISSING_WORD),
        *(Code.HEADLINE_COPY, *map(Code, LeakKind)),
    }
)

# From the mildest to the worst: where every candidate of a row fails, the mildest one is taken.
_SEVERITY: Mapping[str, int] = {
    Code.MISSING_WORD: 1,
    Code.TRUNCATED: 1,
    Code.REPETITION: 2,
    Code.HEADLINE_COPY: 2,
    Code.WRONG_SCRIPT: 3,
    Code.TOO_LONG: 4,
}
_SEVERITY_OF_LEAKS = 4

# Jokes of the human corpora have about 5 to 60 tokens; outside, a joke is a fragment or a story.
_SHORTEST, _LONGEST = 5, 60


def faults(prompt: Prompt, candidate: Candidate) -> tuple[Code, ...]:
    """Rules that a candidate breaks, by the codes of the findings that it would get. Sorted."""
    if not candidate.text:
        return (Code.EMPTY_TEXT,)
    if candidate.text in NULL_TEXTS:
        return (Code.NULL_TEXT,)
    found = check_text(candidate.text, prompt.task, prompt.lang, prompt.constraint)
    broken = {fault.code for fault in found if fault.code in _RULES}
    if candidate.finish is Finish.CUT_OFF:
        broken.add(Code.TRUNCATED)
    return tuple(sorted(broken))


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
