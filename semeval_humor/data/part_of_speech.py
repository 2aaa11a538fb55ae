"""Whether a word is a verb or a noun, and which verbs and nouns stand in a text.

A light method without a model. ``find_words`` decides where the evidence is clear and passes over a
word where it is not; ``can_be`` refuses only what is clearly something else.

Accuracy. On the gold set of the package, all words that are found are right, and of the gold verbs
71 % (en), 91 % (es) and 80 % (zh) are found, of the nouns 85 %, 91 % and 89 %; but the closed lists
were written with that set at hand. Of 30 labels per language from corpora that were not looked at
before, the verb was right in 28, 30 and 25, the noun in 29, 28 and 28 (most of the errors found
there have since been put in the lists). ``can_be`` accepts every gold word, and of the gold nouns
it takes 13 % (en), 15 % (es) and 0 % (zh) for possible verbs, as *book* and *silla*.
"""

from collections.abc import Callable, Mapping

from semeval_humor.data import chinese_words, english_words, spanish_words
from semeval_humor.data.lexicon import FoundWord, Kind
from semeval_humor.schema import Lang

__all__ = ["FoundWord", "Kind", "can_be", "find_words"]

_CAN_BE: Mapping[Lang, Callable[[str, Kind], bool]] = {
    Lang.EN: english_words.can_be,
    Lang.ES: spanish_words.can_be,
    Lang.ZH: chinese_words.can_be,
}
_FIND_WORDS: Mapping[Lang, Callable[[str], list[FoundWord]]] = {
    Lang.EN: english_words.find_words,
    Lang.ES: spanish_words.find_words,
    Lang.ZH: chinese_words.find_words,
}


def can_be(word: str, kind: Kind, lang: Lang) -> bool:
    """Whether a word, in whatever form, can be a verb or a noun; many words can be both."""
    return _CAN_BE[lang](word, kind)


def find_words(text: str, lang: Lang) -> list[FoundWord]:
    """Verbs and nouns of a text, in order, as far as their neighbours leave little doubt.

    Auxiliaries, light verbs, names and words that say next to nothing are passed over.
    """
    return _FIND_WORDS[lang](text)
