"""What people see on standard error while a lifecycle runs."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Self

import rich.console
from rich.live import Live
from rich.text import Text

from semeval_humor.cli.console import NOTE_EVERY_S

if TYPE_CHECKING:
    from semeval_humor.lifecycle.run import Record, Records
    from semeval_humor.lifecycle.stages import Stage


class LifecycleConsole:
    """A line for each stage that is done, and below them what the one at hand says."""

    def __init__(self, stages: "Sequence[Stage]", records: "Records") -> None:
        self._console = rich.console.Console(stderr=True, highlight=False, soft_wrap=True)
        self._stages = stages
        self._records = records
        self._current: Stage | None = None
        self._began = self._next_note = time.monotonic()
        self._line = ""
        self._live = Live(
            console=self._console,
            get_renderable=self._now,
            refresh_per_second=2,
            transient=True,
        )

    def begins(self, stage: "Stage") -> None:
        """Show that a stage runs."""
        self._current, self._began, self._line = stage, time.monotonic(), ""
        self._next_note = self._began + NOTE_EVERY_S
        if not self._console.is_terminal:
            self._note(f"{self._place(stage)} {stage.name}: {stage.command}")

    def said(self, line: str) -> None:
        """Show the last line of the stage; without a terminal, now and then."""
        if not line.strip():
            return
        self._line = line.strip()
        if not self._console.is_terminal and time.monotonic() > self._next_note:
            self._note(f"  {self._line}")
            self._next_note = time.monotonic() + NOTE_EVERY_S

    def ended(self, stage: "Stage", record: "Record") -> None:
        """Show that a stage is done, and of a fault that had to be caught, what it was."""
        self._current = None
        caught = f"; {self._line}" if stage.exit_code and self._line else ""
        if self._console.is_terminal:
            self._note(f"{self._done(stage, record)}{caught}")
        else:
            self._note(f"  done in {_time(record.seconds)}{caught}")

    def _now(self) -> Text:
        if self._current is None:
            return Text()
        stage, since = self._current, _time(time.monotonic() - self._began)
        place = f"{self._place(stage)} {since}  {stage.name}: {stage.title}"
        return Text(f"{place}\n      {self._line}", no_wrap=True, overflow="ellipsis")

    def _place(self, stage: "Stage") -> str:
        return f"[{self._stages.index(stage) + 1}/{len(self._stages)}]"

    def _done(self, stage: "Stage", record: "Record") -> str:
        return f"✓ {_time(record.seconds)}  {stage.name}: {stage.title}"

    def _note(self, text: str) -> None:
        self._console.print(text, markup=False)

    def __enter__(self) -> Self:
        found = [(stage, record) for stage in self._stages if (record := self._records.done(stage))]
        if self._console.is_terminal:
            for stage, record in found:
                self._note(self._done(stage, record))
            self._live.start()
        elif found:
            self._note(f"{len(found)} of {len(self._stages)} stages are done")
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        self._live.stop()
        if kind is KeyboardInterrupt and self._current is not None:
            stage = self._current
            self._note(f"{self._place(stage)} {stage.name}: stopped, and goes on from here")


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
