"""``train sft``: a policy learns to write the jokes of pairs, on TRL's SFTTrainer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from semeval_humor.training.config import PolicyConfig
from semeval_humor.training.course import Course
from semeval_humor.training.eos import IGNORED, prove_ends
from semeval_humor.training.pairs import Row
from semeval_humor.training.policy import Chat
from semeval_humor.training.sentinel.build import make_sentinel
from semeval_humor.training.train import MakeSentinel, train_policy
from semeval_humor.training.trl import arguments, fit, keep_quiet
from semeval_humor.training.watch import Watch

if TYPE_CHECKING:
    import datasets


class SftConfig(PolicyConfig):
    """Everything that ``train sft`` can be told."""

    learning_rate: float = Field(default=2e-4, gt=0)
    """Peak, per step. For method = "full", a tenth of it or less."""


def train(
    config: SftConfig,
    chat: Chat,
    watch: Watch,
    *,
    sentinel: MakeSentinel = make_sentinel,
    force: bool = False,
) -> Path:
    """Fine-tune a policy on jokes; see ``train_policy``, whose errors it raises as well.

    Only the joke and its end token count for the loss. Rows are not packed: jokes are short, and
    packed ones would see each other where attention cannot be cut.

    Raises:
        EndNotTaughtError: the trainer's labels do not end where ``predict`` stops.
    """
    return train_policy("sft", config, chat, watch, _work, sentinel=sentinel, force=force)


def _work(course: Course) -> Mapping[str, Any]:
    from trl import SFTConfig as Arguments
    from trl import SFTTrainer

    keep_quiet()
    dev = course.rows.dev
    evaluation = {"eval_strategy": "steps", "eval_steps": course.config.save_every} if dev else {}
    trainer = SFTTrainer(
        model=course.policy.model,
        args=Arguments(
            **arguments(course.config),
            **evaluation,
            per_device_eval_batch_size=course.config.batch_size,
            max_length=None,  # longer rows were left out; cut ones would have no end
            packing=False,
            shuffle_dataset=False,
        ),
        train_dataset=_dataset(course.rows.train),
        eval_dataset=_dataset(dev) if dev else None,
        processing_class=course.policy.tokenizer,
    )
    ending = prove_ends(
        trainer.data_collator,
        trainer.train_dataset,
        course.rows.train,
        course.policy.tokenizer,
        course.policy.stop_ids,
    )
    course.watch.note(str(ending))
    fit(trainer, course.follower, course.run)
    return {"labels": str(ending)}


def _dataset(rows: Sequence[Row]) -> "datasets.Dataset":
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "input_ids": [[*row.prompt_ids, *row.completion_ids] for row in rows],
            "labels": [[IGNORED] * len(row.prompt_ids) + [*row.completion_ids] for row in rows],
        }
    )
