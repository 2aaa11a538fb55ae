"""How long jokes are."""

from collections.abc import Sequence

from semeval_humor.metrics.intervals import mean_score
from semeval_humor.schema import Lang, Score
from semeval_humor.text.length import count_characters, count_words


def length_characters(texts: Sequence[str], lang: Lang) -> Score:
    """Mean number of characters, as the organisers count them: code points, spaces included.

    Raises:
        DataError: there are no texts.
    """
    rows = [float(count_characters(text)) for text in texts]
    return mean_score("length-characters", rows, lang, undefined="")


def length_words(texts: Sequence[str], lang: Lang) -> Score:
    """Mean number of words, without punctuation; Chinese as the segmenter divides it.

    Raises:
        DataError: there are no texts.
    """
    rows = [float(count_words(text, lang)) for text in texts]
    return mean_score("length-words", rows, lang, undefined="")
