"""Where the files of the corpora lie on this machine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semeval_humor.data.corpora import TASK_PHASES, Corpus, Source
from semeval_humor.schema import Lang, Task

CORPORA_FOLDER = "corpora"
TASK_FOLDER = "mwahaha"


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """A file of a corpus that is at hand."""

    corpus: Corpus
    source: Source
    path: Path


@dataclass(frozen=True, slots=True)
class TaskFile:
    """A file with task inputs that is at hand."""

    task: Task
    lang: Lang
    name: str
    path: Path


def corpus_name(source: Source) -> str:
    """Where a file lies in a folder of data: ``corpora/en/colbert_dev.csv``."""
    return f"{CORPORA_FOLDER}/{source.path}"


def task_names() -> Iterator[tuple[str, Task, Lang]]:
    """Where task inputs lie in a folder of data: ``mwahaha/dev/task-a-en.tsv``."""
    for phase in TASK_PHASES:
        for task in Task:
            for lang in task.langs:
                yield f"{TASK_FOLDER}/{phase}/{task.file_name(lang)}", task, lang


def find(folder: Path, name: str) -> Path | None:
    """Return the file of that name in a folder of data, or in its ``corpora`` or ``mwahaha``."""
    for path in (folder / name, folder / name.partition("/")[2]):
        if path.is_file():
            return path
    return None


def corpus_files(folder: Path, corpora: Sequence[Corpus]) -> list[CorpusFile]:
    """Return the files of corpora that are in a folder, in the order of the corpora."""
    return [
        CorpusFile(corpus, source, path)
        for corpus in corpora
        for source in corpus.sources
        if (path := find(folder, corpus_name(source)))
    ]


def task_files(folder: Path) -> list[TaskFile]:
    """Return the task inputs that are in a folder."""
    return [
        TaskFile(task, lang, name, path)
        for name, task, lang in task_names()
        if (path := find(folder, name))
    ]
