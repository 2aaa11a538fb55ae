"""``train dpo``: a policy learns from pairs of which one joke is better."""

from pathlib import Path

import click

from semeval_humor.cli.train_policy import policy_options, run_trainer

EXAMPLES = """\b
Examples:
  semeval-humor train dpo --config configs/train/dpo-en-smollm2.toml
  semeval-humor train dpo --config configs/train/dpo-en-qwen3-4b.toml --on-alarm log
"""


@click.command(epilog=EXAMPLES)
@policy_options
def dpo(path: Path, force: bool, on_alarm: str | None) -> None:
    """Teach a model which of two jokes is better, from the file that data preferences made.

    No reward is needed. The model is compared with itself as it was at the beginning.

    Exit code: as train sft.
    """
    from semeval_humor.training import dpo as trainer

    run_trainer("dpo", trainer.DpoConfig, trainer.train, path, force=force, on_alarm=on_alarm)
