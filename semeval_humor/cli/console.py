"""What people see on standard error while a run goes on."""

import time
from typing import TYPE_CHECKING, Self

import rich.console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from semeval_humor.schema import Candidate, Constraint, Engine, Gif, GifPrompt, Headline, WordPair

if TYPE_CHECKING:
    from semeval_humor.data.label_model import LabelAttempt
    from semeval_humor.inference.engines import EnginePlan


# Wider than any table.
_UNCUT = 1000

NOTE_EVERY_S = 60.0
"""Where there is no terminal for a bar, a line of progress is printed so often."""


class _Speed(ProgressColumn):
    """Tokens per second since the bar was shown, where tokens are counted."""

    def render(self, task: Task) -> Text:
        seconds = task.elapsed or 0
        speed = task.fields["tokens"] / seconds if seconds else 0
        return Text(f"{speed:,.0f} tokens/s" if speed else "")


class Console:
    """Notes, and a progress bar where standard error is a terminal."""

    def __init__(self) -> None:
        self._console = rich.console.Console(stderr=True, highlight=False, soft_wrap=True)
        self._progress: Progress | None = None
        self._starting = 0.0
        self._tokens = self._done = self._wanted = 0
        self._next_note = 0.0
        self._unit = ""

    def note(self, text: str) -> None:
        """Print a line, above the bar if there is one."""
        self._console.print(text, markup=False)

    def engine_starts(self, plan: "EnginePlan") -> None:
        """Say that the model is loading; it takes a while."""
        self._starting = time.monotonic()
        self.note(f"loading {plan.identity.name} …")

    def engine_started(self, engine: Engine) -> None:
        """Say how long that took and what was chosen for this machine."""
        seconds = time.monotonic() - self._starting
        settings = ", ".join(
            f"{name} {value}" for name, value in engine.settings.items() if name != "engine"
        )
        self.note(f"started in {seconds:.0f} s ({settings})")

    def round_starts(self, round_: int, rows: int, wanted: int) -> None:
        """Show a new bar for a round of sampling."""
        label = f"sampling {rows} rows" if round_ == 0 else f"round {round_ + 1}, {rows} rows"
        self._start_bar(label, wanted, "candidates")

    def sampled(self, candidate: Candidate) -> None:
        """Move the bar."""
        self._advance(candidate.tokens)

    def attempt_starts(self, attempt: int, jokes: int) -> None:
        """Show a new bar for an attempt at labelling jokes."""
        label = "labelling" if attempt == 0 else f"attempt {attempt + 1},"
        self._start_bar(f"{label} {jokes} jokes", jokes, "answers")

    def labelled(self, attempt: "LabelAttempt") -> None:
        """Move the bar."""
        self._advance(attempt.tokens)

    def asking(self, questions: int) -> None:
        """Show a new bar for the questions to a judge."""
        self._start_bar("judging", questions, "answers")

    def answered(self) -> None:
        """Move the bar."""
        self._advance(0)

    def finish_bar(self) -> None:
        """Leave the bar as it is and go on below it."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _start_bar(self, label: str, wanted: int, unit: str) -> None:
        self.finish_bar()
        self._tokens = self._done = 0
        self._wanted, self._unit = wanted, unit
        self._next_note = time.monotonic() + NOTE_EVERY_S
        if not self._console.is_terminal:
            self.note(f"{label}: {wanted} {unit}")
            return
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            _Speed(),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._progress.add_task(label, total=wanted, tokens=0)
        self._progress.start()

    def _advance(self, tokens: int) -> None:
        self._done += 1
        self._tokens += tokens
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], advance=1, tokens=self._tokens)
        elif time.monotonic() > self._next_note:
            self.note(f"{self._done} of {self._wanted} {self._unit}")
            self._next_note = time.monotonic() + NOTE_EVERY_S

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.finish_bar()


def output() -> rich.console.Console:
    """Standard output, for tables; cut to fit a terminal, and nowhere else."""
    console = rich.console.Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = _UNCUT
    return console


def describe(constraint: Constraint) -> str:
    """A constraint in one line."""
    match constraint:
        case WordPair(word1, word2):
            return f"{word1} + {word2}"
        case Headline(text):
            return text
        case Gif(url):
            return url
        case GifPrompt(_, text):
            return text
