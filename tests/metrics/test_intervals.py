import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from semeval_humor.errors import DataError
from semeval_humor.metrics.intervals import (
    half_interval,
    mean_interval,
    mean_score,
    set_score,
    wilson_interval,
)
from semeval_humor.metrics.variety import distinct_n_of
from semeval_humor.schema import Lang

NAN = math.nan


def test_mean_of_the_defined_rows() -> None:
    score = mean_score("x", [1, NAN, 0.5, 0], Lang.ES, undefined="nothing", settings={"n": 2})
    assert (score.value, score.items, score.lang) == (0.5, 3, Lang.ES)
    assert score.settings == {"n": 2}
    assert score.rows is not None
    np.testing.assert_array_equal(score.rows, [1, NAN, 0.5, 0])
    # Three draws from {0, ½, 1}: 1/27 of the resamples are all 0, and as many all 1.
    assert (score.low, score.high) == (0, 1)


def test_one_value_has_no_interval() -> None:
    score = mean_score("x", [NAN, 0.5], Lang.EN, undefined="nothing")
    assert (score.value, score.low, score.high) == (0.5, None, None)
    assert mean_interval(np.array([0.5])) == (None, None)


def test_bootstrap_interval_is_that_of_a_normal_mean() -> None:
    values = np.random.default_rng(1).normal(size=2000)
    low, high = mean_interval(values)
    assert low is not None
    assert high is not None
    assert values.mean() - low == pytest.approx(1.96 * values.std() / 2000**0.5, rel=0.1)
    assert high - values.mean() == pytest.approx(1.96 * values.std() / 2000**0.5, rel=0.1)
    assert mean_interval(values, seed=1) != (low, high)
    assert mean_interval(values[::-1]) == (low, high)


def test_bootstrap_in_blocks() -> None:
    """A million values are resampled four at a time; the last block is shorter."""
    values = np.concatenate([np.zeros(500_000), np.ones(500_000)])
    low, high = mean_interval(values, resamples=9)
    assert low is not None
    assert high is not None
    assert 0.498 < low < 0.5 < high < 0.502


def test_equal_values_have_an_interval_of_one_point() -> None:
    assert mean_interval(np.full(7, 0.5)) == (0.5, 0.5)
    # Sums of 0.1 that are rounded otherwise may fall beside the mean.
    low, high = mean_interval(np.full(7, 0.1))
    assert low is not None
    assert high is not None
    assert low <= 0.1 <= high
    assert low == pytest.approx(high)


@pytest.mark.parametrize("values", [[], [NAN]])
def test_no_values(values: list[float]) -> None:
    with pytest.raises(DataError, match="no values"):
        mean_interval(np.array(values))


def test_undefined_scores_say_what_was_found() -> None:
    with pytest.raises(DataError, match=r"^x: no headline in 1 rows$"):
        mean_score("x", [NAN], Lang.EN, undefined="no headline in 1 rows")
    with pytest.raises(DataError, match=r"^x: no word$"):
        set_score("x", lambda rows: NAN, 1, Lang.EN, undefined="no word")
    with pytest.raises(DataError, match=r"^x: no texts, expected at least one$"):
        set_score("x", lambda rows: NAN, 0, Lang.EN, undefined="no word")


@pytest.mark.parametrize("rows", [400, 5])
def test_halves_of_a_mean_scatter_as_means_do(rows: int) -> None:
    values = np.random.default_rng(0).normal(5, size=rows)
    low, high = half_interval(lambda some: float(values[some].mean()), rows, highest=9, halves=2000)
    assert low is not None
    assert high is not None
    assert (low + high) / 2 == pytest.approx(values.mean())
    assert (high - low) / 2 == pytest.approx(1.96 * values.std(ddof=1) / rows**0.5, rel=0.05)


def test_halves_are_cut_to_the_range() -> None:
    rare = np.array([0.0] * 5 + [1.0])
    # Half of the halves have a third of their rows set, the others none: a deviation of 1/6.
    low, high = half_interval(lambda some: float(rare[some].mean()), 6)
    assert low == 0
    assert high == pytest.approx(1 / 6 + 1.96 / 6, rel=0.03)
    low, high = half_interval(lambda some: 1 - float(rare[some].mean()), 6)
    assert low == pytest.approx(5 / 6 - 1.96 / 6, rel=0.03)
    assert high == 1
    # A value that is itself beyond the range by a rounding error is not cut off.
    assert half_interval(lambda some: 1 + 1e-16, 6) == (1 + 1e-16, 1 + 1e-16)


def test_no_interval_where_a_half_has_no_value() -> None:
    def measure(rows: NDArray[np.intp]) -> float:
        return float(rows.max()) if rows.size > 1 else NAN

    assert half_interval(measure, 3) == (None, None)
    assert half_interval(measure, 1) == (None, None)
    score = set_score("x", measure, 3, Lang.ZH, undefined="", items=2, highest=9)
    assert (score.value, score.items, score.low, score.high, score.rows) == (2, 2, None, None, None)


@pytest.mark.slow
def test_interval_of_distinct_2_covers_the_truth() -> None:
    """Nineteen of twenty samples of 200 texts must cover the mean over many such samples."""
    random = np.random.default_rng(0)
    vocabulary = np.array([f"w{number}" for number in range(3000)])
    likely = 1 / np.arange(1, 3001)
    pool = [
        " ".join(random.choice(vocabulary, random.integers(5, 40), p=likely / likely.sum()))
        for _ in range(20_000)
    ]
    measure = distinct_n_of(pool, Lang.EN, n=2)
    samples = [random.permutation(len(pool))[:200] for _ in range(1000)]
    truth = float(np.mean([measure(rows) for rows in samples]))
    covered = 0
    for rows in samples[:300]:
        low, high = half_interval(lambda some, rows=rows: measure(rows[some]), 200)  # type: ignore[misc]
        assert low is not None
        assert high is not None
        covered += low <= truth <= high
    assert 0.91 <= covered / 300 <= 0.985


@pytest.mark.parametrize(
    ("successes", "items", "low", "high"),
    [
        # z² = 3.8415; middle (0.5 + 3.8415/20) / (1 + 0.38415), reach z √(0.025 + 0.0096) / 1.38415
        (5, 10, 0.2366, 0.7634),
        (0, 10, 0.0, 0.2775),  # z²/10 / (1 + z²/10)
        (10, 10, 0.7225, 1.0),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_wilson_interval(successes: int, items: int, low: float, high: float) -> None:
    assert wilson_interval(successes, items) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500), st.data())
def test_wilson_interval_holds_the_share(items: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, items))
    low, high = wilson_interval(successes, items)
    assert 0 <= low <= successes / items <= high <= 1
    mirrored = wilson_interval(items - successes, items)
    assert math.isclose(low, 1 - mirrored[1], abs_tol=1e-12)


def test_share_of_nothing() -> None:
    with pytest.raises(DataError, match="share of nothing"):
        wilson_interval(0, 0)
