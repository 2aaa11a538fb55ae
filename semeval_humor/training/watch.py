"""Who is told how the training of a policy goes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from semeval_humor.training.config import OnAlarm

if TYPE_CHECKING:
    from semeval_humor.training.sentinel.sentinel import Alarm, Sentinel

Entry = Mapping[str, float]
"""What a trainer logged for one step, by name: loss, grad_norm, learning_rate, reward, …"""


class Watch(Protocol):
    """Somebody who is told how training goes."""

    def begins(self, step: int, steps: int) -> None:
        """Hear that so many steps of so many are done."""

    def stepped(self, step: int, steps: int, logged: Entry) -> None:
        """Hear what was logged for a step."""

    def probed(self, sentinel: "Sentinel") -> None:
        """Hear that the sentinel has probed; its history ends with that probe."""

    def alarmed(self, alarm: "Alarm", then: OnAlarm) -> None:
        """Hear of an alarm, and what is done about it."""

    def note(self, text: str) -> None:
        """Hear anything else."""


class Nobody:
    """A watch that hears nothing; of all processes but the first."""

    def begins(self, step: int, steps: int) -> None:
        """Hear nothing."""

    def stepped(self, step: int, steps: int, logged: Entry) -> None:
        """Hear nothing."""

    def probed(self, sentinel: "Sentinel") -> None:
        """Hear nothing."""

    def alarmed(self, alarm: "Alarm", then: OnAlarm) -> None:
        """Hear nothing."""

    def note(self, text: str) -> None:
        """Hear nothing."""
