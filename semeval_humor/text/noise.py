"""What is in a text that nobody reads as language: emoji, laughter, symbols, code, disguises."""

import re
from functools import lru_cache

import regex

from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text.leaks import INVISIBLE

# What a reader sees as one: two regional letters are a flag; skin tones, selectors and whatever a
# joiner binds belong to the pictograph before them. ©, ™ and the like are emoji only where a
# selector says so.
_EMOJI = regex.compile(
    r"\p{Regional_Indicator}{2}"
    r"|(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}(?:\uFE0F|(?<=[\u2600-\u27BF])))"
    r"\p{Emoji_Modifier}?\uFE0F?"
    r"(?:\u200D\p{Extended_Pictographic}\p{Emoji_Modifier}?\uFE0F?)*+"
)
# Words of h or j and one vowel, with two of the former; one syllable said again; words of chats.
_LAUGH = re.compile(
    r"(?<![a-zà-ÿ])(?:(?:b|mu?w?a)?(?=[aáeéiíoó]*+[hj]++[aáeéiíoó]*+[hj])"
    r"(?:[haáj]{4,}+|[heéj]{4,}+|[hiíj]{4,}+|[hoój]{4,}+)"
    r"|([hj][aeio])(?:[\s,.!¡-]++\1)++|lo+l(?:ol)*+|lmf?ao+|rofl|x+d+)(?![a-zà-ÿ])"
    r"|[哈呵嘿嘻嘎]{2,}+|笑死(?:我了?)?|(?<!\d)(?:23{2,}+)++(?!\d)",
    re.IGNORECASE,
)
# What programs are written with and people are not. Faces, web addresses and mentions stay out.
_CODE = regex.compile(
    "|".join(
        (
            r"(?<=[\w)\]]\s?)(?:[=!<>+*/-]=|===)(?=\s?[\w\"'(\[])|&&|\|\||\+\+(?=[;)])"
            r"|(?<!:)//(?!\s|/|\Z)|(?<=[\w)]\s?)[-=]>(?=\s?[\w{(])|=>\s?\{|(?<=\w)::(?=\w)|/\*|\*/",
            r"(?<=\w)\.\w++\((?=[\w\"')])|(?<=[a-z_])\(\)|\(\);|\{\}|(?<=[a-z])\[[a-z0-9]?\]"
            r"|[;{}]\s*(?=\n|\}|\Z)|;(?=\s[a-z]\s?(?:[=<>]|\+\+))",
            r"</?[a-z][a-z0-9]*+(?:\s[a-z-]++=[^<>]*+)?\s?/?>|&(?:lt|gt|amp|quot|nbsp);"
            r"|#include\b|[{,]\s?\"\w++\":|\[(?:PAD|MASK|UNK|CLS|SEP|BOS|EOS)\]",
            r"\b(?:def|function|func|fn)\s\w++\(|\bclass\s\w++(?:[({]|:\s*\n)|\bself\.\w"
            r"|\b(?:console|System)\.\w|\blambda\s\w++:|\$\(['\"]"
            r"|\b(?:print|printf|println|printk|assert|len|range|malloc)\(",
            r"\bimport\s(?:\w++(?:\sas\b|\sfrom\s[\"']|;|\.\w)|(?:os|sys|re|json|math|numpy|torch)\b)"
            r"|\bfrom\s[\w.]++\simport\b",
            r"\breturn\s(?:\w++;|-?\d|true\b|false\b|null\b|None\b|self\b)"
            r"|\b(?:public|private|static)\s(?:static|void|class|int|final)\b"
            r"|\b(?:var|let|const|int|float)\s\w++\s?=|\bSELECT\s\S++.{0,40}\sFROM\b",
            r"\b(?:git\s(?:push|pull|commit|clone|add|checkout|merge)|sudo\s[a-z]++|pip3?\sinstall)\b",
            r"\\[nrtux](?![a-z]{3})|\b0x[0-9a-f]{2,}",
            # snake_case and camelCase, but for names of people in chats, of files and of pages
            r"(?<![\w@#/.])_{0,2}[a-z]++(?:_[a-z0-9]++)++(?![\w.]*[/@])",
            r"(?<![\w@#/.])[a-z]{2,}+(?:[A-Z][a-z]++){2,}+",
        )
    ),
    regex.ASCII,  # so that Chinese ends a word
)
# Without one of these, none of the above: most texts are let go at a tenth of the time.
_MAYBE_CODE = re.compile(
    r"[=<>&|{}_\\(#\[]|//|::|/\*|\*/|;\s*\n|;\s*\Z|\+\+|[a-z][A-Z][a-z]+[A-Z]|0x"
    r"|import |from \S+ import|return |self\.|console\.|System\.|(?:public|private|static) [svcif]"
    r"|SELECT|class \w+:|lambda|git |sudo|pip"
)
# Letters of other scripts that look like Latin ones, inside a Latin word or on their own; letters
# that are signs of mathematics; radicals and doublets of Chinese characters; blanks that are none.
_LOOKALIKE = "[асеорхуіјѕһԁԛԝАВСЕНКМОРТХУІЈЅοϲΑΒΕΖΗΙΚΜΝΟΡΤΥΧ]"
_ITS_OWN = r"[\p{Cyrillic}\p{Greek}]"
_DOUBLES = (
    rf"(?<=\p{{Latin}}){_LOOKALIKE}|{_LOOKALIKE}(?=\p{{Latin}})"
    rf"|(?<!{_ITS_OWN}){_LOOKALIKE}(?!{_ITS_OWN})"
    r"|[\U0001D400-\U0001D7FF\u24B6-\u24E9\U0001F130-\U0001F149]"
    r"|[\u2E80-\u2FDF\uF900-\uFAFF\U0002F800-\U0002FA1F]|[\u2800\u3164\u115F\uFFA0]"
)
_DISGUISED = {
    spaced: regex.compile(_DOUBLES + (r"|[\uFF21-\uFF3A\uFF41-\uFF5A]" if spaced else ""))
    for spaced in (True, False)
}


def emoji(text: str) -> int:
    """Number of emoji, each with its modifiers counted once; faces made of marks are none."""
    return 0 if text.isascii() else len(_EMOJI.findall(text))


@lru_cache(maxsize=256)  # how often a text laughs and how much of it does are asked in turn
def laughs(text: str) -> tuple[str, ...]:
    """Pieces of a text that only laugh, in order: hahaha, ja ja, 哈哈, lol, xD; no lone ha."""
    return tuple(match[0] for match in _LAUGH.finditer(text))


def symbols(text: str) -> float:
    """Share of the characters that are neither letters nor digits, spaces left out, in [0, 1].

    Punctuation, emoji and signs count; 0 for a text of nothing but spaces.
    """
    visible = sum(map(len, text.split()))
    return 1 - sum(map(str.isalnum, text)) / visible if visible else 0.0


def code_tokens(text: str) -> list[str]:
    """Pieces of program code or markup, in order: operators, calls, tags, keywords with a name."""
    return [match[0] for match in _CODE.finditer(text)] if _MAYBE_CODE.search(text) else []


def disguised(text: str, lang: Lang) -> int:
    """Number of characters that are not what they look like, or that nobody sees.

    Zero-width and control characters, Cyrillic and Greek letters that pose as Latin ones, letters
    of mathematics, radicals in the place of Chinese characters; full-width letters outside
    Chinese. What joins an emoji, line breaks, and words in another script are none of these.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return 0
    hidden = 0 if text.isprintable() else len(INVISIBLE.findall(text.replace("\r\n", "\n")))
    return hidden + len(_DISGUISED[LANGUAGES[lang].spaced].findall(text))
