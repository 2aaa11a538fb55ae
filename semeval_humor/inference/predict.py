"""Task inputs to submission files: sample, choose, write, account for it."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semeval_humor import receipt
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.files import sha256_of_file, sha256_of_json
from semeval_humor.inference.candidates import candidates_path, open_candidates, read_candidates
from semeval_humor.inference.config import PredictConfig
from semeval_humor.inference.engines import EnginePlan
from semeval_humor.inference.results import FileResult, check_untouched, write_result
from semeval_humor.inference.rules import score_by_rules
from semeval_humor.inference.sampling import Sampler, Watch
from semeval_humor.inference.selection import select
from semeval_humor.inputs import TaskInput, read_recorded_input
from semeval_humor.journal import Journal
from semeval_humor.prompts import PromptBook
from semeval_humor.schema import Candidate, FileRecord, Prompt, Receipt, Scorer

SUBMISSIONS = Path("submissions")


@dataclass(frozen=True, slots=True)
class Ranking:
    """What ranks the candidates of a row.

    Attributes:
        name: as ``--scorer`` gives it.
        score: says how good they are.
        inputs: files that the scorer was made from, for the receipt.
    """

    name: str
    score: Scorer
    inputs: tuple[FileRecord, ...] = ()


BY_RULES = Ranking("rules", score_by_rules)

# A receipt's first inputs are the rows and the prompts; what ranked their candidates follows.
_SAMPLED_FROM = 2


@dataclass(frozen=True, slots=True)
class _Job:
    """One task file to be made, and the run that makes it."""

    input: TaskInput
    result: Path
    identity: Mapping[str, Any]


def predict(
    config: PredictConfig,
    inputs: Sequence[TaskInput],
    plan: EnginePlan,
    watch: Watch,
    ranking: Ranking = BY_RULES,
    *,
    force: bool = False,
) -> Iterator[FileResult]:
    """Make the submission files that a config asks for; yield each when it is written.

    What a former run with the same identity has sampled is used; the engine is started only if
    something is missing. A file is written only if each of its rows has a text.

    Args:
        config: what to do.
        inputs: from ``read_inputs``.
        plan: from ``plan_engine``.
        watch: is told what happens.
        ranking: what ``config.scorer`` names.
        force: delete what is there first.

    Raises:
        ConfigError: the output folder holds another run, or options do not fit.
        EngineError: the engine failed; finished candidates are in the journal.
    """
    _check_ranking(config, ranking)
    book = PromptBook(config.prompts)
    _check_langs(inputs, plan)
    jobs = [_job(config, plan, book, read) for read in inputs]
    for job in jobs:
        if force and not job.result.is_dir():
            _clear(job.result)
        check_untouched(job.result, len(job.input.prompts[: config.limit]))
    with ExitStack() as stack:
        journals = [
            stack.enter_context(open_candidates(candidates_path(job.result), job.identity))
            for job in jobs
        ]
        sampler = stack.enter_context(Sampler(config, plan, book, watch))
        for job, journal in zip(jobs, journals, strict=True):
            yield _run(config, plan, book, job, journal, sampler, ranking)


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run of ``predict`` that has written its file.

    Attributes:
        path: the submission file.
        account: its receipt.
        config: what was asked for.
        input: the task file that it answers.
        candidates: all that was sampled.
    """

    path: Path
    account: Receipt
    config: PredictConfig
    input: TaskInput
    candidates: tuple[Candidate, ...]

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The rows that were asked for."""
        return self.input.prompts[: self.config.limit]


def read_run(candidates: Path) -> FinishedRun:
    """Read what a finished run has left.

    Args:
        candidates: a ``task-….candidates.jsonl`` with its receipt beside it.

    Raises:
        ConfigError: the input has changed.
        DataError: a file is missing or damaged.
    """
    if not candidates.exists():
        raise DataError(f"{candidates}: no such file; expected a task-….candidates.jsonl")
    path = candidates.with_name(candidates.name.partition(".")[0] + ".tsv")
    written = receipt.receipt_path(path)
    if not written.exists():
        raise DataError(f"{candidates}: its run is not finished; give the predict command again")
    account = receipt.read_receipt(written)
    config = PredictConfig.model_validate(account.config)
    record = next(record for record in account.inputs if record.ids)
    (lang,) = [lang for lang in config.langs if config.task.file_name(lang) == path.name]
    read = read_recorded_input(config.task, lang, record)
    return FinishedRun(path, account, config, read, tuple(read_candidates(candidates)))


def reselect(candidates: Path, ranking: Ranking, *, force: bool = False) -> FileResult:
    """Choose again among the candidates of a finished run; nothing is sampled.

    Args:
        candidates: a ``task-….candidates.jsonl`` with its receipt beside it.
        ranking: what ranks the candidates now.
        force: replace a submission file even if it was edited since it was written.

    Raises:
        ConfigError: the input has changed, or the scorer does not fit it.
        DataError: a file is missing or damaged.
    """
    run = read_run(candidates)
    if not force:
        check_untouched(run.path, len(run.prompts))
    choices = select(run.prompts, run.candidates, ranking.score)
    result = FileResult(
        run.path, run.prompts, choices, {}, 0, 0.0, run.input.is_sample, ranking.name
    )
    if result.without_text:
        raise DataError(f"{candidates}: no candidates of {result.without_text[0]}; finish predict")
    settings = run.config.model_copy(update={"scorer": ranking.name})
    account = dataclasses.replace(
        run.account,
        command="select",
        config=settings.model_dump(mode="json"),
        inputs=run.account.inputs[:_SAMPLED_FROM] + ranking.inputs,
    )
    return write_result(result, run.candidates, account)


def _check_ranking(config: PredictConfig, ranking: Ranking) -> None:
    if ranking.name != config.scorer:
        raise ConfigError(f"--scorer {config.scorer}: the ranking at hand is {ranking.name}")


def _check_langs(inputs: Sequence[TaskInput], plan: EnginePlan) -> None:
    for read in inputs:
        if plan.langs is not None and read.lang not in plan.langs:
            raise ConfigError(
                f"{plan.identity.name} speaks {', '.join(plan.langs)}, not {read.lang}; add "
                "--model: one that you have, Qwen/Qwen3-4B (hub), or gemma3-270m "
                f"--accept-license gemma; or --lang {plan.langs[0]}"
            )


def _job(config: PredictConfig, plan: EnginePlan, book: PromptBook, read: TaskInput) -> _Job:
    name = config.name or plan.identity.name.rstrip("/").rpartition("/")[2]
    folder = config.out or SUBMISSIONS / name
    sampling = config.sampling(seed=config.seed, stop=())
    identity = {
        "task": config.task,
        "lang": read.lang,
        "input": sha256_of_json([dataclasses.asdict(prompt) for prompt in read.prompts]),
        "prompts": book.sha256,
        "model": dataclasses.asdict(plan.identity),
        "sampling": dataclasses.asdict(sampling),
    }
    return _Job(read, folder / config.task.file_name(read.lang), identity)


def _clear(result: Path) -> None:
    for path in (result, candidates_path(result), receipt.receipt_path(result)):
        path.unlink(missing_ok=True)


def _run(
    config: PredictConfig,
    plan: EnginePlan,
    book: PromptBook,
    job: _Job,
    journal: Journal[Candidate],
    sampler: Sampler,
    ranking: Ranking,
) -> FileResult:
    started = _now()
    prompts = job.input.prompts[: config.limit]
    before, clock = len(journal.entries), sampler.seconds
    failures = sampler.fill(prompts, journal)
    candidates = list(journal.entries.values())
    result = FileResult(
        path=job.result,
        prompts=prompts,
        choices=select(prompts, candidates, ranking.score),
        failures=failures,
        tokens=sum(candidate.tokens for candidate in candidates[before:]),
        seconds=sampler.seconds - clock,
        is_sample=job.input.is_sample,
        scorer=ranking.name,
    )
    if not result.without_text:
        written = receipt.receipt_path(job.result)
        former = receipt.read_receipt(written) if written.exists() else None
        account = Receipt(
            command="predict",
            config=config.model_dump(mode="json"),
            identity=job.identity,
            model=plan.identity,
            engine=sampler.settings if result.tokens or not former else former.engine,
            inputs=(
                job.input.record,
                FileRecord(book.name, sha256_of_file(book.path)),
                *ranking.inputs,
            ),
            outputs=(),
            counts={},
            unresolved={},
            versions=receipt.versions(),
            hardware=receipt.hardware(),
            started=former.started if former else started,
            seconds=former.seconds if former else 0.0,
        )
        result = write_result(result, candidates, account)
    return result


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
