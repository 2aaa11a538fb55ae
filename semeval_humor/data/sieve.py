"""Which rows of the corpora stay: those that are a text in their language, once."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from semeval_humor.data.duplicates import SAME, Known, content
from semeval_humor.data.splits import Split, split_of
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text.language import other_language
from semeval_humor.text.length import too_long

LEAST_CONTENT = {Lang.EN: 12, Lang.ES: 12, Lang.ZH: 5}
"""Shortest text in letters and digits: a cry or a name is not funny by itself."""


class Drop(StrEnum):
    """Why a row does not stay."""

    EMPTY = "empty"
    BROKEN = "broken"
    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    OTHER_LANGUAGE = "other language"
    TASK_INPUT = "task input"
    SAME_TEXT = "same text"
    NEAR_DUPLICATE = "near-duplicate"


MEANINGS = {
    Drop.EMPTY: "nothing is left after repair",
    Drop.BROKEN: "a character was lost on its way (U+FFFD)",
    Drop.TOO_SHORT: "fewer letters and digits than "
    + ", ".join(f"{least} ({lang})" for lang, least in LEAST_CONTENT.items()),
    Drop.TOO_LONG: "more characters than the task accepts: "
    + ", ".join(f"{language.max_characters} ({lang})" for lang, language in LANGUAGES.items()),
    Drop.OTHER_LANGUAGE: "surely in another language",
    Drop.TASK_INPUT: f"at least {SAME:.0f} % the same as a headline or prompt of the task",
    Drop.SAME_TEXT: "the same letters and digits as an earlier row",
    Drop.NEAR_DUPLICATE: f"at least {SAME:.0f} % the same as an earlier row",
}


@dataclass(frozen=True, slots=True)
class Stays:
    """A text that stays, for this use."""

    split: Split


@dataclass(frozen=True, slots=True)
class Goes:
    """A text that goes.

    Attributes:
        why: the first reason that applies.
        detail: the other language, the task input, or the id of the earlier row.
        other_label: the earlier row has another label.
    """

    why: Drop
    detail: str = ""
    other_label: bool = False


class Sieve:
    """Texts of one language that were seen, and which new ones they leave room for.

    What stays is decided by the rows before: more rows after them change nothing.

    Args:
        lang: language of all texts.
        task_inputs: headlines and prompts of the task in this language.
    """

    def __init__(self, lang: Lang, task_inputs: Iterable[str]) -> None:
        self._lang = lang
        self._inputs = tuple(dict.fromkeys(task_inputs))
        self._known_inputs = Known(lang)
        for text in self._inputs:
            self._known_inputs.add(content(text, lang))
        self._known = Known(lang)
        self._ids: list[str] = []
        self._labels: list[str | None] = []
        self._splits: list[Split] = []

    def judge(self, id_: str, text: str, label: str | None) -> Stays | Goes:
        """Say whether a repaired text stays, and remember it if it does."""
        own = content(text, self._lang)
        fault = self._fault(text, own)
        if fault:
            return fault
        given = self._known_inputs.find(own, at_least=SAME)
        if given:
            return Goes(Drop.TASK_INPUT, self._inputs[given.number])
        earlier = self._known.find(own)
        if earlier and earlier.similarity >= SAME:
            why = Drop.SAME_TEXT if earlier.similarity == 100 else Drop.NEAR_DUPLICATE
            other_label = self._labels[earlier.number] != label
            return Goes(why, self._ids[earlier.number], other_label)
        split = self._splits[earlier.number] if earlier else split_of(own)
        self._known.add(own)
        self._ids.append(id_)
        self._labels.append(label)
        self._splits.append(split)
        return Stays(split)

    def _fault(self, text: str, own: str) -> Goes | None:
        if not any(map(str.isalnum, text)):
            return Goes(Drop.EMPTY)
        if "\ufffd" in text:
            return Goes(Drop.BROKEN)
        if len(own) < LEAST_CONTENT[self._lang]:
            return Goes(Drop.TOO_SHORT)
        if too_long(text, self._lang):
            return Goes(Drop.TOO_LONG)
        foreign = other_language(text, self._lang)
        return Goes(Drop.OTHER_LANGUAGE, foreign.code) if foreign else None
