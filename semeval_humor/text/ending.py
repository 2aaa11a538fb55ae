"""How a text ends: whether it visibly stops in the middle of a sentence."""

import regex

from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text import tokens

# Words that want another one after them. Those that people end with as well are left out: pronouns,
# most prepositions (come in!), Spanish words that only an accent tells from others (si, tu, como),
# and 的, with which many a Chinese sentence ends.
_UNFINISHED = {
    Lang.EN: regex.compile(
        r"the|an?|and|n?or|of|to|with|my|your|our|their|its|every|because|if|but|as|than|into"
        r"|although|unless|whether|which|whose|i['’](?:m|ve)|(?:you|we|they)['’](?:re|ve)"
        r"|(?:he|she|it|that|there)['’]s",
        regex.IGNORECASE,
    ),
    Lang.ES: regex.compile(
        r"el|l[oa]s|la|un|del?|al|y|ni|que|con|en|por|para|sin|sus?|mis|tus|muy|cada|pero|porque"
        r"|aunque|desde|entre",
        regex.IGNORECASE,
    ),
    Lang.ZH: regex.compile(
        r"因[为為]|由[于於]|如果|假如|[虽雖]然|[尽儘]管|即使|除非|[无無][论論]|不管|但是|可是|而且"
        r"|[并並]且|不但|不[仅僅]|甚至|或者|以及|因此|[关關][于於]|[为為]了"
        r"|[和与與及或而但且若把被从從使将將于於跟]"
    ),
}
_OPENING = "“«「『《（【"
_DASHES = "-–—"
# A comma; a semicolon that ends no HTML entity; a colon that is no part of a face, as in "D:"; a
# quote or bracket that opens after a word; a dash after a word.
_BROKEN_OFF = regex.compile(
    r"(?:[,，、]|(?<=[\p{L}\p{N}])(?<!&[#;\w]{1,10})[;；]"
    r"|(?<=\p{L}\p{L}|\p{Han}|[\p{N}\"”’）])\s?[:：]"
    rf"|(?<=[\p{{L}}\p{{N}}]\s|[:：,，]\s?)[{_OPENING}]"
    rf"|(?<=[\p{{L}}\p{{N}},，])\s?[{_DASHES}]{{1,2}})\Z"
)
_LAST_MARKS = frozenset(",，、;；:：" + _OPENING + _DASHES)
_TAIL = 16  # characters that tell an ending; no word above is as long
# In a Spanish dialogue a dash at the end closes what another has opened.
_OPENING_DASH = regex.compile(rf"(?<!\S)[{_DASHES}]+(?=\S)")
# A straight bracket is one before a word, or else a face.
_OPENED = regex.compile(
    r"(?:“[^“”]*+|«[^«»]*+|「[^「」]*+|『[^『』]*+|《[^《》]*+|（[^（）]*+|【[^【】]*+"
    r"|(?<!\S)[(](?=\p{L})[^()]*+)\Z"
)


def truncated(text: str, lang: Lang) -> bool:
    """Whether a joke visibly stops in the middle of a sentence.

    It does where it ends in a comma, semicolon, colon or dash, or in a quote or bracket that opens;
    and, with no mark at its end, where a quote or bracket stays open or the last word wants another
    one. Precise, not complete: a joke cut off after any other word is not seen, nor is one that
    ends in an ellipsis, a straight quote or an emoji. Of 38,000 human jokes, 0.12% are taken for
    truncated, and most of those are.
    """
    text = text.rstrip()
    last = text[-1:]
    if last in _LAST_MARKS:
        closes = last in _DASHES and _OPENING_DASH.search(text)
        return not closes and _BROKEN_OFF.search(text[-_TAIL:]) is not None
    if not last.isalnum():
        return False
    return _OPENED.search(text) is not None or _is_unfinished(text, lang)


def _is_unfinished(text: str, lang: Lang) -> bool:
    if LANGUAGES[lang].spaced:
        last = text.rsplit(maxsplit=1)[-1]
    else:
        last = next(reversed(tokens.words(text[-_TAIL:], lang)), "")
    return _UNFINISHED[lang].fullmatch(last) is not None
