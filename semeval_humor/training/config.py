"""Settings that every trainer of a policy shares. Each trainer adds its own beside its code."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from semeval_humor.configs import HomePath, Settings
from semeval_humor.models import DEFAULT_MODEL
from semeval_humor.schema import Lang
from semeval_humor.training.sentinel.config import SentinelConfig

OnAlarm = Literal["stop", "rollback", "log"]

# What may differ between a run and the run that continues it.
_NO_IDENTITY = (
    *("out", "threads", "report_to", "save_every", "accept_license", "vllm_url"),
    *("sentinel", "held_out_reward", "on_alarm", "rollbacks"),
)


class LoraSettings(Settings):
    """Low-rank matrices that are trained in place of the weights."""

    rank: int = Field(default=16, ge=1)
    """Of the matrices. vLLM serves ranks up to 512, most fast up to 64."""
    alpha: float = Field(default=32.0, gt=0)
    """What the matrices add is multiplied by alpha / rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of their inputs that is left out while training."""
    targets: tuple[str, ...] = Field(
        default=("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
        min_length=1,
    )
    """Layers that get matrices, by the end of their names."""
    base: Literal["float32", "bfloat16", "nf4"] = "float32"
    """How the weights that stay as they are are held in memory: in 4, 2 or about half a byte each.
    The matrices are float32 in any case. nf4 is QLoRA; it needs a CUDA GPU and bitsandbytes."""


class PolicyConfig(Settings):
    """What every trainer of a policy can be told."""

    model: str = DEFAULT_MODEL
    """What training starts from, called the parent: a known name, a directory, a hub id, or the
    directory of an adapter, which is trained further."""
    accept_license: tuple[str, ...] = ()
    """Licences whose terms you have read and accept."""
    pairs: tuple[HomePath, ...] = Field(min_length=1)
    """Files that data label made."""
    langs: tuple[Lang, ...] = ()
    """Languages whose rows are used; none: all that the files have."""
    prompts: HomePath | None = None
    """TOML file in place of the packaged prompts; give predict the same."""
    max_rows: int | None = Field(default=None, ge=1)
    """Rows to train on, the first ones; none: all."""
    out: HomePath
    """Folder of the result."""

    method: Literal["lora", "full"] = "lora"
    """What is trained: added low-rank matrices, or every weight."""
    lora: LoraSettings = LoraSettings()
    """Of the low-rank matrices. For an adapter that is trained further, its own settings hold."""
    autocast: bool = True
    """Compute in bfloat16 where the GPU has it; what is trained is stored in float32 all the same.
    A CPU always computes in float32."""
    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them: slower, with less memory."""

    learning_rate: float = Field(gt=0)
    """Peak, per step."""
    schedule: Literal["constant", "linear", "cosine"] = "linear"
    """What the learning rate does after the warm-up: stay, or fall to 0."""
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps over which the learning rate rises; it is 0 in the first of them."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Per step and unit of learning rate."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Norm to which larger gradients are cut."""
    epochs: float = Field(default=1.0, gt=0)
    """Passes over the rows, unless steps says how long."""
    steps: int | None = Field(default=None, ge=1)
    """Steps of the optimizer."""
    batch_size: int = Field(default=8, ge=1)
    """Sequences that one process computes at a time."""
    accumulation: int = Field(default=1, ge=1)
    """Batches of one step."""
    max_length: int = Field(default=768, ge=16)
    """Tokens of prompt and joke together; longer rows are left out, never cut."""
    save_every: int = Field(default=50, ge=1)
    """Steps from one checkpoint to the next. The last two are kept until the run is finished."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Of the new matrices, the order of the rows, the prompts' angles and what is sampled."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads; none: the cores that are idle when training starts, at least one."""

    sentinel: SentinelConfig | Literal[False] = SentinelConfig()
    """What the sentinel listens to; false: nobody listens."""
    held_out_reward: HomePath | None = None
    """A REWARD.toml that is never trained on; with it the sentinel sees one being fooled."""
    on_alarm: OnAlarm = "stop"
    """What an alarm does: stop and keep the last healthy weights; rollback to them, halve the
    learning rate and double beta; or log it."""
    rollbacks: int = Field(default=2, ge=1)
    """Times that an alarm is answered by going back, before the next one stops the run."""
    report_to: tuple[str, ...] = ()
    """Where transformers sends metrics, if anywhere: tensorboard, wandb, trackio, …"""

    @property
    def identity(self) -> dict[str, Any]:
        """The settings that must be the same for a run to be continued, as JSON values."""
        return self.model_dump(mode="json", exclude=set(_NO_IDENTITY))

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.method == "full" and "lora" in self.model_fields_set:
            raise ValueError('lora: has no meaning with method = "full"; leave one of them out')
        if len(set(self.langs)) < len(self.langs):
            raise ValueError("langs names a language twice")
        return self


def refuse_dropout(lora: LoraSettings) -> None:
    """Where probabilities are compared, dropout is off.

    Raises:
        ValueError: it is asked for.
    """
    if lora.dropout:
        raise ValueError("lora.dropout: has no meaning here: dropout is off; leave it out")
