"""Texts of ``jokes.parquet`` and headlines as examples of what is humour and what is not."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from semeval_humor import parquet
from semeval_humor.errors import DataError
from semeval_humor.rewards.human_votes import PairVote, read_human_votes
from semeval_humor.rewards.perturbations import (
    HARD_NEGATIVES,
    Family,
    perturb,
    simulated_headline,
)
from semeval_humor.schema import Headline, Lang, Prompt, Task
from semeval_humor.training.reward.config import RewardConfig
from semeval_humor.tsv import read_prompts

TRAIN, DEV, TEST = SPLITS = ("train", "dev", "test")

JOKE, OTHER, HEADLINE, MACHINE = "joke", "other text", "headline", "machine-made joke"
"""Kinds of texts as they were found; of those made by code, the kind is the family."""

_HUMAN = "human-written joke"  # labels of sources that do not say what is humour
_COLUMNS = ("lang", "text", "is_humor", "rating", "label", "split", "source")
_OTHERS = 200  # jokes at hand to make hard negatives with
# Loops and spam are learnt from a few. These keep the words of jokes and come four times as often.
_HARDEST = (Family.SHUFFLED, Family.REPLACED, Family.TRUNCATED, Family.HALVES)
_TURNS = (*sorted(HARD_NEGATIVES), *_HARDEST, *_HARDEST, *_HARDEST)


@dataclass(frozen=True, slots=True)
class Example:
    """A text and what it is.

    Attributes:
        text: the text.
        lang: its language.
        humor: whether it counts as humour.
        kind: where it is from, in words.
        rating: mean of people's ratings, from 1 to 5.
    """

    text: str
    lang: Lang
    humor: bool
    kind: str
    rating: float | None = None

    @property
    def made(self) -> bool:
        """Whether the text was made from a joke by code."""
        return self.kind in set(HARD_NEGATIVES)


@dataclass(frozen=True, slots=True)
class Examples:
    """What a classifier learns from, and what it is held against.

    Attributes:
        train: half of them jokes, as far as there are enough of both.
        dev: chosen like ``train``.
        test: as the corpora have them, hard negatives and machine-made jokes besides.
        votes: those to learn from, and those held out, by session.
        labels: what humour and its opposite are in each language.
    """

    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    test: tuple[Example, ...]
    votes: tuple[tuple[PairVote, ...], tuple[PairVote, ...]]
    labels: Mapping[Lang, str]


def read_examples(config: RewardConfig) -> Examples:
    """Read and make all that a config names. The same config gives the same examples.

    Raises:
        DataError: a file cannot be read as what it should be, or a language lacks jokes or other
            texts.
    """
    rows = _read_rows(config)
    headlines = _read_headlines(config.headlines)
    made: dict[str, list[Example]] = {split: [] for split in SPLITS}
    labels = {}
    for lang in config.langs:
        random = Random(f"{config.seed}-{lang}")
        for split, limit in zip(
            SPLITS, (config.max_rows, config.dev_rows, config.test_rows), strict=True
        ):
            found = [*rows[lang, split], *_headline_examples(headlines[lang], lang, split)]
            choose = _test_set if split == TEST else _balanced
            made[split] += choose(found, headlines[lang], limit, config, random)
        for split in SPLITS:
            _check(config, lang, split, made[split])
        labels[lang] = _label(made[TRAIN], lang)
    return Examples(
        tuple(made[TRAIN]), tuple(made[DEV]), tuple(made[TEST]), _split_votes(config), labels
    )


def balance(examples: Sequence[Example]) -> list[float]:
    """Weight of each example, so that in each language jokes and other texts count the same.

    The mean weight is 1, and languages count the same.
    """
    counts: dict[tuple[Lang, bool], int] = defaultdict(int)
    for example in examples:
        counts[example.lang, example.humor] += 1
    return [
        len(examples) / (len(counts) * counts[example.lang, example.humor]) for example in examples
    ]


def content_split(text: str) -> str:
    """Split of a text that no file assigns to one: 90 % train, 5 % dev, 5 % test."""
    number = hashlib.sha256(text.encode()).digest()[0]
    return TEST if number < 13 else DEV if number < 26 else TRAIN


def _balanced(
    found: Sequence[Example],
    headlines: Sequence[str],
    limit: int | None,
    config: RewardConfig,
    random: Random,
) -> list[Example]:
    """Half jokes, half other texts, of which a share is made by code."""
    jokes = _sample([example for example in found if example.humor], limit and limit // 2, random)
    wanted = round(len(jokes) * (1 - config.hard_negatives))
    plain = _sample([example for example in found if not example.humor], wanted, random)
    hard = round(len(jokes) * config.hard_negatives)
    return [*jokes, *plain, *_spoilt(jokes, headlines, hard, random)]


def _test_set(
    found: Sequence[Example],
    headlines: Sequence[str],
    limit: int | None,
    config: RewardConfig,
    random: Random,
) -> list[Example]:
    """Texts in the proportions of the corpora, then hard negatives of some of the jokes."""
    clean = _sample(found, limit, random)
    jokes = [example for example in clean if example.kind == JOKE]
    hard = round(len(jokes) * config.hard_negatives)
    return [*clean, *_spoilt(jokes, headlines, hard, random)]


def _sample(examples: Sequence[Example], limit: int | None, random: Random) -> list[Example]:
    if limit is None or len(examples) <= limit:
        return list(examples)
    return random.sample(examples, limit)


def _spoilt(
    jokes: Sequence[Example], headlines: Sequence[str], count: int, random: Random
) -> list[Example]:
    """Hard negatives of jokes, the families in turn; one that does not apply gives way."""
    if not count:
        return []
    others = [example.text for example in _sample(jokes, _OTHERS, random)]
    made = []
    for number in range(count):
        joke = jokes[number % len(jokes)]
        prompt = _prompt(joke, headlines, random)
        for turn in range(len(_TURNS)):
            family = _TURNS[(number + turn) % len(_TURNS)]
            text = perturb(family, joke.text, joke.lang, random, others, prompt)
            if text is not None:
                made.append(Example(text, joke.lang, humor=False, kind=family))
                break
    return made


def _prompt(joke: Example, headlines: Sequence[str], random: Random) -> Prompt | None:
    constraint = (
        Headline(random.choice(headlines))
        if headlines
        else simulated_headline(joke.text, joke.lang, random)
    )
    return Prompt("", Task.A, joke.lang, constraint) if constraint else None


def _headline_examples(headlines: Sequence[str], lang: Lang, split: str) -> Iterator[Example]:
    for text in headlines:
        if content_split(text) == split:
            yield Example(text, lang, humor=False, kind=HEADLINE)


def _read_rows(config: RewardConfig) -> Mapping[tuple[Lang, str], list[Example]]:
    found: dict[tuple[Lang, str], list[Example]] = defaultdict(list)
    for row in parquet.read_rows(config.jokes, _COLUMNS, "data build"):
        if row["lang"] not in config.langs:
            continue
        example = _example(row, machine_made=config.machine_made)
        # The test set says how machine-made jokes fare, even where they are no negatives.
        if example is not None and (
            example.kind != MACHINE or config.machine_made or row["split"] == TEST
        ):
            found[example.lang, row["split"]].append(example)
    return found


def _example(row: Mapping[str, Any], *, machine_made: bool) -> Example | None:
    lang, text, label = Lang(row["lang"]), row["text"], row["label"]
    if row["is_humor"] is not None:
        kind = JOKE if row["is_humor"] else OTHER
        return Example(text, lang, row["is_humor"], kind, row["rating"])
    if label == _HUMAN:
        return Example(text, lang, humor=True, kind=JOKE)
    if label == MACHINE:
        return Example(text, lang, humor=not machine_made, kind=MACHINE)
    return None


def _read_headlines(paths: Iterable[Path]) -> Mapping[Lang, list[str]]:
    found: dict[Lang, list[str]] = defaultdict(list)
    names = {Task.A.file_name(lang): lang for lang in Lang}
    for path in paths:
        if path.name not in names:
            raise DataError(f"{path}: expected a task file named {', '.join(names)}")
        lang = names[path.name]
        for prompt in read_prompts(path, Task.A, lang):
            if isinstance(prompt.constraint, Headline):
                found[lang].append(prompt.constraint.text)
    return found


def _split_votes(config: RewardConfig) -> tuple[tuple[PairVote, ...], tuple[PairVote, ...]]:
    if config.votes is None:
        return (), ()
    votes = read_human_votes(config.votes)
    if not config.votes_weight:
        return (), tuple(votes)
    # A tenth of the sessions, whatever else is in the file.
    held = {vote.session for vote in votes if content_split(vote.session) != TRAIN}
    return (
        tuple(vote for vote in votes if vote.session not in held),
        tuple(vote for vote in votes if vote.session in held),
    )


def _check(config: RewardConfig, lang: Lang, split: str, examples: Sequence[Example]) -> None:
    mine = [example.humor for example in examples if example.lang is lang]
    if not any(mine):
        what = "to train on" if split == TRAIN else f"in its {split} split, expected some hundred"
        raise DataError(f"{config.jokes}: no jokes in {lang} {what}")
    if all(mine):
        raise DataError(
            f"{config.jokes}: no texts in {lang} that are no jokes; "
            "name task files in headlines, or raise hard_negatives"
        )


def _label(examples: Sequence[Example], lang: Lang) -> str:
    mine = [example for example in examples if example.lang is lang]
    others = {
        "text made by code" if example.made else example.kind
        for example in mine
        if not example.humor
    }
    return f"joke against {', '.join(sorted(others))}"
