"""``bench run``: measures what a benchmark still lacks."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from semeval_humor.bench.config import BenchConfig
    from semeval_humor.bench.judge_config import JudgeConfig
    from semeval_humor.bench.judging import Judged
    from semeval_humor.bench.results import Slot
    from semeval_humor.submission.entries import Entry

EXAMPLES = """\b
Examples:
  semeval-humor bench run configs/bench/dev.toml
  semeval-humor bench run configs/bench/dev.toml --force --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("config", metavar="CONFIG", type=click.Path(path_type=Path))
@click.option(
    "--force", is_flag=True, help="Measure everything again; judges keep the answers they have."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def run(config: Path, force: bool, as_json: bool) -> int:
    """Score, judge and rate the systems of a benchmark, as its TOML file says.

    Each measurement is appended to the results file as soon as it is there. What has been measured
    is measured again only if a file or a setting that moves it has changed, so the same command
    goes on where it was stopped. Paths in CONFIG are relative to where the command is run.

    Exit code: 0 fine; 3 a judge failed, and everything else is measured.
    """
    from semeval_humor.bench.run import run as measure
    from semeval_humor.cli.console import Console
    from semeval_humor.cli.judge import run_judge
    from semeval_humor.errors import EngineError

    settings = read_config(config)
    with Console() as console:

        def judge(judge: "JudgeConfig", entries: "Sequence[Entry]", folder: Path) -> "Judged":
            return run_judge(judge, entries, folder, settings.baseline, console)

        done = measure(settings, judge, console.note, force=force)
    if as_json:
        document = {
            "results": str(settings.results),
            "measured": list(map(_value, done.measured)),
            "kept": list(map(_value, done.kept)),
            "failures": list(done.failures),
        }
        click.echo(json.dumps(document))
    else:
        click.echo(
            f"{settings.results}: {len(done.measured)} measured, {len(done.kept)} were there; "
            f"see semeval-humor bench table {config}"
        )
    for failure in done.failures:
        click.echo(f"error: {failure}; run the same command again", err=True)
    return EngineError.exit_code if done.failures else 0


def read_config(path: Path) -> "BenchConfig":
    """A checked benchmark.

    Raises:
        ConfigError: names every unknown, missing or mistyped key.
    """
    from semeval_humor.bench.config import BenchConfig
    from semeval_humor.configs import checked, read_toml

    return checked(BenchConfig, read_toml(path), str(path))


def _value(slot: "Slot") -> dict[str, str]:
    return {"what": slot.what, "of": slot.of, "file": slot.file}
