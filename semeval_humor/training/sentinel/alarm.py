"""An alarm, and its cause in plain words."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from semeval_humor.metrics.scripts import foreign
from semeval_humor.schema import Finish
from semeval_humor.text.loops import find_loops
from semeval_humor.training.sentinel.limits import RULES, Limit
from semeval_humor.training.sentinel.signals import Signal, is_empty
from semeval_humor.training.sentinel.speaker import Sample

_QUOTED = 40
_SOUP = 3


@dataclass(frozen=True, slots=True)
class Alarm:
    """A policy that has stopped being healthy.

    Attributes:
        step: of the training.
        signal: what told; the first in the order of ``ORDER`` where several did.
        value: of the signal; None where it is no number.
        low: the least healthy value; None where none is too low.
        high: the largest healthy value; None where none is too high.
        cause: one sentence.
        probes: steps of the probes that told: one where it was far outside of its limits, else two.
    """

    step: int
    signal: str
    value: float | None
    low: float | None
    high: float | None
    cause: str
    probes: tuple[int, ...]


ORDER = (
    *(Signal.NOT_A_NUMBER, Signal.EMPTY, Signal.FOREIGN, Signal.PURITY, Signal.LOOPS),
    *(Signal.TWINS, Signal.DISTINCT, Signal.REPETITION, Signal.PARENT_NLL, Signal.KL),
    *(Signal.ENTROPY, Signal.CUT_OFF, Signal.LENGTH, Signal.HACKING, Signal.HELD_OUT),
    Signal.EQUAL_GROUPS,
)
"""What says most about the cause comes first. Signals that only have limits that were set by hand
come after these."""


def alarm_of(
    step: int,
    breaches: Mapping[str, tuple[int, ...]],
    signals: Mapping[str, float],
    limits: Mapping[str, Limit],
    samples: Sequence[Sample],
) -> Alarm:
    """The alarm that confirmed breaches make, one or more.

    Args:
        step: of the training.
        breaches: signals outside of their limits, with the steps of the probes that told.
        signals: of the last probe.
        limits: of all signals.
        samples: of the last probe.
    """
    known = [name for name in ORDER if name in breaches]
    signal = known[0] if known else min(breaches)
    value, limit = signals[signal], limits[signal]
    words = _words(signal, value, limit, samples)
    others = len(breaches) - 1
    more = f"; so say {others} more signals" if others > 1 else "; so says another signal"
    return Alarm(
        step,
        str(signal),
        value if math.isfinite(value) else None,
        _bound(limit.low),
        _bound(limit.high),
        f"{words} ({signal} {value:.3g}, healthy: {_range(limit)}{more if others else ''})",
        breaches[signal],
    )


def broken(step: int, found: str) -> Alarm:
    """The alarm for a training that no longer computes with numbers."""
    return Alarm(
        step,
        Signal.NOT_A_NUMBER,
        value=None,
        low=None,
        high=None,
        cause=f"the training no longer computes with numbers: {found}; lower the learning rate",
        probes=(step,),
    )


def _words(signal: str, value: float, limit: Limit, samples: Sequence[Sample]) -> str:
    is_low = value < limit.low
    plain = f"{signal} has fallen too low" if is_low else f"{signal} has risen too high"
    rule = RULES.get(signal)
    if rule is not None and not (rule.low if is_low else rule.high):
        return plain  # the side has a limit only because somebody has set one
    if signal in (Signal.FOREIGN, Signal.PURITY):
        return _foreign(samples)
    if signal in (Signal.LOOPS, Signal.REPETITION):
        return _loops(samples)
    if signal in _COUNTED:
        words, is_one = _COUNTED[signal]
        return f"{sum(map(is_one, samples))} of {len(samples)} answers {words}"
    low, high = _PLAIN.get(signal, ("", ""))
    return (low if is_low else high) or plain


_COUNTED: Mapping[str, tuple[str, Callable[[Sample], bool]]] = {
    Signal.EMPTY: ("are empty", lambda sample: is_empty(sample.text)),
    Signal.CUT_OFF: (
        "run on without ending: the policy has unlearnt its end token",
        lambda sample: sample.finish is not Finish.STOPPED,
    ),
}

_ONE_JOKE = "the policy writes much the same joke whatever it is asked"
_NONSENSE = "the policy writes what its parent finds nonsense"

_PLAIN: Mapping[str, tuple[str, str]] = {
    Signal.TWINS: ("", _ONE_JOKE),
    Signal.DISTINCT: (_ONE_JOKE, ""),
    Signal.PARENT_NLL: ("the policy writes only what goes without saying", _NONSENSE),
    Signal.KL: ("", "the policy has gone too far from its parent"),
    Signal.ENTROPY: (
        "the policy knows its next word beforehand, and will soon write one joke for all",
        "the policy no longer knows what to say next, and draws words at random",
    ),
    Signal.LENGTH: ("the jokes have shrunk", "the jokes have grown far too long"),
    Signal.HACKING: (
        "",
        "the reward rises while the reward that is not trained on falls: it is being fooled",
    ),
    Signal.HELD_OUT: ("the reward that is not trained on has fallen", ""),
    Signal.EQUAL_GROUPS: (
        "",
        "all answers to a prompt get the same reward, so there is nothing left to learn",
    ),
}


def _foreign(samples: Sequence[Sample]) -> str:
    runs = [run for s in samples for run in foreign([s.text], s.prompt.lang)[0]]
    scripts = [name for name, _ in Counter(run.script for run in runs).most_common()]
    rows = sum(bool(foreign([s.text], s.prompt.lang)[0]) for s in samples)
    if not rows:
        return "too few letters are in the language's own script"
    if len(scripts) >= _SOUP:
        listed = ", ".join(scripts[:_SOUP])
        return f"{rows} of {len(samples)} answers are a soup of {len(scripts)} scripts ({listed} …)"
    longest = max(runs, key=lambda run: len(run.text)).text
    return (
        f"{rows} of {len(samples)} answers hold {' and '.join(scripts)} letters "
        f"({_short(longest)!r})"
    )


def _loops(samples: Sequence[Sample]) -> str:
    found = [loop for s in samples for loop in find_loops(s.text, s.prompt.lang)]
    if not found:
        return "the answers repeat themselves"
    rows = sum(bool(find_loops(s.text, s.prompt.lang)) for s in samples)
    worst = max(found, key=lambda loop: loop.end - loop.start)
    said = f"{_short(worst.unit)!r} {worst.count} times"
    return f"{rows} of {len(samples)} answers go in circles ({said})"


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


def _bound(limit: float) -> float | None:
    return limit if math.isfinite(limit) else None


def _range(limit: Limit) -> str:
    low, high = _bound(limit.low), _bound(limit.high)
    if low is None:
        return f"at most {high:.3g}"
    return f"at least {low:.3g}" if high is None else f"{low:.3g} to {high:.3g}"
