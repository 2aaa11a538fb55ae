"""Settings of one judge: what it is, what it is asked, and whom it is compared with."""

from typing import Literal, Self

from pydantic import Field, model_validator

from semeval_humor.configs import HomePath, Settings

Pairing = Literal["all-pairs", "baseline"]
"""Which systems meet: each with each other, or each with the baseline."""


class JudgeConfig(Settings):
    """A model or a reward that says which of two jokes is funnier."""

    name: str = Field(pattern=r"^[\w-][\w.-]*$")
    """What it is called in votes and tables, and what its folder may be called."""
    model: str | None = None
    """Language model: known name, local directory, hub id, or the name that a server gives it."""
    reward: HomePath | None = None
    """REWARD.toml, in place of a language model."""
    adapter: HomePath | None = None
    """Directory of LoRA weights for the model."""
    engine: Literal["auto", "vllm", "openai"] = "auto"
    """What runs the model; it must keep to a JSON schema."""
    base_url: tuple[str, ...] = ()
    """Addresses of OpenAI-compatible servers."""
    accept_license: tuple[str, ...] = ()
    """Licences whose terms you have read and accept."""
    schedule: Pairing = "all-pairs"
    """Which systems meet."""
    budget: int = Field(default=500, ge=1)
    """Battles at most; a model is asked twice for each."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Of the choice of prompts, sides and people's pairs."""
    people: HomePath | None = None
    """JSON file of pairs that people voted on, to measure agreement with them."""
    people_budget: int | None = Field(default=None, ge=1)
    """Pairs of that file at most; none: all in which one joke was preferred."""

    @model_validator(mode="after")
    def _is_one_judge(self) -> Self:
        if (self.model is None and not self.base_url) == (self.reward is None):
            raise ValueError(
                "who judges? give a model (or the base_url of its server) or a reward, one of them"
            )
        if self.reward and (self.adapter or self.accept_license or self.engine != "auto"):
            raise ValueError("adapter, engine and accept_license are for a model, not for a reward")
        if self.people_budget and not self.people:
            raise ValueError("people_budget needs people, a file of pairs")
        return self
