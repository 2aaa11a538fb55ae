"""Stages run one after the other, each in a process of its own, and what became of them."""

import dataclasses
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

from semeval_humor.errors import ConfigError, HumorError
from semeval_humor.files import atomic_writer
from semeval_humor.journal import Journal
from semeval_humor.lifecycle.stages import Stage

RECORDS = "lifecycle.jsonl"
"""What was run when, and how it ended; in the folder of the lifecycle."""

LOGS = "stages"
"""Folder of what the stages printed: NAME.txt to standard output, NAME.log to standard error."""

SOURCE = "source"
"""Link to the folder with corpora and task inputs."""

BAD_INPUT, INTERRUPTED = 2, 130


@dataclass(frozen=True, slots=True)
class Record:
    """That a stage began or ended.

    Attributes:
        stage: its name.
        fingerprint: what it was run with.
        started: when, in ISO 8601.
        exit_code: how it ended; None while it runs, or where it was killed.
        seconds: how long it ran.
    """

    stage: str
    fingerprint: str
    started: str
    exit_code: int | None = None
    seconds: float = 0.0

    @property
    def key(self) -> tuple[str, str, bool]:
        """Unique within the records."""
        return self.stage, self.started, self.exit_code is None


class Watch(Protocol):
    """Somebody who follows a lifecycle."""

    def begins(self, stage: Stage) -> None:
        """A stage is started."""

    def said(self, line: str) -> None:
        """It has printed a line to standard error."""

    def ended(self, stage: Stage, record: Record) -> None:
        """It has ended as it has to."""


class Records:
    """Which stages of a folder are done, kept in ``lifecycle.jsonl``.

    Only one process at a time can have them open.

    Args:
        folder: of the lifecycle.

    Raises:
        ConfigError: a lifecycle is running in this folder.
    """

    def __init__(self, folder: Path) -> None:
        self._journal: Journal[Record] = Journal(
            folder / RECORDS, {}, encode=dataclasses.asdict, decode=_record
        )
        self._last = {record.stage: record for record in self._journal.entries.values()}

    def done(self, stage: Stage) -> Record | None:
        """Return the record of a stage that has ended as it has to, with the settings of now."""
        last = self._last.get(stage.name)
        if last and (last.fingerprint, last.exit_code) == (stage.fingerprint, stage.exit_code):
            return last
        return None

    def stale(self, stage: Stage) -> bool:
        """Whether a stage was run, or begun, with other settings than those of now."""
        last = self._last.get(stage.name)
        return last is not None and last.fingerprint != stage.fingerprint

    def refused(self, stage: Stage) -> bool:
        """Whether a stage found fault with its settings or its input when it was last run."""
        last = self._last.get(stage.name)
        return last is not None and last.exit_code == BAD_INPUT

    def add(self, record: Record) -> None:
        """Keep a record."""
        self._journal.append(record)
        self._last[record.stage] = record

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._journal.__exit__(*details)


def run_stages(
    stages: Sequence[Stage],
    folder: Path,
    program: Sequence[str],
    again: Mapping[str, Sequence[str]],
    records: Records,
    watch: Watch,
) -> None:
    """Run every stage that is not done. One that was stopped goes on where it was.

    Args:
        stages: in their order.
        folder: of the lifecycle.
        program: what runs a command of the toolkit.
        again: arguments that start a stage over, by its name; added where it is stale, or has
            refused to go on with what is there.
        records: what was run so far.
        watch: follows.

    Raises:
        HumorError: a stage has ended otherwise than it has to; says how.
        KeyboardInterrupt: a signal came; the stage at hand has saved its state.
    """
    (folder / LOGS).mkdir(parents=True, exist_ok=True)
    for stage in stages:
        if records.done(stage):
            continue
        over = records.stale(stage) or records.refused(stage)
        more = again.get(stage.name, ()) if over else ()
        started, clock = datetime.now(UTC).isoformat(), time.monotonic()
        begun = Record(stage.name, stage.fingerprint, started)
        records.add(begun)
        watch.begins(stage)
        code = _run(stage, folder / LOGS, [*program, *stage.arguments, *more], watch.said)
        record = dataclasses.replace(
            begun, exit_code=code, seconds=round(time.monotonic() - clock, 1)
        )
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        records.add(record)
        if code != stage.exit_code:
            raise HumorError(_failure(stage, code, folder))
        watch.ended(stage, record)


def check_fresh(stages: Iterable[Stage], records: Records) -> None:
    """Refuse stages whose settings have changed since they were run.

    One that was refused because of its settings has done nothing yet.

    Raises:
        ConfigError: names them.
    """
    stale = [stage.name for stage in stages if records.stale(stage) and not records.refused(stage)]
    if stale:
        raise ConfigError(
            f"{', '.join(stale)}: run before with other settings, or after a stage that was; "
            "--force runs them again; to keep both, copy the lifecycle under another name"
        )


def link_source(folder: Path, data: Path, needs: Iterable[str] = ()) -> None:
    """Make ``source`` in the folder of a lifecycle point to corpora and task inputs.

    Raises:
        ConfigError: there is no such folder, it lacks what is needed, or something is in the way.
    """
    if not data.is_dir():
        raise ConfigError(
            f"{data}: no such folder; name one that holds corpora/ and mwahaha/ with --data, "
            "or to make with DATA="
        )
    lacking = [name for name in needs if not (data / name).exists()]
    if lacking:
        raise ConfigError(
            f"{data}: lacks {', '.join(lacking)}; docs/lifecycle.md says where they are from"
        )
    link = folder / SOURCE
    if link.is_symlink():
        link.unlink()
    elif link.exists():
        raise ConfigError(f"{link}: is in the way of a link to {data}")
    folder.mkdir(parents=True, exist_ok=True)
    link.symlink_to(data.resolve(), target_is_directory=True)


def printed(stage: Stage, folder: Path) -> str:
    """Return what a stage that has ended printed to standard output."""
    return _path(stage, folder / LOGS, "txt").read_text(encoding="utf-8")


def _record(values: Mapping[str, Any]) -> Record:
    return Record(**values)


def _path(stage: Stage, logs: Path, ending: str) -> Path:
    return logs / f"{stage.name}.{ending}"


def _run(stage: Stage, logs: Path, arguments: Sequence[str], said: Callable[[str], None]) -> int:
    """Return the exit code of a command whose lines are kept, and told as they come."""
    with (
        atomic_writer(_path(stage, logs, "txt")) as output,
        _path(stage, logs, "log").open("a", encoding="utf-8") as log,
        subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # signals are passed on: else Ctrl-C would reach it twice
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        ) as process,
    ):
        assert process.stderr is not None
        interrupted = False
        while True:
            try:
                line = process.stderr.readline()
                if not line:
                    break
                log.write(line)
                log.flush()
                said(line.rstrip())
            except KeyboardInterrupt:
                process.terminate()  # a shell may have started us with SIGINT ignored
                interrupted = True
        code = process.wait()
    if interrupted:
        raise KeyboardInterrupt
    return code


def _failure(stage: Stage, code: int, folder: Path) -> str:
    log = _path(stage, folder / LOGS, "log")
    lines = log.read_text(encoding="utf-8").strip().splitlines()
    cause = lines[-1].removeprefix("error: ") if lines else "it said nothing"
    expected = f", expected {stage.exit_code}" if stage.exit_code else ""
    return f"{stage.name}: exit code {code}{expected}: {cause} (log: {log})"
