"""``bench report``: all that is known of a benchmark, as one page to read and to search."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from semeval_humor.bench.config import BenchConfig
    from semeval_humor.html.page import Html
    from semeval_humor.schema import Vote
    from semeval_humor.submission.entries import Entry

EXAMPLES = """\b
Examples:
  semeval-humor bench report configs/bench/dev.toml
  semeval-humor bench report configs/bench/dev.toml --out site/dev.html
"""


@click.command(epilog=EXAMPLES)
@click.argument("config", metavar="CONFIG", type=click.Path(path_type=Path))
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The page.  [default: NAME.html beside the results]",
)
def report(config: Path, out: Path | None) -> None:
    """Write what bench run has measured as one HTML page, in the place of a former one.

    Leaderboard with intervals, who beats whom, judges, faults of the files, every prompt with the
    jokes of all systems, trainings, and links to receipts. The page holds the jokes themselves:
    share it only where they may be shared. It opens from disk and loads nothing from a network.
    """
    from semeval_humor.bench.boards import read_board
    from semeval_humor.bench.report import Benchmark, write_report
    from semeval_humor.bench.table import leaderboard
    from semeval_humor.cli.bench_run import read_config
    from semeval_humor.submission.entries import read_entries

    settings = read_config(config)
    found = read_board(settings)
    for sentence in found.stale:
        click.echo(f"warning: {sentence}; see semeval-humor bench run {config}", err=True)
    click.echo("reading the systems' files …", err=True)
    entries = read_entries(settings.systems, settings.inputs, common_rows=settings.common_rows)
    page = out or settings.results.with_name(f"{settings.name}.html")
    benchmark = Benchmark(
        found.board,
        leaderboard(found.board, found.reasons),
        entries,
        _votes(settings),
        {str(folder): _curves(folder) for folder in settings.trainings},
        {name: path for name, path in _receipts(settings, entries) if path.is_file()},
    )
    write_report(page, benchmark)
    click.echo(page)


def _votes(config: "BenchConfig") -> "dict[str, list[Vote]]":
    """Votes by the name of the voters; judges that have not voted yet have none."""
    from semeval_humor.bench.config import PEOPLE
    from semeval_humor.bench.judge_files import VOTES
    from semeval_humor.votes import read_votes

    found = {PEOPLE: [vote for path in config.votes for vote in read_votes(path)]}
    for judge in config.judges:
        path = config.judge_folder(judge.name) / VOTES
        found[judge.name] = read_votes(path) if path.exists() else []
    return {voter: votes for voter, votes in found.items() if votes}


def _curves(folder: Path) -> "Sequence[Html]":
    from semeval_humor.training.recorder import read_progress
    from semeval_humor.training.report import curves

    return curves(read_progress(folder))


def _receipts(config: "BenchConfig", entries: "Sequence[Entry]") -> Iterator[tuple[str, Path]]:
    """Files that say where things come from, by what they are called; they may be absent."""
    from semeval_humor.bench.judge_files import CARD_TO_READ, RECEIPT
    from semeval_humor.receipt import receipt_path
    from semeval_humor.training.report import REPORT

    yield "results of the benchmark", config.results
    for entry in entries:
        yield f"{entry.system}: {entry.kind.file_name}", receipt_path(Path(entry.checked.file))
    for judge in config.judges:
        folder = config.judge_folder(judge.name)
        yield f"judge {judge.name}", folder / RECEIPT
        yield f"judge {judge.name}: card", folder / CARD_TO_READ
    for folder in config.trainings:
        yield f"training {folder}: page", folder / REPORT
        for path in sorted(folder.glob("*.run.json")):
            yield f"training {folder}: {path.name}", path
