"""What a reward is made of: one number for each text, or None where there is nothing to say.

Each component looks at one row. Range, direction and edge cases stand in its docstring.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, FiniteFloat

from semeval_humor.configs import Settings
from semeval_humor.schema import Lang, Prompt, WordPair
from semeval_humor.text import loops
from semeval_humor.text.tokens import tokenize
from semeval_humor.text.words import Inclusion, inclusion


def _for_each(value: float | dict[Lang, float]) -> float | dict[Lang, float]:
    if isinstance(value, dict) and value.keys() != set(Lang):
        raise ValueError(f"expected one number, or one for each of {', '.join(Lang)}")
    return value


PerLang = Annotated[FiniteFloat | dict[Lang, FiniteFloat], AfterValidator(_for_each)]
"""A number for all languages, or one for each."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text that is to be rewarded, and what models have said of it.

    Attributes:
        prompt: what it answers.
        text: as it was written.
        humour: probability that it is a joke, in [0, 1], by the classifier of its language.
        unknown: share of it that this classifier's tokenizer does not know, in [0, 1].
        stopped: whether the model ended it itself; None where nobody knows.
    """

    prompt: Prompt
    text: str
    humour: float
    unknown: float
    stopped: bool | None = None

    @property
    def lang(self) -> Lang:
        """Language that the text should be in."""
        return self.prompt.lang


class Band(Settings):
    """Lengths that are usual, in tokens: words, in Chinese characters."""

    at_least: PerLang
    """The shortest usual length, for all languages or for each."""
    at_most: PerLang
    """The longest."""


def humour(row: Row) -> float:
    """How sure the classifier is that a text is a joke, in [0, 1]; higher is better.

    It says something about every text, also about one that it is blind to: see :func:`unknown`.
    """
    return row.humour


def unknown(row: Row) -> float:
    """Share of the text that the classifier cannot see, in [0, 1]; lower is better.

    0 for an empty text. Emoji and rare characters raise it a little, foreign scripts a lot.
    """
    return row.unknown


def coverage(row: Row) -> float | None:
    """Share of the two demanded words that are in a text: 0, ½ or 1.

    An inflected word counts as its given form does. None on every row without words: what is not
    asked for can be neither met nor missed.

    Raises:
        DataError: a demanded word has no letter or digit.
    """
    match row.prompt.constraint:
        case WordPair(word1, word2):
            found = [inclusion(word, row.text, row.lang) for word in (word1, word2)]
            return sum(how is not Inclusion.MISSING for how in found) / 2
    return None


def length(row: Row, band: Band) -> float:
    """How usual the length of a text is, in [0, 1].

    1 inside the band. Below it, tokens divided by the least usual number, so that half of it is
    ½ and a text without a token is 0; above it, the greatest usual number divided by the tokens.
    """
    count = len(tokenize(row.text, row.lang))
    if count == 0:
        return 0.0
    shortest, longest = for_lang(band.at_least, row.lang), for_lang(band.at_most, row.lang)
    return min(1.0, count / shortest, longest / count)


def repetition(row: Row) -> float:
    """Share of n-grams that have occurred before in the text, in [0, 1); lower is better.

    Pairs of words, in Chinese triples of characters. 0 for a text that is too short to have two.
    """
    return loops.repetition(row.text, row.lang)


def for_lang(value: float | dict[Lang, float], lang: Lang) -> float:
    """The number that holds in a language."""
    return value[lang] if isinstance(value, dict) else value
