"""The critic: what reward it expects of the tokens that are still to come."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from semeval_humor.training.ppo.reading import states
from semeval_humor.training.ppo.rollout import Rollout

if TYPE_CHECKING:
    import torch


class Critic:
    """A linear layer on the states of a model, before each token. At first it says 0.

    Args:
        width: of the states.
        model: whose states it looks at; None for the policy's own.
        device: of the states.
    """

    def __init__(self, width: int, model: Any | None, device: Any) -> None:
        import torch

        self.model = model
        self.head = torch.nn.Linear(width, 1).to(device)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)

    @property
    def parameters(self) -> dict[str, "torch.nn.Parameter"]:
        """What is trained of it, by name; not what it shares with the policy."""
        found = {f"head.{name}": value for name, value in self.head.named_parameters()}
        if self.model is not None:
            inner = self.model.named_parameters()
            found |= {f"model.{name}": value for name, value in inner if value.requires_grad}
        return found

    def values(self, rollouts: Sequence[Rollout], states_N_H: "torch.Tensor") -> "torch.Tensor":
        """Expected reward before each token of completions, one behind the other.

        Args:
            rollouts: the completions.
            states_N_H: the policy's states before their tokens.
        """
        import torch

        own_N_H = states_N_H if self.model is None else states(self.model, rollouts)
        # In bfloat16, advantages would have two digits.
        with torch.autocast(own_N_H.device.type, enabled=False):
            values_N: torch.Tensor = self.head(own_N_H.float())[:, 0]
        return values_N

    def expect(self, reward: float) -> None:
        """Say this before every token, to begin with.

        A critic that says 0 at first would have every sample look good, most so its last tokens.
        """
        self.head.bias.data.fill_(reward)

    def state(self) -> dict[str, "torch.Tensor"]:
        """Its parameters as they are now, for a checkpoint."""
        return {name: value.detach() for name, value in self.parameters.items()}

    def load(self, state: Mapping[str, "torch.Tensor"]) -> None:
        """Take over what ``state`` has returned."""
        import torch

        with torch.no_grad():
            for name, value in self.parameters.items():
                value.copy_(state[name])
