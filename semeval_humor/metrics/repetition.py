"""How much jokes repeat: n-grams and loops inside of each, and the redundancy of the whole set."""

import math
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from semeval_humor.metrics.grams import gram_table, own_tokens, token_rows
from semeval_humor.metrics.intervals import Measure, mean_score, set_score
from semeval_humor.schema import Lang, Score
from semeval_humor.text.loops import find_loops


def rep_n(texts: Sequence[str], lang: Lang, *, n: int) -> Score:
    """Mean share of a joke's n-grams that have occurred before in it, in [0, 1).

    Tokens are words, and characters in Chinese. Jokes with fewer than n tokens have no value.

    Raises:
        DataError: no joke has n tokens.
        ConfigError: ``n`` is below 1.

    Source: seq-rep-n of Welleck et al. 2020, arXiv:1908.04319, equation 10, there for n = 4.
    """
    table = gram_table(token_rows(texts, lang), n)
    rows_R = np.full(len(texts), math.nan)
    np.divide(table.distinct_R, table.totals_R, out=rows_R, where=table.totals_R > 0)
    return mean_score(
        f"rep-{n}",
        1 - rows_R,
        lang,
        undefined=f"none of the {len(texts)} texts has {n} token{'s' if n > 1 else ''}",
        settings={"tokens": own_tokens(lang)},
    )


def loops(texts: Sequence[str], lang: Lang) -> Score:
    """Share of the jokes that go in circles somewhere, in [0, 1].

    What is a loop says :func:`semeval_humor.text.loops.find_loops`; 0.3 % of human jokes have one.

    Raises:
        DataError: there are no texts.
    """
    rows = [float(bool(find_loops(text, lang))) for text in texts]
    return mean_score("loops", rows, lang, undefined="")


def tail_loops(texts: Sequence[str], lang: Lang) -> Score:
    """Share of the jokes that end in a loop, as those of a model that cannot stop, in [0, 1].

    After the loop there may be punctuation, but no letter or digit.

    Raises:
        DataError: there are no texts.
    """
    rows = [
        float(any(not _speaks(text[loop.end :]) for loop in find_loops(text, lang)))
        for text in texts
    ]
    return mean_score("tail-loops", rows, lang, undefined="")


def compression_ratio(texts: Sequence[str], lang: Lang) -> Score:
    """How many times smaller zlib makes the whole set, above 0; higher is more redundant.

    The texts are compressed as UTF-8, one a line in sorted order, which puts equal openings side by
    side. Chinese takes three bytes a character and so compresses further: compare only scores of
    the same language and ``items``.

    Raises:
        DataError: there is no text, or none with a character.

    Source: Shaib et al. 2024, arXiv:2403.00553; they take the texts in the order of the file.
    """
    return set_score(
        "compression-ratio",
        compression_ratio_of(sorted(texts), lang),
        len(texts),
        lang,
        undefined=f"the {len(texts)} texts are empty",
        settings={"codec": "zlib-9"},
        highest=math.inf,
    )


def compression_ratio_of(texts: Sequence[str], lang: Lang) -> Measure:
    """Return the measure of :func:`compression_ratio` for any of the texts."""
    lines = [text.encode(errors="surrogatepass") for text in texts]

    def measure(rows: NDArray[np.intp]) -> float:
        raw = b"\n".join(sorted(lines[row] for row in rows))
        return len(raw) / len(zlib.compress(raw, 9)) if raw.strip() else math.nan

    return measure


def _speaks(text: str) -> bool:
    return any(map(str.isalnum, text))
