"""``train``: configs to checkpoints."""

import click

from semeval_humor.cli.train_dpo import dpo
from semeval_humor.cli.train_export import export
from semeval_humor.cli.train_online import grpo, rloo
from semeval_humor.cli.train_ppo import ppo
from semeval_humor.cli.train_reward import reward
from semeval_humor.cli.train_sft import sft


@click.group()
def train() -> None:
    """Train: one TOML file in, one checkpoint with a receipt out."""


for command in (reward, sft, ppo, grpo, rloo, dpo, export):
    train.add_command(command)
