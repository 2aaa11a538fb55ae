"""``train grpo``, ``rloo`` and ``dpo``: a policy learns which jokes are better than others."""

from pathlib import Path

import click

from semeval_humor.cli.train_policy import policy_options, predicts_chat, read_config, show

GRPO_EXAMPLES = """\b
Examples:
  semeval-humor train grpo --config configs/train/grpo-en-smollm2.toml
  semeval-humor train grpo --config configs/train/grpo-en-qwen3-1.7b.toml --on-alarm rollback
"""

RLOO_EXAMPLES = """\b
Examples:
  semeval-humor train rloo --config configs/train/rloo-en-smollm2.toml
  semeval-humor train rloo --config configs/train/rloo-en-smollm2.toml --force
"""

DPO_EXAMPLES = """\b
Examples:
  semeval-humor train dpo --config configs/train/dpo-en-smollm2.toml
  semeval-humor train dpo --config configs/train/dpo-en-qwen3-4b.toml --on-alarm log
"""


@click.command(epilog=GRPO_EXAMPLES)
@policy_options
def grpo(path: Path, force: bool, on_alarm: str | None) -> None:
    """Reward a model's own jokes, each compared with others for the same prompt.

    The reward is a REWARD.toml that redteam has tested in the languages of the training. Every
    step's samples lie in completions/, with each component of their reward.

    Exit code: 0 fine; 1 the weights do not change as they should, the reward failed, or an alarm
    ended the training, whose last healthy weights are kept; 130 interrupted, a checkpoint is
    written.
    """
    from semeval_humor.cli.train_console import TrainingConsole
    from semeval_humor.training import grpo as trainer

    config = read_config(trainer.GrpoConfig, path, on_alarm)
    with TrainingConsole() as console:
        folder = trainer.train(config, predicts_chat(), console, force=force)
    show(folder, "grpo")


@click.command(epilog=RLOO_EXAMPLES)
@policy_options
def rloo(path: Path, force: bool, on_alarm: str | None) -> None:
    """Reward a model's own jokes by what they get beyond the others for the same prompt.

    As train grpo, with the leave-one-out estimate of REINFORCE; the distance from the parent is
    part of the reward.

    Exit code: as train grpo.
    """
    from semeval_humor.cli.train_console import TrainingConsole
    from semeval_humor.training import rloo as trainer

    config = read_config(trainer.RlooConfig, path, on_alarm)
    with TrainingConsole() as console:
        folder = trainer.train(config, predicts_chat(), console, force=force)
    show(folder, "rloo")


@click.command(epilog=DPO_EXAMPLES)
@policy_options
def dpo(path: Path, force: bool, on_alarm: str | None) -> None:
    """Teach a model which of two jokes is better, from the file that data preferences made.

    No reward is needed. The model is compared with itself as it was at the beginning.

    Exit code: as train sft.
    """
    from semeval_humor.cli.train_console import TrainingConsole
    from semeval_humor.training import dpo as trainer

    config = read_config(trainer.DpoConfig, path, on_alarm)
    with TrainingConsole() as console:
        folder = trainer.train(config, predicts_chat(), console, force=force)
    show(folder, "dpo")
