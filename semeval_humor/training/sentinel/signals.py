"""What a probe hears: numbers about a policy's samples, each defined once."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import DataError
from semeval_humor.metrics.intervals import Measure
from semeval_humor.metrics.repetition import rep_n
from semeval_humor.metrics.scripts import foreign, script_purity
from semeval_humor.metrics.variety import distinct_n_of, near_duplicates_of
from semeval_humor.rewards.reward import Reward
from semeval_humor.rewards.trl import METRIC
from semeval_humor.schema import Finish, Lang, Score, Scorer
from semeval_humor.text.loops import find_loops
from semeval_humor.text.tokens import tokenize
from semeval_humor.training.sentinel.speaker import Sample


class Signal(StrEnum):
    """Names of what is heard. Probabilities are natural logarithms; shares are in [0, 1]."""

    EMPTY = "empty"
    """Share of the answers without a visible character."""
    PURITY = "script-purity"
    """Mean share of the letters that are in the language's own scripts."""
    FOREIGN = "foreign-rows"
    """Share of the answers with foreign letters that nothing excuses."""
    LOOPS = "loops"
    """Share of the answers that go in circles somewhere."""
    REPETITION = "rep-4"
    """Mean share of an answer's 4-grams that it has had before."""
    DISTINCT = "distinct-2"
    """Share of the 2-grams of all answers that are different ones."""
    TWINS = "near-duplicates"
    """Share of the answers that another one repeats at least nearly."""
    LENGTH = "length"
    """Mean number of words, or of characters in Chinese."""
    CUT_OFF = "cut-off"
    """Share of the answers that did not end within the tokens allowed."""
    KL = "kl"
    """Distance from the parent in nats a token, 0 or more."""
    KL_SEQUENCE = "kl-sequence"
    """Distance from the parent in nats an answer; around 0 it may fall below."""
    ENTROPY = "entropy"
    """Mean uncertainty of the policy about its next token, in nats."""
    PARENT_NLL = "parent-nll"
    """How unlikely the parent finds the answers, in nats a token; e to it is their perplexity."""
    REWARD = "reward"
    """Mean reward."""
    HELD_OUT = "held-out-reward"
    """Mean of a reward that is never trained on."""
    HACKING = "reward-hacking"
    """How far reward and held-out reward have drifted apart; see ``hacking.py``."""
    GRAD_NORM = "grad-norm"
    """Of the trainer's log."""
    EQUAL_GROUPS = "equal-groups"
    """Share of the prompts whose answers all got the same reward, of the trainer's log."""
    NOT_A_NUMBER = "not-a-number"
    """1 where the trainer's log or the policy's output holds no number; else it is not there."""


LOGGED = {"grad_norm": Signal.GRAD_NORM, "frac_reward_zero_std": Signal.EQUAL_GROUPS}
"""Signals that the trainer measures, by the name under which it logs them."""

MUST_BE_NUMBERS = ("loss", "grad_norm", "reward", "kl", "entropy")
"""Logged values that are always defined: one that is no number means that training is broken.
Others may be, as the length of the answers that ended, where none did."""


_LEAST_RATIO = -3.0


@dataclass(frozen=True, slots=True)
class Heard:
    """Signals of samples, for all of them or any choice.

    Attributes:
        size: number of samples.
        rows: signals that are means: the value of each sample, NaN where it is undefined.
        sets: signals of a set of samples.
    """

    size: int
    rows: Mapping[str, NDArray[np.float64]]
    sets: Mapping[str, Measure]

    def signals(self, chosen: NDArray[np.intp] | None = None) -> dict[str, float]:
        """Signals of some of the samples, or of all; what is undefined for them is left out."""
        places = np.arange(self.size) if chosen is None else chosen
        found = {name: _mean(values[places]) for name, values in self.rows.items()}
        found |= {name: measure(places) for name, measure in self.sets.items()}
        return {name: value for name, value in found.items() if not math.isnan(value)}


def hear(
    samples: Sequence[Sample], *, reward: Reward | None = None, held_out: Scorer | None = None
) -> Heard:
    """Measure samples, in whatever languages.

    Means over tokens are taken in each sample first, so that a long one counts no more than a
    short one.

    Args:
        samples: of a policy, or of its parent.
        reward: what is trained on, with its components, if any.
        held_out: a reward that is never trained on, if any.

    Source: kl is the estimator k3 of Schulman 2020, Approximating KL divergence: the mean of
    r - 1 - log r for the parent's probability over the policy's, which is never negative. Ours
    takes no r for larger than e³: of a policy that is far away, a single token that only its parent
    would have drawn would else decide the mean of hundreds.
    """
    rows: dict[str, NDArray[np.float64]] = {
        name: np.array([value(sample) for sample in samples], dtype=np.float64)
        for name, value in _OF_ONE.items()
    }
    prompts, texts = [sample.prompt for sample in samples], [sample.text for sample in samples]
    if reward is not None:
        stopped = [sample.finish is Finish.STOPPED for sample in samples]
        rewards = reward(prompts, texts, stopped=stopped)
        rows[Signal.REWARD] = np.array(rewards.total, dtype=np.float64)
        for name, values in rewards.components.items():
            present = [math.nan if value is None else value for value in values]
            rows[METRIC + name] = np.array(present, dtype=np.float64)
    if held_out is not None:
        rows[Signal.HELD_OUT] = np.array(held_out(prompts, texts), dtype=np.float64)
    sets: dict[str, Measure] = {name: _over_langs(samples, make) for name, make in _OF_SETS.items()}
    return Heard(len(samples), rows, sets)


def is_empty(text: str) -> bool:
    """Whether a text has no visible character: only spaces, controls or zero-width ones."""
    return not any(char.isprintable() and not char.isspace() for char in text)


def _purity(sample: Sample) -> float:
    return _defined(lambda: script_purity([sample.text], sample.prompt.lang))


def _repetition(sample: Sample) -> float:
    return _defined(lambda: rep_n([sample.text], sample.prompt.lang, n=4))


def _defined(score: Callable[[], Score]) -> float:
    try:
        return score().value
    except DataError:  # no letter, or too few words
        return math.nan


def _kl(sample: Sample) -> float:
    ratio_T = _log_ratio(sample).clip(min=_LEAST_RATIO)
    return _mean(np.expm1(-ratio_T) + ratio_T)


def _log_ratio(sample: Sample) -> NDArray[np.float64]:
    """Policy over parent, token by token."""
    ratio_T: NDArray[np.float64] = np.array(sample.logprobs) - np.array(sample.parent_logprobs)
    return ratio_T


_OF_ONE: Mapping[Signal, Callable[[Sample], float]] = {
    Signal.EMPTY: lambda sample: float(is_empty(sample.text)),
    Signal.PURITY: _purity,
    Signal.FOREIGN: lambda s: float(bool(foreign([s.text], s.prompt.lang)[0])),
    Signal.LOOPS: lambda sample: float(bool(find_loops(sample.text, sample.prompt.lang))),
    Signal.REPETITION: _repetition,
    Signal.LENGTH: lambda sample: len(tokenize(sample.text, sample.prompt.lang)),
    Signal.CUT_OFF: lambda sample: float(sample.finish is not Finish.STOPPED),
    Signal.KL: _kl,
    Signal.KL_SEQUENCE: lambda sample: float(_log_ratio(sample).sum()),
    Signal.ENTROPY: lambda sample: _mean(np.array(sample.entropies)),
    Signal.PARENT_NLL: lambda sample: -_mean(np.array(sample.parent_logprobs)),
}

_OF_SETS: Mapping[Signal, Callable[[Sequence[str], Lang], Measure]] = {
    Signal.DISTINCT: lambda texts, lang: distinct_n_of(texts, lang, n=2),
    Signal.TWINS: near_duplicates_of,
}


def _over_langs(
    samples: Sequence[Sample], make: Callable[[Sequence[str], Lang], Measure]
) -> Measure:
    """A measure of texts in several languages: the mean of each one's, by number of texts."""
    lang_R = np.array([sample.prompt.lang for sample in samples])
    place_R = np.empty(len(samples), dtype=np.intp)
    measures = {}
    for lang in dict.fromkeys(sample.prompt.lang for sample in samples):
        mine = np.flatnonzero(lang_R == lang)
        place_R[mine] = np.arange(len(mine))
        measures[lang] = make([samples[place].text for place in mine], lang)

    def measure(chosen: NDArray[np.intp]) -> float:
        values, weights = [], []
        for lang, of_lang in measures.items():
            mine = chosen[lang_R[chosen] == lang]
            value = of_lang(place_R[mine]) if mine.size else math.nan
            if not math.isnan(value):
                values.append(value)
                weights.append(mine.size)
        return float(np.average(values, weights=weights)) if values else math.nan

    return measure


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of what is defined; NaN where nothing is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else math.nan
