"""``lifecycle``: every stage from corpora to a leaderboard, one command after the other."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from semeval_humor.lifecycle.stages import Stage

EXAMPLES = """\b
Examples:
  semeval-humor lifecycle configs/lifecycle/quick.toml
  semeval-humor lifecycle configs/lifecycle/full.toml --data ../shared/data
"""

PROGRAM = (sys.executable, "-m", "semeval_humor")


@click.command(epilog=EXAMPLES)
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder that holds corpora/ and mwahaha/.  [default: as the config says]",
)
@click.option("--plan", is_flag=True, help="Print the commands, and run none.")
@click.option(
    "--force",
    is_flag=True,
    help="Start the stages over whose settings have changed, or that refuse what is there.",
)
@click.pass_context
def lifecycle(
    context: click.Context, config: Path, data: Path | None, plan: bool, force: bool
) -> None:
    """Run every stage of CONFIG that is not done: from corpora to the leaderboard.

    Each stage is one command of this program, which you may as well type yourself; --plan prints
    them, once all of them and the TOML files they name are found to be sound. A lifecycle that was
    stopped goes on, within the stage at hand, when the same command is given again. What the
    stages printed lies in stages/ of the lifecycle's folder.

    Exit code: 0 fine; 1 a stage has ended otherwise than CONFIG says; 130 interrupted.
    """
    from semeval_humor.cli.lifecycle_configs import check_configs
    from semeval_humor.cli.lifecycle_console import LifecycleConsole
    from semeval_humor.lifecycle.run import Records, check_fresh, link_source, printed, run_stages
    from semeval_humor.lifecycle.stages import read_lifecycle, stages_of

    settings = read_lifecycle(config)
    stages = stages_of(settings, str(config))
    program = context.find_root().command
    again = {}
    for stage in stages:
        more = _check(stage, config, program)
        check_configs(stage, str(config))
        if force:
            again[stage.name] = more
    if plan:
        for stage in stages:
            fails = f"; has to end with exit code {stage.exit_code}" if stage.exit_code else ""
            click.echo(f"# {stage.name}: {stage.title}{fails}\n{stage.command}")
        return
    with Records(settings.folder) as records:
        if not force:
            check_fresh(stages, records)
        source = data or settings.data
        if source is not None:
            link_source(settings.folder, source, settings.needs)
        with LifecycleConsole(stages, records) as console:
            run_stages(stages, settings.folder, PROGRAM, again, records, console)
    for stage in stages:
        if stage.show:
            click.echo(f"\n== {stage.title}\n$ {stage.command}\n")
            click.echo(printed(stage, settings.folder), nl=False)


def _check(stage: "Stage", config: Path, command: click.Command) -> Sequence[str]:
    """Refuse a misspelt command before anything is run; return what starts it over.

    Raises:
        ConfigError: it names no command, or one that does not take these arguments.
    """
    from semeval_humor.errors import ConfigError

    words = list(stage.arguments)
    try:
        while isinstance(command, click.Group):
            name, inner, words = command.resolve_command(click.Context(command), words)
            assert inner is not None  # else it would have raised
            command = inner
        command.make_context(name, words)
    except click.ClickException as error:
        raise ConfigError(f"{config}: stages.{stage.name}.run: {error.format_message()}") from error
    return ["--force"] if any(each.name == "force" for each in command.params) else []
