"""Scores of submission files, and the comparison of two files row by row."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from semeval_humor.errors import DataError
from semeval_humor.metrics import known as known_jokes
from semeval_humor.metrics import suite
from semeval_humor.metrics.comparison import Difference
from semeval_humor.metrics.perplexity import perplexity
from semeval_humor.metrics.relevance import relevance
from semeval_humor.metrics.suite import Measured, Sample
from semeval_humor.prompts import PromptBook
from semeval_humor.schema import Engine, Lang, Score
from semeval_humor.submission.signature import signature
from semeval_humor.submission.validate import Checked

SAME_TEXTS = 0.5
"""From this share of identical texts on, two systems look like one."""

SAME_PERPLEXITY = 0.001
"""Below this relative difference of perplexity, two systems look like one."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A language model that says how likely jokes are.

    Attributes:
        engine: runs it.
        chat: it has a chat template.
        with_prompt: jokes are read after their prompts, not alone.
        count_end: the model's end token counts as well.
    """

    engine: Engine
    chat: bool
    with_prompt: bool = False
    count_end: bool = False


@dataclass(frozen=True, slots=True)
class Scored:
    """A submission file with its scores.

    Attributes:
        checked: the file.
        signature: its one line.
        ids: of the rows that have a text, in order.
        sample: their texts.
        measured: what the metrics say of them.
        nearest: of each row, the known joke that is most like it; empty without known jokes.
    """

    checked: Checked
    signature: str
    ids: tuple[str, ...]
    sample: Sample
    measured: Measured
    nearest: tuple[known_jokes.Resemblance | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two submission files for the same task, over the rows that both have.

    Attributes:
        a: path of the first.
        b: path of the second.
        differences: b minus a, by metric.
        identical: share of the rows to which both have the very same text.
        warnings: signs that the two are one system.
    """

    a: str
    b: str
    differences: tuple[Difference, ...]
    identical: float
    warnings: tuple[str, ...]


def score_file(
    checked: Checked,
    *,
    known: Path | None = None,
    with_relevance: bool = False,
    reader: Reader | None = None,
) -> Scored:
    """Measure the texts of a file; rows without one are left out.

    Args:
        checked: from ``validate``.
        known: file of known jokes to compare with.
        with_relevance: compare jokes with their prompts by a sentence encoder.
        reader: says how likely the jokes are.

    Raises:
        ConfigError: the sentence encoder is not installed.
        DataError: the file's task is not known, it has no texts, or ``known`` holds no jokes.
        EngineError: the model failed.
    """
    if checked.kind is None:
        raise DataError(f"{checked.file}: neither its name nor its ids tell its task")
    ids, sample = _sample(checked, checked.kind.lang)
    measured = suite.measure(sample)
    nearest: Sequence[known_jokes.Resemblance | None] = ()
    if known is not None:
        jokes = known_jokes.read_known(known)
        nearest = known_jokes.resemblances(sample.texts, jokes, sample.lang)
        _add(measured, known_jokes.novelty(nearest, jokes, sample.lang))
        _add(measured, known_jokes.known_jokes(nearest, jokes, sample.lang))
    if with_relevance:
        _add_relevance(measured, sample)
    if reader is not None:
        _add_perplexity(measured, sample, reader)
    line = signature(checked.kind, len(checked.rows), checked.sha256, checked.reference.receipt)
    return Scored(checked, line, ids, sample, measured, tuple(nearest))


def compare_files(a: Scored, b: Scored, *, seed: int = 0) -> Comparison:
    """Compare two files over the rows that both have.

    Raises:
        DataError: they are of different languages or have no row in common.
    """
    if a.sample.lang is not b.sample.lang:
        raise DataError(
            f"{a.checked.file} is {a.sample.lang}, {b.checked.file} is {b.sample.lang}: "
            "only files of one language can be compared"
        )
    common = set(a.ids) & set(b.ids)
    ids = [id_ for id_ in a.ids if id_ in common]
    if not ids:
        raise DataError(f"{a.checked.file} and {b.checked.file} have no row in common")
    (left, left_scores), (right, right_scores) = _restricted(a, ids), _restricted(b, ids)
    identical = suite.identical_share(left, right)
    return Comparison(
        a.checked.file,
        b.checked.file,
        tuple(suite.compare(left, right, left_scores, right_scores, seed=seed)),
        identical,
        tuple(_signs_of_one_system(a.measured, b.measured, identical, len(ids))),
    )


def _sample(checked: Checked, lang: Lang) -> tuple[tuple[str, ...], Sample]:
    rows = [(row.id, row.text) for row in checked.rows if row.text and row.text.strip()]
    if not rows:
        raise DataError(f"{checked.file}: no row with a text, expected at least one")
    ids, texts = zip(*rows, strict=True)
    prompts = checked.reference.prompts
    known = all(id_ in prompts for id_ in ids)
    return ids, Sample(texts, lang, tuple(prompts[id_] for id_ in ids) if known else None)


def _add(measured: Measured, score: Score) -> None:
    measured.scores[score.name] = score


def _add_relevance(measured: Measured, sample: Sample) -> None:
    if sample.prompts is None:
        measured.undefined["relevance"] = suite.NO_PROMPTS
        return
    try:
        found = relevance(sample.texts, sample.prompts, sample.lang)
    except DataError as error:
        measured.undefined["relevance"] = str(error)
        return
    _add(measured, found.similarity)
    if found.retrieval is not None:
        _add(measured, found.retrieval)


def _add_perplexity(measured: Measured, sample: Sample, reader: Reader) -> None:
    conversations = None
    if reader.with_prompt:
        if sample.prompts is None:
            measured.undefined["perplexity"] = suite.NO_PROMPTS
            return
        book = PromptBook()
        conversations = [
            book.conversation(prompt, chat=reader.chat, seed=0, round_=0, sample=0)
            for prompt in sample.prompts
        ]
    found = perplexity(
        reader.engine,
        sample.texts,
        sample.lang,
        prompts=conversations,
        count_end=reader.count_end,
    )
    _add(measured, found.perplexity)
    _add(measured, found.bits_per_character)


def _restricted(scored: Scored, ids: Sequence[str]) -> tuple[Sample, Measured]:
    """The texts of some rows, and the scores with their values alone."""
    place = {id_: index for index, id_ in enumerate(scored.ids)}
    kept = [place[id_] for id_ in ids]
    prompts = scored.sample.prompts
    sample = Sample(
        tuple(scored.sample.texts[index] for index in kept),
        scored.sample.lang,
        None if prompts is None else tuple(prompts[index] for index in kept),
    )
    scores = {
        name: score
        if score.rows is None
        else dataclasses.replace(score, rows=tuple(score.rows[index] for index in kept))
        for name, score in scored.measured.scores.items()
    }
    return sample, Measured(scores)


def _signs_of_one_system(a: Measured, b: Measured, identical: float, rows: int) -> list[str]:
    signs = []
    if identical >= SAME_TEXTS:
        signs.append(
            f"{identical:.0%} of {rows} texts are identical: if two models should have written "
            "them, see semeval-humor diff"
        )
    left, right = a.scores.get("perplexity"), b.scores.get("perplexity")
    if left and right and abs(left.value / right.value - 1) < SAME_PERPLEXITY:
        signs.append(
            f"the perplexities are equal ({left.value:.3f} and {right.value:.3f}): so looks a "
            "training that changed nothing, see semeval-humor diff"
        )
    return signs
