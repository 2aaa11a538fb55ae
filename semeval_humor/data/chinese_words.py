"""Chinese verbs and nouns, by the tags of jieba's dictionary.

Words are cut as everywhere in this package; ``jieba.posseg`` looks a known word up in the same
dictionary, and only guesses at names and at what the dictionary does not have, which is passed over
here. Some of its tags are of another time or taken from names: they are corrected below.
"""

from collections.abc import Mapping
from functools import cache

import regex

from semeval_humor.data.lexicon import FoundWord, Kind, word_set
from semeval_humor.schema import Lang
from semeval_humor.text.scripts import to_simplified
from semeval_humor.text.tokens import jieba_cutter, words

_VERB_TAGS = frozenset({"v", "vd", "vg", "vi", "vn", "vq"})
# Nouns of all kinds, and words of time and place, which are nouns too. Many a plain noun is tagged
# as a name of a person, as 玉米 and 小提琴 are.
_NOUN_TAGS = frozenset({"n", "ng", "nr", "nrt", "ns", "nt", "nz", "vn", "an", "t", "s"})
_VERBS, _NOUNS = word_set(Lang.ZH, "verbs"), word_set(Lang.ZH, "nouns")
_BOTH, _EMPTY = word_set(Lang.ZH, "both"), word_set(Lang.ZH, "empty")
# First characters of phrases that the dictionary has as words: 那辆车, 不行, 有钱.
_PHRASE_STARTS = tuple("那这哪整一两几每某不有无没就")
_HAN = regex.compile(r"\p{Han}{2,}")


def can_be(word: str, kind: Kind) -> bool:
    """Whether a word can be a verb or a noun.

    A phrase that is in no dictionary is a verb if its first word is one (拔掉插头), and a noun if
    its last word is one (微波炉说明书).
    """
    tags = _parts(to_simplified(word.casefold()))
    if kind is Kind.VERB:
        return tags[0] in _VERB_TAGS
    return tags[-1] in _NOUN_TAGS


def find_words(text: str) -> list[FoundWord]:
    """Verbs and nouns of two characters or more, in order."""
    simplified = to_simplified(text)
    assert len(simplified) == len(text), "t2s maps characters one to one"
    found = []
    start = 0
    for word in words(simplified, Lang.ZH):
        at = simplified.find(word, start)
        if at < 0:
            continue  # a form that folding has changed, as of ＡＢ
        start = at + len(word)
        if _HAN.fullmatch(word) and (kind := _kind(word, simplified[at - 1 : at])):
            form = text[at:start]
            found.append(FoundWord(kind, form, form, at))
    return found


def _kind(word: str, before: str) -> Kind | None:
    if word in _EMPTY or word.startswith(_PHRASE_STARTS):
        return None
    tag = _tag(word)
    if tag == "n":
        return Kind.NOUN
    # After 的 a verb is used as a noun: 他的道歉.
    return Kind.VERB if tag in {"v", "vn"} and before != "的" else None


def _parts(word: str) -> list[str]:
    """Tags of the words that a word or phrase consists of; "x" where the dictionary has none."""
    import jieba

    tag = _tag(word)
    return [tag] if tag != "x" else [_tag(part) for part in jieba.cut(word, HMM=False)] or ["x"]


def _tag(word: str) -> str:
    if word in _BOTH:
        return "vn"
    if word in _VERBS:
        return "v"
    return "n" if word in _NOUNS else _tags().get(word, "x")


@cache
def _tags() -> Mapping[str, str]:
    """Part of speech of each word of jieba's dictionary."""
    jieba_cutter()  # silences its log
    from jieba import posseg

    found: Mapping[str, str] = posseg.dt.word_tag_tab
    return found
