"""What a humour classifier is shown, and as what."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.errors import DataError
from semeval_humor.rewards.perturbations import HARD_NEGATIVES
from semeval_humor.schema import Lang
from semeval_humor.training.reward.config import RewardConfig
from semeval_humor.training.reward.data import (
    Example,
    Examples,
    balance,
    content_split,
    read_examples,
)
from tests.training.jokes_at_hand import write, write_headlines


@pytest.fixture(scope="module")
def jokes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("data") / "jokes.parquet")


def read(jokes: Path, *langs: Lang, **settings: Any) -> Examples:
    return read_examples(RewardConfig(langs=langs, jokes=jokes, out=Path("out"), **settings))


def kinds(examples: tuple[Example, ...]) -> Counter[str]:
    return Counter("made" if example.made else example.kind for example in examples)


@pytest.mark.parametrize("lang", [Lang.EN, Lang.ES])
def test_half_jokes_half_other_texts(jokes: Path, lang: Lang) -> None:
    found = read(jokes, lang, hard_negatives=0.25, max_rows=40)
    assert kinds(found.train) == {"joke": 20, "other text": 15, "made": 5}
    assert all(example.lang is lang for example in found.train)
    assert all(example.humor == (example.kind == "joke") for example in found.train)
    assert found.labels == {lang: "joke against other text, text made by code"}


def test_the_test_set_is_as_the_corpus_has_it(jokes: Path) -> None:
    found = read(jokes, Lang.EN, hard_negatives=0.5)
    assert kinds(found.test) == {"joke": 6, "other text": 6, "made": 3}
    texts = [{example.text for example in part} for part in (found.train, found.dev, found.test)]
    assert not texts[0] & texts[1]
    assert not (texts[0] | texts[1]) & texts[2]


def test_hard_negatives_are_of_every_family_that_applies(jokes: Path) -> None:
    found = read(jokes, Lang.EN, hard_negatives=0.9)
    made = Counter(example.kind for example in found.train if example.made)
    assert set(made) == set(HARD_NEGATIVES)
    # 43 of them in turns of 21, in which each of three families has four places.
    assert made["truncated-tail"] > 2 * made["emoji-spam"]
    assert not any(example.humor for example in found.train if example.made)


def test_chinese_jokes_are_jokes_whoever_made_them(jokes: Path, tmp_path: Path) -> None:
    headlines = write_headlines(tmp_path, Lang.ZH)
    found = read(jokes, Lang.ZH, headlines=(headlines,))
    assert kinds(found.train) == {"joke": 48, "headline": 24, "made": 24}
    # They are no negatives, but the test set shows how they fare.
    assert kinds(found.test)["machine-made joke"] == 6
    assert all(example.humor for example in found.test if example.kind == "machine-made joke")
    assert found.labels == {Lang.ZH: "joke against headline, text made by code"}


def test_machine_made_jokes_are_negatives_only_on_demand(jokes: Path) -> None:
    found = read(jokes, Lang.ZH, machine_made=True)
    assert kinds(found.train) == {"joke": 48, "machine-made joke": 24, "made": 24}
    assert not any(example.humor for example in found.train if example.kind == "machine-made joke")


def test_headlines_go_to_one_split_each(jokes: Path, tmp_path: Path) -> None:
    headlines = write_headlines(tmp_path, Lang.EN, 64)
    found = read(jokes, Lang.EN, headlines=(headlines,), hard_negatives=0, max_rows=None)
    for split in ("train", "dev", "test"):
        part: tuple[Example, ...] = getattr(found, split)
        assert {content_split(one.text) for one in part if one.kind == "headline"} <= {split}


def test_the_same_config_gives_the_same_examples(jokes: Path) -> None:
    first = read(jokes, Lang.EN, Lang.ES, max_rows=30)
    assert read(jokes, Lang.EN, Lang.ES, max_rows=30) == first
    assert read(jokes, Lang.EN, Lang.ES, max_rows=30, seed=1) != first
    # A language's examples do not depend on the other ones.
    alone = read(jokes, Lang.ES, max_rows=30)
    assert [one for one in first.train if one.lang is Lang.ES] == list(alone.train)


def test_ratings_are_kept(jokes: Path) -> None:
    rated = [one for one in read(jokes, Lang.ES).train if one.rating is not None]
    assert {one.kind for one in rated} == {"joke"}
    assert {one.rating for one in rated} == {2.0, 4.0}


def test_balance() -> None:
    examples = [
        Example("a", Lang.EN, humor=True, kind="joke"),
        Example("b", Lang.EN, humor=False, kind="other text"),
        Example("c", Lang.EN, humor=False, kind="other text"),
        Example("d", Lang.ES, humor=False, kind="other text"),
    ]
    # Three classes share 4 texts: 4/3 for each class, halved where there are two.
    assert balance(examples) == pytest.approx([4 / 3, 2 / 3, 2 / 3, 4 / 3])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hard_negatives": 0.0}, "no texts in zh that are no jokes; name task files"),
        ({"headlines": (Path("dev.tsv"),)}, "dev.tsv: expected a task file named task-a-en.tsv"),
        ({"jokes": Path("nothing.parquet")}, "nothing.parquet: cannot be read: .* data build"),
        ({"jokes": Path(__file__)}, "test_reward_data.py: not a Parquet file"),
    ],
)
def test_what_cannot_be_read_is_named(jokes: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_examples(
            RewardConfig(**{"langs": (Lang.ZH,), "jokes": jokes, "out": Path("out"), **settings})
        )


def test_a_language_without_jokes_is_named(tmp_path: Path) -> None:
    from semeval_humor.data.jokes import write_jokes

    write_jokes(tmp_path / "jokes.parquet", [])
    with pytest.raises(DataError, match="no jokes in es to train on"):
        read(tmp_path / "jokes.parquet", Lang.ES)


def test_a_split_that_nothing_falls_into_is_named(tmp_path: Path) -> None:
    from semeval_humor.data.jokes import CorpusText, write_jokes
    from semeval_humor.data.splits import Split

    rows = [
        CorpusText(f"a-{n}", Lang.EN, f"text number {n}", n % 2 == 0, None, None, "a", split, "x")
        for n, split in enumerate([Split.TRAIN] * 8 + [Split.TEST] * 8)
    ]
    write_jokes(tmp_path / "few.parquet", rows)
    with pytest.raises(DataError, match="no jokes in en in its dev split, expected some hundred"):
        read(tmp_path / "few.parquet", Lang.EN)
