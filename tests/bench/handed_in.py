"""Submissions made up for tests."""

from collections.abc import Mapping

from semeval_humor.schema import Lang, Task
from semeval_humor.submission.entries import Entry
from semeval_humor.submission.kinds import Kind
from semeval_humor.submission.references import Reference
from semeval_humor.submission.validate import Checked


def handed_in(
    system: str, texts: Mapping[str, str], lang: Lang = Lang.EN, task: Task = Task.A
) -> Entry:
    """A system's texts for a task, by prompt id."""
    kind = Kind(task, lang)
    checked = Checked(f"{system}/{kind.file_name}", "", kind, (), Reference("nowhere"))
    return Entry(system, kind, texts, checked, ())
