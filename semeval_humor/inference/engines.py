"""Which engine runs a model on this machine, and why."""

import importlib.util
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from semeval_humor.errors import ConfigError
from semeval_humor.inference.config import EngineConfig
from semeval_humor.models import Adapter, Model, check_adapter, identity_of, resolve
from semeval_humor.schema import Engine, Lang, ModelIdentity

INSTALL_CPU = "make install in a clone of semeval-humor"
INSTALL_GPU = "pip install 'semeval-humor[gpu]'"
INSTALL_TRAIN = "pip install 'semeval-humor[train]'"


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """An engine that can be started; planning it loads no weights.

    Attributes:
        name: of the engine.
        reason: why this one.
        identity: which weights will speak.
        chat: the model has a chat template.
        langs: languages that it is known to speak; None where nobody knows.
        adapted: an adapter is part of it.
        start: takes a seed and the expected number of tokens.
    """

    name: str
    reason: str
    identity: ModelIdentity
    chat: bool
    langs: tuple[Lang, ...] | None
    adapted: bool
    start: Callable[[int, int], AbstractContextManager[Engine]]


def plan_engine(config: EngineConfig) -> EnginePlan:
    """Choose the engine for a run and find its model.

    Raises:
        ConfigError: no engine is installed, the options exclude each other, or there is no such
            model or adapter.
        EngineError: no server answers.
    """
    name, reason = choose_engine(config)
    if name == "openai":
        return _plan_server(config, reason)
    model = resolve(config.model_name, accepted_licenses=config.accept_license)
    adapter = check_adapter(str(config.adapter), model) if config.adapter else None
    start = _start_vllm if name == "vllm" else _start_transformers
    return EnginePlan(
        name=name,
        reason=reason,
        identity=identity_of(model, adapter),
        chat=model.chat,
        langs=model.langs,
        adapted=adapter is not None,
        start=lambda seed, tokens: start(model, adapter, seed, tokens),
    )


def installed(module: str) -> bool:
    """Whether a module can be imported, without importing it."""
    return importlib.util.find_spec(module) is not None


def choose_engine(config: EngineConfig) -> tuple[str, str]:
    """Name of the engine for a run, and why this one.

    Raises:
        ConfigError: none is installed, or the options exclude each other.
    """
    if config.base_url and config.engine in ("vllm", "transformers"):
        raise ConfigError(f"--engine {config.engine} runs here; --base-url needs --engine openai")
    if config.engine == "openai" and not config.base_url:
        raise ConfigError("--engine openai needs --base-url http://HOST:PORT/v1")
    if config.engine != "auto":
        _check_installed(config.engine)
        return config.engine, "asked for"
    if config.base_url:
        return "openai", "--base-url is given"
    if installed("vllm"):
        return "vllm", "the fastest that is installed"
    if installed("torch") and installed("transformers"):
        return "transformers", f"vllm is not installed and would be faster: {INSTALL_CPU}"
    raise ConfigError(
        f"no engine: with a GPU, {INSTALL_GPU}; without, {INSTALL_CPU}, or {INSTALL_TRAIN}, "
        "which is slower and cannot judge or label; or give a --base-url"
    )


def _check_installed(engine: str) -> None:
    needs = {"vllm": ("vllm",), "transformers": ("torch", "transformers"), "openai": ()}[engine]
    missing = [module for module in needs if not installed(module)]
    if missing:
        vllm = f"with a GPU, {INSTALL_GPU}; without, {INSTALL_CPU}"
        remedy = vllm if engine == "vllm" else INSTALL_TRAIN
        raise ConfigError(f"--engine {engine} needs {missing[0]}: {remedy}")


def _plan_server(config: EngineConfig, reason: str) -> EnginePlan:
    from semeval_humor.inference.openai_engine import OpenAIEngine

    if config.adapter:
        raise ConfigError(
            "--adapter is loaded by the server: start it with the adapter, "
            "and give its name there as --model"
        )
    engine = OpenAIEngine.from_environment(
        config.model, config.base_url, concurrency=config.concurrency
    )
    return EnginePlan(
        name="openai",
        reason=reason,
        identity=engine.identity(),
        chat=True,
        langs=None,
        adapted=False,
        start=lambda seed, tokens: nullcontext(engine),
    )


def _start_vllm(
    model: Model, adapter: Adapter | None, seed: int, tokens: int
) -> AbstractContextManager[Engine]:
    from semeval_humor.inference.vllm_engine import VLLMEngine

    return VLLMEngine(model, adapter=adapter, seed=seed, expected_tokens=tokens)


def _start_transformers(
    model: Model, adapter: Adapter | None, seed: int, tokens: int
) -> AbstractContextManager[Engine]:
    from semeval_humor.inference.transformers_engine import TransformersEngine

    return TransformersEngine(model, adapter=adapter, seed=seed)
