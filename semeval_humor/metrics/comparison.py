"""Two systems on the same prompts: paired differences, and whether chance explains them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import DataError
from semeval_humor.metrics.intervals import HALVES, Z95, Measure

PERMUTATIONS = 10_000
"""Sign flips of row differences; a p-value is never below 1 / 10,001."""

SET_PERMUTATIONS = 500
"""Swaps of whole sets, each of which is measured anew; a p-value is never below 1 / 501."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What system B has over system A.

    Attributes:
        name: of the metric.
        a: value of A over the rows that both have.
        b: value of B over the same rows.
        low: lower end of the 95 % interval of b - a.
        high: upper end of it.
        p: probability of a difference at least as large, were the systems interchangeable; not
            corrected for the number of metrics that are looked at.
        items: number of rows.
    """

    name: str
    a: float
    b: float
    low: float
    high: float
    p: float
    items: int

    @property
    def difference(self) -> float:
        """B minus A."""
        return self.b - self.a


def compare_rows(name: str, a: Sequence[float], b: Sequence[float], *, seed: int = 0) -> Difference:
    """Compare means over rows, by flipping the signs of the rows' differences.

    The interval is the percentile bootstrap of the mean difference. Rows that are undefined (NaN)
    for either system are left out.

    Args:
        name: of the metric.
        a: value of each row for system A.
        b: the same rows, in the same order, for system B.
        seed: of flips and resamples.

    Raises:
        DataError: no row is defined for both.
    """
    values = np.array([a, b], dtype=float)
    values = values[:, ~np.isnan(values).any(axis=0)]
    items = values.shape[1]
    if not items:
        raise DataError(f"{name}: no row has a value for both systems")
    gaps = values[1] - values[0]
    random = np.random.default_rng(seed)
    flipped = np.concatenate(
        [(random.choice([-1.0, 1.0], (size, items)) @ gaps) for size in _batches(items)]
    )
    means = np.concatenate(
        [gaps[random.integers(items, size=(size, items))].mean(axis=1) for size in _batches(items)]
    )
    low, high = np.quantile(means, [0.025, 0.975])
    return Difference(
        name,
        a=float(values[0].mean()),
        b=float(values[1].mean()),
        low=float(low),
        high=float(high),
        p=_p_value(flipped, gaps.sum()),
        items=items,
    )


def compare_sets(name: str, items: int, measure: Measure, *, seed: int = 0) -> Difference:
    """Compare measures of whole sets, by exchanging the systems' texts prompt by prompt.

    The interval comes from random halves of the prompts, taken without replacement: repeated
    texts would change the measure. A half deviates from the mean of the halves as the whole set
    does from the truth.

    Args:
        name: of the metric.
        items: number of prompts N.
        measure: of a subset of the 2 N texts of both systems, A's before B's, in the same order.
        seed: of exchanges and halves.

    Raises:
        DataError: a subset has no value, e.g. because its texts are too short.

    Source: Politis, Romano and Wolf, Subsampling, 1999, chapter 2, with half of the rows, where
    the finite-population correction makes the scale one.
    """
    if items < 2:
        raise DataError(f"{name}: {items} common row, expected 2 or more to compare sets")
    random = np.random.default_rng(seed)
    rows = np.arange(items)

    def gap(chosen: NDArray[np.intp], swapped: NDArray[np.bool_]) -> float:
        left = np.where(swapped, chosen + items, chosen)
        right = np.where(swapped, chosen, chosen + items)
        return measure(right) - measure(left)

    kept = np.zeros(items, dtype=bool)
    a, b = measure(rows), measure(rows + items)
    swaps = [gap(rows, random.random(items) < 0.5) for _ in range(SET_PERMUTATIONS)]
    half = items // 2
    halves = [gap(random.permutation(items)[:half], kept[:half]) for _ in range(HALVES)]
    margin = Z95 * float(np.std(halves, ddof=1)) * math.sqrt(half / (items - half))
    return Difference(
        name, a, b, b - a - margin, b - a + margin, _p_value(np.array(swaps), b - a), items
    )


def _p_value(chance: NDArray[np.float64], observed: float) -> float:
    # Sums in another order differ in their last digits; equal ones must count as equal.
    tolerance = 1e-12 + 1e-9 * abs(observed)
    extreme = int((np.abs(chance) >= abs(observed) - tolerance).sum())
    return (1 + extreme) / (1 + len(chance))


def _batches(items: int) -> list[int]:
    """Sizes that add up to PERMUTATIONS, each small enough for 32 MB of numbers."""
    size = max(1, min(PERMUTATIONS, 4_000_000 // items))
    full, rest = divmod(PERMUTATIONS, size)
    return [size] * full + ([rest] if rest else [])
