"""One weight of a model before and after, whatever form the two have, compared piece by piece."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from semeval_humor.diff.change import BLOCK, Change, change_between, change_by
from semeval_humor.diff.lora import LowRank
from semeval_humor.diff.tensors import Floats, Tensor, cast, compute_type, is_float

PIECE = 2**22
"""Values that are compared as one task, by one of the threads."""

COMPARED = 2**20
"""Bytes that are compared at a time."""


class Pair(Protocol):
    """One weight before and after."""

    @property
    def name(self) -> str:
        """Canonical name of the weight."""

    @property
    def values(self) -> int:
        """Number of values."""

    def pieces(self) -> list[tuple[int, int]]:
        """Begin and end of the parts that are compared as one task each."""

    def is_same(self, start: int, stop: int) -> bool:
        """Whether a piece is known to be unchanged without any arithmetic."""

    def change(self, start: int, stop: int) -> Change:
        """What became of a piece."""


@dataclass(frozen=True, slots=True)
class StoredPair:
    """A tensor on both sides."""

    name: str
    before: Tensor
    after: Tensor

    @property
    def values(self) -> int:
        """Number of values."""
        return self.before.values

    def pieces(self) -> list[tuple[int, int]]:
        """Ranges of values."""
        return _ranges(0, self.values, PIECE)

    def is_same(self, start: int, stop: int) -> bool:
        """Whether the bytes are equal."""
        if self.before is self.after:
            return True
        if self.before.dtype != self.after.dtype:
            return False
        step = COMPARED // self.before.stored.itemsize
        return all(
            np.array_equal(self.before.bits(low, high), self.after.bits(low, high))
            for low, high in _ranges(start, stop, step)
        )

    def change(self, start: int, stop: int) -> Change:
        """In blocks that fit into a cache."""
        return Change.total(self._blocks(start, stop))

    def _blocks(self, start: int, stop: int) -> Iterator[Change]:
        before, after = self.before, self.after
        kind = compute_type(before, after)
        recast = before.dtype != after.dtype and is_float(before.dtype) and is_float(after.dtype)
        casts = (before.dtype, after.dtype) if recast else ()
        for low, high in _ranges(start, stop, BLOCK):
            yield change_between(
                before.widened(low, high, kind), after.widened(low, high, kind), casts
            )


@dataclass(frozen=True, slots=True)
class AdaptedPair:
    """A tensor, and what an adapter adds to it."""

    name: str
    before: Tensor
    added: LowRank

    @property
    def values(self) -> int:
        """Number of values."""
        return self.before.values

    def pieces(self) -> list[tuple[int, int]]:
        """Ranges of rows."""
        return _row_ranges(self.added.shape)

    def is_same(self, start: int, stop: int) -> bool:
        """Never known before."""
        return False

    def change(self, start: int, stop: int) -> Change:
        """In float32, and what a merge into the tensor's own type would leave of it."""
        width = self.added.shape[1]
        before = self.before.widened(start * width, stop * width)
        moved = self.added.change(start, stop, before.reshape(-1, width)).reshape(-1)
        merged = before + moved
        if self.before.dtype in ("BF16", "F16"):
            merged = cast(merged, self.before.dtype)
        change = Change.total(
            change_by(before[low:high], moved[low:high])
            for low, high in _ranges(0, len(before), BLOCK)
        )
        return replace(change, kept=int(np.count_nonzero(merged != before)))


@dataclass(frozen=True, slots=True)
class AdapterPair:
    """What two adapters add to the same weight; None where one of them adds nothing."""

    name: str
    before: LowRank | None
    after: LowRank | None

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """The shapes that the weight has on either side; one, if the adapters fit together."""
        return tuple(dict.fromkeys(side.shape for side in (self.before, self.after) if side))

    @property
    def values(self) -> int:
        """Number of values."""
        return math.prod(self.shapes[0])

    def pieces(self) -> list[tuple[int, int]]:
        """Ranges of rows."""
        return _row_ranges(self.shapes[0])

    def is_same(self, start: int, stop: int) -> bool:
        """Never known before."""
        return False

    def change(self, start: int, stop: int) -> Change:
        """In float32."""
        before, after = (self._added(side, start, stop) for side in (self.before, self.after))
        return Change.total(
            change_between(before[low:high], after[low:high], ())
            for low, high in _ranges(0, len(before), BLOCK)
        )

    def _added(self, side: LowRank | None, start: int, stop: int) -> Floats:
        if side is None:
            return np.zeros((stop - start) * self.shapes[0][1], np.float32)
        return side.change(start, stop, None).reshape(-1)


def _row_ranges(shape: tuple[int, int]) -> list[tuple[int, int]]:
    rows, columns = shape
    # Beside the weight and the change, half a dozen arrays of this size are needed in between.
    return _ranges(0, rows, max(1, PIECE // 4 // max(1, columns)))


def _ranges(start: int, stop: int, step: int) -> list[tuple[int, int]]:
    return [(low, min(low + step, stop)) for low in range(start, stop, step)]
