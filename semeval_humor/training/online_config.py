"""Settings that GRPO and RLOO share."""

from typing import Literal, Self

from pydantic import Field, model_validator

from semeval_humor.configs import HomePath, Settings
from semeval_humor.training.config import PolicyConfig, refuse_dropout


class VllmSettings(Settings):
    """How vLLM samples, on a CUDA GPU.

    It computes in the type of the model's files, most often bfloat16, and so draws from slightly
    other probabilities than are trained; ``sampling/…`` in the log says how far they are apart.
    """

    mode: Literal["colocate", "server"] = "colocate"
    """In this process, on the same GPU; or vllm serve, on a GPU of its own."""
    memory: float = Field(default=0.3, gt=0, lt=1)
    """Share of the GPU's memory for vLLM, weights included. Colocated only."""
    sleep: bool = False
    """Give that memory back while gradients are computed; a few seconds a step. Colocated only."""
    host: str = "127.0.0.1"
    """Of the server."""
    port: int = Field(default=8000, ge=1, le=65535)
    """Of the server."""


class OnlineConfig(PolicyConfig):
    """What trainers can be told that reward a policy's own samples.

    The jokes of the pairs are not used, only what they answer. Samples are drawn from all of the
    policy's distribution, without top_p and the like: what is cut off there could not be unlearnt.
    Dropout is off, since probabilities are compared. Samples that were cut off count as they are:
    to leave them out would take away what teaches a policy to end, and where all of them are cut
    off nothing would be left. The profile ``guarded`` gives them a quarter.
    """

    learning_rate: float = Field(default=2e-5, gt=0)
    """Peak, per step. For method = "full", a tenth of it or less."""
    reward: HomePath
    """REWARD.toml that says what jokes are worth."""
    untested_reward: bool = False
    """Train on a reward although redteam has not tested it, or has fooled it."""
    num_generations: int = Field(default=8, ge=2)
    """Samples of each prompt, which are compared with each other. Processes × batch_size ×
    accumulation must be a multiple."""
    max_tokens: int = Field(default=96, ge=8)
    """Tokens after which a sample is cut off."""
    temperature: float = Field(default=1.0, gt=0)
    """Of the samples. Probabilities are compared at the same."""
    beta: float = Field(ge=0)
    """Weight of the KL divergence from the parent, in reward per nat; 0 only measures it."""
    num_iterations: int = Field(default=1, ge=1)
    """Steps with the same samples."""
    epsilon: float = Field(default=0.2, gt=0)
    """By how much a token's probability may change, relatively, before a sample stops counting;
    without effect in the first step with it."""
    vllm: VllmSettings | None = None
    """Sample with vLLM; none: with transformers."""

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        refuse_dropout(self.lora)
        if self.vllm and self.method == "lora" and self.lora.base != "float32":
            # TRL merges the matrices into the weights for vLLM, and takes them out again: half of
            # a small adapter is rounded away, and after 50 times the weights are off by 0.2 %.
            raise ValueError('lora.base: must be "float32" with vllm, or leave vllm out')
        return self
