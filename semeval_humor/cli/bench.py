"""``bench``: systems side by side."""

import click

from semeval_humor.cli.bench_rank import rank
from semeval_humor.cli.bench_report import report
from semeval_humor.cli.bench_run import run
from semeval_humor.cli.bench_table import table


@click.group()
def bench() -> None:
    """Compare systems: ratings from votes, a leaderboard, a report."""


for command in (run, rank, table, report):
    bench.add_command(command)
