"""What a LoRA adapter adds to the weights of its model."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from semeval_humor.adapters import adapter_file, adapter_part
from semeval_humor.diff.tensors import Floats, Tensor, open_tensors
from semeval_humor.errors import DataError
from semeval_humor.weights import read_json

SAME_LENGTH = 1e-6
"""Relative difference of two lengths that are the same but for rounding in float32."""


@dataclass(frozen=True, slots=True)
class LowRank:
    """What is added to one weight: ``scale · left · right``.

    Attributes:
        module: name of the layer.
        left_O_R: one row for each row of the weight.
        right_R_I: one column for each column of the weight.
        scale: of the product.
        lengths_O: of DoRA: the rows of the sum are scaled to these; else None.
        names: the tensors that it was made from.
    """

    module: str
    left_O_R: Floats
    right_R_I: Floats
    scale: float
    lengths_O: Floats | None
    names: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Of the weight that it is added to."""
        return len(self.left_O_R), self.right_R_I.shape[1]

    def change(self, start: int, stop: int, weight: Floats | None) -> Floats:
        """What is added to some rows of the weight, in float32.

        Args:
            start: first of the rows.
            stop: the row after the last one.
            weight: the same rows of the weight; needed for DoRA.
        """
        change: Floats = (self.left_O_R[start:stop] @ self.right_R_I) * np.float32(self.scale)
        if self.lengths_O is None:
            return change
        if weight is None:
            raise DataError(f"{self.module}: what DoRA adds depends on the model: give it as BASE")
        total = weight + change
        factors = self.lengths_O[start:stop] / np.linalg.norm(total, axis=1)
        # Lengths that nobody trained are those of the weight, up to the order of summing.
        factors[np.abs(factors - 1) < SAME_LENGTH] = 1
        return np.where(factors[:, None] == 1, change, total * factors[:, None] - weight)


@dataclass(frozen=True, slots=True)
class LoraAdapter:
    """An adapter as its files have it, fitting its model or not.

    Attributes:
        low_rank: what it adds, by module.
        whole: tensors that take the place of one of the model, by the name of that one.
        skipped: names of tensors that peft would not use.
    """

    low_rank: Mapping[str, LowRank]
    whole: Mapping[str, Tensor]
    skipped: tuple[str, ...] = field(default=())


def is_adapter(path: Path) -> bool:
    """Whether a directory holds an adapter and no weights of a model."""
    whole = ("model.safetensors", "model.safetensors.index.json")
    return (path / "adapter_config.json").exists() and not any((path / f).exists() for f in whole)


def open_adapter(path: Path) -> LoraAdapter:
    """Read the matrices of an adapter.

    Raises:
        ConfigError: there are no weights but pickled ones.
        DataError: a file is damaged, or the adapter is none of LoRA.
    """
    config = read_json(path / "adapter_config.json")
    if config.get("peft_type") != "LORA":
        raise DataError(f"{path}: peft_type {config.get('peft_type')!r}, expected LORA")
    if config.get("lora_bias"):
        raise DataError(f"{path}: biases of LoRA matrices (lora_bias) cannot be compared")
    parts: dict[str, dict[str, Tensor]] = {}
    whole: dict[str, Tensor] = {}
    skipped: list[str] = []
    for name, tensor in open_tensors(adapter_file(path)).items():
        # The name that the adapter had while it was trained; peft knows what is meant.
        match adapter_part(re.sub(r"(\.lora_\w+)\.default\b", r"\1", name)):
            case None:
                skipped.append(name)
            case (module, "weight" | "bias" as part):
                whole[f"{module}.{part}"] = tensor
            case (module, part):
                parts.setdefault(module, {})[part] = tensor
    low_rank = {module: _low_rank(path, module, found, config) for module, found in parts.items()}
    return LoraAdapter(low_rank, whole, tuple(skipped))


def _low_rank(
    path: Path, module: str, parts: Mapping[str, Tensor], config: Mapping[str, Any]
) -> LowRank:
    embedding = "lora_embedding_A" in parts or "lora_embedding_B" in parts
    kind = "lora_embedding" if embedding else "lora"
    if f"{kind}_A" not in parts or f"{kind}_B" not in parts:
        raise DataError(f"{path}: {module} has only {', '.join(sorted(parts))} of A and B")
    a_R_I, b_O_R = parts[f"{kind}_A"].matrix(), parts[f"{kind}_B"].matrix()
    if a_R_I.ndim != 2 or b_O_R.ndim != 2 or len(a_R_I) != b_O_R.shape[1]:
        raise DataError(f"{path}: {module} has B {b_O_R.shape} and A {a_R_I.shape}")
    # Embeddings, and the layers of GPT-2, hold their weight the other way round.
    flipped = embedding or bool(config.get("fan_in_fan_out"))
    lengths = parts.get("lora_magnitude_vector")
    if lengths is not None and flipped and not embedding:
        raise DataError(f"{path}: {module}: DoRA on layers as in GPT-2 cannot be compared")
    return LowRank(
        module=module,
        left_O_R=a_R_I.T if flipped else b_O_R,
        right_R_I=b_O_R.T if flipped else a_R_I,
        scale=_scale(path, module, len(a_R_I), config),
        lengths_O=None if lengths is None else lengths.matrix().reshape(-1),
        names=tuple(tensor.name for tensor in parts.values()),
    )


def _scale(path: Path, module: str, rank: int, config: Mapping[str, Any]) -> float:
    alpha = config.get("lora_alpha")
    for pattern, value in (config.get("alpha_pattern") or {}).items():
        if re.fullmatch(rf"(.*\.)?({pattern})", module):
            alpha = value
            break
    if not isinstance(alpha, int | float):
        raise DataError(f"{path}/adapter_config.json: lora_alpha is {alpha!r}, expected a number")
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
