"""From the paths that a user names to the files in them that are to be checked."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semeval_humor.errors import ConfigError
from semeval_humor.findings import Code, Finding
from semeval_humor.submission.kinds import KINDS, Kind, kind_of_name
from semeval_humor.submission.zips import read_zip

_NAMES = {kind.file_name: kind for kind in KINDS}
_EXPECTED = ", ".join(_NAMES)


@dataclass(frozen=True, slots=True)
class Source:
    """One submission file, or what is wrong with a file or archive that is none.

    Attributes:
        file: its path as people know it.
        content: its bytes; None where there is nothing that could be checked.
        path: where it lies; None for a member of an archive.
        kind: task and language as its name tells them, if it does.
        findings: what is wrong with it before its content is looked at.
    """

    file: str
    content: bytes | None = None
    path: Path | None = None
    kind: Kind | None = None
    findings: tuple[Finding, ...] = ()


def find_sources(paths: Sequence[Path]) -> Iterator[Source]:
    """Submission files among files, folders and zips, one in memory at a time.

    A file that is named directly is taken whatever its name is. A folder is searched, with all
    that is in it, for ``task-*.tsv`` and zips; other tables in it have a wrong name. What is
    hidden is passed over.

    Raises:
        ConfigError: a path does not exist, or a folder has no table or zip in it.
    """
    found: list[tuple[Path, bool]] = []
    for path in paths:
        if not path.exists():
            raise ConfigError(f"{path}: no such file or folder")
        found += [(file, True) for file in _tables(path)] if path.is_dir() else [(path, False)]
    for file, met in found:
        if file.suffix.casefold() == ".zip":
            yield from _archived(file)
        elif met and not file.name.startswith("task-"):
            yield Source(_label(file), findings=(misnamed(_label(file)),))
        else:
            yield _read(file, met)


def _tables(folder: Path) -> list[Path]:
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.casefold() in (".tsv", ".csv", ".zip")
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and file.is_file()
    )
    if not files:
        raise ConfigError(f"{folder}: no file to check in this folder, expected {_EXPECTED}")
    return files


def _read(path: Path, met: bool) -> Source:
    file = _label(path)
    findings = (misnamed(file),) if met and path.name not in _NAMES else ()
    kind = _NAMES.get(path.name) or kind_of_name(path.name)
    try:
        return Source(file, path.read_bytes(), path, kind, findings)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        return Source(file, findings=(*findings, Finding(file, Code.UNREADABLE, message)))


def _archived(path: Path) -> Iterator[Source]:
    contents, findings = read_zip(path)
    if findings:
        yield Source(_label(path), findings=tuple(findings))
    for name, content in contents.items():
        yield Source(f"{_label(path)}/{name}", content, None, _NAMES[name])


def misnamed(file: str) -> Finding:
    """Return the finding about a file whose name is none of a task file."""
    message = f"the organisers look for other names: {_EXPECTED}"
    return Finding(file, Code.WRONG_FILE_NAME, message)


def _label(path: Path) -> str:
    # A name that is not UTF-8 could not be printed.
    return os.fsencode(path).decode("utf-8", "replace")
