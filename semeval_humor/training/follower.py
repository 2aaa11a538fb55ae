"""What follows every training step: live view, proof of change, sentinel, alarms, checkpoints.

``Follower`` knows no trainer: our own loop calls it as it is; for those of TRL see ``trl.py``.
"""

import dataclasses
import json
import math
import time
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Protocol

from semeval_humor.diff import History
from semeval_humor.diff.history import LOG, history_of
from semeval_humor.errors import HumorError
from semeval_humor.files import atomic_writer
from semeval_humor.training.config import OnAlarm
from semeval_humor.training.first_steps import FirstSteps
from semeval_humor.training.policy import Policy
from semeval_humor.training.processes import agreed, is_main, sharded, steps_unseen, wanted_by_any
from semeval_humor.training.recorder import plain
from semeval_humor.training.run import ALARM, Interrupt, Run
from semeval_humor.training.watch import Watch

if TYPE_CHECKING:
    from semeval_humor.training.sentinel.sentinel import Alarm, Sentinel

DEV_LOSS = "eval_loss"
"""How transformers calls the loss of rows that are only measured."""


class Next(Enum):
    """What a trainer does after a step."""

    GO_ON = auto()
    STOP = auto()
    SAVE_AND_STOP = auto()


class Steering(Protocol):
    """What an alarm changes in a trainer."""

    def soften(self) -> None:
        """Forget the optimizer's state, halve the learning rate, double beta if there is one."""

    def restore(self, rollbacks: int) -> None:
        """Double beta as often as was done before the checkpoint that training goes on from."""


class Follower:
    """Follows a training step by step.

    Args:
        policy: in training.
        run: its folder.
        sentinel: watches what the policy writes. Of several processes only the first one has it.
        watch: is told.
        every: steps from one probe to the next, in all processes; 0: there is no sentinel.
        on_alarm: what an alarm does.
        rollbacks: times that an alarm is answered by going back.
        patience: steps in a row without a gradient that are let pass at the beginning.
    """

    def __init__(
        self,
        policy: Policy,
        run: Run,
        sentinel: "Sentinel | None",
        watch: Watch,
        *,
        every: int = 0,
        on_alarm: OnAlarm = "stop",
        rollbacks: int = 2,
        patience: int = 0,
    ) -> None:
        self.log: list[dict[str, Any]] = []
        """Everything that was logged, as ``trainer_state.json`` has it."""
        self.steps = 0
        """Steps that were taken."""
        self.seconds = 0.0
        """Spent on them, probes and checkpoints included, in former runs that went on as well."""
        self.alarm: Alarm | None = None
        """The alarm that ended the training."""
        self.alarms: list[Alarm] = []
        """All alarms, those that did not end it included."""
        self.interrupt = Interrupt()
        self.healthy_step: int | None = None
        """Step of the healthy weights that are kept; 0: the parent's. None: there are none."""
        self._policy, self._run, self._sentinel, self._watch = policy, run, sentinel, watch
        self._on_alarm, self._most_rollbacks, self._rollbacks = on_alarm, rollbacks, 0
        self._first = FirstSteps(policy.model, patience, gradients=not steps_unseen())
        self._since_probe: list[dict[str, float]] = []
        self._total, self._every = 0, every
        self._steering: Steering | None = None
        self._clock = 0.0

    def begins(
        self, steps: int, log: Sequence[Mapping[str, Any]], step: int, steering: Steering
    ) -> None:
        """Training begins or goes on, with weights, optimizer and scheduler in place.

        Args:
            steps: of the whole training.
            log: what the steps before have logged.
            step: steps that are done.
            steering: what an alarm changes.
        """
        self._total, self.steps, self._steering = steps, step, steering
        self.log = [dict(entry) for entry in log]
        state = agreed(dict(self._run.state))
        self.seconds = float(state.get("seconds", 0.0))
        self._rollbacks = int(state.get("rollbacks", 0))
        steering.restore(self._rollbacks)
        checkpoint = agreed(self._run.checkpoint)
        if checkpoint is not None:
            if not sharded():
                # transformers leaves out the adapter in training if there is another one too.
                self._policy.load(checkpoint)
            self._first.done = True
            self.healthy_step = agreed(self._run.healthy_step)
        if self._every and self.healthy_step is None:
            self._keep_healthy(step)
        if self._sentinel is not None and step < steps:
            self._watch.note("the sentinel learns its limits from the parent's own samples")
            self._sentinel.learn()
        self._watch.begins(step, steps)
        self._clock = time.perf_counter()

    def before_step(self, optimizer: Any) -> None:
        """Gradients are there, if they are ever to be seen, and the optimizer is about to step.

        Raises:
            NotLearningError: see ``FirstSteps``.
        """
        if not self._first.done:
            self._first.before(optimizer)

    def after_step(self, step: int, logged: Mapping[str, Any]) -> Next:
        """Take note of a finished step, and say what comes next.

        Args:
            step: its number, from 1.
            logged: what the trainer logged for it; ``grad_norm`` and ``learning_rate`` at least.

        Raises:
            NotLearningError: the first steps do not change the weights.
            HumorError: the gradient is no number, and no sentinel knows healthy weights.
        """
        self.steps = step
        now = time.perf_counter()
        self.seconds, self._clock = self.seconds + now - self._clock, now
        self.log.append({**logged, "step": step})
        entry = {name: float(v) for name, v in logged.items() if isinstance(v, int | float)}
        self._since_probe.append(entry)
        self._watch.stepped(step, self._total, entry)
        if not self._first.done:
            self._first.after(self.history)
        broken = not math.isfinite(entry.get("grad_norm", 0.0))
        if self._every and (broken or step % self._every == 0 or step == self._total):
            alarm, healthy = agreed(self._probe(step) if self._sentinel else None)
            if alarm is not None:
                return self._answer(alarm)
            if healthy:
                self._keep_healthy(step)
        elif broken:
            raise HumorError(
                f"step {step}: the gradient is {entry['grad_norm']}; lower the learning_rate"
            )
        # Whoever was not asked to stop must know of it too: it would take the end for the end.
        self.interrupt.requested = wanted_by_any(self.interrupt.requested)
        return Next.SAVE_AND_STOP if self.interrupt.requested else Next.GO_ON

    def note(self, text: str) -> None:
        """Tell the watch something."""
        self._watch.note(text)

    def evaluated(self, step: int, logged: Mapping[str, Any]) -> None:
        """Take note of what is not about a step, such as the loss of the dev rows."""
        self.log.append({**logged, "step": step})
        if DEV_LOSS in logged:
            self._watch.stepped(step, self._total, {DEV_LOSS: float(logged[DEV_LOSS])})

    def saved(self, step: int) -> None:
        """A checkpoint is written."""
        state = {
            "rollbacks": self._rollbacks,
            "seconds": self.seconds,
        }
        self._run.seal(step, state)

    @property
    def interrupted(self) -> bool:
        """Somebody ended the training before its last step."""
        return self.interrupt.requested and self.steps < self._total and self.alarm is None

    @property
    def history(self) -> History:
        """What was logged so far, as ``diff`` reads it."""
        return history_of(self.steps, self.log)

    def write_log(self) -> None:
        """Write what was logged where ``diff`` finds it."""
        with atomic_writer(self._run.out / LOG) as stream:
            state = plain({"global_step": self.steps, "log_history": self.log})
            json.dump(state, stream, indent=2)
            stream.write("\n")

    def _probe(self, step: int) -> "tuple[Alarm | None, bool]":
        """Whether there is an alarm, and whether all is well; a suspicion is neither."""
        assert self._sentinel is not None
        names = {name for entry in self._since_probe for name in entry}
        means = {name: _mean([e[name] for e in self._since_probe if name in e]) for name in names}
        alarm = self._sentinel.probe(step, means)
        self._since_probe = []
        self._watch.probed(self._sentinel)
        return alarm, self._sentinel.healthy_step == step

    def _keep_healthy(self, step: int) -> None:
        self.healthy_step = step
        if is_main():
            self._policy.save(self._run.healthy(step))
            self._run.keep_only(step)

    def _answer(self, alarm: "Alarm") -> Next:
        self.alarms.append(alarm)
        then = self._on_alarm
        if then == "rollback" and self._rollbacks >= self._most_rollbacks:
            then = "stop"
        if is_main():
            self._write_alarm(alarm, then)
        self._watch.alarmed(alarm, then)
        if then == "stop":
            self.alarm = alarm
            return Next.STOP
        if then == "rollback":
            assert self._steering is not None
            assert self.healthy_step is not None
            self._policy.load(self._run.healthy(self.healthy_step))
            self._steering.soften()
            self._rollbacks += 1
        return Next.GO_ON

    def _write_alarm(self, alarm: "Alarm", then: str) -> None:
        assert self._sentinel is not None
        by_step = {probe.step: probe for probe in self._sentinel.history}
        before = by_step.get(self.healthy_step or 0)
        after = by_step.get(alarm.step)
        document = {
            **dataclasses.asdict(alarm),
            "then": then,
            "healthy_step": self.healthy_step,
            "before": _texts(before.samples) if before else [],
            "after": _texts(after.samples) if after else [],
        }
        with atomic_writer(self._run.out / ALARM) as stream:
            json.dump(plain(document), stream, ensure_ascii=False, indent=2)
            stream.write("\n")


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _texts(samples: Sequence[Any]) -> list[dict[str, str]]:
    return [{"id": sample.prompt.id, "text": sample.text} for sample in samples]
