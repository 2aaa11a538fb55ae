"""How the transformers engine draws tokens, and notices that a row has reached a stop text."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from semeval_humor.errors import EngineError
from semeval_humor.schema import Sampling

if TYPE_CHECKING:
    import torch

# The nucleus of a model that is any good is smaller; where it is not, the rest is sorted as well.
_LIKELIEST = 1024


class Draw:
    """Chooses the next token of each row of a batch; a logits processor of transformers.

    Each row has its own random numbers, from the seeds and the request's key. So a joke does not
    depend on what else was in its batch, on the size of the batch, or on where a run was resumed.
    It leaves a single token possible, so that ``generate`` has nothing more to draw.

    Args:
        keys: of the requests, in the order of the rows.
        pads: number of tokens of padding on the left of each row.
        sampling: how tokens are drawn.
        seed: of the engine.
    """

    def __init__(
        self, keys: Sequence[str], pads: Sequence[int], sampling: Sampling, seed: int
    ) -> None:
        self._sampling = sampling
        self._pads = pads
        self._random = [random.Random(f"{seed} {sampling.seed} {key}") for key in keys]

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Return scores in which all tokens but one are impossible."""
        import torch

        logits = scores.float()
        if not bool(logits.amax(dim=-1).isfinite().all()):
            raise EngineError("the model's output is not a number: its weights are broken")
        if self._sampling.repetition_penalty != 1.0:
            logits = self._penalised(logits, input_ids)
        if self._sampling.temperature == 0:
            chosen = logits.argmax(dim=-1, keepdim=True)
        else:
            # 1 itself would fall off the end of the sum.
            numbers = [min(source.random(), 1 - 1e-12) for source in self._random]
            uniform = torch.tensor(numbers, dtype=torch.float64, device=logits.device)
            chosen = draw(logits, uniform[:, None], self._sampling)
        return torch.full_like(logits, float("-inf")).scatter_(1, chosen, 0.0)

    def _penalised(self, logits: "torch.Tensor", input_ids: "torch.Tensor") -> "torch.Tensor":
        # Padding has not occurred: where the end token is the padding, a short prompt in a batch
        # would otherwise end later than alone.
        import torch

        penalty = self._sampling.repetition_penalty
        rows = []
        for row, ids, pad in zip(logits, input_ids, self._pads, strict=True):
            seen = ids[pad:].unique()
            old = row[seen]
            rows.append(row.scatter(0, seen, torch.where(old > 0, old / penalty, old * penalty)))
        return torch.stack(rows)


def draw(
    logits_B_V: "torch.Tensor", uniform_B_1: "torch.Tensor", sampling: Sampling
) -> "torch.Tensor":
    """Token ids drawn by inverting the distribution function, as (batch, 1).

    In vLLM's order: temperature, then min-p, top-k and top-p, each on what the last one left.

    Args:
        logits_B_V: batch by vocabulary.
        uniform_B_1: random numbers in [0, 1).
        sampling: how tokens are drawn; its temperature is above 0.
    """
    import torch

    probs = (logits_B_V / sampling.temperature).softmax(dim=-1)
    if sampling.min_p == 0 and sampling.top_k == 0 and sampling.top_p >= 1:
        return _invert(probs, uniform_B_1)
    size = probs.shape[-1]
    values, ids = probs.topk(min(sampling.top_k or _LIKELIEST, size), dim=-1)
    if not sampling.top_k and not _holds_all(values, sampling):
        values, ids = probs.sort(dim=-1, descending=True)
    kept = torch.where(values >= sampling.min_p * values[:, :1], values, 0.0)
    before = kept.cumsum(dim=-1) - kept
    whole = kept.sum(dim=-1, keepdim=True) if sampling.top_k or sampling.min_p else 1.0
    kept = torch.where(before < sampling.top_p * whole, kept, 0.0)
    return ids.gather(1, _invert(kept, uniform_B_1))


def _holds_all(values: "torch.Tensor", sampling: Sampling) -> bool:
    """Whether every token that may be drawn is among the likeliest ones."""
    if sampling.min_p:
        return bool((values[:, -1] < sampling.min_p * values[:, 0]).all())
    return bool((values.sum(dim=-1) >= sampling.top_p).all())


def _invert(weights: "torch.Tensor", uniform: "torch.Tensor") -> "torch.Tensor":
    import torch

    sums = weights.double().cumsum(dim=-1)
    # On its right side, so that a token without weight is never met.
    return torch.searchsorted(sums, uniform * sums[:, -1:], right=True)


class StopAtText:
    """Notices rows that have written a stop text; a stopping criterion of transformers.

    Args:
        tokenizer: of the model.
        texts: any of them ends a row.
        start: length of the prompts, padding included.

    Attributes:
        ended: number of tokens that a row had written when it ended, by row.
    """

    def __init__(self, tokenizer: Any, texts: Sequence[str], start: int) -> None:
        self.ended: dict[int, int] = {}
        self._tokenizer = tokenizer
        self._texts = texts
        self._start = start
        # A token has at least one byte; four more, as the first character may be incomplete.
        self._reach = max(len(text.encode()) for text in texts) + 4

    def __call__(self, input_ids: "torch.Tensor", scores: Any, **_: Any) -> "torch.Tensor":
        """Return which rows have ended, as (batch,)."""
        import torch

        length = input_ids.shape[1]
        first = max(self._start, length - self._reach)
        for row, ids in enumerate(input_ids[:, first:].tolist()):
            if row not in self.ended:
                tail = self._tokenizer.decode(ids, skip_special_tokens=True)
                if any(text in tail for text in self._texts):
                    self.ended[row] = length - self._start
        done = [row in self.ended for row in range(len(input_ids))]
        return torch.tensor(done, device=input_ids.device)
