"""Proof that an adapter is in use: the model must not answer as if it had none."""

from semeval_humor.errors import HumorError
from semeval_humor.schema import Continuation, Engine

# Any text will do: an adapter that was trained moves the probabilities of all of them.
_PROBES = (
    Continuation("Headline: Rain is expected on Sunday\nJoke:", " The weather has plans again."),
    Continuation("Titular: Lluvia para el domingo\nChiste:", " El tiempo también tiene planes."),
    Continuation("新闻：周日有雨\n笑话：", "天气比我还忙，周末也要加班。"),
)


class AdapterUnused(HumorError):
    """The model answers the same with its adapter and without."""


def prove_adapter(engine: Engine) -> float:
    """Return the largest change of a token's log-probability that the adapter makes.

    The parent is asked twice; what differs between its own two answers is noise.

    Raises:
        AdapterUnused: the adapter changes no more than the noise.
    """
    parent = _probabilities(engine, adapted=False)
    noise = _distance(parent, _probabilities(engine, adapted=False))
    change = _distance(parent, _probabilities(engine, adapted=True))
    if change <= noise:
        raise AdapterUnused(
            f"the adapter changes nothing: log-probabilities move by {change:.2g} with it and by "
            f"{noise:.2g} between two runs without; its weights are zero, or the engine ignores it"
        )
    return change


def _probabilities(engine: Engine, *, adapted: bool) -> list[float]:
    return [value for row in engine.logprobs(_PROBES, adapted=adapted) for value in row]


def _distance(left: list[float], right: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(left, right, strict=True))
