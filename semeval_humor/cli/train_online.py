"""``train grpo`` and ``rloo``: a policy learns from rewards for its own jokes."""

from pathlib import Path

import click

from semeval_humor.cli.train_policy import policy_options, run_trainer

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
    from semeval_humor.training import grpo as trainer

    run_trainer("grpo", trainer.GrpoConfig, trainer.train, path, force=force, on_alarm=on_alarm)


@click.command(epilog=RLOO_EXAMPLES)
@policy_options
def rloo(path: Path, force: bool, on_alarm: str | None) -> None:
    """Reward a model's own jokes by what they get beyond the others for the same prompt.

    As train grpo, with the leave-one-out estimate of REINFORCE; the distance from the parent is
    part of the reward.

    Exit code: as train grpo.
    """
    from semeval_humor.training import rloo as trainer

    run_trainer("rloo", trainer.RlooConfig, trainer.train, path, force=force, on_alarm=on_alarm)
