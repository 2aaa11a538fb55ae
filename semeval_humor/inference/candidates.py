"""Candidates: model output, cleaned, with its place in the journal."""

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from semeval_humor.errors import DataError
from semeval_humor.journal import Journal, read_entries
from semeval_humor.schema import Candidate, Completion, Finish, Lang, Task
from semeval_humor.text.leaks import clean

CANDIDATES_SUFFIX = ".candidates.jsonl"


def candidates_path(result: Path) -> Path:
    """Where the candidates of a result lie: ``task-a-en.candidates.jsonl``."""
    return result.with_suffix(CANDIDATES_SUFFIX)


def find_candidates(paths: Iterable[Path]) -> list[Path]:
    """Candidates that were named, and all that lie in the folders that were.

    Raises:
        DataError: a folder has none, or a file holds something else.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_file() and not path.name.endswith(CANDIDATES_SUFFIX):
            beside = path.with_name(path.name.partition(".")[0] + CANDIDATES_SUFFIX)
            expected = (
                f"give {beside.name}, which lies beside it"
                if beside.exists()
                else f"expected a task-…{CANDIDATES_SUFFIX} that predict made"
            )
            raise DataError(f"{path}: holds no candidates; {expected}")
        found = sorted(path.glob(f"*{CANDIDATES_SUFFIX}")) if path.is_dir() else [path]
        if not found:
            raise DataError(f"{path}: no *{CANDIDATES_SUFFIX}; expected a folder that predict made")
        files += found
    return files


def languages_of(files: Iterable[Path]) -> frozenset[Lang]:
    """Languages of candidates of subtask A, by their files' names."""
    names = {Task.A.file_name(lang).partition(".")[0]: lang for lang in Lang}
    found = (names.get(file.name.partition(".")[0]) for file in files)
    return frozenset(lang for lang in found if lang is not None)


def open_candidates(path: Path, identity: Mapping[str, Any]) -> Journal[Candidate]:
    """The journal of a run, continued or new; see ``Journal``."""
    return Journal(path, identity, encode=dataclasses.asdict, decode=_decode)


def read_candidates(path: Path) -> list[Candidate]:
    """Candidates of a run, in the order in which they were finished."""
    return read_entries(path, _decode)


def candidate_from(completion: Completion, key: tuple[str, int, int], lang: Lang) -> Candidate:
    """A finished completion with its text cleaned."""
    cleaned = clean(completion.text, lang)
    prompt_id, round_, sample = key
    return Candidate(
        prompt_id=prompt_id,
        round=round_,
        sample=sample,
        text=cleaned.text,
        raw=completion.text,
        tokens=completion.tokens,
        finish=completion.finish,
        cleaned=tuple(cleaned.kinds),
    )


def _decode(value: Mapping[str, Any]) -> Candidate:
    return Candidate(
        **{**value, "finish": Finish(value["finish"]), "cleaned": tuple(value["cleaned"])}
    )
