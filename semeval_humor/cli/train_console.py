"""What people see on standard error while a policy is trained."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import rich.console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from semeval_humor.training.sentinel.sentinel import Alarm, Sentinel

NOTE_EVERY_S = 30.0
"""Where there is no terminal for a bar, a line of progress is printed so often."""

# What is shown of a step, where it was logged.
_SHOWN = ("loss", "eval_loss", "reward", "kl", "grad_norm")

# And of a probe.
_HEARD = ("script-purity", "distinct-2", "kl", "reward")


class TrainingConsole:
    """Notes, and a bar with rate and time left; or a line now and then without a terminal."""

    def __init__(self) -> None:
        self._console = rich.console.Console(stderr=True, highlight=False, soft_wrap=True)
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps, {task.fields[rate]},{task.fields[values]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("training", total=None, rate="", values="")
        self._began = self._next_note = time.monotonic()
        self._first = 0

    def begins(self, step: int, steps: int) -> None:
        """Show the bar."""
        self._began, self._first = time.monotonic(), step
        self._bar.update(self._task, completed=step, total=steps)
        self._bar.start()

    def stepped(self, step: int, steps: int, logged: Mapping[str, float]) -> None:
        """Move the bar."""
        pace = (time.monotonic() - self._began) / (step - self._first)
        rate = f"{pace:.2f} s each"
        values = "".join(f" {name} {logged[name]:.3g}" for name in _SHOWN if name in logged)
        self._bar.update(self._task, completed=step, rate=rate, values=values)
        if self._bar.disable and (time.monotonic() >= self._next_note or step == steps):
            self._next_note = time.monotonic() + NOTE_EVERY_S
            left = (steps - step) * pace
            self.note(f"step {step} of {steps}, {rate}:{values}; {left:.0f} s left")

    def probed(self, sentinel: "Sentinel") -> None:
        """Show what the probe heard, and one of its jokes; a broken policy tells none."""
        probe = sentinel.history[-1]
        told = [f"{name} {probe.signals[name]:.3g}" for name in _HEARD if name in probe.signals]
        said = [" ".join(told)] if told else []
        if probe.samples:
            sample = probe.samples[probe.step % len(probe.samples)]
            said.append(f"{sample.prompt.id}: {sample.text}")
        self.note(f"probe of step {probe.step}: {'; '.join(said) or 'no answer'}")

    def alarmed(self, alarm: "Alarm", then: str) -> None:
        """Say what was seen, and what is done."""
        self.note(f"ALARM at step {alarm.step}: {alarm.cause} ({then})")

    def note(self, text: str) -> None:
        """Print a line, above the bar if there is one."""
        self._console.print(text, markup=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._bar.stop()
