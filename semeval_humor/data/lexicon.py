"""What the finders of verbs and nouns share: what they find, how common a word is, its lemma."""

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

import regex

from semeval_humor.schema import Lang

# A word with its apostrophes and hyphens, a number, or one punctuation mark.
_TOKEN = regex.compile(r"[\p{L}\p{M}]++(?:['’-][\p{L}\p{M}]++)*+|\d++|[^\s\w]")


class Kind(StrEnum):
    """The parts of speech that a label is made of."""

    VERB = "verb"
    NOUN = "noun"


@dataclass(frozen=True, slots=True)
class FoundWord:
    """A verb or a noun in a text.

    Attributes:
        kind: which of the two.
        form: as it stands in the text.
        lemma: of a verb the form that a dictionary lists; of a noun ``form`` in lower case.
        start: index of its first character.
    """

    kind: Kind
    form: str
    lemma: str
    start: int


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or mark of a text, with what its neighbours tell about it.

    Attributes:
        form: as it stands in the text.
        word: in lower case, with straight apostrophes.
        start: index of its first character.
        name: its capital is no beginning of a sentence.
    """

    form: str
    word: str
    start: int
    name: bool


def tokens_of(text: str) -> Iterator[Token]:
    """Words, numbers and marks of an English or Spanish text, in order."""
    fresh = True
    for match in _TOKEN.finditer(text):
        form = match[0]
        name = form[0].isupper() and not fresh
        yield Token(form, form.casefold().replace("’", "'"), match.start(), name)
        fresh = not form[-1].isalnum() and form not in ",;'’"


def word_at(tokens: Sequence[Token], place: int) -> str:
    """Word at a place, in lower case; a full stop before the first and after the last."""
    return tokens[place].word if 0 <= place < len(tokens) else "."


def zipf(word: str, lang: Lang) -> float:
    """How common a word is: log10 of its occurrences in a billion words; 0 where it is unknown.

    ``the`` has 7.7, ``banana`` 4.0, ``deseed`` 0. Chinese words are looked up in Simplified.
    """
    frequency = _frequencies(lang).get(word, 0.0)
    return math.log10(frequency) + 9 if frequency else 0.0


@lru_cache(maxsize=65536)
def dictionary_lemma(word: str, lang: Lang) -> str:
    """Lemma in simplemma's dictionary; the word itself where it has none there."""
    import simplemma

    return str(simplemma.lemmatize(word, lang=str(lang))).casefold()


@cache
def word_lists(lang: Lang) -> Mapping[str, str]:
    """Closed lists of a language by name, each with its words divided by spaces."""
    text = Path(__file__).with_name("part_of_speech.toml").read_text(encoding="utf-8")
    found: Mapping[str, str] = tomllib.loads(text)[lang]
    return found


def word_set(lang: Lang, *names: str) -> frozenset[str]:
    """Words of one closed list, or of several together."""
    return frozenset(word for name in names for word in word_lists(lang)[name].split())


@cache
def _frequencies(lang: Lang) -> Mapping[str, float]:
    import wordfreq

    found: Mapping[str, float] = wordfreq.get_frequency_dict(str(lang))
    return found
