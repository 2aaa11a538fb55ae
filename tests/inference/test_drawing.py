import math
from collections import Counter

import pytest
import torch

from semeval_humor.errors import EngineError
from semeval_humor.inference.drawing import Draw, draw
from semeval_humor.schema import Sampling

# Probabilities 0.5, 0.15, 0.3, 0.05: not in order, as in a vocabulary.
PROBS = (0.5, 0.15, 0.3, 0.05)


def drawn(uniform: float, sampling: Sampling, probs: tuple[float, ...] = PROBS) -> int:
    logits = torch.tensor([[math.log(p) for p in probs]])
    return int(draw(logits, torch.tensor([[uniform]], dtype=torch.float64), sampling))


@pytest.mark.parametrize(
    ("sampling", "uniform", "token"),
    [
        # The whole distribution, in the order of the vocabulary: ends at 0.5, 0.65, 0.95, 1.
        (Sampling(temperature=1, top_p=1), 0.49, 0),
        (Sampling(temperature=1, top_p=1), 0.64, 1),
        (Sampling(temperature=1, top_p=1), 0.94, 2),
        (Sampling(temperature=1, top_p=1), 1 - 1e-12, 3),
        # In order of likelihood 0, 2, 1, 3. Before token 1 stand 0.8, so it is not in the nucleus.
        (Sampling(temperature=1, top_p=0.79), 0.62, 0),  # 0.5 / 0.8 = 0.625
        (Sampling(temperature=1, top_p=0.79), 0.63, 2),
        (Sampling(temperature=1, top_p=0.79), 1 - 1e-12, 2),
        (Sampling(temperature=1, top_p=0.81), 1 - 1e-12, 1),
        (Sampling(temperature=1, top_p=0.01), 1 - 1e-12, 0),
        (Sampling(temperature=1, top_p=1, top_k=1), 1 - 1e-12, 0),
        (Sampling(temperature=1, top_p=1, top_k=3), 1 - 1e-12, 1),
        # top-p of what top-k left: 0.5 / 0.8 is 0.625 of it.
        (Sampling(temperature=1, top_p=0.62, top_k=2), 1 - 1e-12, 0),
        (Sampling(temperature=1, top_p=0.63, top_k=2), 1 - 1e-12, 2),
        # 0.35 of 0.5 is 0.175: tokens 0 and 2 stay.
        (Sampling(temperature=1, top_p=1, min_p=0.35), 1 - 1e-12, 2),
        # Temperature ½ squares: 0.25, 0.0225, 0.09, 0.0025 of 0.365; token 0 ends at 0.685.
        (Sampling(temperature=0.5, top_p=1), 0.68, 0),
        (Sampling(temperature=0.5, top_p=1), 0.69, 1),
    ],
)
def test_hand_worked(sampling: Sampling, uniform: float, token: int) -> None:
    assert drawn(uniform, sampling) == token


@pytest.mark.parametrize(
    "sampling",
    [Sampling(temperature=1, top_p=0.95), Sampling(temperature=1, top_p=1, min_p=0.9)],
)
def test_flat_distributions_are_not_cut_at_the_likeliest_tokens(sampling: Sampling) -> None:
    size = 3000
    tokens = {drawn(u / 200, sampling, (1 / size,) * size) for u in range(200)}
    assert len(tokens) == 200
    assert max(tokens) > 2000


def test_frequencies_follow_the_probabilities() -> None:
    rows = 4000
    logits = torch.tensor([[math.log(p) for p in PROBS]]).repeat(rows, 1)
    step = Draw([str(n) for n in range(rows)], [0] * rows, Sampling(temperature=1, top_p=1), 0)
    counts = Counter(step(torch.zeros(rows, 1, dtype=torch.long), logits).argmax(-1).tolist())
    for token, p in enumerate(PROBS):  # four standard deviations
        assert abs(counts[token] / rows - p) < 4 * math.sqrt(p * (1 - p) / rows)


def test_a_row_draws_the_same_alone_and_among_others() -> None:
    sampling = Sampling(temperature=1, seed=3)
    logits = torch.randn(3, 50, generator=torch.Generator().manual_seed(0))
    ids = torch.zeros(3, 2, dtype=torch.long)
    together = Draw(["a", "b", "c"], [0, 0, 0], sampling, 0)
    alone = Draw(["b"], [0], sampling, 0)
    other_seed = Draw(["b"], [0], Sampling(temperature=1, seed=4), 0)
    many = [int(together(ids, logits)[1].argmax()) for _ in range(20)]
    assert many == [int(alone(ids[:1], logits[1:2])[0].argmax()) for _ in range(20)]
    assert many != [int(other_seed(ids[:1], logits[1:2])[0].argmax()) for _ in range(20)]


def test_repetition_penalty_ignores_padding() -> None:
    # Token 0 is the padding of the second row, and a token of the first row's prompt.
    logits = torch.tensor([[2.0, 1.5, -1.0], [2.0, 1.5, -1.0]])
    step = Draw(["a", "b"], [0, 1], Sampling(temperature=0, repetition_penalty=2.0), 0)
    chosen = step(torch.tensor([[0, 2], [0, 2]]), logits).argmax(-1)
    assert chosen.tolist() == [1, 0]  # 2.0 / 2 < 1.5 in the first row only


def test_broken_weights_are_an_error() -> None:
    step = Draw(["a"], [0], Sampling(), 0)
    with pytest.raises(EngineError, match="weights are broken"):
        step(torch.zeros(1, 1, dtype=torch.long), torch.tensor([[float("nan"), 1.0]]))
