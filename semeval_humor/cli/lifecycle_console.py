"""What people see on standard error while a lifecycle runs."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Self

import rich.console
from rich.live import Live
from rich.table import Table

from semeval_humor.cli.console import NOTE_EVERY_S

if TYPE_CHECKING:
    from semeval_humor.lifecycle.run import Record, Records
    from semeval_humor.lifecycle.stages import Stage


class LifecycleConsole:
    """All stages at a glance, and what the one at hand says; lines without a terminal."""

    def __init__(self, stages: "Sequence[Stage]", records: "Records") -> None:
        self._console = rich.console.Console(stderr=True, highlight=False, soft_wrap=True)
        self._stages = stages
        self._records = records
        self._current: Stage | None = None
        self._began = time.monotonic()
        self._line = ""
        self._next_note = 0.0
        self._live = Live(console=self._console, get_renderable=self._table, refresh_per_second=2)

    def begins(self, stage: "Stage") -> None:
        """Show that a stage runs."""
        self._current, self._began, self._line = stage, time.monotonic(), ""
        self._next_note = self._began + NOTE_EVERY_S
        if not self._console.is_terminal:
            number = self._stages.index(stage) + 1
            self._note(f"[{number}/{len(self._stages)}] {stage.name}: {stage.command}")

    def said(self, line: str) -> None:
        """Show the last line of the stage; without a terminal, now and then."""
        if not line.strip():
            return
        self._line = line.strip()
        if not self._console.is_terminal and time.monotonic() > self._next_note:
            self._note(f"  {self._line}")
            self._next_note = time.monotonic() + NOTE_EVERY_S

    def ended(self, stage: "Stage", record: "Record") -> None:
        """Show that a stage is done."""
        self._current = None
        if not self._console.is_terminal:
            caught = f"; {self._line}" if stage.exit_code else ""
            self._note(f"  done in {_time(record.seconds)}{caught}")

    def _note(self, text: str) -> None:
        self._console.print(text, markup=False)

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 1), show_header=False)
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(justify="right")
        table.add_column(no_wrap=True, overflow="ellipsis")
        for stage in self._stages:
            table.add_row(*self._row(stage))
        return table

    def _row(self, stage: "Stage") -> tuple[str, str, str, str, str]:
        done = self._records.done(stage)
        if done:
            return "✓", stage.name, stage.title, _time(done.seconds), ""
        if stage is self._current:
            since = _time(time.monotonic() - self._began)
            return "▸", stage.name, stage.title, since, rich.markup.escape(self._line)
        return "·", stage.name, stage.title, "", ""

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._live.stop()


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
