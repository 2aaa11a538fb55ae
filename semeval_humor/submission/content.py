"""What is wrong with the texts of a submission: each by itself, and all of them together."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from semeval_humor.findings import Code
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Constraint, Headline, Lang, Task, WordPair
from semeval_humor.text import tokens
from semeval_humor.text.ending import truncated
from semeval_humor.text.language import NAMES, other_language
from semeval_humor.text.leaks import INVISIBLE, LeakKind, find_leaks
from semeval_humor.text.length import caption_words, count_characters, too_long
from semeval_humor.text.loops import find_loops
from semeval_humor.text.overlap import is_copy
from semeval_humor.text.scripts import foreign_runs
from semeval_humor.text.words import Inclusion, inclusion

MAX_CAPTION_WORDS = 20
"""Longest caption of a GIF that the task allows, in words."""

_EXCERPT = 40  # characters of a text that a message shows
_BREAKS = regex.compile(r"[\n\r\t\v\f\x85\u2028\u2029]")
_LOST = "\ufffd"  # stands for what a wrong decoding has lost
# Besides what is invisible, characters that no font has; emoji to come are unassigned for now.
_BROKEN = regex.compile(
    rf"{INVISIBLE.pattern}|[\p{{Cn}}--\p{{Extended_Pictographic}}]|{_LOST}", regex.VERSION1
)

_LEAKS: Mapping[LeakKind, str] = {
    LeakKind.THINK_TAG: "the model's thinking is in the text",
    LeakKind.ROLE_TOKEN: "a mark of the chat format is in the text",
    LeakKind.MARKUP: "formatting that people will see as characters",
    LeakKind.PREAMBLE: "an introduction stands before the joke",
    LeakKind.NUMBERED_ALTERNATIVES: "several jokes to choose from, expected one",
    LeakKind.EXPLANATION: "a comment stands after the joke",
    LeakKind.WORD_COUNT_NOTE: "a note says how long the joke is",
    LeakKind.WRAPPING_QUOTES: "quotation marks stand around the whole text",
    LeakKind.REFUSAL: "the model refuses in place of a joke",
    LeakKind.ERROR_TEXT: "an error message in place of a joke",
    LeakKind.UNFILLED_BLANK: "a blank is left unfilled",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a text.

    Attributes:
        code: what kind of fault.
        message: what was found, with an excerpt, and what was expected.
    """

    code: Code
    message: str


def check_text(text: str, task: Task, lang: Lang, constraint: Constraint | None) -> list[Fault]:
    """Everything that one text shows to be wrong with it; each code once at most.

    Whether a text is empty or reads as a missing value is for the reader of its file to say. A
    mix of Simplified and Traditional Chinese is no fault: the task's own headlines have it.

    Args:
        text: as the organisers' reader gets it.
        task: captions (B1, B2) have a limit of words.
        lang: language that the text should be in.
        constraint: what the row demands; None where it is not known.

    Raises:
        DataError: the constraint has a word or a headline without letters or digits.
    """
    return [
        *_length(text, task, lang),
        *_constraint(text, lang, constraint),
        *_writing(text, task, lang),
        *_characters(text),
        *_leaks(text, lang),
    ]


def check_texts(
    texts: Sequence[str], lang: Lang, *, identify: bool = True
) -> list[tuple[int, Fault]]:
    """What shows only when the texts of a file are seen together, by index, in order.

    Texts are the same if they differ only in case, spaces and Unicode forms. Empty ones, which
    are faulty anyway, are passed over.

    Args:
        texts: all texts of one file.
        lang: language that they should be in.
        identify: tell the language of each text, which takes most of the time.
    """
    folded = [_fold(text) for text in texts]
    counts = Counter(folded)
    found: list[tuple[int, Fault]] = []
    for index, (text, fold) in enumerate(zip(texts, folded, strict=True)):
        if fold and counts[fold] > 1:
            message = f"one of {counts[fold]} rows with the same text: {_excerpt(text)}"
            found.append((index, Fault(Code.DUPLICATE_TEXT, message)))
        if identify and (other := other_language(text, lang)):
            message = f"reads as {NAMES[other.code]}, expected {LANGUAGES[lang].english_name}"
            found.append((index, Fault(Code.WRONG_LANGUAGE, message)))
    return found


def _length(text: str, task: Task, lang: Lang) -> Iterator[Fault]:
    if too_long(text, lang):
        most = LANGUAGES[lang].max_characters
        yield Fault(Code.TOO_LONG, f"{count_characters(text)} characters, expected at most {most}")
    if task is not Task.A and (count := caption_words(text)) > MAX_CAPTION_WORDS:
        message = f"{count} words, expected at most {MAX_CAPTION_WORDS} in a caption"
        yield Fault(Code.TOO_MANY_WORDS, message)


def _constraint(text: str, lang: Lang, constraint: Constraint | None) -> Iterator[Fault]:
    match constraint:
        case WordPair(word1, word2):
            how = {word: inclusion(word, text, lang) for word in (word1, word2)}
            missing = [repr(word) for word in how if how[word] is Inclusion.MISSING]
            varied = [_varied(w, text, lang) for w in how if how[w] is Inclusion.INFLECTED]
            if missing:
                yield Fault(Code.MISSING_WORD, f"without {' and '.join(missing)}, which must occur")
            if varied:
                yield Fault(Code.INFLECTED_WORD, "; ".join(varied))
        case Headline(headline) if is_copy(text, headline, lang):
            yield Fault(Code.HEADLINE_COPY, "the headline again, with next to nothing added")


def _varied(word: str, text: str, lang: Lang) -> str:
    """Say in which form an inflected word occurs."""
    if not LANGUAGES[lang].spaced:
        return f"{word!r} only with its parts apart"
    size = len(tokens.words(word, lang))
    for form in map(" ".join, tokens.ngrams(tokens.words(text, lang), size)):
        if inclusion(word, form, lang) is Inclusion.INFLECTED:
            return f"{word!r} only as {form!r}"
    return f"{word!r} only in another spelling"


def _writing(text: str, task: Task, lang: Lang) -> Iterator[Fault]:
    foreign = [run for run in foreign_runs(text, lang) if run.reason is None]
    if foreign:
        script, name = foreign[0].script, LANGUAGES[lang].english_name
        kind = "foreign" if script == "other" else script
        message = f"{kind} letters in {name} text: {_excerpt(foreign[0].text)}"
        yield Fault(Code.WRONG_SCRIPT, message + _more(len(foreign)))
    loops = find_loops(text, lang)
    if loops:
        message = f"{_excerpt(loops[0].unit)} {loops[0].count} times in a row"
        yield Fault(Code.REPETITION, message + _more(len(loops)))
    # In a caption, "Him:" is answered by the GIF.
    answered = task is not Task.A and text.rstrip().endswith(":")
    if truncated(text, lang) and not answered:
        yield Fault(Code.TRUNCATED, f"stops before its end: {_excerpt(text, from_end=True)}")


def _characters(text: str) -> Iterator[Fault]:
    if text.isprintable() and _LOST not in text:
        return  # the usual case; what is not printable may still be fine, as emoji that are joined
    line = text.strip()
    breaks = [match.start() for match in _BREAKS.finditer(line)]
    if breaks:
        around = line[max(0, breaks[0] - _EXCERPT // 2) :]
        message = f"a line break or tab, which voters will see: {_excerpt(around)}"
        yield Fault(Code.NEWLINE, message + _more(len(breaks)))
    rest = _BREAKS.sub(" ", text)
    if (not rest.isprintable() or _LOST in rest) and (broken := _BROKEN.findall(rest)):
        names = ", ".join(_described(each) for each in list(dict.fromkeys(broken))[:3])
        yield Fault(Code.CONTROL_CHAR, f"{len(broken)} invisible or broken: {names}")


def _leaks(text: str, lang: Lang) -> Iterator[Fault]:
    first: dict[LeakKind, str] = {}
    for leak in find_leaks(text, lang):
        first.setdefault(leak.kind, leak.text)
    for kind, excerpt in first.items():
        yield Fault(Code(kind), f"{_LEAKS[kind]}: {_excerpt(excerpt)}")


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _excerpt(text: str, from_end: bool = False) -> str:
    if len(text) <= _EXCERPT:
        return repr(text)
    return repr("…" + text[1 - _EXCERPT :] if from_end else text[: _EXCERPT - 1] + "…")


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""


def _described(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}" + (f" {name}" if name else "")
