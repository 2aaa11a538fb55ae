"""The metrics that are reported for every set of jokes, and how two sets are compared by them.

A new metric is a function in a file of its own, and a line here.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from semeval_humor.errors import DataError
from semeval_humor.metrics import (
    coverage,
    language,
    length,
    overlap,
    repetition,
    scripts,
    self_bleu,
    variety,
)
from semeval_humor.metrics.comparison import Difference, compare_rows, compare_sets
from semeval_humor.metrics.grams import TokenKind
from semeval_humor.metrics.intervals import Measure
from semeval_humor.schema import Lang, Prompt, Score

NO_PROMPTS = "the task's input is not known: give --inputs DIR"


@dataclass(frozen=True, slots=True)
class Sample:
    """The jokes of one system in one language.

    Attributes:
        texts: one for each row.
        lang: their language.
        prompts: the rows they answer, in the same order; None where nobody knows them.
    """

    texts: tuple[str, ...]
    lang: Lang
    prompts: tuple[Prompt, ...] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What the metrics say of a sample.

    Attributes:
        scores: those that have a value, by name, in the order of the suite.
        undefined: reasons why others have none, by name.
    """

    scores: dict[str, Score] = field(default_factory=dict)
    undefined: dict[str, str] = field(default_factory=dict)


OfTexts = Callable[[Sequence[str], Lang], Score]
OfPrompts = Callable[[Sequence[str], Sequence[Prompt], Lang], Score]
Metric = Callable[[Sample], Score]


def of_texts(metric: OfTexts) -> Metric:
    """A metric that looks at texts alone."""
    return lambda sample: metric(sample.texts, sample.lang)


def of_prompts(metric: OfPrompts) -> Metric:
    """A metric that compares texts with what was asked for."""

    def measured(sample: Sample) -> Score:
        if sample.prompts is None:
            raise DataError(NO_PROMPTS)
        return metric(sample.texts, sample.prompts, sample.lang)

    return measured


def _of_chinese_words(n: int) -> Metric:
    """Distinct-n on words, under a name of its own beside the one on characters."""

    def measured(sample: Sample) -> Score:
        score = variety.distinct_n(sample.texts, sample.lang, n=n, tokens=TokenKind.WORD)
        return dataclasses.replace(score, name=f"distinct-{n}-words")

    return measured


METRICS: Mapping[str, Metric] = {
    **{f"distinct-{n}": of_texts(partial(variety.distinct_n, n=n)) for n in (1, 2, 3, 4)},
    "ead-2": of_texts(partial(variety.expectation_adjusted_distinct_n, n=2)),
    "self-bleu": of_texts(self_bleu.self_bleu),
    "near-duplicates": of_texts(variety.near_duplicates),
    "commonest-opening": of_texts(variety.commonest_opening),
    "compression-ratio": of_texts(repetition.compression_ratio),
    "rep-2": of_texts(partial(repetition.rep_n, n=2)),
    "rep-4": of_texts(partial(repetition.rep_n, n=4)),
    "loops": of_texts(repetition.loops),
    "tail-loops": of_texts(repetition.tail_loops),
    "script-purity": of_texts(scripts.script_purity),
    "foreign-rows": of_texts(scripts.foreign_rows),
    "language": of_texts(language.language_share),
    "length-characters": of_texts(length.length_characters),
    "length-words": of_texts(length.length_words),
    "coverage-exact": of_prompts(coverage.coverage_exact),
    "coverage-inflected": of_prompts(coverage.coverage_inflected),
    "headline-share": of_prompts(overlap.headline_share),
    "headline-run": of_prompts(overlap.headline_run),
    "headline-copies": of_prompts(overlap.headline_copies),
}
"""By name, for every language."""

CHINESE_METRICS: Mapping[str, Metric] = {
    **{f"distinct-{n}-words": _of_chinese_words(n) for n in (1, 2)},
    "han-mix": of_texts(scripts.han_mix),
}
"""Those that Chinese has besides."""

MEASURES: Mapping[str, Callable[[Sequence[str], Lang], Measure]] = {
    **{f"distinct-{n}": partial(variety.distinct_n_of, n=n) for n in (1, 2, 3, 4)},
    **{
        f"distinct-{n}-words": partial(variety.distinct_n_of, n=n, tokens=TokenKind.WORD)
        for n in (1, 2)
    },
    "ead-2": partial(variety.expectation_adjusted_distinct_n_of, n=2),
    "self-bleu": self_bleu.self_bleu_of,
    "near-duplicates": variety.near_duplicates_of,
    "commonest-opening": variety.commonest_opening_of,
    "compression-ratio": repetition.compression_ratio_of,
}
"""How those scores that belong to a whole set are taken of any part of one."""


def measure(sample: Sample) -> Measured:
    """Apply every metric of the sample's language; one without a value is named with the reason."""
    metrics = {**METRICS, **(CHINESE_METRICS if sample.lang is Lang.ZH else {})}
    measured = Measured()
    for name, metric in metrics.items():
        try:
            measured.scores[name] = metric(sample)
        except DataError as error:
            measured.undefined[name] = str(error)
    return measured


def compare(
    a: Sample, b: Sample, measured_a: Measured, measured_b: Measured, *, seed: int = 0
) -> list[Difference]:
    """Compare two systems by every score that both have, and that can be compared.

    Args:
        a: jokes of the first system.
        b: jokes of the second system for the same prompts, in the same order.
        measured_a: scores of ``a``; further ones than :func:`measure` makes may be among them.
        measured_b: scores of ``b``.
        seed: of the permutations.
    """
    differences = []
    for name, left in measured_a.scores.items():
        right = measured_b.scores.get(name)
        if right is None:
            continue
        if name in MEASURES:
            taken = MEASURES[name]([*a.texts, *b.texts], a.lang)
            differences.append(compare_sets(name, len(a.texts), taken, seed=seed))
        elif left.rows is not None and right.rows is not None:
            differences.append(compare_rows(name, left.rows, right.rows, seed=seed))
    return differences


def identical_share(a: Sample, b: Sample) -> float:
    """Share of the prompts to which both systems gave the very same text, in [0, 1].

    Raises:
        DataError: there are no texts.
    """
    if not a.texts:
        raise DataError("identical texts: no prompt in common, expected at least one")
    return sum(x == y for x, y in zip(a.texts, b.texts, strict=True)) / len(a.texts)
