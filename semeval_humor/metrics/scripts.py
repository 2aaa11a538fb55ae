"""Writing systems over a set of jokes: purity, foreign words, the two forms of Chinese."""

import math
from collections.abc import Sequence

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.metrics.intervals import mean_score
from semeval_humor.schema import Lang, Score
from semeval_humor.text.scripts import ForeignRun, foreign_runs, han_variants, purity


def script_purity(texts: Sequence[str], lang: Lang) -> Score:
    """Mean share of a joke's letters that are in the language's own scripts, in [0, 1].

    Names and acronyms count as foreign too. Texts without letters have no value.

    Raises:
        DataError: no text has a letter.
    """
    undefined = f"none of the {len(texts)} texts has a letter"
    return mean_score(
        "script-purity", [_purity(text, lang) for text in texts], lang, undefined=undefined
    )


def foreign_rows(texts: Sequence[str], lang: Lang) -> Score:
    """Share of the jokes with a foreign run that nothing excuses, in [0, 1]; see :func:`foreign`.

    Raises:
        DataError: there are no texts.
    """
    rows = [float(bool(runs)) for runs in foreign(texts, lang)]
    return mean_score("foreign-rows", rows, lang, undefined="")


def foreign(texts: Sequence[str], lang: Lang) -> list[list[ForeignRun]]:
    """Runs of foreign letters of each text, without those that are tolerated as names or so."""
    return [[run for run in foreign_runs(text, lang) if run.reason is None] for text in texts]


def han_mix(texts: Sequence[str], lang: Lang) -> Score:
    """Share of the jokes that mix Simplified and Traditional characters, in [0, 1].

    A joke whose characters are all common to both forms mixes nothing.

    Raises:
        ConfigError: the language is not Chinese.
        DataError: there are no texts.
    """
    if lang is not Lang.ZH:
        raise ConfigError(f"han-mix is a measure of Chinese, not of language {lang}")
    variants = map(han_variants, texts)
    rows = [float(bool(found.simplified and found.traditional)) for found in variants]
    return mean_score("han-mix", rows, lang, undefined="")


def _purity(text: str, lang: Lang) -> float:
    try:
        return purity(text, lang)
    except DataError:  # no letter: no value
        return math.nan
