"""Settings of ``predict``: defaults, then a config file, then the command line."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from semeval_humor.configs import Settings
from semeval_humor.models import DEFAULT_MODEL
from semeval_humor.schema import Lang, Sampling, Task

EngineName = Literal["auto", "vllm", "openai", "transformers"]


class EngineConfig(Settings):
    """Which model is run, and by what."""

    model: str | None = None
    """Known name, local directory, hub id, or the name that a server gives it."""
    adapter: Path | None = None
    """Directory of LoRA weights to apply."""
    engine: EngineName = "auto"
    """What runs the model."""
    base_url: tuple[str, ...] = ()
    """Addresses of OpenAI-compatible servers."""
    concurrency: int = Field(default=64, ge=1)
    """Requests in flight on each server."""
    accept_license: tuple[str, ...] = ()
    """Licences whose terms you have read and accept."""

    @property
    def model_name(self) -> str:
        """The model asked for, or the default one."""
        return self.model or DEFAULT_MODEL


class PredictConfig(EngineConfig):
    """Everything that ``predict`` can be told."""

    task: Task = Task.A
    """Subtask."""
    lang: Literal["en", "es", "zh", "all"] = "all"
    """Language of the jokes."""
    input: Path | None = None
    """Task file, or a folder with files of the official names; none: the packaged sample."""
    prompts: Path | None = None
    """TOML file in place of the packaged prompts."""
    candidates: int = Field(default=4, ge=1, le=1024)
    """Samples per row and round; the best one is kept."""
    rounds: int = Field(default=3, ge=1, le=100)
    """Times that a row is sampled at most, while no sample passes every rule."""
    scorer: str = "rules"
    """What ranks the samples that pass every rule."""
    temperature: float = Field(default=0.9, ge=0, le=5)
    """0 takes the likeliest token."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Share of the probability mass that is kept; below 1 it costs a third of a CPU's speed."""
    top_k: int = Field(default=0, ge=0)
    """Number of tokens that are kept; 0 keeps all."""
    min_p: float = Field(default=0.05, ge=0, le=1)
    """Least probability kept, relative to the likeliest token."""
    repetition_penalty: float = Field(default=1.0, gt=0, le=5)
    """Above 1, tokens that have occurred become less likely."""
    max_tokens: int = Field(default=96, ge=1, le=4096)
    """Tokens after which a joke is cut off."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Of the sampling, and of the choice of prompts."""
    name: str | None = Field(default=None, pattern=r"^[^./\\][^/\\]*$")
    """Name of the submission; none: the model's name."""
    out: Path | None = None
    """Folder of the files; none: submissions/NAME."""
    limit: int | None = Field(default=None, ge=1)
    """Only so many rows, from the first one on."""

    @property
    def langs(self) -> tuple[Lang, ...]:
        """Languages asked for."""
        return self.task.langs if self.lang == "all" else (Lang(self.lang),)

    def sampling(self, *, seed: int, stop: tuple[str, ...]) -> Sampling:
        """How tokens are drawn, with the seed of one engine start."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            min_p=self.min_p,
            repetition_penalty=self.repetition_penalty,
            max_tokens=self.max_tokens,
            stop=stop,
            seed=seed,
        )
