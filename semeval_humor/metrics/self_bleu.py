"""Self-BLEU: how well the other jokes of a set predict each joke, word for word."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_humor.metrics.grams import (
    GramTable,
    TokenKind,
    TokenRows,
    gram_table,
    own_tokens,
    token_rows,
)
from semeval_humor.metrics.intervals import Measure, set_score
from semeval_humor.schema import Lang, Score

ORDER = 4


def self_bleu(texts: Sequence[str], lang: Lang, *, tokens: TokenKind | None = None) -> Score:
    """Mean BLEU of each joke against all others as its references, in [0, 1]; lower is more varied.

    It grows with the set, so compare only scores with the same ``items``. It is exactly the mean
    of sacrebleu's sentence BLEU / 100 over our tokens (``tokenize="none"``, exponential smoothing,
    effective order). Jokes without tokens are left out, as joke and as reference. The time grows
    in proportion to the number of tokens: 1,000 jokes take 0.1 seconds with the interval.

    Args:
        texts: jokes, one string each.
        lang: decides how texts are divided.
        tokens: words or characters; unless given, characters for Chinese and words otherwise.

    Raises:
        DataError: fewer than two jokes have a token.

    Source: Zhu et al. 2018, Texygen, arXiv:1802.01886; they smooth otherwise (NLTK's method 1).
    Sentence BLEU as in sacrebleu 2: Post 2018, arXiv:1804.08771.
    """
    rows = token_rows(sorted(texts), lang, tokens)
    return set_score(
        "self-bleu",
        _measure(rows),
        len(texts),
        lang,
        undefined=f"fewer than 2 of the {len(texts)} texts have a token",
        settings={
            "tokens": tokens or own_tokens(lang),
            **{"order": ORDER, "smooth": "exp", "eff": "yes"},
        },
        items=int(np.count_nonzero(rows.lengths_R)),
    )


def self_bleu_of(texts: Sequence[str], lang: Lang, *, tokens: TokenKind | None = None) -> Measure:
    """Return the measure of :func:`self_bleu` for any of the texts."""
    return _measure(token_rows(texts, lang, tokens))


@dataclass(frozen=True, slots=True)
class _Matches:
    """The shared n-grams of all orders, one entry for each text that has them.

    Attributes:
        row_E: text of each entry.
        cell_E: text and order of each entry, as the number of a cell in a table.
        gram_E: n-gram of each entry; those of one n-gram stand together.
        count_E: how often the text has it, in descending order for each n-gram.
        rows: number of texts.
    """

    row_E: NDArray[np.int32]
    cell_E: NDArray[np.int32]
    gram_E: NDArray[np.int32]
    count_E: NDArray[np.int32]
    rows: int

    def count(self, chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        """How many n-grams of each chosen text and order another chosen text has as often.

        The most that any other text has of an n-gram is the highest count; for the text with the
        highest count itself, it is the second highest.
        """
        chosen_R = np.zeros(self.rows, dtype=np.bool_)
        chosen_R[chosen] = True
        kept = np.flatnonzero(chosen_R[self.row_E])
        gram_E, count_E = self.gram_E[kept], self.count_E[kept]
        first_E = np.diff(gram_E, prepend=-1) != 0
        last_E = np.diff(gram_E, append=-1) != 0
        second_E = np.where(last_E, 0, np.roll(count_E, -1))
        # All but the first entry of an n-gram find at least their own count in the first.
        matched_E = np.where(first_E, second_E, count_E)
        cells = np.bincount(np.repeat(self.cell_E[kept], matched_E), minlength=self.rows * ORDER)
        return cells.reshape(self.rows, ORDER)[chosen]


def _measure(rows: TokenRows) -> Measure:
    length_R = rows.lengths_R
    tables = [gram_table(rows, n) for n in range(1, ORDER + 1)]
    total_RN = np.stack([table.totals_R for table in tables], axis=1)
    matches = _matches(tables)

    def measure(chosen: NDArray[np.intp]) -> float:
        chosen = chosen[length_R[chosen] > 0]
        if chosen.size < 2:
            return math.nan
        bleu_C = _bleu(matches.count(chosen), total_RN[chosen], length_R[chosen])
        return float(bleu_C.mean())

    return measure


def _matches(tables: Sequence[GramTable]) -> _Matches:
    before = np.cumsum([0, *(table.shared for table in tables[:-1])])
    return _Matches(
        np.concatenate([table.row_E for table in tables]),
        np.concatenate([table.row_E * ORDER + place for place, table in enumerate(tables)]),
        np.concatenate([table.gram_E + start for table, start in zip(tables, before, strict=True)]),
        np.concatenate([table.count_E for table in tables]),
        len(tables[0].totals_R),
    )


def _bleu(
    correct_CN: NDArray[np.int64], total_CN: NDArray[np.int64], length_C: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Sentence BLEU of each text; the closest of the other lengths is its reference length."""
    exists_CN, missed_CN = total_CN > 0, correct_CN == 0
    # Exponential smoothing: the first order without a match counts half an n-gram, the next a
    # quarter, and so on.
    smoothed_CN = np.where(missed_CN, 0.5 ** np.cumsum(missed_CN, axis=1), correct_CN)
    precision_CN = smoothed_CN / np.maximum(total_CN, 1)
    # Effective order: orders for which the text is too short do not count.
    log_CN = np.where(exists_CN, np.log(precision_CN), 0.0)
    brevity_C = np.exp(np.minimum(0, 1 - _closest_other(length_C) / length_C))
    bleu_C = brevity_C * np.exp(log_CN.sum(axis=1) / exists_CN.sum(axis=1))
    # Without a common word nothing is smoothed: the score is 0.
    return np.where(missed_CN[:, 0], 0.0, bleu_C)


def _closest_other(length_C: NDArray[np.int64]) -> NDArray[np.int64]:
    """Length of the other text that is closest in length; the shorter of two."""
    order = np.argsort(length_C, kind="stable")
    sorted_C = length_C[order]
    far = 4 * int(sorted_C[-1])  # further from every length than any other length
    before_C, after_C = np.append(-far, sorted_C[:-1]), np.append(sorted_C[1:], far)
    closest_C = np.empty_like(length_C)
    closest_C[order] = np.where(sorted_C - before_C <= after_C - sorted_C, before_C, after_C)
    return closest_C
