"""Listens to a policy in training, and says when it has stopped being healthy. It does nothing."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from semeval_humor.errors import ConfigError
from semeval_humor.rewards.reward import Reward
from semeval_humor.schema import Prompt, Scorer
from semeval_humor.training.sentinel.alarm import Alarm, alarm_of, broken
from semeval_humor.training.sentinel.config import SentinelConfig
from semeval_humor.training.sentinel.draw import NotANumberError
from semeval_humor.training.sentinel.hacking import hacking
from semeval_humor.training.sentinel.limits import (
    HUMAN_SETS,
    Breach,
    Limit,
    learn_limits,
    of_rounds,
    of_texts,
)
from semeval_humor.training.sentinel.signals import LOGGED, MUST_BE_NUMBERS, Heard, Signal, hear
from semeval_humor.training.sentinel.speaker import Sample, Speaker

__all__ = ["Alarm", "Probe", "Sentinel"]

_KEPT = 2
"""Newest probes whose samples are kept in memory, besides the parent's and the last healthy one."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What was heard at one step.

    Attributes:
        step: 0 for the parent.
        signals: by name; those of the trainer's log are means since the last probe.
        samples: empty for older probes, and where the policy could not speak.
        rewards: of each sample; empty without a reward.
        breaches: signals outside of their limits.
        seconds: that it took.
    """

    step: int
    signals: Mapping[str, float]
    samples: tuple[Sample, ...] = ()
    rewards: tuple[float, ...] = ()
    breaches: tuple[str, ...] = ()
    seconds: float = 0.0


class Sentinel:
    """Probes a policy every few steps, and compares what it hears with what is healthy.

    Args:
        speaker: the policy and its frozen parent.
        prompts: what both are asked, always the same; as many as a probe has.
        config: how often, and how limits are learnt.
        human: jokes that training leads to, each with the prompt it answers; they are healthy too.
        reward: what is trained on, if any; it is only measured.
        held_out: a reward that is never trained on, if any.

    Raises:
        ConfigError: there are no prompts.
    """

    def __init__(
        self,
        speaker: Speaker,
        prompts: Sequence[Prompt],
        config: SentinelConfig,
        *,
        human: Sequence[tuple[Prompt, str]] = (),
        reward: Reward | None = None,
        held_out: Scorer | None = None,
    ) -> None:
        if not prompts:
            raise ConfigError("the sentinel has no prompts to ask")
        self.config = config
        self.history: list[Probe] = []
        """All probes, the parent's first; see ``Probe.samples``."""
        self.limits: Mapping[str, Limit] = {}
        """By signal, once they are learnt."""
        self._speaker = speaker
        self._prompts = tuple(prompts)
        self._human = tuple(human)
        self._reward, self._held_out = reward, held_out
        self._spreads: Mapping[str, float] = {}
        self._suspects: Mapping[str, int] = {}

    @property
    def healthy_step(self) -> int:
        """Step of the last probe without a breach; 0, which is the parent, if there was none."""
        return max((probe.step for probe in self.history if not probe.breaches), default=0)

    def learn(self) -> None:
        """Learn the limits, before the first step: ``config.rounds`` probes of the parent.

        The first of them becomes the first of the history. The policy's probes draw with the same
        seed, so that a policy that has not changed is healthy.

        Raises:
            ConfigError: a limit is set for an unknown signal.
        """
        clock = time.perf_counter()
        config, size = self.config, len(self._prompts)
        samples = [
            sample
            for round_ in range(config.rounds)
            for sample in self._speaker.parent_speaks(self._prompts, seed=config.seed + round_)
        ]
        parent = of_rounds(self._hear(samples), config.rounds, config.seed)
        human = {}
        if self._human:
            chosen = self._human[: HUMAN_SETS * size]
            read = self._speaker.parent_reads(*map(list, zip(*chosen, strict=True)))
            human = of_texts(hear(read), size, config.seed)
        self.limits = learn_limits(parent, human, size, config.limits)
        self._spreads = {name: source.spread for name, source in parent.items()}
        first = tuple(samples[:size])
        seconds = time.perf_counter() - clock
        heard = self._hear(first)
        self.history = [Probe(0, heard.signals(), first, _rewards(heard), (), seconds)]

    def probe(self, step: int, logged: Mapping[str, float]) -> Alarm | None:
        """Listen to the policy; returns an alarm if it is no longer healthy.

        A signal alarms that is far outside of its limits, or outside at two probes in a row.

        Args:
            step: steps taken so far.
            logged: means of what the trainer has logged since the last probe, by its names:
                grad_norm, reward, kl, frac_reward_zero_std …
        """
        clock = time.perf_counter()
        broken_values = [
            name for name in MUST_BE_NUMBERS if not math.isfinite(logged.get(name, 0.0))
        ]
        try:
            samples = tuple(self._speaker.speak(self._prompts, seed=self.config.seed))
        except NotANumberError as error:
            return self._broken(step, str(error), ())
        if broken_values:
            name = broken_values[0]
            return self._broken(step, f"{name} is {logged[name]}", samples)
        heard = self._hear(samples)
        signals = heard.signals()
        signals |= {ours: logged[name] for name, ours in LOGGED.items() if name in logged}
        signals |= self._hacking(signals)
        found = {
            name: self.limits[name].breach(value)
            for name, value in signals.items()
            if name in self.limits
        }
        breaches = tuple(name for name, breach in found.items() if breach)
        seconds = time.perf_counter() - clock
        self._remember(Probe(step, signals, samples, _rewards(heard), breaches, seconds))
        confirmed = {
            name: (step,) if found[name] is Breach.FAR else (self._suspects[name], step)
            for name in breaches
            if found[name] is Breach.FAR or name in self._suspects
        }
        # An alarm is answered: what comes after it is judged anew.
        self._suspects = {} if confirmed else dict.fromkeys(breaches, step)
        return alarm_of(step, confirmed, signals, self.limits, samples) if confirmed else None

    def _hear(self, samples: Sequence[Sample]) -> Heard:
        return hear(samples, reward=self._reward, held_out=self._held_out)

    def _broken(self, step: int, found: str, samples: tuple[Sample, ...]) -> Alarm:
        signals: dict[str, float] = {Signal.NOT_A_NUMBER: 1.0}
        self._remember(Probe(step, signals, samples, breaches=(Signal.NOT_A_NUMBER,)))
        self._suspects = {}
        return broken(step, found)

    def _hacking(self, signals: Mapping[str, float]) -> dict[str, float]:
        spreads = [self._spreads.get(name, 0.0) for name in (Signal.REWARD, Signal.HELD_OUT)]
        told = [each for each in (*(p.signals for p in self.history), signals) if _rewarded(each)]
        if not all(spreads) or not _rewarded(signals):
            return {}
        rewards = [each[Signal.REWARD] for each in told]
        return {Signal.HACKING: hacking(rewards, [e[Signal.HELD_OUT] for e in told], *spreads)}

    def _remember(self, probe: Probe) -> None:
        self.history.append(probe)
        keep = {0, self.healthy_step}
        for place, old in enumerate(self.history[:-_KEPT]):
            if old.step not in keep and old.samples:
                self.history[place] = replace(old, samples=(), rewards=())


def _rewarded(signals: Mapping[str, float]) -> bool:
    return Signal.REWARD in signals and Signal.HELD_OUT in signals


def _rewards(heard: Heard) -> tuple[float, ...]:
    return tuple(map(float, heard.rows.get(Signal.REWARD, ())))
