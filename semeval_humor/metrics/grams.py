"""n-grams of a set of texts as integers, counted once and then summed over any of the texts."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import ConfigError
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text.tokens import characters, words


class TokenKind(StrEnum):
    """What n-grams are made of."""

    WORD = "word"
    CHAR = "char"


@dataclass(frozen=True, slots=True)
class TokenRows:
    """Tokens of texts, equal ones as equal integers.

    Attributes:
        ids_T: tokens of all texts, one text after the other.
        starts_R: where each text starts in ``ids_T``, and a last number for where all end.
        kinds: number of different tokens.
    """

    ids_T: NDArray[np.int64]
    starts_R: NDArray[np.int64]
    kinds: int

    @property
    def lengths_R(self) -> NDArray[np.int64]:
        """Number of tokens of each text."""
        return np.diff(self.starts_R)


@dataclass(frozen=True, slots=True)
class GramTable:
    """How often each n-gram occurs in each text.

    Most n-grams of a varied set are in one text only. These are merely counted, since wherever
    that text is chosen they are new, and they match nothing.

    Attributes:
        totals_R: number of n-grams of each text.
        private_R: number of different n-grams of each text that no other text has.
        row_E: text of each entry; there is one for every text and n-gram that it shares.
        gram_E: n-gram of each entry, from 0, in ascending order.
        count_E: how often the n-gram occurs in the text, in descending order for each n-gram.
        shared: number of different n-grams among the entries.
    """

    totals_R: NDArray[np.int64]
    private_R: NDArray[np.int64]
    row_E: NDArray[np.int32]
    gram_E: NDArray[np.int32]
    count_E: NDArray[np.int32]
    shared: int

    @property
    def distinct_R(self) -> NDArray[np.int64]:
        """Number of different n-grams of each text."""
        return self.private_R + np.bincount(self.row_E, minlength=len(self.totals_R))

    def count(self, rows: NDArray[np.intp]) -> tuple[int, int]:
        """Number of different n-grams of some of the texts, and of all their n-grams."""
        chosen_R = np.zeros(len(self.totals_R), dtype=np.bool_)
        chosen_R[rows] = True
        seen = np.zeros(self.shared, dtype=np.bool_)
        seen[self.gram_E[chosen_R[self.row_E]]] = True
        distinct = int(self.private_R[rows].sum()) + int(np.count_nonzero(seen))
        return distinct, int(self.totals_R[rows].sum())


def own_tokens(lang: Lang) -> TokenKind:
    """Words for languages with spaces, characters for Chinese."""
    return TokenKind.WORD if LANGUAGES[lang].spaced else TokenKind.CHAR


def token_rows(texts: Sequence[str], lang: Lang, tokens: TokenKind | None = None) -> TokenRows:
    """Tokens of texts; of the language's own kind unless another is named.

    The last sets are remembered, since several metrics ask for the same one.
    """
    return _token_rows(tuple(texts), lang, tokens or own_tokens(lang))


def gram_table(rows: TokenRows, n: int) -> GramTable:
    """Count the runs of ``n`` tokens in each text; they stay inside of it.

    Raises:
        ConfigError: ``n`` is below 1.
    """
    if n < 1:
        raise ConfigError(f"n-grams of {n} tokens, expected 1 or more")
    lengths_R = rows.lengths_R
    totals_R = np.maximum(lengths_R - n + 1, 0)
    gram_G = _gram_ids(rows, n)
    row_G = np.repeat(np.arange(len(totals_R)), totals_R)
    both_E, count_E = np.unique(gram_G * len(totals_R) + row_G, return_counts=True)
    gram_E, row_E = np.divmod(both_E, max(1, len(totals_R)))
    shared_E = np.bincount(gram_E)[gram_E] > 1
    private_R = np.bincount(row_E[~shared_E], minlength=len(totals_R))
    kinds, gram_E = np.unique(gram_E[shared_E], return_inverse=True)
    row_E, count_E = row_E[shared_E], count_E[shared_E]
    order = np.lexsort((-count_E, gram_E))
    return GramTable(
        totals_R,
        private_R,
        row_E[order].astype(np.int32),
        gram_E[order].astype(np.int32),
        count_E[order].astype(np.int32),
        len(kinds),
    )


@lru_cache(maxsize=4)
def _token_rows(texts: tuple[str, ...], lang: Lang, tokens: TokenKind) -> TokenRows:
    numbers: dict[str, int] = {}
    ids, starts = array("q"), array("q", [0])
    for text in texts:
        found = words(text, lang) if tokens is TokenKind.WORD else characters(text)
        ids.extend(numbers.setdefault(token, len(numbers)) for token in found)
        starts.append(len(ids))
    return TokenRows(np.array(ids), np.array(starts), len(numbers))


def _gram_ids(rows: TokenRows, n: int) -> NDArray[np.int64]:
    """Equal integers for equal n-grams, in the order of the texts and of the places in them."""
    # Tokens that are left in the text from each token on, itself included.
    left_T = np.repeat(rows.starts_R[1:], rows.lengths_R) - np.arange(len(rows.ids_T))
    place_G = np.arange(len(rows.ids_T))
    gram_G = rows.ids_T
    for order in range(2, n + 1):
        longer_G = left_T[place_G] >= order
        place_G = place_G[longer_G]
        # Two integers below 2³¹ in one; numbering them again keeps it so for the next order.
        both_G = gram_G[longer_G] * rows.kinds + rows.ids_T[place_G + order - 1]
        gram_G = np.unique(both_G, return_inverse=True)[1]
    return gram_G
