"""Tensors that stay in their files until some of their values are asked for."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from semeval_humor.errors import DataError
from semeval_humor.weights import StoredTensor, stored_tensors

Floats = npt.NDArray[Any]
"""An array in float32 or float64."""

FloatType = type[np.float32] | type[np.float64]

_TYPES: Mapping[str, str] = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2"},
    "BF16": "<u2",  # numpy has none: the upper half of a float32
    **{"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "BOOL": "u1"},
    **{"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"},
}
_FITS_FLOAT32 = frozenset({"F32", "F16", "BF16"})

# Binary places of a number, the leading one included, and the exponent of the smallest one that
# has them all.
_PRECISION: Mapping[str, tuple[int, int]] = {
    "F64": (53, -1022),
    "F32": (24, -126),
    "F16": (11, -14),
    "BF16": (8, -126),
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor in a file that is mapped into memory.

    Attributes:
        name: as the file has it.
        dtype: in the words of safetensors: F32, BF16, …
        shape: its dimensions.
        stored: its values in the file, in one dimension; those of BF16 as unsigned integers.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    stored: npt.NDArray[Any]

    @property
    def values(self) -> int:
        """Number of values."""
        return len(self.stored)

    def bits(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Some of the values, as unsigned integers of the same size."""
        return self.stored[start:stop].view(f"<u{self.stored.itemsize}")

    def widened(self, start: int, stop: int, kind: FloatType = np.float32) -> Floats:
        """Some of the values in float32 or float64."""
        stored = self.stored[start:stop]
        if self.dtype != "BF16":
            return stored.astype(kind)
        bits = stored.astype(np.uint32)
        np.left_shift(bits, np.uint32(16), out=bits)
        return bits.view(np.float32).astype(kind, copy=False)

    def matrix(self) -> Floats:
        """All values in float32, in the tensor's shape."""
        return self.widened(0, self.values).reshape(self.shape)


def open_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a model directory, or of one safetensors file, by name. Reads no value.

    Raises:
        DataError: there are none, a file is damaged, or a tensor has a type that is not known.
    """
    stored = stored_tensors(path)
    files = {file: np.memmap(file, np.uint8, "r") for file in {t.file for t in stored.values()}}
    return {name: _tensor(name, entry, files[entry.file]) for name, entry in stored.items()}


def compute_type(*tensors: Tensor) -> FloatType:
    """The smaller float type that holds every value of the tensors."""
    small = all(tensor.dtype in _FITS_FLOAT32 for tensor in tensors)
    return np.float32 if small else np.float64


def rounding(values: Floats, dtypes: Iterable[str]) -> Floats:
    """The most by which a cast to one of the float types moves each value."""
    exponents: Any = np.uint32(0x7F800000)
    if values.dtype == np.float64:
        exponents = np.uint64(0x7FF0000000000000)
    powers = (values.view(exponents.dtype) & exponents).view(values.dtype)
    most = np.zeros_like(values)
    for places, least in (_PRECISION[dtype] for dtype in dtypes):
        smallest = np.ldexp(values.dtype.type(1), least)
        np.maximum(most, np.ldexp(np.maximum(powers, smallest), -places), out=most)
    return most


def cast(values: Floats, dtype: str) -> Floats:
    """float32 values, rounded to a type of 16 bits and widened again."""
    if dtype == "F16":
        return values.astype(np.float16).astype(np.float32)
    bits = values.view(np.uint32)
    # To the nearest one, from the middle to the even one.
    kept = (bits + (np.uint32(0x7FFF) + ((bits >> 16) & np.uint32(1)))) & np.uint32(0xFFFF0000)
    return kept.view(np.float32)


def is_float(dtype: str) -> bool:
    """Whether a type has binary places to be rounded to."""
    return dtype in _PRECISION


def _tensor(name: str, entry: StoredTensor, file: npt.NDArray[np.uint8]) -> Tensor:
    kind = _TYPES.get(entry.dtype)
    if kind is None:
        raise DataError(
            f"{entry.file}: {name} is of type {entry.dtype}, expected one of {', '.join(_TYPES)}; "
            "compare weights that are not quantised"
        )
    raw = np.asarray(file)[entry.start : entry.stop]
    expected = math.prod(entry.shape) * np.dtype(kind).itemsize
    if len(raw) != expected:
        raise DataError(f"{entry.file}: {name} has {len(raw)} bytes, expected {expected}")
    return Tensor(name, entry.dtype, entry.shape, raw.view(kind))
