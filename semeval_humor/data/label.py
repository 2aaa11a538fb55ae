"""From jokes to training pairs: each joke gets a headline and two words that it could answer."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from semeval_humor import receipt
from semeval_humor.configs import Settings
from semeval_humor.data.chat_format import Render
from semeval_humor.data.corpora import HUMAN_WRITTEN
from semeval_humor.data.jokes import CorpusText, read_jokes
from semeval_humor.data.label_model import LabelAttempt
from semeval_humor.data.label_rules import label_by_rules
from semeval_humor.data.labels import Label
from semeval_humor.data.pairs import Pair, pairs_of, write_pairs
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.files import atomic_path, atomic_writer, sha256_of_file
from semeval_humor.journal import Journal
from semeval_humor.markdown import table
from semeval_humor.prompts import PromptBook
from semeval_humor.schema import FileRecord, Lang, ModelIdentity, Receipt

_RULES = "rules"

_BASELINE = (
    "Headlines by rules are words of the joke itself, and words by rules are dictionary forms: "
    "these pairs are a baseline, not what to train a submission on."
)


class LabelSettings(Settings):
    """What ``data label`` can be told, but for which model is run and by what."""

    jokes: Path = Path("data/jokes.parquet")
    """File that ``data build`` made."""
    lang: Lang
    """Language of the jokes that are labelled."""
    out: Path | None = None
    """Folder of the result; none: that of the jokes."""
    limit: int | None = Field(default=None, ge=1)
    """Only so many jokes, from the first one on."""
    attempts: int = Field(default=3, ge=1, le=20)
    """Times that a model is asked for each joke at most."""
    temperature: float = Field(default=0.7, ge=0, le=5)
    """0 takes the likeliest token."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Of the sampling."""

    @field_validator("out")
    @classmethod
    def _folder(cls, out: Path | None) -> Path | None:
        if out is not None and out.suffix == ".parquet":
            raise ValueError(f"{out} is to be a folder; the file's name is pairs-LANG.parquet")
        return out

    @property
    def result(self) -> Path:
        """Where the pairs lie."""
        return (self.out or self.jokes.parent) / f"pairs-{self.lang}.parquet"


@dataclass(frozen=True, slots=True)
class Yield:
    """How many jokes got a label, and why the others got none.

    Attributes:
        lang: of the jokes.
        by: what labelled them.
        jokes: their number.
        labelled: of these, with a label that passed every check.
        dropped: reasons why the others have none, with the number of jokes; one joke may have
            several.
        refused: the same over all answers, those included that were mended by asking again.
        answers: number of answers.
    """

    lang: Lang
    by: str
    jokes: int
    labelled: int
    dropped: Mapping[str, int]
    refused: Mapping[str, int]
    answers: int


def jokes_to_label(settings: LabelSettings) -> list[CorpusText]:
    """Jokes of the language: what people took for humour, or wrote as jokes.

    Raises:
        DataError: the file cannot be read, or has no such row.
    """
    found = [
        row
        for row in read_jokes(settings.jokes)
        if row.lang is settings.lang and (row.is_humor or row.label == HUMAN_WRITTEN)
    ][: settings.limit]
    if not found:
        raise DataError(f"{settings.jokes}: no jokes in {settings.lang}; run data build with it")
    return found


def labels_by_rules(jokes: Sequence[CorpusText]) -> tuple[list[Label | None], Yield]:
    """A label for each joke by rules alone; None where they find none."""
    found = [label_by_rules(joke.text, joke.lang) for joke in jokes]
    reasons = Counter(str(reason) for each in found for reason in each.reasons)
    labels = [each.label for each in found]
    made = len(labels) - labels.count(None)
    counts = dict(reasons.most_common())
    return labels, Yield(jokes[0].lang, _RULES, len(jokes), made, counts, counts, len(jokes))


def labels_in(
    jokes: Sequence[CorpusText], journal: Journal[LabelAttempt], by: str
) -> tuple[list[Label | None], Yield]:
    """A label for each joke from a model's journal; None where no answer passed."""
    answers: dict[str, list[LabelAttempt]] = {joke.id: [] for joke in jokes}
    for entry in journal.entries.values():
        if entry.joke_id in answers:
            answers[entry.joke_id].append(entry)
    labels: list[Label | None] = []
    dropped: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for joke in jokes:
        rows = sorted(answers[joke.id], key=lambda entry: entry.attempt)
        for row in rows:
            refused.update(row.faults)
        passed = next((row for row in rows if not row.faults), None)
        labels.append(passed.label if passed else None)
        if passed is None:
            dropped.update(rows[-1].faults if rows else ["lost"])
    made = len(labels) - labels.count(None)
    asked = sum(map(len, answers.values()))
    counts = dict(dropped.most_common()), dict(refused.most_common())
    return labels, Yield(jokes[0].lang, by, len(jokes), made, *counts, asked)


def check_place(settings: LabelSettings, jokes: int, model: str) -> None:
    """Refuse to replace labels that another model made, or those of more jokes.

    Args:
        settings: say where the result belongs.
        jokes: how many are to be labelled.
        model: what is to label them.

    Raises:
        ConfigError: such labels are there.
        DataError: their receipt is damaged.
    """
    path = settings.result
    if not path.exists() or not receipt.receipt_path(path).exists():
        return
    former = receipt.read_receipt(receipt.receipt_path(path))
    remedy = "use --force to replace them, or another --out"
    if former.model.name != model:
        raise ConfigError(f"{path}: holds labels by {former.model.name}; {remedy}")
    if former.counts["jokes"] > jokes:
        raise ConfigError(
            f"{path}: holds labels of {former.counts['jokes']} jokes, and --limit would leave "
            f"{jokes}; {remedy}"
        )


def write_result(
    settings: LabelSettings,
    jokes: Sequence[CorpusText],
    labels: Sequence[Label | None],
    found: Yield,
    *,
    render: Render | None,
    model: ModelIdentity,
    engine: Mapping[str, Any],
    config: Mapping[str, Any],
    started: datetime,
) -> Path:
    """Write the pairs, the table of what was dropped and why, and the receipt.

    Args:
        settings: what was asked for.
        jokes: those that were labelled.
        labels: one for each joke; None where there is none.
        found: the counts.
        render: writes chats as the model to be trained does; None leaves that column empty.
        model: what labelled.
        engine: what ran it.
        config: every setting.
        started: when the run began.
    """
    path = settings.result
    with atomic_path(path) as temporary:
        rows = write_pairs(temporary, _pairs(jokes, labels, render))
    card = path.with_suffix(".md")
    with atomic_writer(card) as stream:
        stream.write(f"# Labels of {found.jokes} jokes\n\n{yield_report(found)}")
    account = Receipt(
        command="data label",
        config=config,
        identity={},
        model=model,
        engine=engine,
        inputs=(FileRecord(str(settings.jokes.resolve()), sha256_of_file(settings.jokes)),),
        outputs=tuple(FileRecord(each.name, sha256_of_file(each)) for each in (path, card)),
        counts={"pairs": rows, **dataclasses.asdict(found)},
        unresolved={},
        versions=receipt.versions(),
        hardware=receipt.hardware(),
        started=started.isoformat(timespec="seconds"),
        seconds=round((datetime.now(UTC) - started).total_seconds(), 2),
    )
    receipt.write_receipt(receipt.receipt_path(path), account)
    return path


def yield_report(found: Yield) -> str:
    """The table of one labeller, and what its labels are not good for, as Markdown."""
    return yield_table([found]) + (f"\n{_BASELINE}\n" if found.by == _RULES else "")


def yield_table(yields: Sequence[Yield]) -> str:
    """How many jokes each labeller lost to each check, as Markdown."""
    reasons = sorted(
        {reason for each in yields for reason in (*each.dropped, *each.refused)},
        key=lambda reason: -max(each.refused.get(reason, 0) for each in yields),
    )
    heads = [f"{each.lang}, {each.by}" for each in yields]
    rows = [
        ["jokes", *(str(each.jokes) for each in yields)],
        ["labelled", *(f"{each.labelled} ({each.labelled / each.jokes:.0%})" for each in yields)],
        ["answers", *(str(each.answers) for each in yields)],
        *([reason, *(_both(each, reason) for each in yields)] for reason in reasons),
    ]
    note = "Of each reason: answers refused for it, and jokes dropped with it in the end.\n"
    return table(["", *heads], rows, align="l" + "r" * len(heads)) + "\n" + note


def _both(found: Yield, reason: str) -> str:
    return f"{found.refused.get(reason, 0)} / {found.dropped.get(reason, 0)}"


def _pairs(
    jokes: Sequence[CorpusText], labels: Sequence[Label | None], render: Render | None
) -> Iterator[Pair]:
    book = PromptBook()
    for joke, label in zip(jokes, labels, strict=True):
        for pair in pairs_of(joke, label, book) if label else ():
            written = render(pair.prompt, pair.messages) if render else ""
            yield dataclasses.replace(pair, text=written)
