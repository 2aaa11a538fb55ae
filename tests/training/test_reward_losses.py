"""The losses of the humour classifier, by hand."""

import math

import pytest
import torch

from semeval_humor.rewards.human_votes import FunnySide, PairVote
from semeval_humor.training.reward.losses import (
    humor_loss,
    rating_loss,
    rating_share,
    votes_loss,
)

LN2, LN3 = math.log(2), math.log(3)


def vote(winner: str) -> PairVote:
    return PairVote("s", "pigeon", "left", "right", FunnySide(winner))


def entropy(logit: float, target: float) -> float:
    return math.log1p(math.exp(logit)) - target * logit


def test_humor_loss() -> None:
    # -ln(3/4) for a joke at logit ln 3, weight 3; -ln(1/2) for another text at 0, weight 1
    found = humor_loss(torch.tensor([LN3, 0.0]), [True, False], [3.0, 1.0])
    assert found.item() == pytest.approx((3 * math.log(4 / 3) + LN2) / 2)


@pytest.mark.parametrize(("rating", "share"), [(1, 0), (3, 0.5), (5, 1), (2, 0.25)])
def test_ratings_as_shares(rating: float, share: float) -> None:
    assert rating_share(rating) == share


def test_rating_loss_is_least_where_the_share_is_met() -> None:
    # A rating of 4 is a share of 3/4, which logit ln 3 predicts exactly.
    losses = [rating_loss(torch.tensor([logit]), [4.0]).item() for logit in (0.9, LN3, 1.3)]
    assert losses[1] == min(losses)
    assert losses[1] == pytest.approx(entropy(LN3, 0.75))


@pytest.mark.parametrize(
    ("winner", "left", "right", "loss"),
    [
        # Decisive: Bradley–Terry, in which only the difference counts.
        ("LEFT", 2 + LN3, 2.0, math.log(4 / 3)),
        ("RIGHT", 2 + LN3, 2.0, math.log(4)),
        ("RIGHT", 0.0, 0.0, LN2),
        # No order: both jokes at once, half of each.
        ("BOTH", LN3, 0.0, (math.log(4 / 3) + LN2) / 2),
        ("NONE", LN3, 0.0, (math.log(4) + LN2) / 2),
    ],
)
def test_votes_loss(winner: str, left: float, right: float, loss: float) -> None:
    found = votes_loss(torch.tensor([left]), torch.tensor([right]), [vote(winner)])
    assert found.item() == pytest.approx(loss, rel=1e-6)


def test_votes_loss_is_a_mean() -> None:
    votes = [vote("LEFT"), vote("NONE")]
    left, right = torch.tensor([1.0, 2.0]), torch.tensor([0.5, -1.0])
    each = [
        votes_loss(left[row : row + 1], right[row : row + 1], [votes[row]]).item() for row in (0, 1)
    ]
    assert votes_loss(left, right, votes).item() == pytest.approx(sum(each) / 2)
