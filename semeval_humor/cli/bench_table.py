"""``bench table``: the leaderboard of a benchmark."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from semeval_humor.bench.board import Board

FORMATS = ("rich", "markdown", "latex", "csv", "json")

EXAMPLES = """\b
Examples:
  semeval-humor bench table configs/bench/dev.toml
  semeval-humor bench table configs/bench/dev.toml --task A --lang zh --format latex
"""


@click.command(epilog=EXAMPLES)
@click.argument("config", metavar="CONFIG", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="rich",
    help="What to print; csv and json have all metrics.  [default: rich]",
)
@click.option("--task", type=click.Choice(["A", "B1", "B2"]), help="Subtask.  [default: all]")
@click.option("--lang", type=click.Choice(["en", "es", "zh"]), help="Language.  [default: all]")
def table(config: Path, form: str, task: str | None, lang: str | None) -> None:
    """Print the leaderboard that bench run has measured: one row for each system and language.

    Below each value stands its 95 % interval. The best values are bold; a dash is a value that
    does not exist, for the reason below. Nothing is measured, so the systems' files need not be
    there; where they are and have changed, that is said on standard error.
    """
    from semeval_humor.bench.boards import read_board
    from semeval_humor.bench.formats import csv_text, document, latex, markdown, rich_tables
    from semeval_humor.bench.table import leaderboard
    from semeval_humor.cli.bench_run import read_config
    from semeval_humor.cli.console import output

    found = read_board(read_config(config))
    for sentence in found.stale:
        click.echo(f"warning: {sentence}; see semeval-humor bench run {config}", err=True)
    board = _chosen(found.board, task, lang)
    match form:
        case "csv":
            click.echo(csv_text(board, found.reasons), nl=False)
        case "json":
            click.echo(json.dumps(document(board, found.reasons), ensure_ascii=False))
        case "markdown":
            click.echo(markdown(leaderboard(board, found.reasons)), nl=False)
        case "latex":
            click.echo(latex(leaderboard(board, found.reasons)), nl=False)
        case _:
            out = output()
            for part in rich_tables(leaderboard(board, found.reasons)):
                out.print(part)


def _chosen(board: "Board", task: str | None, lang: str | None) -> "Board":
    """The rows of one subtask or language."""
    from semeval_humor.errors import ConfigError

    rows = tuple(
        row for row in board.rows if task in (None, row.kind.task) and lang in (None, row.kind.lang)
    )
    if not rows:
        chosen = " ".join(filter(None, [task and f"--task {task}", lang and f"--lang {lang}"]))
        files = ", ".join(dict.fromkeys(row.kind.file_name for row in board.rows))
        raise ConfigError(f"{chosen}: no system has such a file; found {files}")
    return dataclasses.replace(board, rows=rows)
