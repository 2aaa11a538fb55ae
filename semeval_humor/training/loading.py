"""Loads the weights of a model for training, whole or not at all."""

from pathlib import Path
from typing import Any

from semeval_humor.errors import ConfigError, DataError, EngineError, first_line
from semeval_humor.models import Model


def load_model(model: Model, kind: str) -> Any:
    """Load all weights of a model, in ``float32``, ``bfloat16`` or ``nf4``.

    The type is always said: transformers would take the one of the file, and training weights in
    bfloat16 rounds most steps away.

    Raises:
        ConfigError: nf4, and no CUDA GPU or no bitsandbytes.
        DataError: the files lack weights, which transformers would make up.
        EngineError: not enough memory, or transformers does not know such a model.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    options = _quantised(model) if kind == "nf4" else {}
    disable_progress_bar()
    try:
        loaded, report = AutoModelForCausalLM.from_pretrained(
            model.path,
            dtype=torch.float32 if kind == "float32" else torch.bfloat16,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    except (OSError, ValueError, KeyError, RuntimeError, MemoryError, SafetensorError) as error:
        raise EngineError(f"{model.path}: cannot be loaded: {first_line(error)}") from error
    check_filled(Path(model.path), sorted(report["missing_keys"]))
    return loaded


def _quantised(model: Model) -> dict[str, Any]:
    import importlib.util

    import torch
    from transformers import BitsAndBytesConfig

    if not torch.cuda.is_available() or importlib.util.find_spec("bitsandbytes") is None:
        raise ConfigError(
            f'{model.name}: lora.base = "nf4" needs a CUDA GPU and pip install bitsandbytes; '
            'or use lora.base = "bfloat16"'
        )
    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        ),
        "device_map": {"": torch.cuda.current_device()},
    }


def check_filled(folder: Path, missing: list[str]) -> None:
    """Refuse weights that lack tensors, or have some that the model does not know.

    Raises:
        DataError: there are such tensors; names the first.
    """
    if missing:
        raise DataError(
            f"{folder}: its weights do not fill the model: {len(missing)} tensors are missing or "
            f"unknown, the first is {missing[0]}"
        )
