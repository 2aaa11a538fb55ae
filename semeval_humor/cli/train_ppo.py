"""``train ppo``: a policy learns which of its tokens earned a reward."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from semeval_humor.cli.train_policy import policy_options, run_trainer

if TYPE_CHECKING:
    import rich.text

    from semeval_humor.training.ppo.heatmap import Heat

EXAMPLES = """\b
Examples:
  semeval-humor train ppo --config configs/train/ppo-en-smollm2.toml
  semeval-humor train ppo --config configs/train/ppo-en-qwen3-1.7b.toml --on-alarm rollback
"""

SHOWN = 3
"""Samples that a terminal shows at the end; the page has more."""


@click.command(epilog=EXAMPLES)
@policy_options
def ppo(path: Path, force: bool, on_alarm: str | None) -> None:
    """Reward a model's own jokes, token by token where the humour was found.

    The reward is a REWARD.toml that redteam has tested in the languages of the training; its
    classifier may have any tokenizer. credit.html in the result shows which tokens of the last
    samples were reinforced, and which ones would be if all credit went to the last token.

    Exit code: as train grpo.
    """
    from semeval_humor.training.ppo import train as trainer
    from semeval_humor.training.ppo.config import PpoConfig

    folder = run_trainer("ppo", PpoConfig, trainer.train, path, force=force, on_alarm=on_alarm)
    show_credit(folder)


def show_credit(folder: Path) -> None:
    """Print the advantages of some of a training's last samples, if there is a terminal.

    There are none where a training that was killed after its last step was gone on with.
    """
    import rich.console

    from semeval_humor.training.ppo.heatmap import CREDIT, read_heats
    from semeval_humor.training.processes import is_main

    console = rich.console.Console(stderr=True, highlight=False)
    if console.is_terminal and is_main() and (folder / CREDIT).exists():
        for heat in read_heats(folder)[:SHOWN]:
            console.print(painted(heat))


def painted(heat: "Heat") -> "rich.text.Text":
    """A completion as a terminal shows it, once for each kind of credit.

    Tokens with an advantage are on blue, those with a disadvantage on orange, the brighter the
    further from 0.
    """
    from rich.text import Text

    lines = Text(f"{heat.id}, reward {heat.reward:.3f}\n", style="bold")
    for name, advantages in heat.sides:
        lines.append(f"{name:>9} ", style="not bold")
        for token, value in zip(heat.tokens, advantages, strict=True):
            share = heat.share(value)
            end = (40, 110, 230) if share > 0 else (200, 90, 10)
            mixed = ",".join(str(round(50 + (e - 50) * abs(share))) for e in end)
            lines.append(token, style=f"not bold white on rgb({mixed})")
        lines.append("\n")
    return lines
