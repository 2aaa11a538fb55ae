"""Calibration, by hand."""

import numpy as np
import pytest

from semeval_humor.errors import DataError
from semeval_humor.rewards.calibration import (
    expected_calibration_error,
    fit_temperature,
    sigmoid,
)


def test_sigmoid() -> None:
    found = sigmoid(np.array([0.0, np.log(3), -np.log(3), 1e4, -1e4]))
    assert found == pytest.approx([0.5, 0.75, 0.25, 1.0, 0.0])


@pytest.mark.parametrize(
    ("probabilities", "labels", "bins", "error"),
    [
        # [0, ½): mean 0.2, share 0, 2 texts; [½, 1]: mean 0.8, share 0.5, 2 texts.
        # (2 · 0.2 + 2 · 0.3) / 4 = 0.25
        ([0.1, 0.3, 0.7, 0.9], [0, 0, 0, 1], 2, 0.25),
        ([0.1, 0.3, 0.7, 0.9], [0, 0, 0, 1], 1, 0.25),  # mean 0.5, share 0.25
        ([0.25, 0.25, 0.25, 0.25], [0, 0, 0, 1], 15, 0.0),
        ([1.0, 0.0], [1, 0], 15, 0.0),
        ([1.0, 0.0], [0, 1], 15, 1.0),
        ([0.5], [1], 2, 0.5),  # one half is in the upper part
        ([1.0, 0.95], [0, 1], 15, 0.475),  # and 1 in the last one: (1 - 0.05) / 2
    ],
)
def test_calibration_error(
    probabilities: list[float], labels: list[int], bins: int, error: float
) -> None:
    found = expected_calibration_error(
        np.array(probabilities), np.array(labels, dtype=bool), bins=bins
    )
    assert found == pytest.approx(error)


def test_calibration_error_of_nothing() -> None:
    with pytest.raises(DataError, match="of no texts"):
        expected_calibration_error(np.array([]), np.array([], dtype=bool))


def test_temperature_by_hand() -> None:
    # 4 of 5 are right at logit ±2 in each class. With one text added to each side, as Platt does,
    # the targets are 6/7 and 1/7, but of the wrong fifth as well: the mean target at logit 2 is
    # (4 · 6/7 + 1/7) / 5 = 5/7, so sigmoid(2 / T) = 5/7 and T = 2 / ln(5/2) = 2.1827.
    logits = np.array([2, 2, 2, 2, -2, -2, -2, -2, -2, 2], dtype=float)
    labels = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], dtype=bool)
    assert fit_temperature(logits, labels) == pytest.approx(2 / np.log(2.5), rel=1e-6)


def test_temperature_undoes_a_factor_and_calibrates() -> None:
    random = np.random.default_rng(0)
    labels = random.random(4000) < 0.5
    honest = np.where(labels, 1.0, -1.0) + random.normal(size=4000)
    honest *= 2  # the logit of two normal classes at ±1
    temperature = fit_temperature(3 * honest, labels)
    assert temperature == pytest.approx(3, rel=0.06)
    before = expected_calibration_error(sigmoid(3 * honest), labels)
    after = expected_calibration_error(sigmoid(3 * honest / temperature), labels)
    assert after < 0.02 < 0.05 < before


def test_classes_count_the_same_whatever_their_sizes() -> None:
    logits = np.array([2, 2, 2, 2, -2, -2, -2, -2, -2, 2], dtype=float)
    labels = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], dtype=bool)
    many = np.concatenate([logits, np.tile(logits[5:], 200)])
    more = np.concatenate([labels, np.tile(labels[5:], 200)])
    # Negatives: target 1/1007 instead of 1/7, 4 of 5 at -2. The mean target at logit 2, in the
    # mean of the classes: ((4 · 6/7 + 1/7) + (4 · 1006/1007 + 1/1007)) / 10 = 0.7568
    target = ((4 * 6 / 7 + 1 / 7) + (4 * 1006 / 1007 + 1 / 1007)) / 10
    expected = 2 / np.log(target / (1 - target))
    assert fit_temperature(many, more) == pytest.approx(expected, rel=1e-6)


def test_classes_that_are_wholly_apart_have_a_temperature() -> None:
    # sigmoid(1 / T) = 2/3, so T = 1 / ln 2
    found = fit_temperature(np.array([1.0, -1.0]), np.array([True, False]))
    assert found == pytest.approx(1 / np.log(2), rel=1e-6)


def test_the_wrong_way_round_has_none() -> None:
    with pytest.raises(DataError, match="no better than chance"):
        fit_temperature(np.array([-1.0, 1.0]), np.array([True, False]))


@pytest.mark.parametrize("label", [True, False])
def test_one_class_has_none(label: bool) -> None:
    with pytest.raises(DataError, match="expected some of both"):
        fit_temperature(np.array([1.0, 2.0]), np.array([label, label]))
