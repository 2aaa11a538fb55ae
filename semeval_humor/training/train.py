"""The course of every training of a policy: folder, policy, rows, trainer, proof, receipt."""

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_humor.errors import ConfigError, HumorError
from semeval_humor.files import atomic_writer
from semeval_humor.receipt import write_receipt
from semeval_humor.schema import FileRecord
from semeval_humor.training.account import account, begin
from semeval_humor.training.config import PolicyConfig
from semeval_humor.training.course import Course
from semeval_humor.training.first_steps import NotLearningError
from semeval_humor.training.follower import Follower
from semeval_humor.training.pairs import Rows, read_rows
from semeval_humor.training.policy import Chat, Policy, load_policy
from semeval_humor.training.processes import idle_cores, is_main, processes, sharded, steps_unseen
from semeval_humor.training.proof import Proof, document, prove
from semeval_humor.training.recorder import Recorder
from semeval_humor.training.report import write_report
from semeval_humor.training.run import Run, writing
from semeval_humor.training.source import check_libraries, find_source
from semeval_humor.training.watch import Nobody, Watch

if TYPE_CHECKING:
    from semeval_humor.training.sentinel.sentinel import Sentinel

DIFF = "diff.json"

MakeSentinel = Callable[[PolicyConfig, Policy, Rows], "Sentinel"]


class AlarmError(HumorError):
    """The sentinel has ended a training."""


Work = Callable[[Course], Mapping[str, Any]]
"""Trains the policy in place, and returns what the receipt should count besides."""


def train_policy(
    kind: str,
    config: PolicyConfig,
    chat: Chat,
    watch: Watch,
    work: Work,
    *,
    read: Callable[[PolicyConfig, Policy], Rows] = read_rows,
    sentinel: MakeSentinel | None = None,
    patience: int = 0,
    inputs: tuple[FileRecord, ...] = (),
    force: bool = False,
) -> Path:
    """Train a policy in its folder, or go on with it, and prove what became of it.

    Args:
        kind: of training: sft, grpo, …
        config: what to do.
        chat: how ``predict`` speaks to models.
        watch: is told how it goes.
        work: the trainer.
        read: reads the rows from the files of the config.
        sentinel: makes what watches the samples, unless the config switches it off.
        patience: steps in a row without a gradient that are let pass at the beginning.
        inputs: files that the trainer reads besides the pairs, such as a reward.
        force: delete a training that is in the folder.

    Returns:
        The folder, with weights, receipt, ``diff.json`` and the log.

    Raises:
        AlarmError: the sentinel has ended it; the folder holds the last healthy weights, if any.
        ConfigError: the folder holds something else, or the config fits no model.
        DataError: the pairs cannot be read.
        EngineError: out of memory.
        HumorError: the folder cannot be written.
        KeyboardInterrupt: it was interrupted, and a checkpoint is written.
        NotLearningError: training does not change the policy; says why.
    """
    started = datetime.now(UTC)
    check_libraries()
    _check_distributed(kind, config)
    watch = Recorder(config.out, watch) if is_main() else Nobody()
    source = find_source(config)
    beginning = begin(kind, config, source, inputs)
    with Run(config.out, kind, beginning.identity, force=force) as run:
        for note in run.notes:
            watch.note(note)
        _use_threads(config.threads)
        policy = load_policy(config, source, chat)
        rows = read(config, policy)
        watch.note(_described(rows))
        follower = _follower(config, policy, rows, run, watch, sentinel, patience)
        course = Course(config, policy, rows, run, follower, watch)
        counts = work(course)
        if follower.interrupted:
            raise KeyboardInterrupt
        if sharded():
            policy.gather()
        if is_main():
            proof = _conclude(course)
            receipt = account(beginning, course, proof, counts, started)
            write_receipt(run.receipt_path, receipt)
            write_report(run.out, _title(course), _verdict(course, proof))
            run.finish()
            _check(course, proof)
    return config.out


def _follower(
    config: PolicyConfig,
    policy: Policy,
    rows: Rows,
    run: Run,
    watch: Watch,
    sentinel: MakeSentinel | None,
    patience: int,
) -> Follower:
    listening = sentinel is not None and config.sentinel is not False
    return Follower(
        policy,
        run,
        sentinel(config, policy, rows) if sentinel and listening and is_main() else None,
        watch,
        every=config.sentinel.every if listening and config.sentinel else 0,
        on_alarm=config.on_alarm,
        rollbacks=config.rollbacks,
        patience=patience,
    )


def _check_distributed(kind: str, config: PolicyConfig) -> None:
    """Refuse settings that do not go with what accelerate was told to do with the weights."""
    alone = kind == "sft" and config.method == "full" and config.sentinel is False
    if sharded() and not alone:
        # Whatever hears a policy is in one process, which then lacks the others' weights.
        raise ConfigError(
            'FSDP: only train sft with method = "full" and sentinel = false can do with weights '
            "that are spread over processes; use configs/distributed/ddp.yaml"
        )
    if not steps_unseen():
        return
    if os.environ.get("ACCELERATE_DEEPSPEED_ZERO_STAGE", "2") == "3":
        raise ConfigError("DeepSpeed: stage 3 spreads the weights; use stage 2, or fsdp.yaml")
    if config.autocast:
        # Its engine would turn the weights into bfloat16, and that is what would be saved.
        raise ConfigError("DeepSpeed: set autocast = false, so that weights stay in float32")
    if config.on_alarm == "rollback":
        # The optimizer steps on copies of its own, which the healthy weights would not reach.
        raise ConfigError('DeepSpeed: on_alarm must be "stop" or "log"; rollback needs ddp.yaml')


def _conclude(course: Course) -> Proof:
    """Put the result into the folder, and compare it with its parent."""
    policy, run, follower = course.policy, course.run, course.follower
    follower.write_log()
    if follower.alarm is not None:
        if not follower.healthy_step:
            told = f"{_told(course)}; there were no healthy weights but the parent's"
            write_report(run.out, _title(course), told)
            raise AlarmError(f"{told}: nothing is kept")
        policy.load(run.healthy(follower.healthy_step))
    with writing(run.out):
        result = run.out / "result"
        policy.save(result)
        for file in result.iterdir():
            file.replace(run.out / file.name)
        result.rmdir()
    rows = course.rows.dev or course.rows.train
    course.watch.note("comparing the saved files with the policy and its parent …")
    proof = prove(policy, run.out, rows, follower.history)
    with atomic_writer(run.out / DIFF) as stream:
        json.dump(document(proof), stream, ensure_ascii=False, indent=2)
        stream.write("\n")
    return proof


def _check(course: Course, proof: Proof) -> None:
    if proof.cause:
        raise NotLearningError(f"{course.run.out}: {proof.cause}")
    if course.follower.alarm is not None:
        step = course.follower.healthy_step
        raise AlarmError(f"{_told(course)}; the result are the healthy weights of step {step}")


def _told(course: Course) -> str:
    alarm = course.follower.alarm
    assert alarm is not None
    return f"{course.run.out}: stopped at step {alarm.step}: {alarm.cause}"


def _title(course: Course) -> str:
    return f"{course.run.out.name}: train {course.run.kind} of {course.config.model}"


def _verdict(course: Course, proof: Proof) -> str:
    """What came of it, in a sentence for the report."""
    verdict = f"The weights are {proof.difference.verdict}"
    if proof.behaviour:
        verdict += f"; log-probabilities moved by up to {proof.behaviour.moved:.3g} nats"
    if proof.cause:
        verdict += f". Fault: {proof.cause}"
    if course.follower.alarm is not None:
        verdict += f". The result are the healthy weights of step {course.follower.healthy_step}"
    return f"{verdict}."


def _use_threads(threads: int | None) -> None:
    import torch

    if threads is None and (torch.cuda.is_available() or processes() > 1):
        return  # torchrun has divided them
    torch.set_num_threads(threads or idle_cores())


def _described(rows: Rows) -> str:
    dropped = "; ".join(f"{count} {reason}" for reason, count in rows.dropped.items())
    text = f"{len(rows.train)} rows to train on, {len(rows.dev)} to measure the loss on"
    return f"{text}; left out: {dropped}" if dropped else text
