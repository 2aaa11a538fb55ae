import math

import numpy as np
import pytest

from semeval_humor.errors import DataError
from semeval_humor.metrics.comparison import compare_rows, compare_sets
from semeval_humor.metrics.intervals import Measure


def test_rows_hand_worked() -> None:
    # Differences 1, 1, 1: of the 8 sign patterns only +++ and --- are as extreme: p = 2/8.
    found = compare_rows("coverage", [0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    assert (found.a, found.b, found.difference) == (0.0, 1.0, 1.0)
    assert (found.low, found.high) == (1.0, 1.0)
    assert found.p == pytest.approx(0.25, abs=0.02)


def test_equal_rows_are_never_told_apart() -> None:
    found = compare_rows("purity", [0.1, 0.7, 0.7], [0.1, 0.7, 0.7])
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_rows_that_one_system_lacks_are_left_out() -> None:
    nan = math.nan
    found = compare_rows("coverage", [0.0, nan, 1.0], [1.0, 1.0, nan])
    assert (found.a, found.b, found.items) == (0.0, 1.0, 1)
    with pytest.raises(DataError, match="coverage: no row has a value for both"):
        compare_rows("coverage", [nan], [1.0])


def test_a_difference_turns_round_with_its_systems() -> None:
    random = np.random.default_rng(1)
    a, b = random.random(40), random.random(40) + 0.2
    there, back = compare_rows("x", list(a), list(b)), compare_rows("x", list(b), list(a))
    assert there.difference == pytest.approx(-back.difference)
    assert there.p == back.p < 0.05


def test_p_values_of_equal_systems_are_uniform() -> None:
    random = np.random.default_rng(2)
    values = [
        compare_rows("x", list(random.normal(size=25)), list(random.normal(size=25)), seed=s).p
        for s in range(120)
    ]
    # 5 % of 120 are 6; twelve or more have a probability of 2 %.
    assert sum(p < 0.05 for p in values) < 12
    assert 0.35 < float(np.mean(values)) < 0.65


def distinct(texts: list[str]) -> Measure:
    """Share of different texts in a subset."""
    return lambda rows: len({texts[row] for row in rows}) / len(rows)


def test_sets_hand_worked() -> None:
    # A says one thing 12 times, B twelve different ones: 1/12 against 12/12. Swapping leaves a
    # gap as large only if all rows or none are swapped: 2 of 4,096 patterns.
    texts = ["same"] * 12 + [f"joke {n}" for n in range(12)]
    found = compare_sets("distinct", 12, distinct(texts))
    assert found.a == pytest.approx(1 / 12)
    assert found.b == 1
    assert found.low <= found.difference <= found.high
    assert found.p < 0.01


def test_equal_sets_are_never_told_apart() -> None:
    texts = [f"joke {n % 5}" for n in range(20)] * 2
    found = compare_sets("distinct", 20, distinct(texts))
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_one_row_is_no_set() -> None:
    with pytest.raises(DataError, match="1 common row, expected 2 or more"):
        compare_sets("distinct", 1, distinct(["a", "b"]))
