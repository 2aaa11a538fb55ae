"""Losses and divergences by hand, and against plain Python."""

import math
import random

import pytest
import torch

from semeval_humor.training.ppo.losses import (
    Penalty,
    clipped,
    k1,
    k3,
    policy_losses,
    value_losses,
)

LOG = math.log


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "gradient", "is_clipped"),
    [
        (1.0, 2.0, -2.0, -2.0, False),  # as drawn
        (1.1, 2.0, -2.2, -2.2, False),
        (1.5, 2.0, -2.4, 0.0, True),  # 1.2 * 2: likely enough already
        (0.5, 2.0, -1.0, -1.0, False),  # a good token that has become unlikely
        (0.5, -2.0, 1.6, 0.0, True),  # 0.8 * 2: unlikely enough already
        (1.5, -2.0, 3.0, 3.0, False),  # a bad one that has become likely
        (1.5, 0.0, 0.0, 0.0, False),
    ],
)
def test_policy_loss_by_hand(
    ratio: float, advantage: float, loss: float, gradient: float, is_clipped: bool
) -> None:
    logprob = torch.tensor([LOG(ratio) - 3.0], requires_grad=True)
    old, advantages = torch.tensor([-3.0]), torch.tensor([advantage])
    found = policy_losses(logprob, old, advantages, epsilon=0.2)
    assert found.item() == pytest.approx(loss, abs=1e-5)
    found.sum().backward()  # type: ignore[no-untyped-call]
    assert logprob.grad is not None
    assert logprob.grad.item() == pytest.approx(gradient, abs=1e-5)
    assert clipped(logprob, old, advantages, epsilon=0.2).item() is is_clipped


@pytest.mark.parametrize(
    ("value", "old", "target", "loss", "gradient"),
    [
        (0.5, 0.5, 1.0, 0.125, -0.5),
        (0.6, 0.5, 1.0, 0.08, -0.4),  # 0.5 * 0.4 ** 2
        (0.9, 0.5, 1.0, 0.045, 0.0),  # clipped at 0.7: 0.5 * 0.3 ** 2, more than 0.5 * 0.1 ** 2
        (0.1, 0.5, 1.0, 0.405, -0.9),  # away from its target: not clipped
    ],
)
def test_value_loss_by_hand(
    value: float, old: float, target: float, loss: float, gradient: float
) -> None:
    values = torch.tensor([value], requires_grad=True)
    found = value_losses(values, torch.tensor([old]), torch.tensor([target]), epsilon=0.2)
    assert found.item() == pytest.approx(loss)
    found.sum().backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert values.grad.item() == pytest.approx(gradient, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_losses_against_plain_python(seed: int) -> None:
    draw = random.Random(seed)
    rows = [[draw.gauss(0, 1) for _ in range(6)] for _ in range(50)]
    new, old, advantage, value, before, target = (torch.tensor(c) for c in zip(*rows, strict=True))
    policy = policy_losses(new, old, advantage, epsilon=0.3).tolist()
    values = value_losses(value, before, target, epsilon=0.3).tolist()
    for place, (n, o, a, v, b, t) in enumerate(rows):
        ratio = math.exp(n) / math.exp(o)
        limited = 1.3 if ratio > 1.3 else 0.7 if ratio < 0.7 else ratio
        assert policy[place] == pytest.approx(max(-a * ratio, -a * limited), rel=1e-4)
        near = b + 0.3 if v > b + 0.3 else b - 0.3 if v < b - 0.3 else v
        assert values[place] == pytest.approx(max((v - t) ** 2, (near - t) ** 2) / 2, rel=1e-4)


def test_divergences_by_hand() -> None:
    # The parent finds it half as likely: log 2; 1/2 - 1 + log 2. Then twice as likely.
    policy, parent = torch.tensor([LOG(0.4), LOG(0.2)]), torch.tensor([LOG(0.2), LOG(0.4)])
    assert k1(policy, parent).tolist() == pytest.approx([LOG(2), -LOG(2)])
    assert k3(policy, parent).tolist() == pytest.approx([LOG(2) - 0.5, 1 - LOG(2)])


def test_both_divergences_have_the_right_mean() -> None:
    policy, parent = [0.7, 0.2, 0.1], [0.3, 0.3, 0.4]
    exact = sum(p * LOG(p / q) for p, q in zip(policy, parent, strict=True))
    chosen = torch.tensor(policy).log(), torch.tensor(parent).log()
    for estimator in (k1, k3):
        mean = (torch.tensor(policy) * estimator(*chosen)).sum().item()
        assert mean == pytest.approx(exact, rel=1e-5)
    assert k3(*chosen).min() >= 0


def test_the_penalty_seeks_its_target() -> None:
    penalty = Penalty(0.1, target=0.02, horizon=100)
    penalty.adapt(0.021, 50)  # 5 % above: 0.1 * (1 + 0.05 * 0.5)
    assert penalty.beta == pytest.approx(0.1025)
    penalty.adapt(9.0, 50)  # no more than 20 %: * (1 + 0.2 * 0.5)
    assert penalty.beta == pytest.approx(0.11275)
    penalty.adapt(0.0, 100)  # * (1 - 0.2)
    assert penalty.beta == pytest.approx(0.0902)
    fixed = Penalty(0.1, target=None, horizon=100)
    fixed.adapt(9.0, 50)
    assert fixed.beta == 0.1
