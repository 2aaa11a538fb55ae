"""One joke for each row: the rules first, then the scorer, then variety over the whole file."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from semeval_humor.errors import EngineError
from semeval_humor.findings import Code
from semeval_humor.inference.rules import EMPTY, faults, severity
from semeval_humor.metrics.variety import OPENING_TOKENS
from semeval_humor.schema import Candidate, Prompt, Scorer
from semeval_humor.text.tokens import tokenize

# Readers notice a file whose jokes all begin alike. An opening is the first tokens of a joke; it
# may occur in this share of the rows, and in a few rows of a small file.
OPENING_SHARE = 0.01
OPENING_ROWS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for a row.

    Attributes:
        candidate: the best one.
        faults: rules that it breaks; none, unless every candidate breaks some.
        score: the scorer's.
        crowded: its opening or its whole text is in too many rows, but the row had no other.
    """

    candidate: Candidate
    faults: tuple[str, ...]
    score: float
    crowded: bool


def passing(prompt: Prompt, candidates: Iterable[Candidate]) -> bool:
    """Whether any of a row's candidates breaks no rule."""
    return any(not faults(prompt, candidate) for candidate in candidates)


def select(
    prompts: Sequence[Prompt], candidates: Iterable[Candidate], scorer: Scorer
) -> dict[str, Choice]:
    """Choose a candidate for each row that has one with a text.

    Rows are served in the order of the file; the result depends on nothing else, not even on the
    order in which the candidates were finished.

    Args:
        prompts: all rows of the file.
        candidates: of these rows; others are ignored.
        scorer: ranks the candidates that break the same rules.

    Returns:
        Choices by prompt id.

    Raises:
        EngineError: the scorer returns something that is no number.
    """
    ranked = _ranked(prompts, candidates, scorer)
    most = max(OPENING_ROWS, math.floor(OPENING_SHARE * len(prompts)))
    openings: Counter[tuple[str, ...]] = Counter()
    texts: set[str] = set()
    choices = {}
    for prompt in prompts:
        row = ranked[prompt.id]
        if not row:
            continue
        # Variety never takes a candidate that breaks rules in place of one that does not.
        equals = [choice for choice in row if choice.faults == row[0].faults]
        fresh = (
            choice
            for choice in equals
            if choice.candidate.text not in texts and openings[_opening(prompt, choice)] < most
        )
        chosen = next(fresh, None) or _crowded(row[0])
        openings[_opening(prompt, chosen)] += 1
        texts.add(chosen.candidate.text)
        choices[prompt.id] = chosen
    return choices


def _ranked(
    prompts: Sequence[Prompt], candidates: Iterable[Candidate], scorer: Scorer
) -> Mapping[str, list[Choice]]:
    """Each row's candidates with a text, the best first, each text once."""
    rows = {prompt.id: prompt for prompt in prompts}
    judged: dict[tuple[str, str], tuple[Candidate, tuple[Code, ...]]] = {}
    for candidate in sorted(candidates, key=lambda candidate: candidate.key):
        if candidate.prompt_id in rows:
            broken = faults(rows[candidate.prompt_id], candidate)
            if not EMPTY.intersection(broken):
                place = candidate.prompt_id, candidate.text
                if place not in judged or severity(broken) < severity(judged[place][1]):
                    judged[place] = candidate, broken
    pairs = list(judged.values())
    scores = scorer(
        [rows[candidate.prompt_id] for candidate, _ in pairs],
        [candidate.text for candidate, _ in pairs],
    )
    ranked = defaultdict(list)
    for (candidate, broken), score in zip(pairs, scores, strict=True):
        if not math.isfinite(score):
            raise EngineError(f"{candidate.prompt_id}: the scorer returned {score} for a candidate")
        ranked[candidate.prompt_id].append(Choice(candidate, broken, float(score), crowded=False))
    for row in ranked.values():
        row.sort(key=lambda choice: (severity(choice.faults), -choice.score, choice.candidate.key))
    return ranked


def _opening(prompt: Prompt, choice: Choice) -> tuple[str, ...]:
    return tuple(tokenize(choice.candidate.text, prompt.lang)[:OPENING_TOKENS])


def _crowded(choice: Choice) -> Choice:
    return Choice(choice.candidate, choice.faults, choice.score, crowded=True)
