import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.inference import engines
from semeval_humor.inference.config import PredictConfig

URL = "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("present", "options", "expected"),
    [
        ({"vllm", "torch", "transformers"}, {}, "vllm"),
        ({"torch", "transformers"}, {}, "transformers"),
        ({"vllm", "torch", "transformers"}, {"base_url": [URL]}, "openai"),
        ({"vllm", "torch", "transformers"}, {"engine": "transformers"}, "transformers"),
        (set(), {"base_url": [URL]}, "openai"),
    ],
)
def test_auto_takes_the_best_that_is_here(
    present: set[str],
    options: dict[str, object],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "installed", present.__contains__)
    name, reason = engines.choose_engine(PredictConfig.model_validate(options))
    assert name == expected
    assert reason


@pytest.mark.parametrize(
    ("present", "options", "message"),
    [
        (set(), {}, "no engine: with a GPU, pip install"),
        ({"torch"}, {}, "no engine"),
        ({"torch", "transformers"}, {"engine": "vllm"}, "--engine vllm needs vllm"),
        (set(), {"engine": "transformers"}, "--engine transformers needs torch"),
        ({"vllm"}, {"engine": "openai"}, "--engine openai needs --base-url"),
        ({"vllm"}, {"engine": "vllm", "base_url": [URL]}, "--base-url needs --engine openai"),
    ],
)
def test_what_cannot_run_is_said_with_the_command_that_adds_it(
    present: set[str],
    options: dict[str, object],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "installed", present.__contains__)
    with pytest.raises(ConfigError, match=message):
        engines.choose_engine(PredictConfig.model_validate(options))


def test_a_server_loads_adapters_itself() -> None:
    config = PredictConfig.model_validate({"base_url": [URL], "adapter": "lora"})
    with pytest.raises(ConfigError, match="--adapter is loaded by the server"):
        engines.plan_engine(config)
