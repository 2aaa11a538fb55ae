"""Advantages by hand, and against plain loops."""

import math
import random

import pytest
import torch

from semeval_humor.training.ppo.gae import gae, whitened


@pytest.mark.parametrize(
    ("discount", "decay", "advantages"),
    [
        # surprises: 0 + 0.5 - 0.2 = 0.3, 0 + 0.4 - 0.5 = -0.1, 1 + 0 - 0.4 = 0.6
        (1.0, 0.0, [0.3, -0.1, 0.6]),
        # to the end: 1 less each value
        (1.0, 1.0, [0.8, 0.5, 0.6]),
        # -0.1 + 0.5 * 0.6 = 0.2, 0.3 + 0.5 * 0.2 = 0.4
        (1.0, 0.5, [0.4, 0.2, 0.6]),
        # surprises: 0.25 - 0.2 = 0.05, 0.2 - 0.5 = -0.3, 0.6; -0.3 + 0.5 * 0.6 = 0, 0.05 + 0
        (0.5, 1.0, [0.05, 0.0, 0.6]),
    ],
)
def test_by_hand(discount: float, decay: float, advantages: list[float]) -> None:
    rewards, values = torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.2, 0.5, 0.4]])
    found, returns = gae(rewards, values, torch.ones(1, 3), discount=discount, decay=decay)
    assert found[0].tolist() == pytest.approx(advantages)
    assert returns[0].tolist() == pytest.approx(
        [a + v for a, v in zip(advantages, [0.2, 0.5, 0.4], strict=True)]
    )


def loops(rewards: list[float], values: list[float], discount: float, decay: float) -> list[float]:
    """The definition, as a double sum."""
    size = len(rewards)
    surprises = [
        rewards[t] + discount * (values[t + 1] if t + 1 < size else 0.0) - values[t]
        for t in range(size)
    ]
    return [
        sum((discount * decay) ** (k - t) * surprises[k] for k in range(t, size))
        for t in range(size)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_against_plain_loops_in_rows_of_any_length(seed: int) -> None:
    draw = random.Random(seed)
    sizes = [draw.randint(1, 7) for _ in range(4)]
    discount, decay = draw.random(), draw.random()
    rows = [[(draw.gauss(0, 1), draw.gauss(0, 1)) for _ in range(size)] for size in sizes]
    rewards, values = torch.full((4, 7), 9.0), torch.full((4, 7), 9.0)  # what is masked is not read
    mask = torch.zeros(4, 7)
    for place, row in enumerate(rows):
        mask[place, : len(row)] = 1
        rewards[place, : len(row)] = torch.tensor([r for r, _ in row])
        values[place, : len(row)] = torch.tensor([v for _, v in row])
    found, returns = gae(rewards, values, mask, discount=discount, decay=decay)
    for place, row in enumerate(rows):
        expected = loops([r for r, _ in row], [v for _, v in row], discount, decay)
        assert found[place, : len(row)].tolist() == pytest.approx(expected, abs=1e-5)
        assert returns[place, len(row) :].abs().sum() == found[place, len(row) :].abs().sum() == 0


def test_a_sure_critic_finds_no_advantage() -> None:
    values = torch.full((1, 4), 0.7)
    rewards = torch.tensor([[0.0, 0.0, 0.0, 0.7]])
    found, returns = gae(rewards, values, torch.ones(1, 4), discount=1.0, decay=0.9)
    assert found.abs().max() < 1e-6
    assert returns[0].tolist() == pytest.approx([0.7] * 4)


def test_whitened_by_hand() -> None:
    values = torch.tensor([[1.0, 2.0, 50.0], [6.0, 50.0, 50.0]])
    mask = torch.tensor([[1, 1, 0], [1, 0, 0]])
    # mean 3; squares 4 + 1 + 9 = 14, variance 14 / 3
    spread = math.sqrt(14 / 3)
    found = whitened(values, mask)
    assert found[0].tolist() == pytest.approx([-2 / spread, -1 / spread, 0])
    assert found[1].tolist() == pytest.approx([3 / spread, 0, 0])


@pytest.mark.parametrize("values", [[[0.3, 0.3]], [[5.0]]])
def test_what_is_all_the_same_is_whitened_to_nothing(values: list[list[float]]) -> None:
    given = torch.tensor(values)
    assert whitened(given, torch.ones_like(given)).abs().max() < 1e-3
