"""The humour classifier: the same scores in any company, and honest about what it cannot see."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from semeval_humor.errors import DataError
from semeval_humor.rewards import classifier as classifiers
from semeval_humor.rewards.classifier import CARD_FILE, Card, Classifier, load_classifier
from semeval_humor.rewards.encoders import HEAD_FILE, batches
from semeval_humor.schema import Lang
from tests.rewards.jokes import JOKES
from tests.rewards.tiny_encoder import TEXTS, save_bert, save_classifier, save_deberta

CARD = Card(
    langs=(Lang.EN, Lang.ZH),
    parent="nobody",
    temperature=2.0,
    max_length=64,
    label={Lang.EN: "joke against other text"},
    funniness=True,
)


class Counting:
    """An encoder that finds long texts humorous, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        self.asked.append(list(texts))
        return np.array([[len(text), -len(text)] for text in texts], dtype=float).reshape(-1, 2)

    def unknown_rates(self, texts: Sequence[str]) -> NDArray[np.float64]:
        self.asked.append(list(texts))
        return np.array([text.count("?") / len(text) for text in texts])


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def checkpoint(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_classifier(tmp_path_factory.mktemp("trained") / "reward", bert)


# Scores


def test_probabilities_are_tempered_and_funniness_is_not() -> None:
    judge = Classifier(Counting(), CARD, "0")
    # 1 / (1 + e^(-4/2)) = 0.880797; 1 / (1 + e^4) = 0.017986
    assert judge.probabilities(["haha"]) == pytest.approx([0.880797], abs=1e-6)
    assert judge.funniness(["haha"]) == pytest.approx([0.017986], abs=1e-6)
    assert judge.langs == {Lang.EN, Lang.ZH}


def test_identical_texts_are_scored_once_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Counting()
    judge = Classifier(encoder, CARD, "0")
    first = judge.probabilities(["ab", "c", "ab", "ab"])
    assert encoder.asked == [["ab", "c"]]
    assert first[0] == first[2] == first[3]
    judge.probabilities(["c", "d"])
    judge.funniness(["d"])
    assert encoder.asked == [["ab", "c"], ["d"]]

    monkeypatch.setattr(classifiers, "REMEMBERED", 2)
    judge.probabilities(["ab"])  # of ab, c, d the one not asked for the longest, c, is forgotten
    judge.probabilities(["ab", "d"])
    assert encoder.asked[2:] == []
    judge.probabilities(["c"])
    assert encoder.asked[2:] == [["c"]]


def test_no_texts_have_no_scores() -> None:
    judge = Classifier(Counting(), CARD, "0")
    assert judge.probabilities([]).shape == judge.unknown_rates([]).shape == (0,)


def test_funniness_must_have_been_taught() -> None:
    judge = Classifier(Counting(), CARD.model_copy(update={"funniness": False}), "0")
    with pytest.raises(DataError, match="without ratings and votes"):
        judge.funniness(["haha"])


def test_batches_hold_neighbours_in_length() -> None:
    # 9 alone is over the budget of 8; 4 + 4; then 3 and 1 as if both had 3 tokens.
    assert list(batches([1, 9, 4, 3, 4], budget=8)) == [[1], [2, 4], [3, 0]]
    assert list(batches([], budget=8)) == []
    assert list(batches([0, 0], budget=8)) == [[0, 1]]


def test_scores_do_not_depend_on_the_company(checkpoint: Path) -> None:
    together = load_classifier(checkpoint).probabilities(TEXTS)
    alone = np.concatenate([load_classifier(checkpoint).probabilities([text]) for text in TEXTS])
    assert together == pytest.approx(alone, abs=1e-6)
    assert len(set(together.round(7))) == len(TEXTS)
    backwards = load_classifier(checkpoint).probabilities(TEXTS[::-1])
    assert backwards[::-1] == pytest.approx(together, abs=1e-6)


def test_what_is_beyond_the_length_is_not_seen(bert: Path, tmp_path: Path) -> None:
    judge = load_classifier(save_classifier(tmp_path / "short", bert, max_length=8))
    text = JOKES[Lang.EN][0]
    cut, other = judge.probabilities([text, text[:40] + text[:40]])
    assert judge.probabilities([text + " more"]) == pytest.approx([cut])
    assert other == pytest.approx(cut)


def test_weights_are_float32_whatever_they_are_stored_in(bert: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    from semeval_humor.rewards.encoders import load_parts

    half = AutoModel.from_pretrained(bert, dtype=torch.float16)
    half.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(bert).save_pretrained(tmp_path)
    _, model = load_parts(tmp_path, head=None)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


# What it cannot see


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        (JOKES[Lang.EN][0], 0.0),
        (JOKES[Lang.ES][3], 0.0),
        (JOKES[Lang.ZH][2], 0.0),
        ("", 0.0),
        (" \n", 0.0),
        ("my نكتة", 4 / 6),  # two letters that are known, four that are not
        ("نكتة مضحكة", 1.0),
        ("my [SEP]", 2 / 7),  # no special token: the letters are known, the brackets are not
    ],
)
def test_share_that_a_wordpiece_vocabulary_lacks(checkpoint: Path, text: str, rate: float) -> None:
    found = load_classifier(checkpoint).unknown_rates([text])
    assert found == pytest.approx([rate])


def test_deberta_reads_no_bytes_so_foreign_letters_are_unseen(tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    judge = load_classifier(save_classifier(tmp_path / "reward", save_deberta(tmp_path / "parent")))
    own = [JOKES[lang][0] for lang in Lang]
    assert judge.unknown_rates(own) == pytest.approx(0)
    assert judge.unknown_rates(["小王，小明：“？”", "ﬁne"]) == pytest.approx(
        0
    )  # full width, ligature
    # Its pieces <0x00> to <0xFF> are never used: a whole run becomes a single [UNK].
    assert judge.unknown_rates(["نكتة مضحكة", own[0] + " ЖЖЖЖЖЖ"]) == pytest.approx(
        [1, 6 / (6 + len(own[0].replace(" ", "")))]
    )
    assert ((judge.probabilities(own) > 0) & (judge.probabilities(own) < 1)).all()


def test_byte_level_tokenizers_see_characters_that_are_whole_tokens(tmp_path: Path) -> None:
    from semeval_humor.rewards.encoders import TransformersEncoder
    from tests.tiny_model import save_tokenizer

    encoder = TransformersEncoder(save_tokenizer(tmp_path, chat=False, bos=True), None, 64)
    # No [UNK] there: Ж is two bytes that are half a character each.
    assert encoder.unknown_rates(["pigeon", "ЖЖ", "pigeonЖЖ"]) == pytest.approx([0, 1, 0.25])


# Checkpoints


def test_identity_covers_all_that_moves_scores(
    checkpoint: Path, bert: Path, tmp_path: Path
) -> None:
    same = save_classifier(tmp_path / "same", bert)
    (same / "metrics.json").write_text("{}", encoding="utf-8")
    (same / "humor_classifier.run.json").write_text("{}", encoding="utf-8")
    card = json.loads((same / CARD_FILE).read_text(encoding="utf-8"))
    parent = json.loads((checkpoint / CARD_FILE).read_text(encoding="utf-8"))
    assert card == parent
    assert load_classifier(same).sha256 == load_classifier(checkpoint).sha256
    warmer = save_classifier(tmp_path / "warmer", bert, temperature=1.5)
    assert load_classifier(warmer).sha256 != load_classifier(checkpoint).sha256


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: (path / CARD_FILE).unlink(), "found no humor_classifier.json"),
        (lambda path: (path / CARD_FILE).write_text("{}"), "langs: is missing; parent: is missing"),
        (lambda path: (path / CARD_FILE).write_text("{"), "not JSON"),
        (lambda path: (path / HEAD_FILE).unlink(), "cannot be loaded as a text encoder"),
        (
            lambda path: (path / "model.safetensors").write_bytes(b"cut off"),
            "cannot be loaded as a text encoder",
        ),
        (lambda path: (path / "tokenizer.json").unlink(), "cannot be loaded as a text encoder"),
    ],
)
def test_a_checkpoint_that_is_not_whole_is_refused(
    bert: Path, tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    path = save_classifier(tmp_path / "reward", bert)
    spoil(path)
    with pytest.raises(DataError, match=message):
        load_classifier(path)


def test_weights_that_would_be_random_are_refused(bert: Path, tmp_path: Path) -> None:
    path = save_classifier(tmp_path / "reward", bert)
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    (path / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(DataError, match="lack 16 tensors"):
        load_classifier(path)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing: no such folder"):
        load_classifier(tmp_path / "nothing")
