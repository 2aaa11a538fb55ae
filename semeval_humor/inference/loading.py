"""Loads a model and its adapter into transformers, whole or not at all."""

import contextlib
import gc
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from semeval_humor.errors import ConfigError, DataError, EngineError, first_line
from semeval_humor.inference import machine
from semeval_humor.models import Adapter, Model
from semeval_humor.weights import read_json


def load_model(model: Model, adapter: Adapter | None, device: str) -> Any:
    """Load a model for inference: float32 on a CPU, bfloat16 on a GPU that computes with it.

    On a CPU bfloat16 gains nothing: for each second of one core, SmolLM2 drew 13, 33 and 46 tokens
    in float32 and 10, 38 and 42 in bfloat16, with 1, 8 and 32 sequences at a time.

    Raises:
        ConfigError: transformers or peft is missing.
        DataError: the weights do not fill the model or the adapter, which transformers and peft
            only remark upon before they go on with random layers.
        EngineError: not enough memory, or transformers does not know such a model.
    """
    try:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModelForCausalLM

        if adapter is not None:
            from peft import PeftModel
    except ImportError as error:
        raise ConfigError(
            f"{model.name}: --engine transformers needs {error.name}: "
            "pip install 'semeval-humor[train]'"
        ) from error
    half = device == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    dtype = torch.bfloat16 if half else torch.float32
    machine.check_fits(model.path, growth=dtype.itemsize / _item_size(model))
    try:
        with _without_bars():
            loaded, report = AutoModelForCausalLM.from_pretrained(
                model.path,
                dtype=dtype,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
            )
        _check_complete(model, report["missing_keys"])
        if adapter is not None:
            with warnings.catch_warnings():
                # The only sign that part of an adapter was not in its file.
                warnings.filterwarnings("error", message="Found missing adapter keys")
                loaded = PeftModel.from_pretrained(loaded, adapter.path)
        return loaded.to(device).eval()
    except UserWarning as warning:
        raise DataError(f"{adapter and adapter.path}: {first_line(warning)}") from warning
    except (DataError, ConfigError):
        raise
    except (OSError, ValueError, KeyError, RuntimeError, MemoryError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise EngineError(
                f"{model.path}: out of memory on {device}: {first_line(error)}; "
                "use a smaller model or a server (--base-url)"
            ) from error
        raise EngineError(f"{model.path}: cannot be loaded: {first_line(error)}") from error


def stop_tokens(generation_config: Any, tokenizer: Any) -> frozenset[int]:
    """Every token that ends an answer, in the word of the model or of its tokenizer."""
    stops = generation_config.eos_token_id if generation_config is not None else None
    found = set(stops if isinstance(stops, list) else [stops])
    return frozenset((found | {tokenizer.eos_token_id}) - {None})


def is_out_of_memory(error: Exception) -> bool:
    """Whether torch or Python said that memory is short. On a CPU torch says it in words only."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error)
    words = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, RuntimeError) and any(word in text for word in words)


def free_memory() -> None:
    """Give back what a failed batch held."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _item_size(model: Model) -> int:
    config = read_json(Path(model.path, "config.json"))
    stored = config.get("dtype") or config.get("torch_dtype")
    return 2 if stored in ("bfloat16", "float16") else 4


def _check_complete(model: Model, missing: set[str]) -> None:
    if missing:
        raise DataError(
            f"{model.path}: its weights lack {len(missing)} tensors that config.json asks for, "
            f"the first is {min(missing)}; it would be random"
        )


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
