"""``train dpo``: a policy learns which of two jokes is the better one, on TRL's DPOTrainer."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from semeval_humor import parquet
from semeval_humor.configs import HomePath
from semeval_humor.errors import DataError
from semeval_humor.training.config import PolicyConfig, refuse_dropout
from semeval_humor.training.course import Course
from semeval_humor.training.eos import IGNORED, prove_ends
from semeval_humor.training.pairs import Row, Rows, fault_of, prompt_of, written
from semeval_humor.training.policy import Chat, Policy
from semeval_humor.training.sentinel.build import make_sentinel
from semeval_humor.training.train import MakeSentinel, train_policy
from semeval_humor.training.trl import arguments, fit, keep_quiet
from semeval_humor.training.watch import Watch

if TYPE_CHECKING:
    import datasets

_COLUMNS = ("id", "lang", "word1", "word2", "headline", "chosen", "rejected")


class DpoConfig(PolicyConfig):
    """Everything that ``train dpo`` can be told. Dropout is off: probabilities are compared."""

    pairs: tuple[HomePath, ...] = Field(min_length=1)
    """Files that data preferences made."""
    learning_rate: float = Field(default=1e-5, gt=0)
    """Peak, per step. For method = "full", a tenth of it or less."""
    beta: float = Field(default=0.1, gt=0)
    """How much a log-probability weighs that has moved away from the parent's, per nat: the larger,
    the nearer the policy stays."""
    loss_type: Literal["sigmoid", "sigmoid_norm", "ipo"] = "sigmoid"
    """sigmoid: of the paper; sigmoid_norm: per token, so that length does not count; ipo: stops
    where the margin is large enough, for preferences without noise."""

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        refuse_dropout(self.lora)
        return self


@dataclass(frozen=True, slots=True)
class Preferences(Rows):
    """What a policy is trained on; ``train`` has the better jokes.

    Attributes:
        rejected: the worse jokes, in the same order.
    """

    rejected: tuple[Row, ...]


def train(
    config: DpoConfig,
    chat: Chat,
    watch: Watch,
    *,
    sentinel: MakeSentinel = make_sentinel,
    force: bool = False,
) -> Path:
    """Train on preferences; see ``train_policy``, whose errors it raises as well.

    The reference is the policy as it was before the first step: the parent.

    Raises:
        EndNotTaughtError: the trainer's jokes do not end where ``predict`` stops.
    """
    return train_policy(
        "dpo", config, chat, watch, _work, read=read_preferences, sentinel=sentinel, force=force
    )


def read_preferences(config: PolicyConfig, policy: Policy) -> Preferences:
    """Read files of preferences, and write both jokes of each as the policy will see them.

    The prompts are rendered anew, as ``predict`` renders them now. A preference is left out if
    either of its jokes would be, see ``read_rows``, or if both are the same in tokens.

    Raises:
        ConfigError: the end token is none at which ``predict`` stops.
        DataError: a file cannot be read or has other columns, a row is damaged, or none is left.
    """
    dropped: Counter[str] = Counter()
    chosen: list[Row] = []
    rejected: list[Row] = []
    for path in config.pairs:
        for place, record in enumerate(parquet.read_rows(path, _COLUMNS, "data preferences")):
            prompt = prompt_of(path, place, record)
            if config.langs and prompt.lang not in config.langs:
                continue
            better, worse = (
                written(policy, prompt, _joke(path, place, record, name))
                for name in ("chosen", "rejected")
            )
            faults = (fault_of(row, policy, config.max_length) for row in (better, worse))
            reason = next(filter(None, faults), None)
            if better.completion_ids == worse.completion_ids:
                reason = "with two equal jokes"
            if reason:
                dropped[reason] += 1
            else:
                chosen.append(better)
                rejected.append(worse)
    if not chosen:
        files = ", ".join(map(str, config.pairs))
        why = "; ".join(f"{count} {reason}" for reason, count in dropped.items())
        raise DataError(f"{files}: no preference to train on is left{f' ({why})' if why else ''}")
    kept = slice(config.max_rows)
    return Preferences(tuple(chosen[kept]), (), dropped, tuple(rejected[kept]))


def _joke(path: Path, place: int, record: Mapping[str, Any], name: str) -> str:
    turns = record[name]
    content = turns[0].get("content") if isinstance(turns, list) and len(turns) == 1 else None
    if not isinstance(content, str) or not content.strip():
        raise DataError(f"{path}: row {place}: {name}: expected one turn with a joke")
    return content.strip()


def _work(course: Course) -> Mapping[str, Any]:
    from trl import DPOConfig as Arguments
    from trl import DPOTrainer

    class Written(DPOTrainer):  # type: ignore[misc]
        """Leaves the tokens alone; TRL would write the chat template anew."""

        def _prepare_dataset(self, dataset: Any, *args: Any) -> Any:
            return dataset

    keep_quiet()
    config, policy, rows = course.config, course.policy, course.rows
    assert isinstance(config, DpoConfig)
    assert isinstance(rows, Preferences)
    _, parent = policy.heard
    trainer = Written(
        model=policy.model,
        ref_model=parent,  # for LoRA None: TRL keeps a copy of the matrices as they are now
        args=Arguments(
            **arguments(config),
            beta=config.beta,
            loss_type=[config.loss_type],
            disable_dropout=True,
            max_length=None,  # longer rows were left out; cut ones would have no end
        ),
        train_dataset=_dataset(rows),
        processing_class=policy.tokenizer,
    )
    told = []
    for name, jokes, half in (("chosen", rows.train, 0), ("rejected", rows.rejected, 1)):
        collate = _labels(trainer.data_collator, half)
        ending = prove_ends(
            collate, trainer.train_dataset, jokes, policy.tokenizer, policy.stop_ids
        )
        told.append(f"{name}: {ending}")
        course.watch.note(told[-1])
    fit(trainer, course.follower, course.run)
    return {"labels": told}


def _labels(collate: Callable[[list[Any]], Any], half: int) -> Callable[[list[Any]], Any]:
    """A collator whose labels are those of the first or the second half of TRL's batch."""

    def collated(examples: list[Any]) -> dict[str, Any]:
        batch = collate(examples)
        labels = batch["input_ids"].masked_fill(batch["completion_mask"] == 0, IGNORED)
        return {"labels": labels.chunk(2)[half]}

    return collated


def _dataset(rows: Preferences) -> "datasets.Dataset":
    from datasets import Dataset

    def of(jokes: Sequence[Row]) -> list[list[int]]:
        return [list(row.completion_ids) for row in jokes]

    return Dataset.from_dict(
        {
            "prompt_ids": [list(row.prompt_ids) for row in rows.train],
            "chosen_ids": of(rows.train),
            "rejected_ids": of(rows.rejected),
        }
    )
