"""A sentinel that raises its alarms at given steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from semeval_humor.schema import Finish, Headline, Lang, Prompt, Task


@dataclass(frozen=True, slots=True)
class Alarm:
    step: int
    signal: str = "repetition"
    value: float = 0.9
    low: float | None = None
    high: float | None = 0.3
    cause: str = "the policy repeats itself"
    probes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    prompt: Prompt
    text: str
    finish: Finish = Finish.STOPPED


@dataclass(frozen=True, slots=True)
class Probe:
    step: int
    signals: Mapping[str, float]
    samples: tuple[Sample, ...]


@dataclass
class FakeSentinel:
    every: int
    alarms: tuple[int, ...] = ()
    suspicions: tuple[int, ...] = ()
    learnt: int = 0
    history: list[Probe] = field(default_factory=list)
    logged: list[Mapping[str, float]] = field(default_factory=list)

    def learn(self) -> None:
        self.learnt += 1

    @property
    def healthy_step(self) -> int:
        steps = [p.step for p in self.history if p.step not in self.alarms + self.suspicions]
        return max(steps, default=0)

    def probe(self, step: int, logged: Mapping[str, float]) -> Any:
        prompt = Prompt("en-1", Task.A, Lang.EN, Headline("Mayor resigns"))
        self.history.append(Probe(step, {}, (Sample(prompt, f"joke of step {step}"),)))
        self.logged.append(dict(logged))
        return Alarm(step, probes=(step,)) if step in self.alarms else None
