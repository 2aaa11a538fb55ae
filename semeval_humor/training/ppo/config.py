"""Settings of ``train ppo``."""

from typing import Literal, Self

from pydantic import Field, model_validator

from semeval_humor.configs import HomePath
from semeval_humor.training.config import PolicyConfig, refuse_dropout

Credit = Literal["sequence", "offsets"]


class PpoConfig(PolicyConfig):
    """Everything that ``train ppo`` can be told.

    The jokes of the pairs are not used, only what they answer. A step draws samples, rewards them,
    and learns from them in one or several passes. ``batch_size`` × ``accumulation`` of them make
    one step of the optimizer.
    """

    learning_rate: float = Field(default=5e-5, gt=0)
    """Of the policy, peak. For method = "full", a tenth of it or less."""
    value_learning_rate: float = Field(default=1e-3, gt=0)
    """Of the critic, peak."""
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps over which the learning rates rise; the first one has more than 0."""
    steps: int | None = Field(default=None, ge=1)
    """Times that samples are drawn and learnt from; none: as epochs says."""
    reward: HomePath
    """REWARD.toml that says what jokes are worth."""
    untested_reward: bool = False
    """Train on a reward although redteam has not tested it, or has fooled it."""
    credit: Credit = "offsets"
    """Which tokens get a sample's reward: sequence gives all of it to the last one; offsets gives
    each what its part of the text has earned with the humour classifier, and the last one the
    rest."""

    rollouts: int = Field(default=32, ge=2)
    """Samples of one step, each for another prompt; in all processes together."""
    max_tokens: int = Field(default=96, ge=1)
    """Tokens after which a sample is cut off."""
    vllm_url: str | None = None
    """Of a vLLM server that draws the samples, as http://localhost:8000; none: transformers does.
    For method = "lora"; a run that is continued then draws other samples."""
    num_iterations: int = Field(default=2, ge=1)
    """Passes over the samples of a step."""
    epsilon: float = Field(default=0.2, gt=0, lt=1)
    """By how much a token's probability may change, relatively, before it stops counting."""
    stop_kl: float = Field(default=0.05, gt=0)
    """Nats per token by which the policy may leave the one that drew the samples; where it is
    further away, the rest of the passes is left out."""

    beta: float = Field(default=0.05, ge=0)
    """What a token's reward loses for each nat by which the policy finds it likelier than the
    parent; with kl_target, only at the beginning."""
    kl_target: float | None = Field(default=None, gt=0)
    """Nats per token from the parent at which beta is made to hold the policy; none: beta stays."""
    kl_horizon: int = Field(default=2_000, ge=1)
    """Samples in which beta grows or falls by a fifth, at most; with kl_target only."""
    entropy_weight: float = Field(default=0.0, ge=0)
    """Of the entropy of the next token, in nats, as a bonus."""

    critic: Literal["head", "model"] = "head"
    """What foretells the reward: a linear layer on the policy's states, or a model of its own,
    which begins as the parent, and takes as much memory and time again."""
    value_weight: float = Field(default=0.1, gt=0)
    """Of the critic's loss; of importance for what they share."""
    value_epsilon: float = Field(default=0.2, gt=0)
    """By how much a prediction may change from what it was when samples were drawn, in reward,
    before it stops counting."""
    discount: float = Field(default=1.0, gt=0, le=1)
    """Of rewards that come a token later; the gamma of GAE."""
    decay: float = Field(default=0.95, ge=0, le=1)
    """How far ahead rewards are looked for, 0 one token, 1 to the end; the lambda of GAE."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        refuse_dropout(self.lora)
        if self.rollouts % (self.batch_size * self.accumulation):
            raise ValueError(
                f"rollouts is {self.rollouts}, expected a multiple of batch_size × accumulation "
                f"({self.batch_size * self.accumulation})"
            )
        if self.kl_target is not None and not self.beta:
            raise ValueError("kl_target: makes beta larger or smaller; give it a beta above 0")
        if self.max_tokens >= self.max_length:
            raise ValueError("max_length: must have room for max_tokens and a prompt")
        if self.vllm_url and self.method != "lora":
            raise ValueError('vllm_url: the server takes adapters only; use method = "lora"')
        if self.report_to:
            raise ValueError("report_to: not for ppo; everything is in metrics.jsonl")
        return self
