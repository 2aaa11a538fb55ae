"""Writing systems: letters that do not belong to the language of a text, and why some may stay."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

import regex

from semeval_humor.errors import DataError
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang

_NAMED_SCRIPTS = (
    *("Latin", "Han", "Hiragana", "Katakana", "Hangul", "Cyrillic", "Arabic", "Greek"),
    *("Hebrew", "Thai", "Devanagari"),
)
# Letters of no particular script (ª, ー, 𝒂) speak neither for a language nor against it.
_LETTER = r"[\p{L}--[\p{Script=Common}\p{Script=Inherited}]]"
_LETTERS = regex.compile(rf"(?V1){_LETTER}++")
# Longest quotation of foreign letters that is still a quoted word and not a quoted sentence.
_MAX_QUOTED = {"Latin": 40}
_MAX_QUOTED_OTHERWISE = 12
_QUOTES = {
    **{'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "「": "」", "『": "』", "《": "》"},
    **{"〈": "〉", "(": ")", "（": "）", "[": "]", "【": "】"},
}
_CLOSING_PUNCTUATION = ".,!?。，！？… "
# From the radicals on: characters before them have one form in both kinds of Chinese.
_WITH_FORMS = re.compile("[\u2e80-\U0010ffff]")


class Reason(StrEnum):
    """Why foreign letters are tolerated."""

    QUOTED = "quoted"
    NUMERAL = "numeral"
    UNIT = "unit"
    SYMBOL = "symbol"
    ACRONYM = "acronym"
    NAME = "name"
    LOANWORD = "loanword"


# Tried in this order on runs of Latin letters inside Chinese, where most of what is foreign is at
# home: KTV, iPhone, 5 kg. Two or more words without capitals are a phrase, and foreign.
_LATIN_REASONS = tuple(
    (reason, regex.compile(pattern))
    for reason, pattern in (
        (Reason.NUMERAL, r"[IVXLCDM]++|[\u2160-\u217F]++"),
        (Reason.UNIT, r"(?i:[kcmnμ]?[mg]|[km]?w|k?hz|[mgkt]b|ml|l|kwh|k?cal|v|°?[cf])"),
        (Reason.SYMBOL, r"\p{L}"),
        (Reason.ACRONYM, r"[\p{Lu}\d]{1,8}+(?:[ .&/+-]{1,2}+[\p{Lu}\d]{1,8}+){0,3}+\.?"),
        (Reason.NAME, r"(?=\S*\p{Lu})[\p{L}\d'’.&+-]++(?: (?=\S*\p{Lu})[\p{L}\d'’.&+-]++){0,3}+"),
        (Reason.LOANWORD, r"[\p{Ll}\d'’-]{2,12}+"),
    )
)


@dataclass(frozen=True, slots=True)
class ForeignRun:
    """Neighbouring words in letters that the language is not written in.

    Attributes:
        start: index of the first letter.
        end: index after the last letter.
        text: what stands there.
        script: Unicode name of the first letter's script, or "other" for the rarer ones.
        reason: why the run is tolerated; None where it is a fault.
    """

    start: int
    end: int
    text: str
    script: str
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class HanVariants:
    """Numbers of characters that exist in only one of the two forms of Chinese writing."""

    simplified: int
    traditional: int


def foreign_runs(text: str, lang: Lang) -> list[ForeignRun]:
    """Runs of letters outside the language's scripts, in order, tolerated ones included.

    Words that only spaces, digits or light punctuation divide are one run, so that a sentence is
    judged as a sentence. Digits, emoji and letters without a script are never foreign.
    """
    return [_judge(text, match, lang) for match in _foreign_pattern(lang).finditer(text)]


def purity(text: str, lang: Lang) -> float:
    """Share of the letters that are in the language's own scripts, in [0, 1].

    Tolerated letters count as foreign too: a few lower the share a little, and a text made of
    nothing but names is not pure.

    Raises:
        DataError: the text has no letter, which leaves the share undefined.
    """
    total = _count(_LETTERS, text)
    if not total:
        raise DataError(f"purity: no letter in {text[:60]!r}, expected at least one")
    return 1 - _count(_foreign_letters(lang), text) / total


def han_variants(text: str) -> HanVariants:
    """Count Simplified-only and Traditional-only characters; most characters are neither.

    A character such as 后 or 面, which both forms use, counts for none.
    """
    if not _WITH_FORMS.search(text):
        return HanVariants(0, 0)
    forms = [_form(character) for character in text]
    return HanVariants(simplified=forms.count("simplified"), traditional=forms.count("traditional"))


def to_simplified(text: str) -> str:
    """Return the text with Traditional Chinese turned into Simplified; all else stays."""
    return _converter("t2s")(text)


def _judge(text: str, match: regex.Match[str], lang: Lang) -> ForeignRun:
    start, end = match.span()
    script = _script(text[start])
    return ForeignRun(start, end, match[0], script, _reason(text, start, end, script, lang))


def _reason(text: str, start: int, end: int, script: str, lang: Lang) -> Reason | None:
    run = text[start:end]
    letters = _count(_LETTERS, run)
    if letters <= _MAX_QUOTED.get(script, _MAX_QUOTED_OTHERWISE) and _is_quoted(text, start, end):
        return Reason.QUOTED
    if lang is not Lang.ZH or script != "Latin":
        # π, Ω and the ಠ of a face made of letters; a lone Han character is a word, though.
        return Reason.SYMBOL if letters == 1 and script != "Han" else None
    for reason, pattern in _LATIN_REASONS:
        if pattern.fullmatch(run) and (reason is not Reason.UNIT or _after_digit(text, start)):
            return reason
    return None


def _is_quoted(text: str, start: int, end: int) -> bool:
    if start == 0:
        return False
    while end < len(text) and text[end] in _CLOSING_PUNCTUATION:
        end += 1
    return end < len(text) and _QUOTES.get(text[start - 1]) == text[end]


def _after_digit(text: str, start: int) -> bool:
    return text[max(0, start - 2) : start].rstrip()[-1:].isdigit()


def _count(pattern: regex.Pattern[str], text: str) -> int:
    return sum(map(len, pattern.findall(text)))


@cache
def _foreign_class(lang: Lang) -> str:
    own = "".join(rf"\p{{Script={script}}}" for script in LANGUAGES[lang].scripts)
    return rf"[{_LETTER}--[{own}]]"


@cache
def _foreign_letters(lang: Lang) -> regex.Pattern[str]:
    return regex.compile(rf"(?V1){_foreign_class(lang)}++")


@cache
def _foreign_pattern(lang: Lang) -> regex.Pattern[str]:
    letter = _foreign_class(lang)
    between = r"[\s\d'’.,&/+\-!?·ー\p{M}]{1,4}"
    return regex.compile(rf"(?V1){letter}++(?:{between}{letter}++)*+[\d\p{{M}}]*+")


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    for script in _NAMED_SCRIPTS:
        if regex.match(rf"\p{{Script={script}}}", letter):
            return script
    return "other"


@cache
def _converter(direction: str) -> Callable[[str], str]:
    import opencc

    converter = opencc.OpenCC(direction)
    return lambda text: str(converter.convert(text))


@lru_cache(maxsize=32768)
def _form(character: str) -> str:
    """Return "simplified", "traditional" or "both".

    That a conversion changes a character is not enough: s2t turns 后 into 後, though 后 is good
    Traditional as well. The national character sets know: GB 2312 is Simplified, Big5 Traditional.
    """
    if not _WITH_FORMS.match(character):
        return "both"
    if not _in_charset(character, "gb2312") and _converter("t2s")(character) != character:
        return "traditional"
    if not _in_charset(character, "big5") and _converter("s2t")(character) != character:
        return "simplified"
    return "both"


def _in_charset(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
