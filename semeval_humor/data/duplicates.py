"""Texts that say the same: equal but for their dress, or retold with a few other words."""

import unicodedata
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rensa import RMinHash, RMinHashLSH

from semeval_humor.schema import Lang
from semeval_humor.text.scripts import to_simplified

SAME = 90.0
"""Texts at least this similar are the same joke; one of them goes."""
RETOLD = 80.0
"""Texts at least this similar are too close to be learnt from in training and asked in a test."""
COMPARED_WITH_ALL = 500
"""A text is compared with all of so many; among more, MinHash chooses with which."""

_BANDS, _ROWS = 24, 4
_NGRAM = {Lang.EN: 3, Lang.ES: 3, Lang.ZH: 2}
_SEED = 1


@dataclass(frozen=True, slots=True)
class Match:
    """The text that another one is most like.

    Attributes:
        number: of the text, in the order in which they were added, from 0.
        similarity: share of the characters that are equal in order, from 0 to 100.
    """

    number: int
    similarity: float


def content(text: str, lang: Lang) -> str:
    """Letters and digits of a text, in lower case, Chinese ones in their simplified form.

    Two texts with the same content are the same joke. A text without letters and digits is
    its own content.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    if lang is Lang.ZH:
        folded = to_simplified(folded)
    return "".join(filter(str.isalnum, folded)) or text


class Known:
    """Contents of texts in one language, among which the most similar one is found.

    It grows by about 1 KB for each text.
    """

    def __init__(self, lang: Lang) -> None:
        self._n = _NGRAM[lang]
        self._contents: list[str] = []
        self._numbers: dict[str, int] = {}
        self._index = RMinHashLSH(threshold=RETOLD / 100, num_perm=_BANDS * _ROWS, num_bands=_BANDS)

    def __len__(self) -> int:
        return len(self._contents)

    def find(self, content: str, at_least: float = RETOLD) -> Match | None:
        """Return the most similar text, the first of them; None where none is similar enough."""
        equal = self._numbers.get(content)
        if equal is not None:
            return Match(equal, 100.0)
        if len(self) <= COMPARED_WITH_ALL:
            numbers = list(range(len(self)))
        else:
            numbers = sorted(self._index.query(self._signature(content)))
        others = [self._contents[number] for number in numbers]
        found = process.extractOne(content, others, scorer=fuzz.ratio, score_cutoff=at_least)
        return Match(numbers[found[2]], found[1]) if found else None

    def add(self, content: str) -> int:
        """Add a text and return its number."""
        number = len(self)
        self._contents.append(content)
        self._numbers.setdefault(content, number)
        self._index.insert(number, self._signature(content))
        return number

    def _signature(self, content: str) -> RMinHash:
        signature = RMinHash(num_perm=_BANDS * _ROWS, seed=_SEED)
        last = max(1, len(content) - self._n + 1)
        signature.update([content[start : start + self._n] for start in range(last)])
        return signature
