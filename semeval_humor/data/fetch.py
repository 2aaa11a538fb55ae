"""Corpora and task inputs into the cache: from their public homes, or from local copies."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from semeval_humor.data.corpora import (
    NONE_STATED,
    TASK_CITATION,
    TASK_HOME,
    TASK_SHA256,
    Corpus,
)
from semeval_humor.data.download import Watch, download
from semeval_humor.data.files import CORPORA_FOLDER, TASK_FOLDER, corpus_name, find, task_names
from semeval_humor.errors import DataError
from semeval_humor.files import atomic_path, atomic_writer, sha256_of_file
from semeval_humor.weights import cache_dir, read_json

PINS = "corpora/pins.json"
"""SHA-256 of files whose public one nobody had noted, learnt when they first came."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that may be fetched.

    Attributes:
        name: where it lies in a folder of data.
        url: its public home; None where that asks for a log-in.
        sha256: of the public file; None where it is learnt at the first time.
    """

    name: str
    url: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Collection:
    """Files with one licence and one citation."""

    title: str
    home: str
    licence: str
    citation: str
    files: tuple[Wanted, ...]


class How(StrEnum):
    """How a file came into the cache."""

    THERE = "was there"
    COPIED = "copied"
    DOWNLOADED = "downloaded"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is in the cache now.

    Attributes:
        path: where.
        sha256: of it.
        how: it came there.
        pinned: its digest was learnt just now, so that only later changes will be noticed.
    """

    path: Path
    sha256: str
    how: How
    pinned: bool


def collection(corpus: Corpus) -> Collection:
    """Return what there is to fetch of a corpus."""
    files = tuple(
        Wanted(corpus_name(source), source.url, source.sha256) for source in corpus.sources
    )
    return Collection(corpus.name, corpus.home, corpus.licence, corpus.citation, files)


def task_collection() -> Collection:
    """Return the inputs of the task, which have no home that is open to all."""
    files = tuple(
        Wanted(name, None, TASK_SHA256.get(name.removeprefix(f"{TASK_FOLDER}/")))
        for name, _, _ in task_names()
    )
    return Collection("MWAHAHA task inputs", TASK_HOME, NONE_STATED, TASK_CITATION, files)


def fetch(
    wanted: Collection,
    folder: Path | None = None,
    *,
    force: bool = False,
    watch: Callable[[str], Watch],
) -> Iterator[Fetched]:
    """Bring files into the cache, and yield each as soon as it is there.

    Args:
        wanted: the files.
        folder: holds local copies; what is not in it is passed over. None downloads.
        force: fetch again what is there, and accept another digest than the one that was learnt.
        watch: told the name of a file that is being downloaded, tells who watches it.

    Raises:
        DataError: a file has another digest than it must have, or cannot be had.
        HumorError: the cache cannot be written.
    """
    files = at_hand(wanted, folder)
    if not files and folder is None:
        raise DataError(behind_log_in(wanted))
    for file in files:
        target = cache_dir() / file.name
        known = file.sha256 or (None if force else _pins().get(file.name))
        source = find(folder, file.name) if folder else None
        if source is not None:
            _check(source, sha256_of_file(source), known)
        if target.is_file() and not force:
            digest, how = sha256_of_file(target), How.THERE
            _check(target, digest, known)
        elif source is not None:
            digest, how = _copied(source, target), How.COPIED
        else:
            assert file.url is not None
            digest = download(file.url, target, sha256=known, watch=watch(file.name))
            how = How.DOWNLOADED
        if known is None:
            _pin(file.name, digest)
        yield Fetched(target, digest, how, pinned=known is None)


def behind_log_in(wanted: Collection) -> str:
    """Say how to come by files that have no open home."""
    return (
        f"{wanted.title}: published only to those who log in at {wanted.home}; download them "
        f"there, put them into a folder as {wanted.files[0].name} and so on, and name that with "
        "--from"
    )


def at_hand(wanted: Collection, folder: Path | None) -> list[Wanted]:
    """Return the files that can be had: from a folder; else from their home, or the cache."""
    if folder is not None:
        return [file for file in wanted.files if find(folder, file.name)]
    return [file for file in wanted.files if file.url or (cache_dir() / file.name).is_file()]


def inventory(collections: Sequence[Collection]) -> str:
    """Say how many of the files are in the cache, and which are not."""
    names = [file.name for each in collections for file in each.files]
    absent = [name for name in names if not (cache_dir() / name).is_file()]
    counts = []
    for folder, kind in ((CORPORA_FOLDER, "corpus files"), (TASK_FOLDER, "task inputs")):
        total, lacking = (
            sum(name.startswith(f"{folder}/") for name in group) for group in (names, absent)
        )
        if total:
            counts.append(f"{total - lacking} of {total} {kind}")
    rest = f"; not at hand: {', '.join(absent)}" if absent else ""
    return f"{' and '.join(counts)} are here{rest}"


def check_any(collections: Sequence[Collection], folder: Path) -> None:
    """Make sure that a folder is one of data.

    Raises:
        DataError: it holds none of the files.
    """
    if not any(at_hand(each, folder) for each in collections):
        expected = ", ".join(each.files[0].name for each in collections)
        raise DataError(f"{folder}: holds none of the files; expected {expected}, for example")


def _check(path: Path, digest: str, known: str | None) -> None:
    if known is not None and digest != known:
        raise DataError(
            f"{path}: SHA-256 is {digest}, expected {known}; "
            "get the published file, or delete this one to fetch it again"
        )


def _copied(source: Path, target: Path) -> str:
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
    return sha256_of_file(target)


def _pins() -> Mapping[str, str]:
    path = cache_dir() / PINS
    return read_json(path) if path.exists() else {}


def _pin(name: str, digest: str) -> None:
    pins = {**_pins(), name: digest}
    with atomic_writer(cache_dir() / PINS) as stream:
        json.dump(pins, stream, indent=2, sort_keys=True)
