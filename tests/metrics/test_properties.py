"""What holds for every metric that needs no model, in every language."""

import contextlib
import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.errors import DataError
from semeval_humor.metrics import (
    coverage,
    known,
    length,
    overlap,
    repetition,
    scripts,
    self_bleu,
    variety,
)
from semeval_humor.metrics.intervals import Measure
from semeval_humor.schema import Headline, Lang, Prompt, Score, Task, WordPair

OfTexts = Callable[[Sequence[str], Lang], Score]
OfPrompts = Callable[[Sequence[str], Sequence[Prompt], Lang], Score]
KNOWN = known.KnownJokes(("The cat naps.", "El gato duerme.", "猫在睡觉。"), "0" * 64)


def novelty(texts: Sequence[str], lang: Lang) -> Score:
    return known.novelty(known.resemblances(texts, KNOWN, lang), KNOWN, lang)


def known_jokes(texts: Sequence[str], lang: Lang) -> Score:
    return known.known_jokes(known.resemblances(texts, KNOWN, lang), KNOWN, lang)


SETS: dict[str, tuple[OfTexts, Callable[[Sequence[str], Lang], Measure]]] = {
    **{
        f"distinct-{n}": (
            partial(variety.distinct_n, n=n),
            partial(variety.distinct_n_of, n=n),
        )
        for n in (1, 2, 3, 4)
    },
    "ead-1": (
        partial(variety.expectation_adjusted_distinct_n, n=1),
        partial(variety.expectation_adjusted_distinct_n_of, n=1),
    ),
    "self-bleu": (self_bleu.self_bleu, self_bleu.self_bleu_of),
    "commonest-opening": (variety.commonest_opening, variety.commonest_opening_of),
    "near-duplicates": (variety.near_duplicates, variety.near_duplicates_of),
    "compression-ratio": (repetition.compression_ratio, repetition.compression_ratio_of),
}
ROWS: dict[str, OfTexts] = {
    "rep-1": partial(repetition.rep_n, n=1),
    "rep-2": partial(repetition.rep_n, n=2),
    "loops": repetition.loops,
    "tail-loops": repetition.tail_loops,
    "script-purity": scripts.script_purity,
    "foreign-rows": scripts.foreign_rows,
    "length-characters": length.length_characters,
    "length-words": length.length_words,
    "novelty": novelty,
    "known-jokes": known_jokes,
}
WITH_PROMPTS: dict[str, OfPrompts] = {
    "coverage-exact": coverage.coverage_exact,
    "coverage-inflected": coverage.coverage_inflected,
    "headline-share": overlap.headline_share,
    "headline-run": overlap.headline_run,
    "headline-copies": overlap.headline_copies,
}
WORDS = {
    Lang.EN: [
        "the ",
        "cat ",
        "naps, ",
        "Dog ",
        "don't ",
        "й ",
        "1.5 ",
        "! ",
        "🎉 ",
        "cat cat cat cat ",
    ],
    Lang.ES: ["el ", "gato ", "¿qué? ", "Niño ", "no ", "猫 ", "2 ", "… ", "🎉 ", "sí sí sí sí "],
    Lang.ZH: ["猫", "在", "睡觉", "貓", "KTV", "é", "3", "。", "🎉", "哈哈哈哈哈哈"],
}


def texts_of(lang: Lang, least: int = 1) -> st.SearchStrategy[list[str]]:
    text = st.lists(st.sampled_from(WORDS[lang]), max_size=8).map("".join)
    return st.lists(text, min_size=least, max_size=9)


jokes = st.sampled_from(list(Lang)).flatmap(lambda lang: st.tuples(st.just(lang), texts_of(lang)))


def prompts_for(texts: Sequence[str], lang: Lang) -> list[Prompt]:
    """Two words and a headline by turns; a text's own prompt stays with it when texts are moved."""
    first, second = WORDS[lang][1:3]
    return [
        Prompt(f"{lang}_1", Task.A, lang, Headline(f"{first} 猫 {second}"))
        if len(text) % 2
        else Prompt(f"{lang}_2", Task.A, lang, WordPair(first.strip(), second.strip(" ,¿?")))
        for text in texts
    ]


def all_scores(texts: Sequence[str], lang: Lang) -> dict[str, Score]:
    """Every score that has a value."""
    found = {}
    of_texts = {name: metric for name, (metric, _) in SETS.items()} | ROWS
    if lang is Lang.ZH:
        of_texts["han-mix"] = scripts.han_mix
    of_prompts = {
        name: partial(
            lambda metric, texts, lang: metric(texts, prompts_for(texts, lang), lang), metric
        )
        for name, metric in WITH_PROMPTS.items()
    }
    for name, metric in (of_texts | of_prompts).items():
        with contextlib.suppress(DataError):
            found[name] = metric(texts, lang)
    return found


@settings(deadline=None, max_examples=25)
@given(jokes)
def test_intervals_contain_values_and_rows_average_to_them(data: tuple[Lang, list[str]]) -> None:
    lang, texts = data
    for name, score in all_scores(texts, lang).items():
        assert score.name == name
        assert score.lang is lang
        assert 0 < score.items <= len(texts)
        assert (score.low is None) is (score.high is None)
        if score.low is not None and score.high is not None:
            assert 0 <= score.low <= score.value <= score.high
        if score.rows is not None:
            defined = [row for row in score.rows if not math.isnan(row)]
            assert len(score.rows) == len(texts)
            assert len(defined) == score.items
            assert math.isclose(sum(defined) / len(defined), score.value)


@settings(deadline=None, max_examples=25)
@given(jokes, st.randoms(use_true_random=False))
def test_the_order_of_the_jokes_moves_nothing(data: tuple[Lang, list[str]], random: object) -> None:
    lang, texts = data
    order = list(range(len(texts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    moved = all_scores([texts[place] for place in order], lang)
    scores = all_scores(texts, lang)
    assert moved.keys() == scores.keys()
    for name, score in scores.items():
        other = moved[name]
        assert (other.value, other.low, other.high) == (score.value, score.low, score.high), name
        assert other.settings == score.settings
        if score.rows is not None:
            assert other.rows is not None
            np.testing.assert_array_equal(other.rows, [score.rows[place] for place in order])


@settings(deadline=None, max_examples=25)
@given(jokes, st.integers(0, 8))
def test_a_copy_never_looks_like_variety(data: tuple[Lang, list[str]], place: int) -> None:
    lang, texts = data
    copied = all_scores([*texts, texts[place % len(texts)]], lang)
    for name, score in all_scores(texts, lang).items():
        if name.startswith(("distinct", "ead")):
            assert copied[name].value <= score.value
        elif name == "near-duplicates":
            assert copied[name].value >= score.value


@settings(deadline=None, max_examples=25)
@given(jokes, st.data())
def test_a_measure_of_a_part_is_the_score_of_the_part(
    data: tuple[Lang, list[str]], choice: st.DataObject
) -> None:
    lang, texts = data
    rows = choice.draw(st.lists(st.sampled_from(range(len(texts))), unique=True))
    part = [texts[row] for row in rows]
    for metric, measure_of in SETS.values():
        value = measure_of(texts, lang)(np.array(rows, dtype=np.intp))
        try:
            assert math.isclose(metric(part, lang).value, value)
        except DataError:
            assert math.isnan(value)


@pytest.mark.parametrize("lang", list(Lang))
@pytest.mark.parametrize("name", [*SETS, *ROWS])
def test_no_texts(name: str, lang: Lang) -> None:
    metric = SETS[name][0] if name in SETS else ROWS[name]
    with pytest.raises(DataError, match=f"^{name}: no texts, expected at least one$"):
        metric([], lang)


@pytest.mark.parametrize("name", WITH_PROMPTS)
def test_no_rows(name: str) -> None:
    with pytest.raises(DataError, match=f"^{name}: no texts, expected at least one$"):
        WITH_PROMPTS[name]([], [], Lang.EN)
