"""Texts as their authors meant them: what machines broke is put right, and nothing else."""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

# Marks of direction, soft hyphens, and spaces without width. Joiners stay inside emoji.
_INVISIBLE = regex.compile(
    r"[\u00AD\u200B\u200C\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]"
    r"|(?<![\p{So}\p{Sk}\uFE0F])\u200D"
)
_SPACES = regex.compile(r"[^\S\n]++")
_AROUND_BREAK = regex.compile(r" ?\n ?")

# A bare www.example.com stays: in jokes it is often the punchline.
_LINK = regex.compile(
    r"(?i)[(\[]\s*+https?://[^\s()\[\]]++\s*+[)\]]"
    r"|https?://[!-~]++|\b(?:pic\.twitter\.com|t\.co)/[!-~]++"
)

# Whom a tweet repeats or answers, and whom it thanks for the joke, is not part of the joke.
_REPEATED = regex.compile(r"\bRT @\w++ ?:?|(?<=[\"“])@\w++: ?")
_ANSWERED = regex.compile(r"^[\s.>]*+(?:@\w++[\s,:;]*+)++")
_NAMES = r"(?:@\w++[\s,]*+)++"
_THANKED = regex.compile(
    rf"(?i)[(\[] ?(?:v[ií]a|by|cc|de|por)? ?:? ?{_NAMES}[)\]]$"
    rf"|(?:<-+ ?)?\b(?:v[ií]a|by|cc)[ :]*+{_NAMES}$"
    rf"|(?V1)(?<=[\p{{P}}\p{{S}}\n--[@#,]] ?){_NAMES}$"
)
_HANDLE = regex.compile(r"(?<![\w.])@(?=\w)")
# Tags by which the tweets were found betray the label, and so do those around them.
_FIRST_TAGS = regex.compile(r"^(?:#\w++ ?:?\s*+)++")
_LAST_TAGS = regex.compile(r"(?:\s*+#\w++[ :.,…]*+)++(?:\bRT\b[.\s]*+)?$")
_TELLTALE = regex.compile(r"(?i)#(?:\w*chiste\w*|humor\w*|jaja\w*|xd+|fb|rt)\b")


def repair(text: str, *, tweet: bool = False) -> str:
    """Return a text with what was broken on its way put right.

    Wrong decoding (``Ã±``, C1 controls), HTML entities, ligatures, control and invisible
    characters, and spaces that are doubled or at the ends of lines are put right; the text is in
    NFC. Line breaks stay, as LF. Links are cut. Emoji, ``¡¿``, curly quotation marks, and the wide
    punctuation of Chinese stay as they are.

    Args:
        text: anything.
        tweet: also cut ``RT @name:``, the names that a tweet is addressed to, thanks for the joke
            at the end (``(vía @name)``), and tags at either end if one of them, as ``#chiste``,
            says the label. Other names lose their ``@``, other tags stay.

    Returns:
        The text, which is empty if nothing else was there.
    """
    import ftfy

    fixed = _INVISIBLE.sub("", ftfy.fix_text(text, _settings()))
    fixed = _tidied(_LINK.sub("", fixed))
    return _tidied(_untweeted(fixed)) if tweet else fixed


def _tidied(text: str) -> str:
    text = _AROUND_BREAK.sub("\n", _SPACES.sub(" ", text)).strip()
    return unicodedata.normalize("NFC", text)


def _untweeted(text: str) -> str:
    text = _ANSWERED.sub("", _REPEATED.sub("", text))
    for tags in (_FIRST_TAGS, _LAST_TAGS):
        text = tags.sub(_without_telltale, text).strip()
    return str(_HANDLE.sub("", _THANKED.sub("", text)))


def _without_telltale(tags: regex.Match[str]) -> str:
    run: str = tags[0]
    return "" if _TELLTALE.search(run) else run


@cache
def _settings() -> "TextFixerConfig":
    from ftfy import TextFixerConfig

    # Wide forms and curly quotation marks are what Chinese and Spanish are written with.
    return TextFixerConfig(
        unescape_html=True,
        fix_character_width=False,
        uncurl_quotes=False,
        normalization="NFC",
        explain=False,
    )
