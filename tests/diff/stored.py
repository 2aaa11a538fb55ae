"""Safetensors files written value by value, in any type that the format knows."""

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "BOOL": "?"}

Values = Mapping[str, Any]
"""What numpy takes for an array, by the name of the tensor."""


def encoded(values: Any, dtype: str) -> bytes:
    """The bytes of values; those of BF16 must be exact in it."""
    if dtype != "BF16":
        return np.asarray(values).astype(KINDS[dtype]).tobytes()
    bits = np.asarray(values, np.float32).view(np.uint32)
    assert not np.any(bits & 0xFFFF)
    return (bits >> 16).astype(np.uint16).tobytes()


def write(path: Path, tensors: Values, dtype: str = "F32") -> Path:
    """Write a file, or into a directory the only file of a model."""
    if path.suffix != ".safetensors":
        path.mkdir(exist_ok=True)
        path /= "model.safetensors"
    header, data = {}, b""
    for name, values in tensors.items():
        raw = encoded(values, dtype)
        header[name] = {
            "dtype": dtype,
            "shape": list(np.shape(values)),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path if path.name != "model.safetensors" else path.parent


def shard(path: Path, shards: Sequence[Values], dtype: str = "F32") -> Path:
    """Write a model in several files, with an index."""
    path.mkdir()
    index = {}
    for number, tensors in enumerate(shards):
        name = f"model-{number}.safetensors"
        write(path / name, tensors, dtype)
        index.update(dict.fromkeys(tensors, name))
    text = json.dumps({"metadata": {}, "weight_map": index})
    (path / "model.safetensors.index.json").write_text(text)
    return path


def near(value: float) -> Any:
    """A number up to rounding, in the place of an exact one."""
    return pytest.approx(value)
