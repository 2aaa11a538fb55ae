"""Measures what a benchmark still lacks."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import semeval_humor
from semeval_humor import receipt
from semeval_humor.bench.config import OFFICIAL, OFFICIAL_FILES, PEOPLE, BenchConfig
from semeval_humor.bench.judge_config import JudgeConfig
from semeval_humor.bench.judging import Judged
from semeval_humor.bench.rated import Standing, by_judge, by_people
from semeval_humor.bench.results import (
    Record,
    Slot,
    What,
    append_record,
    judge_value,
    model_value,
    rating_value,
    read_official,
    read_records,
    score_value,
)
from semeval_humor.configs import read_toml
from semeval_humor.errors import EngineError
from semeval_humor.files import sha256_of_file, sha256_of_json
from semeval_humor.submission.entries import Entry, read_entries
from semeval_humor.submission.kinds import Kind
from semeval_humor.submission.scores import score_file
from semeval_humor.votes import read_votes
from semeval_humor.weights import weights_sha256

RunJudge = Callable[[JudgeConfig, Sequence[Entry], Path], Judged]
"""Has a judge compare what systems have handed in, and keeps its answers in a folder."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to.

    Attributes:
        measured: what was measured now.
        kept: what had been measured before.
        failures: judges that failed, each with the reason.
    """

    measured: tuple[Slot, ...]
    kept: tuple[Slot, ...]
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Task:
    """One measurement.

    Attributes:
        slot: what it is about.
        inputs: all that moves it, as JSON values.
        measure: does it.
    """

    slot: Slot
    inputs: Mapping[str, Any]
    measure: Callable[[], Mapping[str, Any]]

    @property
    def key(self) -> str:
        """Stays the same while nothing that moves the measurement has changed."""
        return sha256_of_json([self.inputs, semeval_humor.__version__])


def run(
    config: BenchConfig, judge: RunJudge, tell: Callable[[str], None], *, force: bool = False
) -> Done:
    """Measure what is missing or out of date, and append it to the results as soon as it is there.

    Args:
        config: what is compared.
        judge: runs a judge.
        tell: is told what is being measured.
        force: measure everything again. Judges keep the answers that they have.

    Raises:
        ConfigError: a path does not exist.
        DataError: a file is not what it should be, or a vote belongs to no task.
        HumorError: the results cannot be written.
    """
    tell("reading the systems' files …")
    entries = read_entries(config.systems, config.inputs, common_rows=config.common_rows)
    known = read_records(config.results)
    measured, kept, failures = [], [], []
    for task in (*_gone(config, entries, known), *_tasks(config, entries, judge)):
        record = known.get(task.slot)
        if record and record.key == task.key and record.complete and not force:
            kept.append(task.slot)
            continue
        tell(f"{task.slot} …")
        try:
            append_record(config.results, _recorded(task))
        except EngineError as error:  # of a judge; the others may do
            failures.append(f"{task.slot.of}: {error}")
        else:
            measured.append(task.slot)
    return Done(tuple(measured), tuple(kept), tuple(failures))


def _recorded(task: _Task) -> Record:
    started = time.perf_counter()
    results = task.measure()
    return Record(
        task.slot,
        key=task.key,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - started, 3),
        commit=_commit(),
        versions=receipt.versions(),
        hardware=receipt.hardware(),
        config=task.inputs,
        results=results,
    )


def _tasks(config: BenchConfig, entries: Sequence[Entry], judge: RunJudge) -> Iterator[_Task]:
    """All measurements of a benchmark, the cheap ones first."""
    for entry in entries:
        yield _scores(config, entry)
    for file, path in config.official.items():
        yield _official(config, OFFICIAL_FILES[file], path)
    if config.votes:
        yield _people(config, entries)
    for settings in config.judges:
        yield _judged(config, entries, settings, judge)


def _gone(
    config: BenchConfig, entries: Sequence[Entry], known: Mapping[Slot, Record]
) -> Iterator[_Task]:
    """Files that a system had and has no more: an empty record takes the place of the last one."""
    here = {(entry.system, entry.kind.file_name) for entry in entries}
    for slot, record in known.items():
        mine = slot.benchmark == config.name and slot.of in config.systems
        gone = slot.what is What.SCORES and (slot.of, slot.file) not in here
        if mine and gone and record.results:
            yield _Task(slot, {}, dict)


def _scores(config: BenchConfig, entry: Entry) -> _Task:
    def measure() -> dict[str, Any]:
        measured = score_file(entry.checked).measured
        return {
            "scores": [score_value(score) for score in measured.scores.values()],
            "undefined": measured.undefined,
        }

    slot = Slot(config.name, What.SCORES, entry.system, entry.kind.file_name)
    made_by = entry.checked.reference.receipt
    model = model_value(made_by.model) if made_by else None
    return _Task(slot, {**_content(config, entry), "model": model}, measure)


def _official(config: BenchConfig, kind: Kind, path: Path) -> _Task:
    slot = Slot(config.name, What.OFFICIAL, OFFICIAL, kind.file_name)
    ratings = read_official(path)
    return _Task(
        slot,
        {"file": path.name, "sha256": sha256_of_file(path)},
        lambda: {"ratings": [rating_value(rating) for rating in ratings]},
    )


def _people(config: BenchConfig, entries: Sequence[Entry]) -> _Task:
    votes = [vote for path in config.votes for vote in read_votes(path)]
    files = [[path.name, sha256_of_file(path)] for path in config.votes]
    return _Task(
        Slot(config.name, What.RATINGS, PEOPLE),
        {"votes": files, **_rated_with(config, entries)},
        lambda: {
            "ratings": _ratings(
                by_people(votes, entries, bootstraps=config.bootstraps, seed=config.seed)
            )
        },
    )


def _judged(
    config: BenchConfig, entries: Sequence[Entry], settings: JudgeConfig, judge: RunJudge
) -> _Task:
    def measure() -> dict[str, Any]:
        judged = judge(settings, entries, config.judge_folder(settings.name))
        standings = by_judge(judged.votes, entries, bootstraps=config.bootstraps, seed=config.seed)
        return {"ratings": _ratings(standings), "card": judged.card}

    inputs = {
        "judge": judge_value(settings),
        "baseline": config.baseline,
        "weights": _weights(settings),
        **_rated_with(config, entries),
    }
    return _Task(Slot(config.name, What.RATINGS, settings.name), inputs, measure)


def _rated_with(config: BenchConfig, entries: Sequence[Entry]) -> dict[str, Any]:
    """What moves ratings besides votes; identical texts are ties, so it is also all texts."""
    return {
        "bootstraps": config.bootstraps,
        "seed": config.seed,
        "systems": [_content(config, entry) for entry in entries],
    }


def _ratings(standings: Mapping[Kind, Standing]) -> dict[str, Any]:
    """Ratings by task file, as JSON values."""
    return {
        kind.file_name: {
            "votes": each.votes,
            "same_texts": each.same,
            "rated": [rating_value(rating) for rating in each.ratings.rows],
            "unrated": dict(each.ratings.unrated),
            "unbounded": dict(each.ratings.unbounded),
        }
        for kind, each in standings.items()
    }


def _content(config: BenchConfig, entry: Entry) -> dict[str, str]:
    """What an entry is made of: its file, and the rows it answers."""
    prompts = sorted((id_, asdict(prompt)) for id_, prompt in entry.prompts.items())
    rows = {"common_rows": sha256_of_json(sorted(entry.texts))} if config.common_rows else {}
    return {
        "system": entry.system,
        "file": entry.kind.file_name,
        "sha256": entry.checked.sha256,
        "prompts": sha256_of_json(prompts),
        **rows,
    }


def _weights(settings: JudgeConfig) -> dict[str, str]:
    """Hashes of whatever lies here of that a judge is made of, by what it is."""
    files = {"reward": settings.reward, "people": settings.people}
    model = settings.model and Path(settings.model).expanduser()
    folders = {"adapter": settings.adapter, "model": model}
    if settings.reward:
        classifiers = read_toml(settings.reward).get("classifiers", {})
        folders |= {
            f"classifier {lang}": settings.reward.parent / Path(path).expanduser()
            for lang, path in classifiers.items()
        }
    return {
        **{what: sha256_of_file(path) for what, path in files.items() if path},
        **{
            what: weights_sha256(str(path))
            for what, path in folders.items()
            if path and path.is_dir()
        },
    }


def _commit() -> str | None:
    """The commit of this package's sources, marked if they have been changed since.

    None where they are no checkout, or git does not say.
    """
    root = Path(semeval_humor.__file__).parents[1]
    if not (root / ".git").exists() or shutil.which("git") is None:
        return None
    git = ["git", "--no-optional-locks", "-C", str(root)]
    describe = [*git, "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(describe, capture_output=True, text=True).stdout.strip() or None
