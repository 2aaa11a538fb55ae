"""Settings of the sentinel."""

import math
from typing import Self

from pydantic import Field, model_validator

from semeval_humor.configs import Settings


class SetLimit(Settings):
    """A limit that is set instead of learnt; the other side stays as it was learnt."""

    low: float | None = None
    """Least healthy value; -inf: none is too low."""
    high: float | None = None
    """Largest healthy value; inf: none is too high."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if any(each is not None and math.isnan(each) for each in (self.low, self.high)):
            raise ValueError("nan is no limit; inf and -inf switch a side off")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}")
        return self


class SentinelConfig(Settings):
    """What the sentinel listens to, and how often."""

    every: int = Field(default=25, ge=1)
    """Steps from one probe to the next."""
    prompts: int = Field(default=12, ge=4)
    """Prompts of a probe, the same ones each time; each gets one answer."""
    max_tokens: int = Field(default=64, ge=8)
    """Tokens after which an answer is cut off."""
    temperature: float = Field(default=1.0, gt=0)
    """At which answers are drawn."""
    rounds: int = Field(default=4, ge=2)
    """Probes of the parent from which the limits are learnt, before the first step."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Of what is drawn; the same for all probes."""
    limits: dict[str, SetLimit] = Field(default_factory=dict)
    """Limits by the name of a signal, in place of those that are learnt."""
