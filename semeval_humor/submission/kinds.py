"""The five kinds of task files: their names, and how the ids in them look."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang, Task


@dataclass(frozen=True, slots=True)
class Kind:
    """A subtask in one of its languages."""

    task: Task
    lang: Lang

    @property
    def file_name(self) -> str:
        """What the organisers call its files."""
        return self.task.file_name(self.lang)

    @property
    def title(self) -> str:
        """What people call it, as ``Task A, English``."""
        return f"Task {self.task}, {LANGUAGES[self.lang].english_name}"

    @property
    def id_prefix(self) -> str:
        """What its ids begin with, before an underscore and a number."""
        return {Task.A: str(self.lang), Task.B1: "img", Task.B2: "img_2"}[self.task]

    def has_id(self, id_: str) -> bool:
        """Whether an id looks like one of this kind."""
        prefix, _, number = id_.rpartition("_")
        return prefix == self.id_prefix and number.isdecimal()


KINDS = tuple(Kind(task, lang) for task in Task for lang in task.langs)

OFFICIAL_ID = re.compile(rf"(?:{'|'.join(kind.id_prefix for kind in KINDS)})_\d+")
"""Ids of any kind."""


def kind_of_name(name: str) -> Kind | None:
    """The kind that a file's name begins with, as ``task-b1`` in ``task-b1.second-try.tsv``."""
    folded = name.casefold()
    for kind in KINDS:
        if re.match(rf"{re.escape(kind.file_name.removesuffix('.tsv'))}(?![a-z0-9])", folded):
            return kind
    return None


def kind_of_ids(ids: Iterable[str]) -> Kind | None:
    """The kind that most of the ids look like, if any does."""
    prefixes = Counter(id_.rpartition("_")[0] for id_ in ids if OFFICIAL_ID.fullmatch(id_))
    for prefix, _ in prefixes.most_common(1):
        return next(kind for kind in KINDS if kind.id_prefix == prefix)
    return None
