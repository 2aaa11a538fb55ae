"""Files that are whole or absent, and their fingerprints."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from semeval_humor.errors import DataError, HumorError


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of ``path``, and move it into place once the block is done.

    If the block raises, ``path`` stays as it was and nothing is left behind.

    Raises:
        HumorError: the folder or the file cannot be written, e.g. because the disk is full.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        os.close(handle)
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise HumorError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_writer(path: Path) -> Iterator[TextIO]:
    """Open a text file that is moved to ``path`` once it is complete; see :func:`atomic_path`.

    Lines end in LF.

    Raises:
        DataError: a text holds half a surrogate pair, which UTF-8 cannot express.
        HumorError: the folder or the file cannot be written, e.g. because the disk is full.
    """
    try:
        with (
            atomic_path(path) as temporary,
            temporary.open("w", encoding="utf-8", newline="\n") as stream,
        ):
            yield stream
    except UnicodeEncodeError as error:
        raise DataError(
            f"{path}: not UTF-8: half a character in {error.object[: error.end][-60:]!r}"
        ) from error


@contextlib.contextmanager
def atomic_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a new folder beside ``path``, and move it into place once the block is done.

    If the block raises, nothing is left behind. Its files can then be read as the umask allows:
    safetensors makes some that only their owner reads.

    Args:
        path: the folder; its parents are made.
        replace: delete what is there, at the last moment.

    Raises:
        OSError: it cannot be written, or there is something in its place.
    """
    partial = path.parent / f".{path.name}.{uuid.uuid4().hex}"
    try:
        partial.mkdir(parents=True)
        yield partial
        for file in partial.rglob("*"):
            if file.is_file():
                file.chmod(0o666 & ~_umask())
        if replace:
            shutil.rmtree(path, ignore_errors=True)
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_json(value: Any) -> str:
    """SHA-256 of a JSON value, in hexadecimal; the order of keys does not matter."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _umask() -> int:
    # Temporary files are private; what takes their place gets the permissions of any new file.
    mask = os.umask(0)
    os.umask(mask)
    return mask
