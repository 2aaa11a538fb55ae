"""Profiles: how components and gates become one reward. Their numbers stand in profiles.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field, FiniteFloat, field_validator, model_validator

from semeval_humor.configs import Settings, checked, did_you_mean, read_toml
from semeval_humor.errors import ConfigError
from semeval_humor.rewards import components
from semeval_humor.rewards.components import Band, Row
from semeval_humor.rewards.gates import MEASURES, Gate
from semeval_humor.schema import Constraint, WordPair

PROFILES = Path(str(files("semeval_humor"))) / "rewards" / "profiles.toml"
"""The package's own profiles."""

GATE = "gate-"
"""What the name of a gate's factor begins with among the components."""


class Weights(Settings):
    """What each component counts for in the sum on rows without words: headlines, captions."""

    humour: FiniteFloat
    """Of the classifier's probability that the text is a joke."""
    length: FiniteFloat = 0.0
    """Of how usual the length is, 1 within the band; needs the table length."""
    repetition: FiniteFloat = 0.0
    """Of the share of n-grams that repeat; below 0 it is a penalty."""


class WordWeights(Weights):
    """The same for rows with two words, which alone have a coverage."""

    coverage: FiniteFloat = 0.0
    """Of the share of the two words that occur: 0, ½ or 1."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one text gets.

    Attributes:
        total: the reward.
        components: what it is made of, by name, in the order of the profile; None where a
            component does not apply to the row.
    """

    total: float
    components: Mapping[str, float | None]


class Profile(Settings):
    """A weighted sum of components, times the factors of gates."""

    reason: str
    """Why there is such a profile."""
    headline: Weights
    """What counts on rows without two words."""
    words: WordWeights
    """What counts on rows with two words."""
    length: Band | None = None
    """Usual lengths; none: no such component."""
    coverage_multiplies: bool = False
    """The sum is multiplied by the coverage, where there is one."""
    gates: dict[str, Gate] = Field(default_factory=dict)
    """By the name of what they measure: loops, purity, cut-off, …"""

    @field_validator("gates", mode="before")  # else a misspelt gate is one with settings missing
    @classmethod
    def _known(cls, gates: Any) -> Any:
        for name in gates if isinstance(gates, dict) else ():
            if name not in MEASURES:
                hint = did_you_mean(name, MEASURES) or f"; expected {', '.join(MEASURES)}"
                raise ValueError(f"{name}: no such gate{hint}")
        return gates

    @model_validator(mode="after")
    def _length_has_a_band(self) -> "Profile":
        if self.length is None and (self.headline.length or self.words.length):
            raise ValueError("length has a weight but no band: add a table length")
        return self

    def judge(self, row: Row) -> Judgement:
        """The reward of one text, and all that it is made of.

        Raises:
            DataError: the constraint has a word or a headline without letters or digits.
        """
        coverage = components.coverage(row)
        terms: dict[str, float | None] = {
            "humour": components.humour(row),
            "coverage": coverage,
            "length": None if self.length is None else components.length(row, self.length),
            "repetition": components.repetition(row),
            "unknown": components.unknown(row),
        }
        total = self._sum(terms, row.prompt.constraint)
        if self.coverage_multiplies and coverage is not None:
            total *= coverage
        for name, gate in self.gates.items():
            value = terms[name] if name in terms else MEASURES[name](row)
            factor = None if value is None else gate.factor(value, row.lang)
            total *= 1.0 if factor is None else factor
            terms[GATE + name] = factor
        return Judgement(total, terms)

    def _sum(self, terms: Mapping[str, float | None], constraint: Constraint) -> float:
        weights = self.words if isinstance(constraint, WordPair) else self.headline
        total = 0.0
        for name, weight in weights:
            total += weight * (terms[name] or 0.0)
        return total


def read_profile(name: str, overrides: Mapping[str, Any] | None = None, where: str = "") -> Profile:
    """A profile of the package, with other numbers where they are given.

    Args:
        name: of the profile.
        overrides: settings by name, in tables as in the package's file; what they leave out stays.
        where: says in messages where name and overrides are from.

    Raises:
        ConfigError: there is no such profile or setting, or a number makes no sense.
    """
    known = read_toml(PROFILES)
    if name not in known:
        raise ConfigError(f"{where}: profile {name!r}: expected {' or '.join(known)}")
    settings = _merged(known[name], overrides or {})
    return checked(Profile, settings, f"{where or PROFILES}: {name}")


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = _merged(old, value)
        merged[key] = value
    return merged
