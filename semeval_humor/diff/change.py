"""How far values moved: sums over blocks that fit into a processor's cache."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from semeval_humor.diff.tensors import Floats, rounding

BLOCK = 2**15
"""Values at a time. With fewer, Python takes the time; with more, memory does."""

# Sums of squares in float32 that neither overflowed nor lost what they were made of.
_SAFE_SQUARES = (1e-30, 1e30)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of some values. Two of them add up.

    Attributes:
        values: number of values.
        changed: of these, not equal; +0 equals -0, and NaN equals NaN.
        largest: max |Δ| of the finite ones.
        square: Σ Δ².
        base_square: Σ W², of the values before.
        along: Σ W·Δ; its square is the product of the two others if all values shrank alike.
        broken: values that became NaN or infinite.
        beyond_rounding: changed by more than a cast to the type of either side explains.
        kept: of the changed values, those that a merge into the type of the weight would move.
    """

    values: int = 0
    changed: int = 0
    largest: float = 0.0
    square: float = 0.0
    base_square: float = 0.0
    along: float = 0.0
    broken: int = 0
    beyond_rounding: int = 0
    kept: int = 0

    @classmethod
    def total(cls, changes: Iterable[Self]) -> Self:
        """All of them together."""
        found = list(changes)
        sums = {f.name: sum(getattr(c, f.name) for c in found) for f in fields(cls)}
        return cls(**{**sums, "largest": max((c.largest for c in found), default=0.0)})

    @property
    def along_square(self) -> float:
        """The part of Σ Δ² that lies along W."""
        return self.along**2 / self.base_square if self.base_square else 0.0


def change_between(before: Floats, after: Floats, casts: tuple[str, ...]) -> Change:
    """What became of the values of a block.

    Args:
        before: the values before.
        after: the values after.
        casts: types of both sides, if they are floats of different kinds; else empty.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        found = _quick(before, after - before, casts)
        if found is not None:
            return found
        before_64, after_64 = before.astype(np.float64), after.astype(np.float64)
        moved = after_64 - before_64
        moved[(before_64 == after_64) | (np.isnan(before_64) & np.isnan(after_64))] = 0
        return _careful(before_64, moved, casts)


def change_by(before: Floats, moved: Floats) -> Change:
    """What becomes of the values of a block if others are added to them without rounding."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = _quick(before, moved, ())
        return found or _careful(before.astype(np.float64), moved.astype(np.float64), ())


def _quick(before: Floats, moved: Floats, casts: tuple[str, ...]) -> Change | None:
    """In the precision of the values; None where that does not do."""
    along = float(before @ moved)
    square = float(moved @ moved)
    base_square = float(before @ before)
    distance = np.abs(moved)
    # Integers are counted several times faster than floats, and without its sign zero is zero.
    changed = int(np.count_nonzero(distance.view(f"i{distance.itemsize}")))
    if not (_is_safe(base_square, before) and _is_safe(square, distance)):
        return None
    return Change(
        values=len(moved),
        changed=changed,
        largest=float(distance.max()),
        square=square,
        base_square=base_square,
        along=along,
        beyond_rounding=_beyond(before, distance, casts) if changed and casts else changed,
    )


def _is_safe(square: float, values: Floats) -> bool:
    low, high = _SAFE_SQUARES
    return low < square < high or (square == 0 and not values.any())


def _careful(before: Floats, moved: Floats, casts: tuple[str, ...]) -> Change:
    """In float64, leaving out what is not finite. Changes both arrays."""
    changed = int(np.count_nonzero(moved))
    lost = ~np.isfinite(moved)
    broken = int(np.count_nonzero(lost & np.isfinite(before)))
    unknown = lost | ~np.isfinite(before)
    before[unknown] = moved[unknown] = 0
    distance = np.abs(moved)
    beyond = int(np.count_nonzero(lost)) + _beyond(before, distance, casts) if casts else changed
    return Change(
        values=len(moved),
        changed=changed,
        largest=float(distance.max()),
        square=float(moved @ moved),
        base_square=float(before @ before),
        along=float(before @ moved),
        broken=broken,
        beyond_rounding=beyond,
    )


def _beyond(before: Floats, distance: Floats, casts: tuple[str, ...]) -> int:
    return int(np.count_nonzero(distance > rounding(before, casts)))
