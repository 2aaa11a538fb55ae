"""What a trained classifier is worth on texts that it has not seen."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from semeval_humor.metrics.intervals import Settings, mean_score, set_score
from semeval_humor.rewards.calibration import expected_calibration_error, sigmoid
from semeval_humor.rewards.classifier import Classifier
from semeval_humor.rewards.encoders import HUMOR, Encoder
from semeval_humor.rewards.human_votes import PairVote, agreement_with_votes
from semeval_humor.schema import Lang, Score
from semeval_humor.training.reward.data import HEADLINE, JOKE, OTHER, Example
from semeval_humor.training.reward.losses import HIGHEST_RATING, LOWEST_RATING

Binary = Callable[[NDArray[np.float64], NDArray[np.bool_]], float]

CORPUS = "corpus"
"""Texts as a corpus has and labels them."""
WITH_HEADLINES = "corpus+headlines"
WITH_MADE = "corpus+headlines+hard-negatives"


def f1(probabilities_N: NDArray[np.float64], labels_N: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall of humour, in [0, 1]; NaN without any humour.

    Humour is what has more than one half.
    """
    told = probabilities_N > 0.5
    named = int(told.sum() + labels_N.sum())
    return 2 * int((told & labels_N).sum()) / named if named else math.nan


def auc(probabilities_N: NDArray[np.float64], labels_N: NDArray[np.bool_]) -> float:
    """Chance that a humorous text has more than another one, ties counting half; in [0, 1].

    NaN without texts of both kinds.
    """
    humor, other = probabilities_N[labels_N], np.sort(probabilities_N[~labels_N])
    if not humor.size or not other.size:
        return math.nan
    below, reached = np.searchsorted(other, humor, "left"), np.searchsorted(other, humor, "right")
    return float((below + reached).mean() / (2 * other.size))


def held_out_scores(
    classifier: Classifier,
    encoder: Encoder,
    examples: Sequence[Example],
    votes: Sequence[PairVote],
) -> list[Score]:
    """Measure a classifier on the test texts of each language, and on held-out votes.

    Args:
        classifier: calibrated.
        encoder: the same without its temperature.
        examples: of the test split.
        votes: none that it was trained on.
    """
    scores: list[Score] = []
    for lang in sorted(classifier.langs):
        mine = [example for example in examples if example.lang is lang]
        scores += _of_sets(classifier, encoder, mine, lang)
        scores += _of_kinds(classifier, mine, lang)
        if classifier.card.funniness:
            scores += _of_ratings(classifier, mine, lang)
    if any(vote.decisive for vote in votes):
        scores.append(
            agreement_with_votes(classifier.probabilities, votes, name="vote-agreement-humor")
        )
        if classifier.card.funniness:
            scores.append(
                agreement_with_votes(classifier.funniness, votes, name="vote-agreement-funniness")
            )
    return scores


def _of_sets(
    classifier: Classifier, encoder: Encoder, examples: Sequence[Example], lang: Lang
) -> Iterator[Score]:
    corpus = [example for example in examples if example.kind in (JOKE, OTHER)]
    headlines = [example for example in examples if example.kind == HEADLINE]
    made = [example for example in examples if example.made]
    sets = {CORPUS: corpus}
    if headlines:
        sets[WITH_HEADLINES] = [*corpus, *headlines]
    if made:
        sets[WITH_MADE] = [*corpus, *headlines, *made]
    for name, members in sets.items():
        labels = np.array([example.humor for example in members], dtype=bool)
        if labels.all() or not labels.any():
            continue  # Chinese corpora have only jokes
        texts = [example.text for example in members]
        probabilities = classifier.probabilities(texts)
        right = ((probabilities > 0.5) == labels).astype(float)
        settings: Settings = {"set": name, "humor": int(labels.sum())}
        yield replace(
            mean_score("accuracy", right, lang, undefined="", settings=settings), rows=None
        )
        for measure in (f1, auc):
            yield _set(measure.__name__, measure, probabilities, labels, lang, settings)
        bare = sigmoid(encoder.logits(texts)[:, HUMOR])
        for when, values in (("before", bare), ("after", probabilities)):
            error = expected_calibration_error
            yield _set(f"ece-{when}", error, values, labels, lang, settings)


def _set(
    name: str,
    measure: Binary,
    probabilities: NDArray[np.float64],
    labels: NDArray[np.bool_],
    lang: Lang,
    settings: Settings,
) -> Score:
    return set_score(
        name,
        lambda rows: measure(probabilities[rows], labels[rows]),
        len(labels),
        lang,
        undefined="expected texts of both kinds",
        settings=settings,
    )


def _of_kinds(classifier: Classifier, examples: Sequence[Example], lang: Lang) -> Iterator[Score]:
    """Share of each kind of texts that is taken for humour."""
    for kind in dict.fromkeys(example.kind for example in examples):
        texts = [example.text for example in examples if example.kind == kind]
        taken = (classifier.probabilities(texts) > 0.5).astype(float)
        settings = {"kind": kind.replace(" ", "-")}
        score = mean_score("taken-for-humor", taken, lang, undefined="", settings=settings)
        yield replace(score, rows=None)


def _of_ratings(classifier: Classifier, examples: Sequence[Example], lang: Lang) -> Iterator[Score]:
    rated = [example for example in examples if example.rating is not None]
    if rated:
        ratings = np.array([example.rating for example in rated], dtype=np.float64)
        shares = classifier.funniness([example.text for example in rated])
        predicted = LOWEST_RATING + (HIGHEST_RATING - LOWEST_RATING) * shares
        squares = (predicted - ratings) ** 2
        yield set_score(
            "rating-rmse",
            lambda rows: float(np.sqrt(squares[rows].mean())),
            len(rated),
            lang,
            undefined="expected rated texts",
            settings={"spread": round(float(ratings.std()), 4)},
            highest=HIGHEST_RATING - LOWEST_RATING,
        )
