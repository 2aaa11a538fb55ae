"""Where a signal stops being healthy, learnt from what the parent and people write.

Two sources say what is healthy: the parent's own samples, from which training starts, and the
jokes to be learnt, to which it goes. Of each, many sets as large as a probe are measured. The
healthy range of a signal reaches from the least to the largest of all these values; its limits lie
a margin outside of it. The margin is twice the spread of the values, but not less than what
``RULES`` say, so that a signal that never varied does not alarm on a hair.
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import ConfigError
from semeval_humor.training.sentinel.config import SetLimit
from semeval_humor.training.sentinel.hacking import FAR_APART
from semeval_humor.training.sentinel.signals import Heard, Signal

DRAWS = 200
"""Sets as large as a probe that are drawn from each source."""

SPREADS = 2.0
"""Of such sets; the margin is so wide at least. With the range of 200 of them, which reaches 2.8
spreads to both sides, a limit lies nearly 5 spreads from the mean."""

HUMAN_SETS = 4
"""People's jokes that are read, in sizes of a probe."""


class Breach(IntEnum):
    """How a value stands to its limits."""

    NONE = 0
    NEAR = 1
    """Outside: an alarm if the next probe finds the same."""
    FAR = 2
    """Outside by more than the margin again: an alarm at once."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Healthy values of a signal.

    Attributes:
        low: the least; -inf where none is too low.
        high: the largest; inf where none is too high.
        far_low: below this, one value is enough for an alarm.
        far_high: above this, too.
    """

    low: float = -math.inf
    high: float = math.inf
    far_low: float = -math.inf
    far_high: float = math.inf

    def breach(self, value: float) -> Breach:
        """How a value stands to the limits."""
        if value < self.far_low or value > self.far_high:
            return Breach.FAR
        return Breach.NEAR if value < self.low or value > self.high else Breach.NONE


@dataclass(frozen=True, slots=True)
class Rule:
    """On which sides a signal has limits, and the least margin; the largest of those given holds.

    Attributes:
        low: small values are unhealthy.
        high: large values are.
        fixed: the least margin.
        rows: the same in samples: with 1.5, one bad one is never a breach.
        below: the same as a share of the least healthy value.
        above: the same as a share of the largest healthy value.
        share: the signal is a share. A limit then lies at most half way to 0 or 1, so that a
            parent with many faults still differs from a policy that has nothing else.
    """

    low: bool = False
    high: bool = False
    fixed: float = 0.0
    rows: float = 0.0
    below: float = 0.0
    above: float = 0.0
    share: bool = False


RULES: Mapping[str, Rule] = {
    Signal.EMPTY: Rule(high=True, rows=1.5, share=True),
    Signal.PURITY: Rule(low=True, fixed=0.05, rows=1.5, share=True),
    Signal.FOREIGN: Rule(high=True, rows=1.5, share=True),
    Signal.LOOPS: Rule(high=True, rows=1.5, share=True),
    Signal.REPETITION: Rule(high=True, fixed=0.1, share=True),
    Signal.DISTINCT: Rule(low=True, fixed=0.15, share=True),
    Signal.TWINS: Rule(high=True, rows=3.5, share=True),
    Signal.LENGTH: Rule(low=True, high=True, below=0.75, above=1.0),
    Signal.CUT_OFF: Rule(high=True, rows=2.5, share=True),
    Signal.KL: Rule(high=True),
    Signal.ENTROPY: Rule(low=True, high=True, below=0.5, above=0.25),
    Signal.PARENT_NLL: Rule(low=True, high=True, below=0.6, above=0.5),
    Signal.HELD_OUT: Rule(low=True),
}
"""Signals whose limits are learnt."""

GIVEN: Mapping[str, Limit] = {
    Signal.HACKING: Limit(high=FAR_APART, far_high=2 * FAR_APART),
    # A reward without differences teaches nothing, but for a while it may happen.
    Signal.EQUAL_GROUPS: Limit(high=0.95),
}
"""Limits that no sample tells."""

_OF_TEXTS = (
    *(Signal.EMPTY, Signal.PURITY, Signal.FOREIGN, Signal.LOOPS, Signal.REPETITION),
    *(Signal.DISTINCT, Signal.TWINS, Signal.LENGTH, Signal.CUT_OFF, Signal.PARENT_NLL),
)


@dataclass(frozen=True, slots=True)
class Source:
    """Values of a signal over sets as large as a probe: least, largest, and standard deviation."""

    low: float
    high: float
    spread: float


def learn_limits(
    parent: Mapping[str, Source],
    human: Mapping[str, Source],
    size: int,
    chosen: Mapping[str, SetLimit],
) -> dict[str, Limit]:
    """Limits of every signal that has one.

    People have no entropy and no distance from the parent, but their jokes say how far a policy
    may go that learns to write as they do. It would find its own jokes at most as unlikely as the
    parent finds theirs: this is its largest healthy ``entropy``. Its ``kl`` would be the same less
    its own entropy, which is hardly below the parent's, as people are less predictable than
    models. Without their jokes, ``parent-nll`` of the parent's own samples stands for both.

    Args:
        parent: signals of its samples.
        human: signals of the jokes to be learnt; empty without any.
        size: samples of a probe.
        chosen: limits that are set instead.

    Raises:
        ConfigError: a limit is set for a signal that there is not, or beyond the one that was
            learnt for the other side.
    """
    limits: dict[str, Limit] = dict(GIVEN)
    healthy = {name: [source] for name, source in parent.items()}
    for told in _OF_TEXTS:
        if told in human:
            healthy.setdefault(told, []).append(human[told])
    for drift, source in _drift(parent, human).items():
        healthy.setdefault(drift, []).append(source)
    for signal, rule in RULES.items():
        if healthy.get(signal):
            limits[signal] = _limit(rule, healthy[signal], size)
    for name, own in chosen.items():
        if name not in {*Signal, *parent}:
            near = difflib.get_close_matches(name, [*Signal, *parent], n=1)
            hint = f", did you mean {near[0]}?" if near else f"; there are {', '.join(Signal)}"
            raise ConfigError(f"sentinel.limits: no signal {name}{hint}")
        limit = limits[name] = _set(limits.get(name, Limit()), own)
        if limit.low > limit.high:
            raise ConfigError(
                f"sentinel.limits.{name}: low {limit.low:.3g} is above high {limit.high:.3g}, one "
                "of which was learnt; set both"
            )
    return limits


def of_rounds(heard: Heard, rounds: int, seed: int) -> dict[str, Source]:
    """Signals of sets that have one sample of each prompt, as a probe has.

    Samples are drawn without replacement, so that no set holds the same one twice. One of
    ``rounds`` answers to a prompt is drawn, whose values scatter by (rounds - 1) / rounds of the
    variance of new answers; the spread makes up for it.

    Args:
        heard: samples, round after round, in each the prompts in the same order.
        rounds: number of answers to each prompt, 2 or more.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    prompts = heard.size // rounds
    columns = np.arange(prompts)
    # The rounds as they are belong to what was seen.
    sets = [round_ * prompts + columns for round_ in range(rounds)]
    sets += [generator.integers(rounds, size=prompts) * prompts + columns for _ in range(DRAWS)]
    return _sources(heard, sets, math.sqrt(rounds / (rounds - 1)))


def of_texts(heard: Heard, size: int, seed: int) -> dict[str, Source]:
    """Signals of sets of texts as large as a probe, drawn without replacement.

    Where there are less than twice as many texts, one set stands for all, and nothing is known of
    the spread.
    """
    generator = np.random.default_rng(seed)
    if heard.size < 2 * size:
        return _sources(heard, [np.arange(min(size, heard.size))], 1.0)
    sets = [generator.permutation(heard.size)[:size] for _ in range(DRAWS)]
    return _sources(heard, sets, math.sqrt(heard.size / (heard.size - size)))


def _sources(heard: Heard, sets: list[NDArray[np.intp]], correction: float) -> dict[str, Source]:
    values: dict[str, list[float]] = {}
    for places in sets:
        for name, value in heard.signals(places).items():
            values.setdefault(name, []).append(value)
    return {
        name: Source(min(found), max(found), correction * float(np.std(found)))
        for name, found in values.items()
    }


def _drift(parent: Mapping[str, Source], human: Mapping[str, Source]) -> dict[str, Source]:
    nll = (human or parent).get(Signal.PARENT_NLL)
    if nll is None:
        return {}
    own = parent[Signal.ENTROPY].low if human else 0.0
    return {
        Signal.ENTROPY: nll,
        Signal.KL: Source(0.0, max(0.0, nll.high - own), nll.spread),
    }


def _limit(rule: Rule, healthy: list[Source], size: int) -> Limit:
    least, largest = min(each.low for each in healthy), max(each.high for each in healthy)
    margin = max(rule.fixed, rule.rows / size, SPREADS * max(each.spread for each in healthy))
    limit = Limit()
    if rule.low:
        margin_low = max(margin, rule.below * abs(least))
        low = max(least - margin_low, least / 2) if rule.share else least - margin_low
        limit = replace(limit, low=low, far_low=low - margin_low)
    if rule.high:
        margin_high = max(margin, rule.above * abs(largest))
        high = (
            min(largest + margin_high, (1 + largest) / 2) if rule.share else largest + margin_high
        )
        limit = replace(limit, high=high, far_high=high + margin_high)
    return limit


def _set(learnt: Limit, own: SetLimit) -> Limit:
    """A limit with the sides that were set, each with the margin that was learnt for it."""
    limit = learnt
    if own.low is not None:
        margin = learnt.low - learnt.far_low if math.isfinite(learnt.low) else math.inf
        limit = replace(limit, low=own.low, far_low=own.low - margin)
    if own.high is not None:
        margin = learnt.far_high - learnt.high if math.isfinite(learnt.far_high) else math.inf
        limit = replace(limit, high=own.high, far_high=own.high + margin)
    return limit
