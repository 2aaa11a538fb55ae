"""Rewards as TRL's online trainers (GRPO, RLOO) call them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import Any

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.rewards.reward import Reward, Rewards
from semeval_humor.schema import Constraint, Headline, Lang, Prompt, Task, WordPair
from semeval_humor.tsv import UNUSED

METRIC = "reward/"
"""What the names of logged components begin with."""

Completions = Sequence[str] | Sequence[Sequence[Mapping[str, Any]]]
"""Texts, or chats of which all turns are the model's."""


def trl_functions(
    reward: Reward, stop_tokens: Collection[int] | None = None
) -> list[Callable[..., list[float]]]:
    """Reward functions for TRL: one, whose value is the whole reward.

    Its components are not summed by TRL, which could not multiply them; each is logged apart, as
    a metric ``reward/NAME`` and as a column of the completions table.

    The dataset needs the columns word1, word2, headline and lang as ``pairs.parquet`` has them.

    Args:
        reward: what texts are worth.
        stop_tokens: ids with which the model ends a text; a completion whose last token is none of
            them was cut off. None where nobody knows, which leaves out the gate for it.
    """
    stops = None if stop_tokens is None else frozenset(stop_tokens)
    return [partial(joke_reward, reward, stops)]


def joke_reward(
    reward: Reward,
    stop_tokens: frozenset[int] | None,
    prompts: Sequence[Any],
    completions: Completions,
    completion_ids: Sequence[Sequence[int]],
    *,
    log_extra: Callable[[str, list[float | None]], None] | None = None,
    log_metric: Callable[[str, float], None] | None = None,
    **columns: Any,
) -> list[float]:
    """Reward a batch of completions; TRL calls it after the first two arguments are bound.

    Args:
        reward: what texts are worth.
        stop_tokens: see :func:`trl_functions`.
        prompts: as the trainer gave them to the model; the constraints come from ``columns``.
        completions: texts or chats. Spaces around a text do not count.
        completion_ids: the same in tokens, the stop token included.
        log_extra: takes a column of the completions table.
        log_metric: takes a number for this batch.
        columns: the dataset's columns, one value for each completion; ``trainer_state`` and what
            else TRL hands over is ignored.

    Raises:
        ConfigError: the dataset lacks a column.
        DataError: a row has no constraint, or a completion is neither a text nor a chat.
    """
    rows = _rows(columns, len(completions))
    texts = [_text(completion) for completion in completions]
    stopped = None
    if stop_tokens is not None:
        stopped = [bool(ids) and ids[-1] in stop_tokens for ids in completion_ids]
    rewards = reward(rows, texts, stopped=stopped)
    _log(rewards, log_extra, log_metric)
    return list(rewards.total)


def _rows(columns: Mapping[str, Any], size: int) -> list[Prompt]:
    names = ("lang", "word1", "word2", "headline")
    missing = [name for name in names if name not in columns]
    if missing:
        raise ConfigError(
            f"reward: the dataset has no column {', '.join(missing)}; "
            "train on a pairs.parquet, and keep its columns"
        )
    ids = columns.get("id", range(size))
    return [
        Prompt(str(id_), Task.A, Lang(lang), _constraint(str(id_), word1, word2, headline))
        for id_, lang, word1, word2, headline in zip(
            ids, *(columns[name] for name in names), strict=True
        )
    ]


def _constraint(id_: str, *cells: str | None) -> Constraint:
    word1, word2, headline = ("" if cell in (None, UNUSED) else str(cell) for cell in cells)
    if headline:
        return Headline(headline)
    if word1 and word2:
        return WordPair(word1, word2)
    raise DataError(f"reward: row {id_} has neither a headline nor two words")


def _text(completion: str | Sequence[Mapping[str, Any]]) -> str:
    if isinstance(completion, str):
        return completion.strip()
    contents = [turn.get("content") for turn in completion]
    if not all(isinstance(content, str) for content in contents):
        raise DataError(f"reward: completion {str(completion)[:80]}: expected turns of text")
    return "\n".join(map(str, contents)).strip()


def _log(
    rewards: Rewards,
    log_extra: Callable[[str, list[float | None]], None] | None,
    log_metric: Callable[[str, float], None] | None,
) -> None:
    for name, values in rewards.components.items():
        present = [value for value in values if value is not None]
        if log_extra is not None:
            log_extra(name, list(values))
        if log_metric is not None and present:
            log_metric(METRIC + name, fmean(present))
