"""An append-only record of finished work, so that nothing finished is lost or done twice.

A journal is a JSON Lines file. Its first line is the identity of the run, every other line one
entry, written in one piece as soon as it exists. What a killed process left half-written at the
end is cut off when the journal is opened again.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from semeval_humor.errors import ConfigError, DataError, HumorError


class Entry(Protocol):
    """Something with a key that is unique within its journal."""

    @property
    def key(self) -> tuple[Any, ...]:
        """Names the piece of work that this entry finishes."""


E = TypeVar("E", bound=Entry)


class Journal(Generic[E]):
    """Entries of one run, kept on disk and in memory.

    Args:
        path: the file; made if absent, continued if present.
        identity: settings, as JSON values, that must be the same for a run to be continued.
        encode: turns an entry into a JSON object.
        decode: turns a JSON object into an entry.

    Raises:
        ConfigError: the journal belongs to a run with another identity, or is in use.
        DataError: a line inside the journal is damaged.
    """

    def __init__(
        self,
        path: Path,
        identity: Mapping[str, Any],
        *,
        encode: Callable[[E], Mapping[str, Any]],
        decode: Callable[[Mapping[str, Any]], E],
    ) -> None:
        self.path = path
        self.entries: dict[tuple[Any, ...], E] = {}
        self._encode = encode
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise HumorError(f"{path}: cannot be opened: {error.strerror}") from error
        try:
            self._lock()
            lines = self._complete_lines()
            if lines:
                _check_identity(path, json.loads(lines[0])["run"], identity)
            else:
                self._write({"run": identity})
            for entry in _decoded(path, lines[1:], decode):
                self.entries[entry.key] = entry
        except BaseException:
            os.close(self._file)
            raise

    def append(self, entry: E) -> None:
        """Keep an entry: on disk when this returns, as far as the process is concerned.

        Raises:
            HumorError: the disk is full or gone; earlier entries are safe.
        """
        self._write(self._encode(entry))
        self.entries[entry.key] = entry

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"{self.path}: another process is writing this run") from error

    def _complete_lines(self) -> list[bytes]:
        with os.fdopen(os.dup(self._file), "rb") as stream:
            stream.seek(0)
            content = stream.read()
        whole = content.rfind(b"\n") + 1
        os.ftruncate(self._file, whole)
        return content[:whole].splitlines()

    def _write(self, value: Mapping[str, Any]) -> None:
        line = (json.dumps(value, ensure_ascii=False) + "\n").encode()
        end = os.lseek(self._file, 0, os.SEEK_END)
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise HumorError(f"{self.path}: cannot be written: {error.strerror}") from error
        if written < len(line):  # a disk that fills takes part of the line first
            os.ftruncate(self._file, end)
            raise HumorError(f"{self.path}: cannot be written: no space left on device")


def read_entries(path: Path, decode: Callable[[Mapping[str, Any]], E]) -> list[E]:
    """Entries of a journal, in the order in which they were finished, without opening it to write.

    Raises:
        DataError: the file is missing or damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    return list(_decoded(path, lines[1:], decode))


def _decoded(
    path: Path, lines: Iterable[bytes], decode: Callable[[Mapping[str, Any]], E]
) -> Iterable[E]:
    for number, line in enumerate(lines, start=2):
        try:
            yield decode(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path}:{number}: damaged line ({error}); delete this line to sample it again"
            ) from error


def _check_identity(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    wanted = json.loads(json.dumps(wanted))
    differences = [
        f"{name} was {found.get(name)!r}, now {wanted.get(name)!r}"
        for name in sorted({*found, *wanted})
        if found.get(name) != wanted.get(name)
    ]
    if differences:
        raise ConfigError(
            f"{path}: holds another run ({'; '.join(differences)}); "
            "use another --name or --out, or --force to start over"
        )
