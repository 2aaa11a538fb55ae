"""Task inputs: the user's, or the sample that the package carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from semeval_humor.errors import ConfigError
from semeval_humor.files import sha256_of_file
from semeval_humor.schema import FileRecord, Lang, Prompt, Task
from semeval_humor.tsv import read_prompts

SAMPLE = "package:samples/"
"""What the name of an input in a receipt begins with, where it is the packaged sample."""


@dataclass(frozen=True, slots=True)
class TaskInput:
    """Rows of one task file, and where they come from."""

    lang: Lang
    prompts: tuple[Prompt, ...]
    record: FileRecord

    @property
    def is_sample(self) -> bool:
        """Whether these are the package's own rows, which nobody may submit."""
        return self.record.name.startswith(SAMPLE)


def sample_folder() -> Path:
    """Return where the package keeps its own task inputs and small corpora."""
    return Path(str(files("semeval_humor"))) / "samples"


def read_input(task: Task, lang: Lang, path: Path | None) -> TaskInput:
    """Read a task file; None reads the packaged sample, a folder the file of the official name.

    Raises:
        DataError: the file cannot be read as a task input.
    """
    if path is None:
        path = sample_folder() / task.file_name(lang)
        name = SAMPLE + path.name
    else:
        path = path / task.file_name(lang) if path.is_dir() else path
        name = str(path.resolve())
    prompts = tuple(read_prompts(path, task, lang))
    ids = tuple(prompt.id for prompt in prompts)
    return TaskInput(lang, prompts, FileRecord(name, sha256_of_file(path), ids))


def read_inputs(task: Task, langs: Sequence[Lang], path: Path | None) -> list[TaskInput]:
    """Read a task file for each language.

    Raises:
        ConfigError: one file is given for several languages.
        DataError: a file cannot be read as a task input.
    """
    if path is not None and len(langs) > 1 and not path.is_dir():
        names = ", ".join(task.file_name(lang) for lang in langs)
        raise ConfigError(
            f"--input {path}: --lang all needs a folder with {names}; or name the file's --lang"
        )
    return [read_input(task, lang, path) for lang in langs]


def read_recorded_input(task: Task, lang: Lang, record: FileRecord) -> TaskInput:
    """Read the input that a receipt names.

    Raises:
        ConfigError: the file has changed since.
        DataError: the file cannot be read.
    """
    path = None if record.name.startswith(SAMPLE) else Path(record.name)
    found = read_input(task, lang, path)
    if found.record.sha256 != record.sha256:
        raise ConfigError(
            f"{record.name}: has changed since it was used; bring back the file with "
            f"SHA-256 {record.sha256[:12]}…, found {found.record.sha256[:12]}…"
        )
    return found
