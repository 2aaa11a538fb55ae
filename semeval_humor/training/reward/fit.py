"""The training loop: batches, steps, evaluations, the best state."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from semeval_humor.errors import HumorError
from semeval_humor.rewards.encoders import FUNNINESS, HUMOR, TransformersEncoder
from semeval_humor.rewards.human_votes import PairVote
from semeval_humor.training.reward.config import RewardConfig
from semeval_humor.training.reward.data import Example, Examples, balance
from semeval_humor.training.reward.losses import humor_loss, rating_loss, votes_loss

WARM_UP = 0.1
"""Share of the steps in which the learning rate rises."""

MOST_GRADIENT = 1.0
"""Norm to which larger gradients are cut."""

_POOL = 50  # batches whose texts are sorted by length together
_LAYER = re.compile(r"(?:^|\.)layers?\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the dev texts say in the middle of training.

    Attributes:
        step: number of steps so far.
        train_loss: mean over the steps since the last evaluation.
        dev_loss: of the dev texts.
        accuracy: share of the dev texts that are told right, jokes and others counting the same.
    """

    step: int
    train_loss: float
    dev_loss: float
    accuracy: float


class Watch(Protocol):
    """Somebody who is told how training goes."""

    def step(self, step: int, steps: int, loss: float) -> None:
        """Hear that a step is done."""

    def evaluated(self, evaluation: Evaluation) -> None:
        """Hear what the dev texts say."""

    def searched(self, asked: int, total: int) -> None:
        """Hear that a search for hard negatives has asked about so many texts of so many."""


def fit(
    encoder: TransformersEncoder, examples: Examples, config: RewardConfig, watch: Watch
) -> list[Evaluation]:
    """Train an encoder in place, and leave it in the state that was best on the dev texts.

    Returns:
        What the dev texts said, in the order of the steps.

    Raises:
        HumorError: the loss is no longer a number.
    """
    import torch

    torch.manual_seed(config.seed)
    freeze(encoder.model["encoder"], config.frozen_layers)
    steps = max(1, round(config.epochs * len(examples.train) / config.batch_size))
    optimizer, schedule = _optimizer(encoder.model, config, steps)
    every = max(1, steps // config.evaluations)
    weights = balance(examples.train)
    rows = _training_rows(encoder, examples.train, config)
    votes = _vote_batches(examples.votes[0], config)
    history: list[Evaluation] = []
    losses: list[float] = []
    best: dict[str, Any] = {}
    for step in range(1, steps + 1):
        encoder.model.train()
        batch = next(rows)
        loss = _loss(
            encoder,
            [examples.train[row] for row in batch],
            [weights[row] for row in batch],
            next(votes),
            config,
        )
        if not math.isfinite(loss.item()):
            raise HumorError(f"step {step}: the loss is {loss.item()}; lower the learning_rate")
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(encoder.model.parameters(), MOST_GRADIENT)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        watch.step(step, steps, losses[-1])
        if step % every == 0 or step == steps:
            history.append(_evaluate(encoder, examples, config, step, losses))
            watch.evaluated(history[-1])
            losses = []
            if history[-1] is _best(history):
                best = _trained_state(encoder.model)
            elif history.index(_best(history)) + config.patience < len(history):
                break
    encoder.model.load_state_dict(best, strict=False)
    encoder.model.eval()
    return history


def freeze(encoder: Any, layers: int | None) -> None:
    """Keep the embeddings and the lowest layers as they are; None trains everything."""
    for name, parameter in encoder.named_parameters():
        found = _LAYER.search(name)
        low = int(found[1]) < (layers or 0) if found else "embeddings." in name
        parameter.requires_grad_(layers is None or not low)


def _loss(
    encoder: TransformersEncoder,
    batch: Sequence[Example],
    weights: Sequence[float],
    votes: Sequence[PairVote],
    config: RewardConfig,
) -> Any:
    texts = [example.text for example in batch]
    pairs = [text for vote in votes for text in (vote.left, vote.right)]
    logits = encoder.forward(encoder.token_ids([*texts, *pairs]))
    labels = [example.humor for example in batch]
    loss = config.humor_weight * humor_loss(logits[: len(batch), HUMOR], labels, weights)
    rated = [row for row, example in enumerate(batch) if example.rating is not None]
    if config.rating_weight and rated:
        ratings = [batch[row].rating or 0.0 for row in rated]
        loss = loss + config.rating_weight * rating_loss(logits[rated, FUNNINESS], ratings)
    if votes:
        left, right = logits[len(batch) :: 2, FUNNINESS], logits[len(batch) + 1 :: 2, FUNNINESS]
        loss = loss + config.votes_weight * votes_loss(left, right, votes)
    return loss


def _evaluate(
    encoder: TransformersEncoder,
    examples: Examples,
    config: RewardConfig,
    step: int,
    losses: Sequence[float],
) -> Evaluation:
    import torch

    logits = torch.from_numpy(encoder.logits([example.text for example in examples.dev]))
    labels = [example.humor for example in examples.dev]
    weights = balance(examples.dev)
    loss = config.humor_weight * humor_loss(logits[:, HUMOR], labels, weights).item()
    rated = [row for row, example in enumerate(examples.dev) if example.rating is not None]
    if config.rating_weight and rated:
        ratings = [examples.dev[row].rating or 0.0 for row in rated]
        loss += config.rating_weight * rating_loss(logits[rated, FUNNINESS], ratings).item()
    held = examples.votes[1]
    if config.votes_weight and held:
        left = torch.from_numpy(encoder.logits([vote.left for vote in held]))[:, FUNNINESS]
        right = torch.from_numpy(encoder.logits([vote.right for vote in held]))[:, FUNNINESS]
        loss += config.votes_weight * votes_loss(left, right, held).item()
    right_ones = (logits[:, HUMOR] > 0).numpy() == labels
    accuracy = sum(weight for weight, told in zip(weights, right_ones, strict=True) if told)
    return Evaluation(step, sum(losses) / len(losses), loss, accuracy / len(weights))


def _best(history: Sequence[Evaluation]) -> Evaluation:
    return min(history, key=lambda evaluation: evaluation.dev_loss)


def _trained_state(model: Any) -> dict[str, Any]:
    return {
        name: parameter.detach().clone()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }


def _optimizer(model: Any, config: RewardConfig, steps: int) -> tuple[Any, Any]:
    import torch

    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [one for one in trained if one.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [one for one in trained if one.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=config.learning_rate)
    warm = max(1, round(steps * WARM_UP))

    def rate(step: int) -> float:
        return (step + 1) / warm if step < warm else (steps - step) / max(1, steps - warm)

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


def _training_rows(
    encoder: TransformersEncoder, examples: Sequence[Example], config: RewardConfig
) -> Iterator[list[int]]:
    """Yield batches for ever, of texts of about the same length, in random order."""
    random = Random(config.seed)
    lengths = [len(ids) for ids in encoder.token_ids([example.text for example in examples])]
    size = config.batch_size
    while True:
        order = random.sample(range(len(examples)), len(examples))
        for start in range(0, len(order), size * _POOL):
            pool = sorted(order[start : start + size * _POOL], key=lengths.__getitem__)
            cut = [pool[place : place + size] for place in range(0, len(pool), size)]
            yield from random.sample(cut, len(cut))


def _vote_batches(votes: Sequence[PairVote], config: RewardConfig) -> Iterator[list[PairVote]]:
    """Yield for ever an eighth as many votes as a batch has texts; none if they have no weight."""
    random = Random(config.seed)
    size = max(1, config.batch_size // 8)
    while True:
        order = random.sample(votes, len(votes)) if config.votes_weight else []
        yield from [order[start : start + size] for start in range(0, len(order), size)] or [[]]
