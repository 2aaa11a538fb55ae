"""Whether a classifier's probabilities mean what they say, and the temperature that helps."""

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import DataError

BINS = 15

_SHARPEST, _FLATTEST = 1e-3, 1e3


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logits as probabilities, in [0, 1]; never overflows."""
    return 0.5 * (1 + np.tanh(logits / 2))


def fit_temperature(logits_N: NDArray[np.float64], labels_N: NDArray[np.bool_]) -> float:
    """Return the T, in [0.001, 1000], for which sigmoid(logits / T) fits the labels best.

    Above 1 it takes confidence away, below 1 it adds some. Both classes count the same, as in
    training. A temperature changes no ranking.

    Args:
        logits_N: of texts that the classifier was not trained on.
        labels_N: what they are.

    Raises:
        DataError: a class is missing, or the logits rank the classes no better than chance, so
            that no temperature fits.

    Source: Guo et al. 2017, arXiv:1706.04599. Unlike there, each label is taken for a little less
    than sure, (n + 1) / (n + 2) for a class of n texts, after Platt 1999, Probabilistic outputs
    for support vector machines: else classes that are wholly apart would ask for T = 0.
    """
    positives, negatives = int(labels_N.sum()), int((~labels_N).sum())
    if not positives or not negatives:
        raise DataError(
            f"temperature of {positives} positive and {negatives} negative texts: "
            "expected some of both"
        )
    targets_N = np.where(labels_N, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    weights_N = np.where(labels_N, 0.5 / positives, 0.5 / negatives)

    def slope(sharpness: float) -> float:
        """Derivative of the mean cross-entropy, which rises with the sharpness 1 / T."""
        return float(weights_N @ ((sigmoid(sharpness * logits_N) - targets_N) * logits_N))

    low, high = _SHARPEST, _FLATTEST
    if slope(low) >= 0:
        raise DataError(
            "temperature: the classifier ranks held-out texts no better than chance; "
            "train it longer, or on more texts"
        )
    while high / low > 1 + 1e-9:
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 1 / high


def expected_calibration_error(
    probabilities_N: NDArray[np.float64], labels_N: NDArray[np.bool_], *, bins: int = BINS
) -> float:
    """Mean distance between what was predicted and what came true, in [0, 1]; 0 is best.

    Texts are put into ``bins`` equal parts of [0, 1] by probability; a part's distance, that of
    its mean probability from its share of positives, counts by the number of its texts.

    Raises:
        DataError: there are no texts.

    Source: Naeini et al. 2015, Obtaining well calibrated probabilities using Bayesian binning.
    Unlike Guo et al. 2017 it looks at the probability of one class, not of the likelier one.
    """
    if not probabilities_N.size:
        raise DataError("calibration error of no texts, expected at least one")
    bin_N = np.minimum((probabilities_N * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_N, weights=probabilities_N - labels_N, minlength=bins)
    return float(np.abs(gaps).sum() / probabilities_N.size)
