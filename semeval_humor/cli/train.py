"""``train``: configs to checkpoints."""

import click

from semeval_humor.cli.train_export import export
from semeval_humor.cli.train_online import dpo, grpo, rloo
from semeval_humor.cli.train_policy import sft
from semeval_humor.cli.train_ppo import ppo
from semeval_humor.cli.train_reward import reward


@click.group()
def train() -> None:
    """Train: one TOML file in, one checkpoint with a receipt out."""


for command in (reward, sft, ppo, grpo, rloo, dpo, export):
    train.add_command(command)
