"""How varied a set of jokes is: different n-grams, openings, near-duplicates."""

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from semeval_humor.metrics.grams import (
    TokenKind,
    TokenRows,
    gram_table,
    own_tokens,
    token_rows,
)
from semeval_humor.metrics.intervals import Measure, set_score
from semeval_humor.metrics.neighbours import NEAR, Twins, find_twins
from semeval_humor.schema import Lang, Score
from semeval_humor.text.tokens import tokenize

VOCABULARY = 30_522
"""Number of n-grams from which expectation-adjusted distinct imagines the texts to be drawn."""

OPENING_TOKENS = 3


def distinct_n(
    texts: Sequence[str], lang: Lang, *, n: int, tokens: TokenKind | None = None
) -> Score:
    """Share of the n-grams in a set of jokes that are different ones, in (0, 1].

    Counts stay inside each joke. Higher is more varied, but the share falls as the set grows, so
    compare only scores with the same ``items``.

    Args:
        texts: jokes, one string each.
        lang: decides how texts are divided.
        n: n-gram order in tokens, 1 or more.
        tokens: words or characters; unless given, characters for Chinese and words otherwise.

    Raises:
        DataError: no joke has n tokens, which leaves the share undefined, not zero.
        ConfigError: ``n`` is below 1.

    Source: after Li et al. 2016, arXiv:1510.03055; they divide by tokens, we divide by n-grams, so
    that a set without repeats scores exactly 1 for every n.
    """
    return set_score(
        f"distinct-{n}",
        distinct_n_of(sorted(texts), lang, n=n, tokens=tokens),
        len(texts),
        lang,
        undefined=_too_short(texts, n),
        settings={"tokens": tokens or own_tokens(lang)},
    )


def distinct_n_of(
    texts: Sequence[str], lang: Lang, *, n: int, tokens: TokenKind | None = None
) -> Measure:
    """Return the measure of :func:`distinct_n` for any of the texts."""
    table = gram_table(token_rows(texts, lang, tokens), n)

    def measure(rows: NDArray[np.intp]) -> float:
        distinct, total = table.count(rows)
        return distinct / total if total else math.nan

    return measure


def own_share(texts: Sequence[str], lang: Lang) -> tuple[float, ...]:
    """Share of each joke's bigrams that no other joke of the set has, in [0, 1]; NaN without any.

    The jokes that make a set poor in different bigrams have the lowest shares.
    """
    table = gram_table(token_rows(texts, lang), 2)
    share_R = np.full(len(texts), math.nan)
    np.divide(table.private_R, table.totals_R, out=share_R, where=table.totals_R > 0)
    return tuple(map(float, share_R))


def expectation_adjusted_distinct_n(texts: Sequence[str], lang: Lang, *, n: int) -> Score:
    """Different n-grams relative to how many chance would give, 0 or more; higher is more varied.

    Chance draws as many n-grams as the set has, each with the same probability, from 30,522. This
    takes out most of the fall of :func:`distinct_n` with the size of the set up to some ten
    thousand n-grams, and too much beyond: for 100, 300, 1,000 and 3,000 English jokes by people,
    of 13 words on average, ead-2 is 0.93, 0.87, 0.90 and 1.12, where distinct-2 is 0.91, 0.82, 0.74
    and 0.65.

    Args:
        texts: jokes, one string each.
        lang: decides how texts are divided.
        n: n-gram order in tokens, 1 or more.

    Raises:
        DataError: no joke has n tokens.
        ConfigError: ``n`` is below 1.

    Source: EAD of Liu et al. 2022, arXiv:2202.13587: N / (V (1 − ((V − 1) / V)^C)) for N different
    ones of C tokens. V is a vocabulary's size: 30,522, that of BERT, for every generator alike, as
    scores with another V do not compare. It is the same for every n, since from the V^n possible
    n-grams chance draws none twice, which for n > 1 would be distinct-n again.
    """
    return set_score(
        f"ead-{n}",
        expectation_adjusted_distinct_n_of(sorted(texts), lang, n=n),
        len(texts),
        lang,
        undefined=_too_short(texts, n),
        settings={"tokens": own_tokens(lang), "vocabulary": VOCABULARY},
        highest=math.inf,
    )


def expectation_adjusted_distinct_n_of(texts: Sequence[str], lang: Lang, *, n: int) -> Measure:
    """Return the measure of :func:`expectation_adjusted_distinct_n` for any of the texts."""
    table = gram_table(token_rows(texts, lang), n)

    def measure(rows: NDArray[np.intp]) -> float:
        distinct, total = table.count(rows)
        if not total:
            return math.nan
        # 1 − ((V − 1) / V)^C without the loss of digits.
        hit = -math.expm1(total * math.log1p(-1 / VOCABULARY))
        return distinct / (VOCABULARY * hit)

    return measure


def commonest_opening(texts: Sequence[str], lang: Lang) -> Score:
    """Share of the jokes that begin with the commonest first three tokens, in (0, 1].

    Lower is more varied. A joke of one or two tokens has a shorter opening; one without tokens has
    none and does not count.

    Raises:
        DataError: no joke has a token.
    """
    rows = token_rows(sorted(texts), lang)
    return set_score(
        "commonest-opening",
        _opening_measure(rows),
        len(texts),
        lang,
        undefined=_too_short(texts, 1),
        settings={"tokens": own_tokens(lang), "opening": OPENING_TOKENS},
        items=int(np.count_nonzero(rows.lengths_R)),
    )


def commonest_opening_of(texts: Sequence[str], lang: Lang) -> Measure:
    """Return the measure of :func:`commonest_opening` for any of the texts."""
    return _opening_measure(token_rows(texts, lang))


def openings(texts: Sequence[str], lang: Lang) -> list[tuple[tuple[str, ...], int]]:
    """First three tokens of the jokes and how many begin so, the commonest first."""
    counts = Counter(tuple(tokenize(text, lang)[:OPENING_TOKENS]) for text in texts)
    del counts[()]
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def near_duplicates(texts: Sequence[str], lang: Lang) -> Score:
    """Share of the jokes that another one of the set repeats at least nearly, in [0, 1].

    Nearly is a similarity of 0.8 or more; see :mod:`semeval_humor.metrics.neighbours`. Lower is
    more varied, but the share grows with the set, so compare only scores with the same ``items``.
    Jokes without a letter or digit do not count. Where a handful of jokes or none is repeated, the
    interval is too narrow: rare events that did not happen leave no trace in the halves.

    Raises:
        DataError: no joke has a letter or digit.
    """
    order = sorted(range(len(texts)), key=texts.__getitem__)
    twins = find_twins([texts[row] for row in order], lang)
    score = set_score(
        "near-duplicates",
        _twin_measure(twins),
        len(texts),
        lang,
        undefined=f"none of the {len(texts)} texts has a letter or digit",
        settings={"near": NEAR, "search": twins.search},
        items=int(np.count_nonzero(twins.form_R >= 0)),
    )
    rows_R = np.empty(len(texts))
    rows_R[order] = np.where(twins.form_R >= 0, _doubled(twins)[twins.form_R], math.nan)
    return dataclasses.replace(score, rows=tuple(map(float, rows_R)))


def near_duplicates_of(texts: Sequence[str], lang: Lang) -> Measure:
    """Return the measure of :func:`near_duplicates` for any of the texts."""
    return _twin_measure(find_twins(texts, lang))


def _too_short(texts: Sequence[str], n: int) -> str:
    return f"none of the {len(texts)} texts has {n} token{'s' if n > 1 else ''}"


def _opening_measure(rows: TokenRows) -> Measure:
    # One column for each token; texts that end before it have -1 there.
    place_RO = rows.starts_R[:-1, None] + np.arange(OPENING_TOKENS)
    inside_RO = place_RO < rows.starts_R[1:, None]
    padded_T = np.append(rows.ids_T, -1)
    first_RO = padded_T[np.where(inside_RO, place_RO, -1)]
    opening_R = np.unique(first_RO, axis=0, return_inverse=True)[1].reshape(-1)
    has_token_R = inside_RO[:, 0]

    def measure(chosen: NDArray[np.intp]) -> float:
        found = opening_R[chosen[has_token_R[chosen]]]
        return float(np.bincount(found).max()) / found.size if found.size else math.nan

    return measure


def _doubled(twins: Twins) -> NDArray[np.bool_]:
    """Which normal forms belong to a text that has a near-duplicate in the whole set."""
    doubled_F = np.bincount(twins.form_R[twins.form_R >= 0], minlength=twins.forms) > 1
    doubled_F[twins.left_P] = doubled_F[twins.right_P] = True
    return doubled_F


def _twin_measure(twins: Twins) -> Measure:
    def measure(rows: NDArray[np.intp]) -> float:
        forms = twins.form_R[rows]
        count_F = np.bincount(forms[forms >= 0], minlength=twins.forms)
        if not count_F.any():
            return math.nan
        doubled_F = count_F > 1
        met_P = (count_F[twins.left_P] > 0) & (count_F[twins.right_P] > 0)
        doubled_F[twins.left_P[met_P]] = True
        return float(count_F[doubled_F].sum() / count_F.sum())

    return measure
