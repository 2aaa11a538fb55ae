"""``pairs.parquet`` to rows in the tokens of the policy: what predict asks, and the joke."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_humor import parquet
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.schema import Headline, Lang, Prompt, Task, WordPair
from semeval_humor.training.config import PolicyConfig
from semeval_humor.training.policy import Policy

DEV_ROWS = 256
"""Rows for choosing whose loss is measured, at most."""

_TRAIN, _DEV = "train", "dev"
_PROMPT_COLUMNS = ("id", "lang", "word1", "word2", "headline")
_COLUMNS = (*_PROMPT_COLUMNS, "joke", "split")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the task with a joke that answers it.

    Attributes:
        prompt: the row.
        joke: the answer.
        prompt_ids: what the policy is asked, in tokens.
        completion_ids: the answer in tokens, the end token included.
    """

    prompt: Prompt
    joke: str
    prompt_ids: tuple[int, ...]
    completion_ids: tuple[int, ...]

    @property
    def columns(self) -> dict[str, str]:
        """The row as ``pairs.parquet`` has it: what rewards in TRL need to know."""
        cells = {"word1": "", "word2": "", "headline": ""}
        match self.prompt.constraint:
            case WordPair(word1, word2):
                cells |= {"word1": word1, "word2": word2}
            case Headline(text):
                cells["headline"] = text
        return {"id": self.prompt.id, "lang": str(self.prompt.lang), **cells}


@dataclass(frozen=True, slots=True)
class Rows:
    """What a policy is trained on.

    Attributes:
        train: in the order of the files.
        dev: rows whose loss is only measured; may be none.
        dropped: reasons for which rows were left out, with their number.
    """

    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    dropped: Mapping[str, int]

    @property
    def counts(self) -> dict[str, Any]:
        """For the receipt."""
        langs = Counter(str(row.prompt.lang) for row in self.train)
        return {"train": dict(langs), "dev": len(self.dev), "dropped": dict(self.dropped)}


def read_rows(config: PolicyConfig, policy: Policy) -> Rows:
    """Read the pairs of a config, and write each as the policy will see it.

    Left out are rows that are longer than ``max_length``, since one that is cut has no end; jokes
    that hold an end token in their midst; and, for models without a chat template, jokes of
    several lines, since ``predict`` stops such a model at the end of a line.

    Raises:
        ConfigError: the end token is none at which ``predict`` stops.
        DataError: a file cannot be read or has other columns, a row is damaged, or none is left.
    """
    dropped: Counter[str] = Counter()
    found: dict[str, list[Row]] = {_TRAIN: [], _DEV: []}
    seen: set[Lang] = set()
    for path in config.pairs:
        for place, record in enumerate(parquet.read_rows(path, _COLUMNS, "data label")):
            prompt, joke = prompt_of(path, place, record), _joke(path, place, record)
            split = str(record["split"])
            if split not in found or (config.langs and prompt.lang not in config.langs):
                continue
            seen.add(prompt.lang)
            row = written(policy, prompt, joke)
            reason = fault_of(row, policy, config.max_length)
            if reason:
                dropped[reason] += 1
            else:
                found[split].append(row)
    files = ", ".join(map(str, config.pairs))
    absent = [lang for lang in config.langs if lang not in seen]
    if absent:
        raise DataError(f"{files}: no rows in {', '.join(absent)}, which langs asks for")
    if not found[_TRAIN]:
        why = "; ".join(f"{count} {reason}" for reason, count in dropped.items())
        raise DataError(f"{files}: no row to train on is left{f' ({why})' if why else ''}")
    return Rows(
        train=tuple(found[_TRAIN][: config.max_rows]),
        dev=tuple(found[_DEV][:DEV_ROWS]),
        dropped=dropped,
    )


def written(policy: Policy, prompt: Prompt, joke: str) -> Row:
    """A row in tokens: the prompt as ``predict`` renders it, the joke, the end token.

    The joke is tokenised on its own, as the policy would have written it: no token reaches over
    the boundary.

    Raises:
        ConfigError: the end token is none at which ``predict`` stops.
    """
    asked = policy.conversation(prompt)
    # The few-shot text of a base model ends before the space.
    gap = " " if isinstance(asked, str) and prompt.lang is not Lang.ZH else ""
    end = policy.chat.end_token(policy.tokenizer, asked)
    if end not in policy.stop_ids:
        stops = ", ".join(sorted(policy.tokenizer.convert_ids_to_tokens(list(policy.stop_ids))))
        raise ConfigError(
            f"{policy.source.model.name}: its chat template ends an answer with "
            f"{policy.tokenizer.convert_ids_to_tokens(end)!r}, but generation stops at {stops}; "
            "add its id to eos_token_id in generation_config.json"
        )
    text = policy.tokenizer(gap + joke, add_special_tokens=False).input_ids
    return Row(
        prompt=prompt,
        joke=joke,
        prompt_ids=tuple(policy.chat.prompt_tokens(policy.tokenizer, asked)),
        completion_ids=(*text, end),
    )


def columns(rows: Sequence[Row]) -> dict[str, list[str]]:
    """The columns of rows, for a dataset whose rewards need them."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for name, value in row.columns.items():
            found.setdefault(name, []).append(value)
    return found


def fault_of(row: Row, policy: Policy, max_length: int) -> str | None:
    """Why a row is left out; None if it is not. See ``read_rows``."""
    most = min(max_length, policy.context or max_length)
    if len(row.prompt_ids) + len(row.completion_ids) > most:
        return f"longer than {most} tokens"
    if "\n" in row.joke and not policy.source.model.chat:
        return "of several lines"
    if policy.stop_ids & set(row.completion_ids[:-1]):
        return "with an end token in the joke"
    return None


def prompt_of(path: Path, place: int, record: Mapping[str, Any]) -> Prompt:
    """The row of the task in a record with the columns id, lang, word1, word2 and headline.

    Args:
        path: of the file, for messages.
        place: of the record in it, from 0.
        record: cells by column.

    Raises:
        DataError: a cell is no text, the language is unknown, or there are neither two words nor
            a headline.
    """
    cells = {name: _text(path, place, record, name) for name in _PROMPT_COLUMNS}
    try:
        lang = Lang(cells["lang"])
    except ValueError as error:
        raise DataError(f"{path}: row {place}: lang is {cells['lang']!r}") from error
    words = cells["word1"], cells["word2"]
    if bool(cells["headline"]) == all(words):
        raise DataError(
            f"{path}: row {place} ({cells['id']}): expected two words or a headline; "
            "run data label again"
        )
    constraint = Headline(cells["headline"]) if cells["headline"] else WordPair(*words)
    return Prompt(cells["id"], Task.A, lang, constraint)


def _joke(path: Path, place: int, record: Mapping[str, Any]) -> str:
    joke = _text(path, place, record, "joke").strip()
    if not joke:
        raise DataError(f"{path}: row {place} ({record['id']}): the joke is empty")
    return joke


def _text(path: Path, place: int, record: Mapping[str, Any], name: str) -> str:
    value = record[name]
    if not isinstance(value, str):
        found = type(value).__name__
        raise DataError(f"{path}: row {place}: {name} is a {found}, expected a text")
    return value
