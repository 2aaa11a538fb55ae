"""What the classifier is trained to make small: tensors in, one number out.

All three are logistic, so their sizes are alike: 0.69 for knowing nothing.
"""

from collections.abc import Sequence
from typing import Any

from semeval_humor.rewards.human_votes import PairVote

LOWEST_RATING, HIGHEST_RATING = 1.0, 5.0


def rating_share(rating: float) -> float:
    """A rating from 1 to 5 as a share of the way from the lowest to the highest, in [0, 1]."""
    return (rating - LOWEST_RATING) / (HIGHEST_RATING - LOWEST_RATING)


def humor_loss(humor_B: Any, labels_B: Sequence[bool], weights_B: Sequence[float]) -> Any:
    """Mean cross-entropy of telling humour from other texts, weighted to balance the classes."""
    import torch

    like = {"dtype": humor_B.dtype, "device": humor_B.device}
    labels, weights = torch.tensor(labels_B, **like), torch.tensor(weights_B, **like)
    return torch.nn.functional.binary_cross_entropy_with_logits(humor_B, labels, weight=weights)


def rating_loss(funniness_B: Any, ratings_B: Sequence[float]) -> Any:
    """Mean cross-entropy between ratings, as shares, and predicted shares; rows have a rating.

    Bounded at both ends as ratings are, unlike a squared error of the raw logit.

    Source: Papke & Wooldridge 1996, Econometric methods for fractional response variables.
    """
    import torch

    shares = torch.tensor(
        [rating_share(rating) for rating in ratings_B],
        dtype=funniness_B.dtype,
        device=funniness_B.device,
    )
    return torch.nn.functional.binary_cross_entropy_with_logits(funniness_B, shares)


def votes_loss(left_V: Any, right_V: Any, votes: Sequence[PairVote]) -> Any:
    """Mean negative log-likelihood of votes; decisive ones are Bradley–Terry.

    A voter is taken to find each joke funny or not, with probability sigmoid(funniness). Where
    exactly one is found funny, it is the left one with probability sigmoid(left - right), in which
    what the voter finds funny at all has cancelled out: so decisive votes teach the order. BOTH
    and NONE have no order; they teach how funny the jokes are, with half the weight for each joke.

    Args:
        left_V: funniness of the left jokes.
        right_V: funniness of the right jokes.
        votes: on them.

    Source: Bradley & Terry 1952, Rank analysis of incomplete block designs; that conditioning on
    one success leaves their model, Rasch 1960, Probabilistic models for some intelligence and
    attainment tests.
    """
    import torch

    entropy = torch.nn.functional.binary_cross_entropy_with_logits
    like = {"dtype": left_V.dtype, "device": left_V.device}
    funny_V_2 = torch.tensor([vote.funny for vote in votes], **like)
    decisive_V = torch.tensor([vote.decisive for vote in votes], device=left_V.device)
    order_V = entropy(left_V - right_V, funny_V_2[:, 0], reduction="none")
    level_V_2 = entropy(torch.stack([left_V, right_V], dim=1), funny_V_2, reduction="none")
    return torch.where(decisive_V, order_V, level_V_2.mean(dim=1)).mean()
