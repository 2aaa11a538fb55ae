"""What a model lets out around a joke: found and cleaned with one table of patterns."""

from dataclasses import dataclass

import regex

from semeval_humor.schema import Lang
from semeval_humor.text.leak_patterns import LeakKind, Rule, fold, table

__all__ = ["Cleaned", "Leak", "LeakKind", "clean", "find_leaks"]

_BREAK = regex.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
# Controls, lone surrogates and format characters, but not what holds an emoji together: joiners
# between pictographs, and the tags that spell a flag.
INVISIBLE = regex.compile(
    r"[\p{Cc}--[\n\t]]|\p{Cs}"
    r"|(?<!\p{Extended_Pictographic}\p{Emoji_Modifier}?\uFE0F?)\u200D"
    r"|\u200D(?!\p{Extended_Pictographic})"
    r"|(?<![\U0001F3F4\U000E0020-\U000E007F])[\U000E0020-\U000E007F]"
    r"|[\p{Cf}--[\u200D\U000E0020-\U000E007F]]",
    regex.VERSION1,
)
_WIDE = regex.compile(r"[^\S\n]{2,}+|[^\S\n ]")
_LINES = regex.compile(r" ?\n[ \n]++| \n")
_SPARE = ("\n\n", "\n ", " \n")


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that is no part of a joke.

    Attributes:
        kind: what it is.
        start: index where it starts in the text as given.
        end: index after it. A pair of marks spans what it encloses.
        text: what stands there.
    """

    kind: LeakKind
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text without leaks.

    Attributes:
        text: one line, stripped; empty where nothing else was left.
        kinds: what was cut, each kind once, in the order of :class:`LeakKind`. Spaces and
            invisible characters are not counted.
    """

    text: str
    kinds: tuple[LeakKind, ...]


def clean(text: str, lang: Lang) -> Cleaned:
    """Cut what a model said around its joke, and make one line of the rest.

    Newlines, tabs and runs of spaces become one space; control, zero-width and direction
    characters and lone surrogates go, joiners inside emoji stay. Of numbered alternatives the first
    stays. Refusals, error texts and unfilled blanks stay, as no joke is behind them: see
    :func:`find_leaks`. Cleaning a cleaned text changes nothing.
    """
    draft, leaks, _ = _peel(text, lang)
    found = {leak.kind for leak in leaks}
    return Cleaned(draft.text, tuple(kind for kind in LeakKind if kind in found))


def find_leaks(text: str, lang: Lang) -> list[Leak]:
    """All that :func:`clean` would cut and all that it cannot, by position.

    A cleaned text has only leaks of the latter kinds: refusal, error-text, unfilled-blank.
    """
    draft, leaks, silent = _peel(text, lang)
    if not silent:
        for rule in table(lang).verdicts:
            leaks += [draft.leak(rule, m.span(), text) for m in rule.pattern.finditer(draft.text)]
    return sorted(set(leaks), key=lambda leak: (leak.start, leak.end, leak.kind))


class _Draft:
    """A text that shrinks, each of its characters knowing where in the given text it stood."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._origin: list[int] | range = range(len(text))

    def replace(self, spans: list[tuple[int, int]], filler: str = "") -> None:
        """Put ``filler``, at most one character, in the place of each span; spans are in order."""
        pieces: list[str] = []
        origin: list[int] = []
        last = 0
        for start, end in spans:
            pieces += [self.text[last:start], filler]
            origin += [*self._origin[last:start], *self._origin[start : start + len(filler)]]
            last = end
        pieces.append(self.text[last:])
        origin += self._origin[last:]
        self.text, self._origin = "".join(pieces), origin

    def leak(self, rule: Rule, span: tuple[int, int], given: str) -> Leak:
        start, end = self._origin[span[0]], self._origin[span[1] - 1] + 1
        return Leak(rule.kind, start, end, given[start:end])


def _peel(text: str, lang: Lang) -> tuple[_Draft, list[Leak], bool]:
    """Cut layer after layer until nothing changes, which makes cleaning idempotent.

    Also returns whether no rule has anything to find in what is left.
    """
    draft = _Draft(text)
    leaks: list[Leak] = []
    before = None
    while draft.text != before:
        before = draft.text
        _normalise(draft)
        silent = table(lang).is_silent(fold(draft.text))
        if not silent:
            leaks += _cut(draft, text, lang)
        draft.text = draft.text.replace("\n", " ")  # of the same length: each origin stays
    return draft, leaks, silent


def _normalise(draft: _Draft) -> None:
    """Leave no invisible character and no spare space.

    A run of spaces with a newline becomes one newline, as lines tell headings from hashtags; every
    other run becomes one space. In a printable text the only space is " ".
    """
    if not draft.text.replace("\n", "").isprintable():
        _substitute(_BREAK, draft, "\n")
        _substitute(INVISIBLE, draft, "")
        _substitute(_WIDE, draft, " ")
    elif "  " in draft.text:
        _substitute(_WIDE, draft, " ")
    if "\n" in draft.text and any(spare in draft.text for spare in _SPARE):
        _substitute(_LINES, draft, "\n")
    _strip(draft)


def _substitute(pattern: regex.Pattern[str], draft: _Draft, filler: str) -> None:
    spans = [match.span() for match in pattern.finditer(draft.text)]
    if spans:
        draft.replace(spans, filler)


def _strip(draft: _Draft) -> None:
    size = len(draft.text)
    start, end = size - len(draft.text.lstrip()), len(draft.text.rstrip())
    if start >= end:
        draft.replace([(0, size)])
    elif start or end < size:
        draft.replace([(0, start), (end, size)])


def _cut(draft: _Draft, given: str, lang: Lang) -> list[Leak]:
    """Apply each rule once."""
    leaks: list[Leak] = []
    folded = fold(draft.text)
    for rule in table(lang).cuts:
        if rule.needs.search(folded) and (found := _apply(rule, draft, given)):
            leaks += found
            folded = fold(draft.text)
    return leaks


def _apply(rule: Rule, draft: _Draft, given: str) -> list[Leak]:
    cuts: list[tuple[int, int]] = []
    leaks: list[Leak] = []
    for match in rule.pattern.finditer(draft.text):
        parts = sorted(match.spans("cut")) if "cut" in rule.pattern.groupindex else [match.span()]
        leaks.append(draft.leak(rule, (parts[0][0], parts[-1][1]), given))
        cuts += parts
    if cuts:
        draft.replace(cuts, " " if rule.spacer else "")
        _strip(draft)
    return leaks
