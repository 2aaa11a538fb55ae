"""Draws tokens with random numbers of its own, and says what a model thinks of them."""

from typing import TYPE_CHECKING

from semeval_humor.errors import EngineError

if TYPE_CHECKING:
    import torch

_LEAST = -1e9


class NotANumberError(EngineError):
    """A model's logits hold NaN or infinity: its weights are broken."""


class Draw:
    """Draws the next tokens with random numbers of its own; a logits processor of transformers.

    It leaves one token possible, so that ``generate`` draws nothing from the shared ones, and
    remembers what the model thought of it.
    """

    def __init__(self, generator: "torch.Generator", temperature: float) -> None:
        self._generator = generator
        self._temperature = temperature
        self._steps: list[tuple[torch.Tensor, torch.Tensor]] = []

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Return scores in which all tokens but one are impossible."""
        import torch

        logits_B_V = scores.float()
        _check_numbers(logits_B_V)
        probs_B_V = (logits_B_V / self._temperature).softmax(dim=-1)
        # A race of exponential times, as in torch.multinomial, which takes three times as long.
        uniform_B_V = torch.rand(
            probs_B_V.shape, generator=self._generator, dtype=torch.float64, device=probs_B_V.device
        )
        chosen_B = (probs_B_V / uniform_B_V.log_().neg_()).argmax(dim=-1)
        self._steps.append(opinion(logits_B_V, chosen_B))
        return torch.full_like(logits_B_V, float("-inf")).scatter_(1, chosen_B[:, None], 0.0)

    @property
    def heard(self) -> tuple[list[list[float]], list[list[float]]]:
        """Log-probabilities and entropies of each row, of what follows its end token too."""
        import torch

        logprobs, entropies = zip(*self._steps, strict=True)
        return torch.stack(logprobs, dim=1).tolist(), torch.stack(entropies, dim=1).tolist()


def opinion(
    logits_N_V: "torch.Tensor", tokens_N: "torch.Tensor"
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Log-probabilities of tokens, and entropies of the distributions that they are from."""
    logits_N_V = logits_N_V.float()
    _check_numbers(logits_N_V)
    logprobs_N_V = logits_N_V.log_softmax(dim=-1)
    logprobs_N = logprobs_N_V.gather(1, tokens_N[:, None])[:, 0]
    # Where a probability is 0, its logarithm must be finite, so that their product is 0.
    weighed_N_V = logprobs_N_V.exp().mul_(logprobs_N_V.clamp_(min=_LEAST))
    return logprobs_N, -weighed_N_V.sum(dim=-1)


def _check_numbers(logits_N_V: "torch.Tensor") -> None:
    # A vocabulary may be filled up with tokens at minus infinity, but not all of it.
    if logits_N_V.numel() and not bool(logits_N_V.amax(dim=-1).isfinite().all()):
        raise NotANumberError("the model's output is not a number: its weights are broken")
