"""What models think of the tokens of completions.

Rows are filled up behind their ends, which no token before can see, so that no mask is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semeval_humor.errors import ConfigError
from semeval_humor.training.completions import bare
from semeval_humor.training.ppo.rollout import Rollout

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model thinks of the tokens of completions, one behind the other.

    Attributes:
        logprobs_N: of each token, in nats.
        entropies_N: of the distribution that it is from, in nats.
        states_N_H: what the output layer was given before each token.
    """

    logprobs_N: "torch.Tensor"
    entropies_N: "torch.Tensor"
    states_N_H: "torch.Tensor"


def hear(model: Any, rollouts: Sequence[Rollout], *, entropy_gradient: bool = False) -> Heard:
    """Let a model read completions.

    The output layer, the largest of a small model, is only given the states before completions'
    tokens.

    Args:
        model: of transformers, or a PEFT model around one.
        rollouts: the completions.
        entropy_gradient: entropies are to have a gradient, which takes memory.

    Raises:
        ConfigError: the model's output layer is not where transformers says.
    """
    import torch

    ids_B_T, places_N = _packed(rollouts, model.device)
    given: list[torch.Tensor] = []

    def choose(layer: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        given.append(args[0].flatten(0, 1)[places_N])
        return (given[0].unsqueeze(0), *args[1:])

    inner = bare(model)
    hook = inner.get_output_embeddings().register_forward_pre_hook(choose)
    try:
        logits_N_V = model(input_ids=ids_B_T, use_cache=False).logits.flatten(0, 1).float()
    finally:
        hook.remove()
    if len(given) != 1 or len(logits_N_V) != len(places_N):
        raise ConfigError(f"{type(inner).__name__}: its output layer is not its last one")
    wanted_N = torch.tensor([token for each in rollouts for token in each.ids])
    logprobs_N_V = logits_N_V.log_softmax(-1)
    with torch.set_grad_enabled(entropy_gradient and torch.is_grad_enabled()):
        # A vocabulary may be filled up with tokens at minus infinity.
        entropies_N = -(logprobs_N_V.exp() * logprobs_N_V).nan_to_num(0.0).sum(-1)
    return Heard(
        logprobs_N=logprobs_N_V.gather(1, wanted_N[:, None].to(model.device))[:, 0],
        entropies_N=entropies_N,
        states_N_H=given[0],
    )


def states(model: Any, rollouts: Sequence[Rollout]) -> "torch.Tensor":
    """What a model's last layer says before each token of completions, one behind the other."""
    inner = bare(model)
    ids_B_T, places_N = _packed(rollouts, inner.device)
    states_B_T_H = inner.base_model(input_ids=ids_B_T, use_cache=False).last_hidden_state
    states_N_H: torch.Tensor = states_B_T_H.flatten(0, 1)[places_N]
    return states_N_H


def _packed(rollouts: Sequence[Rollout], device: Any) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Token ids, and where in them, one row behind the other, completions' tokens are foretold."""
    import torch

    rows = [(*each.asked.ids, *each.ids) for each in rollouts]
    width = max(map(len, rows))
    places = [
        row * width + place
        for row, each in enumerate(rollouts)
        for place in range(len(each.asked.ids) - 1, len(each.asked.ids) + len(each.ids) - 1)
    ]
    return (
        torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=device),
        torch.tensor(places, device=device),
    )
