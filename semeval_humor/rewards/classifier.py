"""The humour classifier: how likely a text is humour, and how much of it the classifier can see."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from semeval_humor.configs import Settings, checked
from semeval_humor.errors import DataError
from semeval_humor.files import atomic_writer, sha256_of_json
from semeval_humor.rewards.calibration import sigmoid
from semeval_humor.rewards.encoders import FUNNINESS, HUMOR, Encoder, load_encoder
from semeval_humor.schema import Lang
from semeval_humor.weights import file_sha256, read_json

CARD_FILE = "humor_classifier.json"

REMEMBERED = 65_536
"""Texts whose scores are kept; those not asked for the longest are forgotten first."""

# What a checkpoint says of itself does not move its scores.
_SAYS_ONLY = ("*.run.json", "metrics.json")


class Card(Settings):
    """What a checkpoint says of itself, beside its weights."""

    langs: tuple[Lang, ...] = Field(min_length=1)
    """Languages that it was trained for."""
    parent: str
    """Encoder that it was made from."""
    temperature: float = Field(gt=0)
    """The humour logit is divided by it."""
    max_length: int = Field(ge=8)
    """Tokens that are read of a text."""
    label: Mapping[Lang, str]
    """What humour and its opposite were in training."""
    funniness: bool
    """Whether ratings or votes taught it how funny texts are."""


class Classifier:
    """Says how likely texts are humour.

    Identical texts are scored once, and remembered.

    Args:
        encoder: reads texts.
        card: what it was trained for.
        sha256: of all that moves its scores.
    """

    def __init__(self, encoder: Encoder, card: Card, sha256: str) -> None:
        self.card = card
        self.sha256 = sha256
        self._logits = _Memory(encoder.logits)
        self._unknown = _Memory(encoder.unknown_rates)

    @property
    def langs(self) -> frozenset[Lang]:
        """Languages that it was trained for; of others its scores mean nothing."""
        return frozenset(self.card.langs)

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probability that each text is humour, in [0, 1], where half of all texts are."""
        return sigmoid(self._logits(texts)[:, HUMOR] / self.card.temperature)

    def funniness(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """How funny people would find each text, in [0, 1], were it humour.

        Learnt from ratings (0 is the worst one, 1 the best) and from votes (the share of voters
        who find it funny). It ranks jokes; it is no probability of being one.

        Raises:
            DataError: the classifier saw neither ratings nor votes.
        """
        if not self.card.funniness:
            raise DataError(
                "this humour classifier was trained without ratings and votes, so it does not "
                "know how funny a text is; set rating_weight or votes_weight and train again"
            )
        return sigmoid(self._logits(texts)[:, FUNNINESS])

    def unknown_rates(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Share of each text that the classifier cannot see, in [0, 1].

        It says nothing about these characters, whatever its probability. Defined by its tokenizer,
        see :meth:`TransformersEncoder.unknown_rates`.
        """
        return self._unknown(texts)


def load_classifier(path: Path) -> Classifier:
    """Load a checkpoint that ``train reward`` wrote.

    Raises:
        ConfigError: torch or transformers is missing.
        DataError: the folder is none, or is not whole.
    """
    file = path / CARD_FILE
    if not path.is_dir():
        raise DataError(f"{path}: no such folder, expected a checkpoint of train reward")
    if not file.exists():
        raise DataError(f"{path}: found no {CARD_FILE}, expected a checkpoint of train reward")
    values = read_json(file)
    try:
        card = checked(Card, values, str(file))
    except ValueError as error:
        raise DataError(str(error)) from error
    return Classifier(load_encoder(path, card.max_length), card, classifier_sha256(path))


def write_card(path: Path, card: Card) -> None:
    """Put a card into the folder of a checkpoint."""
    with atomic_writer(path / CARD_FILE) as stream:
        json.dump(card.model_dump(mode="json"), stream, ensure_ascii=False, indent=2)
        stream.write("\n")


def classifier_sha256(path: Path) -> str:
    """SHA-256 over the files of a checkpoint that move its scores, in hexadecimal."""
    says_only = {file for pattern in _SAYS_ONLY for file in path.glob(pattern)}
    files = sorted(file for file in path.iterdir() if file.is_file() and file not in says_only)
    return sha256_of_json({file.name: file_sha256(file) for file in files})


class _Memory:
    """Computes rows for texts, each different text once, and keeps the latest ones."""

    def __init__(self, compute: Callable[[Sequence[str]], NDArray[np.float64]]) -> None:
        self._compute = compute
        self._known: OrderedDict[str, NDArray[np.float64]] = OrderedDict()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float64]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if not texts:
            return self._compute(())
        if new:
            self._known.update(zip(new, self._compute(new), strict=True))
        found = np.stack([self._known[text] for text in texts])
        for text in texts:
            self._known.move_to_end(text)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found
