"""A sentinel that raises its alarms at given steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from semeval_humor.schema import Finish, Headline, Lang, Prompt, Task
from semeval_humor.training.sentinel.alarm import Alarm
from semeval_humor.training.sentinel.limits import Limit
from semeval_humor.training.sentinel.sentinel import Probe
from semeval_humor.training.sentinel.speaker import Sample

PROMPT = Prompt("en-1", Task.A, Lang.EN, Headline("Mayor resigns"))
CAUSE = "the policy repeats itself"


@dataclass
class FakeSentinel:
    every: int
    alarms: tuple[int, ...] = ()
    suspicions: tuple[int, ...] = ()
    learnt: int = 0
    history: list[Probe] = field(default_factory=list)
    limits: dict[str, Limit] = field(default_factory=dict)
    logged: list[Mapping[str, float]] = field(default_factory=list)

    @property
    def healthy_step(self) -> int:
        return max((probe.step for probe in self.history if not probe.breaches), default=0)

    def learn(self) -> None:
        self.learnt += 1

    def probe(self, step: int, logged: Mapping[str, float]) -> Alarm | None:
        sample = Sample(PROMPT, f"joke of step {step}", Finish.STOPPED, (-1.0,), (-1.0,), (2.0,))
        breaches = ("repetition",) if step in self.alarms + self.suspicions else ()
        self.history.append(Probe(step, {"repetition": 0.9}, (sample,), (), breaches))
        self.logged.append(dict(logged))
        if step not in self.alarms:
            return None
        return Alarm(step, "repetition", 0.9, low=None, high=0.3, cause=CAUSE, probes=(step,))
