"""Rewards that are known in advance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from semeval_humor.rewards.reward import Rewards
from semeval_humor.schema import Prompt


@dataclass(slots=True)
class FakeReward:
    """A reward that is a function of prompt and text, and remembers how much it was asked.

    Attributes:
        score: the total.
        gate: factor of a gate named ``odd``; None where it has nothing to say.
        calls: number of texts of each call.
    """

    score: Callable[[Prompt, str], float]
    gate: Callable[[str], float | None] = lambda text: 1.0
    calls: list[int] = field(default_factory=list)

    def __call__(
        self,
        prompts: Sequence[Prompt],
        texts: Sequence[str],
        *,
        stopped: Sequence[bool] | None = None,
    ) -> Rewards:
        self.calls.append(len(texts))
        totals = (self.score(prompt, text) for prompt, text in zip(prompts, texts, strict=True))
        return Rewards(
            tuple(totals),
            {"humour": (0.5,) * len(texts), "gate-odd": tuple(map(self.gate, texts))},
        )
