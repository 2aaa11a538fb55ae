"""``train sft`` and its kin: a config, and pairs or a reward, to a policy that was watched."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from semeval_humor.training.config import PolicyConfig
    from semeval_humor.training.policy import Chat

Command = TypeVar("Command", bound=Callable[..., Any])
Config = TypeVar("Config", bound="PolicyConfig")

SFT_EXAMPLES = """\b
Examples:
  semeval-humor train sft --config configs/train/sft-en-smollm2.toml
  semeval-humor train sft --config configs/train/sft-en-smollm2.toml --force --on-alarm log
"""


def policy_options(command: Command) -> Command:
    """The options that every trainer of a policy has."""
    options = (
        click.option(
            "--config",
            "path",
            required=True,
            type=click.Path(path_type=Path),
            help="TOML file with every setting; the ones in configs/train explain theirs.",
        ),
        click.option("--force", is_flag=True, help="Delete a training that is there."),
        click.option(
            "--on-alarm",
            type=click.Choice(["stop", "rollback", "log"]),
            help="What an alarm of the sentinel does.  [default: as the config says, else stop]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(epilog=SFT_EXAMPLES)
@policy_options
def sft(path: Path, force: bool, on_alarm: str | None) -> None:
    """Teach a model the jokes of pairs.parquet, as LoRA or in full.

    It is asked what predict asks, and only the joke and its end count for the loss. A training that
    was interrupted goes on when the same command is given again.

    Exit code: 0 fine; 1 the weights do not change as they should, or an alarm ended the training,
    whose last healthy weights are kept; 130 interrupted, a checkpoint is written.
    """
    from semeval_humor.cli.train_console import TrainingConsole
    from semeval_humor.training import sft as trainer

    config = read_config(trainer.SftConfig, path, on_alarm)
    with TrainingConsole() as console:
        folder = trainer.train(config, predicts_chat(), console, force=force)
    show(folder, "sft")


def read_config(kind: type[Config], path: Path, on_alarm: str | None) -> Config:
    """A checked config, with what the command line says in its place.

    Raises:
        ConfigError: names every unknown, missing or mistyped key.
    """
    from semeval_humor.configs import checked, read_toml

    given = {"on_alarm": on_alarm} if on_alarm else {}
    return checked(kind, {**read_toml(path), **given}, str(path))


def predicts_chat() -> "Chat":
    """How ``predict`` speaks to models, for trainers, which may not know inference."""
    from semeval_humor.inference.chat import end_token, prompt_tokens
    from semeval_humor.inference.loading import stop_tokens
    from semeval_humor.training.policy import Chat

    return Chat(prompt_tokens, end_token, stop_tokens)


def show(folder: Path, kind: str) -> None:
    """Print where the result is, and how it differs from its parent; once, however many train."""
    from semeval_humor.receipt import read_receipt
    from semeval_humor.training.run import is_main

    if not is_main():
        return
    receipt = read_receipt(folder / f"train-{kind}.run.json")
    counts, parent = receipt.counts, receipt.config["model"]
    behaviour = counts["diff"]["behaviour"]
    click.echo(str(folder))
    click.echo(
        f"  {counts['steps']} steps, {counts['seconds_per_step']:.2f} s each, "
        f"{counts['peak_memory_gib']:.1f} GiB at most"
    )
    click.echo(
        f"  {counts['diff']['verdict']} from {parent}: log-probabilities differ by up to "
        f"{behaviour['moved']:.3g}, {behaviour['answers_changed']} of {behaviour['answers']} "
        "greedy answers differ"
    )
