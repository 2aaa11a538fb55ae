"""What the commands that train a policy share: options, how it is run, what is told at the end."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from semeval_humor.training.config import PolicyConfig
    from semeval_humor.training.policy import Chat

Command = TypeVar("Command", bound=Callable[..., Any])


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


def run_trainer(
    kind: str,
    settings: type["PolicyConfig"],
    train: Callable[..., Path],
    path: Path,
    *,
    force: bool,
    on_alarm: str | None,
) -> Path:
    """Train as a file says, show how it goes, and print what came of it; returns the folder.

    Args:
        kind: of training: sft, grpo, …
        settings: what its file holds.
        train: called with the config, how models are spoken to, who is told, and ``force``.
        path: of the file.
        force: delete a training that is there.
        on_alarm: what the command line says in place of the file.

    Raises:
        ConfigError: names every unknown, missing or mistyped key.
    """
    from semeval_humor.cli.train_console import TrainingConsole
    from semeval_humor.configs import checked, read_toml

    given = {"on_alarm": on_alarm} if on_alarm else {}
    config = checked(settings, {**read_toml(path), **given}, str(path))
    with TrainingConsole() as console:
        folder = train(config, predicts_chat(), console, force=force)
    _show(folder, kind)
    return folder


def predicts_chat() -> "Chat":
    """How ``predict`` speaks to models, for trainers, which may not know inference."""
    from semeval_humor.inference.chat import end_token, prompt_tokens
    from semeval_humor.inference.loading import stop_tokens
    from semeval_humor.training.policy import Chat

    return Chat(prompt_tokens, end_token, stop_tokens)


def _show(folder: Path, kind: str) -> None:
    """Print where the result is, and how it differs from its parent; once, however many train."""
    from semeval_humor.receipt import read_receipt
    from semeval_humor.training.processes import is_main

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
