"""``train sft``: a policy learns from jokes."""

from pathlib import Path

import click

from semeval_humor.cli.train_policy import policy_options, run_trainer

EXAMPLES = """\b
Examples:
  semeval-humor train sft --config configs/train/sft-en-smollm2.toml
  semeval-humor train sft --config configs/train/sft-en-smollm2.toml --force --on-alarm log
"""


@click.command(epilog=EXAMPLES)
@policy_options
def sft(path: Path, force: bool, on_alarm: str | None) -> None:
    """Teach a model the jokes of pairs.parquet, as LoRA or in full.

    It is asked what predict asks, and only the joke and its end count for the loss. A training that
    was interrupted goes on when the same command is given again.

    Exit code: 0 fine; 1 the weights do not change as they should, or an alarm ended the training,
    whose last healthy weights are kept; 130 interrupted, a checkpoint is written.
    """
    from semeval_humor.training import sft as trainer

    run_trainer("sft", trainer.SftConfig, trainer.train, path, force=force, on_alarm=on_alarm)
