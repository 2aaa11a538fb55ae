"""``train reward``: an encoder and labelled texts to a calibrated humour classifier."""

import json
import time
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from semeval_humor.errors import ConfigError, EngineError, HumorError
from semeval_humor.files import atomic_folder, atomic_writer, sha256_of_file
from semeval_humor.receipt import hardware, versions, write_receipt
from semeval_humor.rewards.calibration import (
    expected_calibration_error,
    fit_temperature,
    sigmoid,
)
from semeval_humor.rewards.classifier import (
    CARD_FILE,
    Card,
    Classifier,
    classifier_sha256,
    write_card,
)
from semeval_humor.rewards.encoders import HUMOR, TransformersEncoder, load_parts, save_encoder
from semeval_humor.schema import FileRecord, ModelIdentity, Receipt, Score
from semeval_humor.training.processes import idle_cores
from semeval_humor.training.reward.config import RewardConfig
from semeval_humor.training.reward.data import Example, Examples, read_examples
from semeval_humor.training.reward.embedded import resolve_encoder
from semeval_humor.training.reward.fit import Evaluation, Watch, fit
from semeval_humor.training.reward.report import held_out_scores
from semeval_humor.training.reward.searched import SLOWER, with_searched
from semeval_humor.weights import weights_sha256

METRICS_FILE = "metrics.json"
RECEIPT_FILE = "humor_classifier.run.json"


def train(config: RewardConfig, watch: Watch, *, force: bool = False) -> Path:
    """Train a humour classifier, calibrate it, and measure it on texts that it has not seen.

    The folder appears whole or not at all, with weights, tokenizer, card, metrics and receipt.

    Args:
        config: what to train, on what, how.
        watch: is told how it goes.
        force: replace a checkpoint that is there.

    Returns:
        The folder.

    Raises:
        ConfigError: there is something in its place, or the encoder cannot be had.
        DataError: texts cannot be read, or the classifier did not learn to tell them.
        EngineError: the GPU has too little memory.
        HumorError: the loss is no longer a number, or the result cannot be written.
    """
    _check_place(config.out, force=force)
    started, clock = datetime.now(UTC), time.perf_counter()
    examples = read_examples(config)
    parent = resolve_encoder(config.encoder)
    encoder = _new_encoder(parent, config)
    history = _fitted(encoder, examples, config, watch)
    temperature, calibration = calibrate(encoder, examples.dev)
    try:
        with atomic_folder(config.out, replace=force) as partial:
            card = _card(config, examples, temperature)
            save_encoder(partial, encoder)
            write_card(partial, card)
            classifier = Classifier(encoder, card, classifier_sha256(partial))
            scores = held_out_scores(classifier, encoder, examples.test, examples.votes[1])
            _write_metrics(partial / METRICS_FILE, history, calibration, scores)
            seconds = time.perf_counter() - clock
            identity = ModelIdentity(config.encoder, weights_sha256(str(parent)))
            write_receipt(
                partial / RECEIPT_FILE,
                _receipt(config, examples, identity, partial, history, started, seconds),
            )
    except OSError as error:
        raise HumorError(f"{config.out}: cannot be written: {error.strerror or error}") from error
    return config.out


def calibrate(
    encoder: TransformersEncoder, dev: tuple[Example, ...]
) -> tuple[float, dict[str, float]]:
    """Return the temperature that fits the dev texts, and what it does to their calibration.

    Raises:
        DataError: the classifier tells the texts no better than chance.
    """
    logits = encoder.logits([example.text for example in dev])[:, HUMOR]
    labels = np.array([example.humor for example in dev])
    temperature = fit_temperature(logits, labels)
    return temperature, {
        "temperature": temperature,
        "ece_before": expected_calibration_error(sigmoid(logits), labels),
        "ece_after": expected_calibration_error(sigmoid(logits / temperature), labels),
    }


def _check_place(out: Path, *, force: bool) -> None:
    if not out.exists():
        return
    if not (out / CARD_FILE).exists():
        raise ConfigError(f"{out}: is there already, and is no humour classifier; choose another")
    if not force:
        raise ConfigError(f"{out}: is there already; use --force to train it again")


def _new_encoder(parent: Path, config: RewardConfig) -> TransformersEncoder:
    try:
        import torch
    except ImportError as error:
        raise ConfigError(
            f"train reward needs {error.name}: pip install 'semeval-humor[train]'"
        ) from error
    torch.manual_seed(config.seed)  # of the head
    tokenizer, model = load_parts(parent, head=None)
    return TransformersEncoder(tokenizer, model, config.max_length)


def _fitted(
    encoder: TransformersEncoder, examples: Examples, config: RewardConfig, watch: Watch
) -> list[Evaluation]:
    import torch

    torch.set_num_threads(config.threads or idle_cores())
    try:
        history = fit(encoder, examples, config, watch)
        if config.searched:
            found = with_searched(encoder, examples, config, watch.searched)
            again = {"epochs": 1.0, "evaluations": 1}
            slower = {"learning_rate": SLOWER * config.learning_rate}
            more = fit(encoder, found, config.model_copy(update=again | slower), watch)
            steps = history[-1].step
            history += [replace(each, step=steps + each.step) for each in more]
    except torch.OutOfMemoryError as error:
        raise EngineError(
            f"out of memory with batches of {config.batch_size} texts; lower batch_size or "
            "max_length, or set frozen_layers"
        ) from error
    return history


def _card(config: RewardConfig, examples: Examples, temperature: float) -> Card:
    return Card(
        langs=config.langs,
        parent=config.encoder,
        temperature=temperature,
        max_length=config.max_length,
        label=examples.labels,
        funniness=bool(config.rating_weight or config.votes_weight),
    )


def _write_metrics(
    path: Path, history: list[Evaluation], calibration: dict[str, float], scores: list[Score]
) -> None:
    metrics: dict[str, Any] = {
        "history": [asdict(evaluation) for evaluation in history],
        "calibration": calibration,
        "scores": [{**asdict(score), "rows": None} for score in scores],
    }
    with atomic_writer(path) as stream:
        json.dump(metrics, stream, ensure_ascii=False, indent=2)
        stream.write("\n")


def _receipt(
    config: RewardConfig,
    examples: Examples,
    parent: ModelIdentity,
    folder: Path,
    history: list[Evaluation],
    started: datetime,
    seconds: float,
) -> Receipt:
    import torch

    inputs = [config.jokes, *config.headlines, *([config.votes] if config.votes else [])]
    outputs = sorted(file for file in folder.iterdir() if file.is_file())
    settings = config.model_dump(mode="json")
    return Receipt(
        command="train reward",
        config=settings,
        identity={
            name: value for name, value in settings.items() if name not in ("out", "threads")
        },
        model=parent,
        engine={
            "device": "cuda" if torch.cuda.is_available() else "cpu",
            "threads": torch.get_num_threads(),
            "dtype": "float32",
        },
        inputs=tuple(FileRecord(str(path), sha256_of_file(path)) for path in inputs),
        outputs=tuple(FileRecord(file.name, sha256_of_file(file)) for file in outputs),
        counts={
            "steps": history[-1].step,
            "train": _counted(examples.train),
            "dev": _counted(examples.dev),
            "test": _counted(examples.test),
            "votes": [len(votes) for votes in examples.votes],
        },
        unresolved={},
        versions=versions(),
        hardware=hardware(),
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 2),
    )


def _counted(examples: tuple[Example, ...]) -> dict[str, int]:
    return dict(Counter(f"{example.lang} {example.kind}" for example in examples).most_common())
