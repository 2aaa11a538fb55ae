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
from typing import Any, Generic, Protocol, Self, TypeVar

from semeval_humor.errors import ConfigError, DataError, HumorError


class Entry(Protocol):
    """Something with a key that is unique within its journal."""

    @property
    def key(self) -> tuple[Any, ...]:
        """Names the piece of work that this entry finishes."""


E = TypeVar("E", bound=Entry)

_BEGINNING = b'{"run":'


class Journal(Generic[E]):
    """Entries of one run, kept on disk and in memory.

    Args:
        path: the file; made if absent, continued if present.
        identity: settings, as JSON values, that must be the same for a run to be continued.
        encode: turns an entry into a JSON object.
        decode: turns a JSON object into an entry.

    Raises:
        ConfigError: the journal belongs to a run with another identity, or is in use.
        DataError: the file is no journal, or a line inside it is damaged.
        HumorError: the file cannot be opened or locked.
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
        except (FileExistsError, NotADirectoryError) as error:
            raise ConfigError(f"{path.parent}: a file is in the way of this folder") from error
        except OSError as error:
            raise HumorError(f"{path.parent}: cannot be made: {error.strerror}") from error
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise HumorError(f"{path}: cannot be opened: {error.strerror}") from error
        try:
            self._lock()
            content = self._content()
            lines = _complete_lines(path, content)
            if lines:
                _check_identity(path, lines[0], identity)
            for entry in _decoded(path, lines[1:], decode):
                self.entries[entry.key] = entry
            # Only now that it is sure to be our own journal.
            os.ftruncate(self._file, content.rfind(b"\n") + 1)
            if not lines:
                self._write({"run": identity})
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

    def __exit__(self, *details: object) -> None:
        os.close(self._file)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"{self.path}: another process is writing this run") from error
        except OSError as error:  # a file system without locks
            raise HumorError(f"{self.path}: cannot be locked: {error.strerror}") from error

    def _content(self) -> bytes:
        with os.fdopen(os.dup(self._file), "rb") as stream:
            stream.seek(0)
            return stream.read()

    def _write(self, value: Mapping[str, Any]) -> None:
        # Half a surrogate pair becomes the JSON escape that it is read back from.
        line = (json.dumps(value, ensure_ascii=False) + "\n").encode(errors="backslashreplace")
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
        DataError: the file is missing, damaged or no journal.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    return list(_decoded(path, _complete_lines(path, content)[1:], decode))


def _complete_lines(path: Path, content: bytes) -> list[bytes]:
    """The lines of a journal without a torn last one; none if the run's own line is torn."""
    if not (content.startswith(_BEGINNING) or _BEGINNING.startswith(content)):
        raise DataError(f"{path}:1: not a journal; move the file, or choose another folder")
    return content[: content.rfind(b"\n") + 1].splitlines()


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


def _check_identity(path: Path, line: bytes, identity: Mapping[str, Any]) -> None:
    try:
        found = _flat(json.loads(line)["run"])
    except (ValueError, AttributeError) as error:
        raise DataError(f"{path}:1: damaged line ({error}); use --force to start over") from error
    wanted = _flat(json.loads(json.dumps(identity)))
    differences = [
        f"{name} was {_short(found.get(name))}, now {_short(wanted.get(name))}"
        for name in sorted({*found, *wanted})
        if found.get(name) != wanted.get(name)
    ]
    if differences:
        raise ConfigError(
            f"{path}: holds another run ({'; '.join(differences)}); "
            "--force starts over, another folder keeps both"
        )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:9]}…{text[-1]}"  # a fingerprint


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted name, so that a difference can be named exactly."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
