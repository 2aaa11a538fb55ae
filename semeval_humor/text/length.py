"""How long a text is, in the units that the organisers count."""

from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text import tokens


def count_characters(text: str) -> int:
    """Code points, spaces included: what the organisers' limit and database column count."""
    return len(text)


def count_words(text: str, lang: Lang) -> int:
    """Words without punctuation, 0 or more; Chinese as the segmenter divides it."""
    return len(tokens.words(text, lang))


def caption_words(text: str) -> int:
    """Words of a caption as people count them: pieces between spaces with a letter or digit.

    A hyphenated or apostrophised word is one; a lone dash or emoji is none.
    """
    return sum(any(map(str.isalnum, piece)) for piece in text.split())


def too_long(text: str, lang: Lang) -> bool:
    """Whether a joke has more characters than the organisers accept in its language."""
    return count_characters(text) > LANGUAGES[lang].max_characters
