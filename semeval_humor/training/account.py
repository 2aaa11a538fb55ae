"""The receipt of a training: what it began with, and what came of it."""

import resource
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from semeval_humor.errors import DataError
from semeval_humor.files import sha256_of_file
from semeval_humor.receipt import hardware, versions
from semeval_humor.schema import FileRecord, ModelIdentity, Receipt
from semeval_humor.training.config import PolicyConfig
from semeval_humor.training.course import Course
from semeval_humor.training.processes import processes
from semeval_humor.training.proof import Proof, document
from semeval_humor.training.recorder import plain
from semeval_humor.training.source import Source


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a training begins with.

    Attributes:
        kind: of training: sft, grpo, …
        config: what was asked for.
        parent: hashes of the model's weights.
        inputs: files that are read.
    """

    kind: str
    config: PolicyConfig
    parent: ModelIdentity
    inputs: tuple[FileRecord, ...]

    @property
    def identity(self) -> dict[str, Any]:
        """What must be the same for the training to be continued."""
        return {
            "kind": self.kind,
            "config": self.config.identity,
            "model": asdict(self.parent),
            "inputs": {record.name: record.sha256 for record in self.inputs},
            "processes": processes(),
        }


def begin(
    kind: str, config: PolicyConfig, source: Source, more: tuple[FileRecord, ...]
) -> Beginning:
    """Take down what a training begins with; ``more`` are files that the config does not name.

    Raises:
        DataError: a file cannot be read.
    """
    parent = source.identity()
    files = (*config.pairs, *([config.prompts] if config.prompts else []))
    return Beginning(kind, config, parent, (*map(_record, files), *more))


def account(
    beginning: Beginning,
    course: Course,
    proof: Proof,
    counts: Mapping[str, Any],
    started: datetime,
) -> Receipt:
    """The receipt of a training that is done; ``counts`` is what the trainer has counted."""
    return Receipt(
        command=f"train {beginning.kind}",
        config=beginning.config.model_dump(mode="json"),
        identity=beginning.identity,
        model=beginning.parent,
        engine=_engine(course),
        inputs=beginning.inputs,
        outputs=_outputs(beginning.config.out),
        counts=_counts(course, proof) | dict(counts),
        unresolved={},
        versions=versions(),
        hardware=hardware(),
        started=started.isoformat(timespec="seconds"),
        seconds=round(course.follower.seconds, 2),
    )


def _record(path: Path) -> FileRecord:
    try:
        return FileRecord(str(path), sha256_of_file(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def _counts(course: Course, proof: Proof) -> dict[str, Any]:
    follower = course.follower
    found = document(proof)
    return {
        "steps": follower.steps,
        "rows": course.rows.counts,
        "seconds_per_step": round(follower.seconds / max(1, follower.steps), 3),
        "peak_memory_gib": _peak_memory(),
        "diff": {name: found[name] for name in ("verdict", "cause", "behaviour")},
        "alarms": [plain(asdict(alarm)) for alarm in follower.alarms],
        "result_step": follower.healthy_step if follower.alarm else follower.steps,
    }


def _engine(course: Course) -> dict[str, Any]:
    import torch

    return {
        "device": "cuda" if torch.cuda.is_available() else "cpu",
        "trained": "float32",
        "base": course.config.lora.base if course.config.method == "lora" else "float32",
        "threads": torch.get_num_threads(),
        "processes": processes(),
    }


def _outputs(out: Path) -> tuple[FileRecord, ...]:
    files = sorted(file for file in out.iterdir() if file.suffix == ".safetensors")
    return tuple(FileRecord(file.name, sha256_of_file(file)) for file in files)


def _peak_memory() -> float:
    """The most memory in GiB that this process has used, that of the GPU added."""
    import torch

    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    on_gpu = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    return round(kib / 2**20 + on_gpu / 2**30, 2)
