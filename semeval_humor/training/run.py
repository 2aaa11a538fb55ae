"""The folder of a training: whose it is, where it goes on, and how it is interrupted."""

import dataclasses
import fcntl
import json
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Self

from semeval_humor.errors import ConfigError, EngineError, HumorError
from semeval_humor.journal import Journal
from semeval_humor.training.processes import is_main
from semeval_humor.weights import read_json

JOURNAL = "run.jsonl"
ALARM = "alarm.json"

KEPT = 2
"""Checkpoints: if the newest is cut short, there is the one before it."""

_CHECKPOINT = "checkpoint-"
_HEALTHY = "healthy-"
# Each process writes its own, whenever it gets to it.
_NOT_SEALED = "rng_state_"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A checkpoint of which every file was written.

    Attributes:
        step: after which it was made.
        files: their names and sizes in bytes.
        state: what else has to be remembered, as JSON values.
    """

    step: int
    files: Mapping[str, int]
    state: Mapping[str, Any]

    @property
    def key(self) -> tuple[int]:
        """Unique within a run."""
        return (self.step,)


class Run:
    """One training in its folder; a context, within which no other process may use the folder.

    The folder's journal holds the run's identity and the checkpoints that are whole. Of several
    processes of the same training only the first one reads and writes it.

    Args:
        out: the folder.
        kind: of training: sft, grpo, …
        identity: settings, as JSON values, that must be the same for a run to be continued.
        force: delete a training that is there.

    Raises:
        ConfigError: the folder holds another run, a finished one, or something else; or another
            process is at it.
        DataError: the journal is damaged.
        HumorError: the folder cannot be written.
    """

    def __init__(
        self, out: Path, kind: str, identity: Mapping[str, Any], *, force: bool = False
    ) -> None:
        self.out, self.kind = out, kind
        self.receipt_path = out / f"train-{kind}.run.json"
        self.checkpoint: Path | None = None
        """Where the run goes on; None for a new one."""
        self.state: Mapping[str, Any] = {}
        """What was sealed together with the checkpoint."""
        self.notes: list[str] = []
        """What people should know about how it goes on."""
        self._journal: Journal[Sealed] | None = None
        if not is_main():
            return
        self._check_place(force=force)
        if force and out.exists():
            self._clear()
        self._journal = _open(out, identity)  # locked from here on
        try:
            self._find_checkpoint()
        except BaseException:
            self._journal.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        if self._journal is not None:
            self._journal.__exit__()

    def healthy(self, step: int) -> Path:
        """Where the weights of a healthy probe lie while training goes on."""
        return self.out / f"{_HEALTHY}{step}"

    @property
    def healthy_step(self) -> int | None:
        """Step of the newest healthy weights that were kept; None where there are none."""
        return max((_step(folder) for folder in self.out.glob(f"{_HEALTHY}*")), default=None)

    def keep_only(self, step: int) -> None:
        """Delete healthy weights of all steps but one."""
        for folder in self.out.glob(f"{_HEALTHY}*"):
            if folder != self.healthy(step):
                shutil.rmtree(folder, ignore_errors=True)

    def folder(self, step: int) -> Path:
        """Where the checkpoint of a step lies."""
        return self.out / f"{_CHECKPOINT}{step}"

    def seal(self, step: int, state: Mapping[str, Any]) -> None:
        """Remember that a checkpoint is whole.

        Raises:
            HumorError: the journal cannot be written.
        """
        if self._journal is not None:
            self._journal.append(Sealed(step, _sizes(self.folder(step)), state))

    def finish(self) -> None:
        """Delete what was only needed to go on: checkpoints and healthy weights."""
        (self.out / "README.md").unlink(missing_ok=True)  # TRL's form to be filled in
        for folder in [*self.out.glob(f"{_CHECKPOINT}*"), *self.out.glob(f"{_HEALTHY}*")]:
            shutil.rmtree(folder, ignore_errors=True)

    def _check_place(self, *, force: bool) -> None:
        out = self.out
        if not out.exists() or (out.is_dir() and not any(out.iterdir())):
            return
        if not (out / JOURNAL).exists():
            raise ConfigError(f"{out}: is there already, and is no training; choose another out")
        if force:
            return
        if self.receipt_path.exists():
            raise ConfigError(
                f"{out}: is finished; name another out, or use --force to delete it and train anew"
            )
        if (out / ALARM).exists() and read_json(out / ALARM).get("then") == "stop":
            raise ConfigError(
                f"{out}: was ended by an alarm, see {ALARM}; change the config, and use --force"
            )

    def _clear(self) -> None:
        path = self.out / JOURNAL
        if not path.exists():
            return  # an empty folder
        with path.open("rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConfigError(f"{path}: another process is writing this run") from error
            shutil.rmtree(self.out)

    def _find_checkpoint(self) -> None:
        assert self._journal is not None
        sealed = self._journal.entries
        whole = False
        for folder in sorted(self.out.glob(f"{_CHECKPOINT}*"), key=_step, reverse=True):
            entry = sealed.get((_step(folder),))
            fault = "was not finished" if entry is None else _fault(folder, entry)
            if fault is None and entry is not None:
                self.checkpoint, self.state = folder, entry.state
                break
            whole = whole or entry is not None
            self.notes.append(f"{folder.name} {fault}; it is left out")
            if entry is None:
                shutil.rmtree(folder)
        if self.checkpoint is not None:
            self.notes.append(f"going on from {self.checkpoint.name}")
        elif whole:
            raise ConfigError(
                f"{self.out}: {self.notes[0]}, and there is no other; use --force to start over"
            )


class Interrupt:
    """Whether somebody wants a training to end soon."""

    def __init__(self) -> None:
        self.requested = False


@contextmanager
def interruptible(tell: Callable[[str], None]) -> Iterator[Interrupt]:
    """Within the block, the first Ctrl-C or SIGTERM is only noted; a second one interrupts.

    So the step at hand is finished and a checkpoint written; ``tell`` is told so. Python delivers
    signals to the main thread; in another one nothing changes.
    """
    interrupt = Interrupt()

    def note(number: int, frame: FrameType | None) -> None:
        if interrupt.requested:
            raise KeyboardInterrupt
        interrupt.requested = True
        tell("interrupted: the step at hand is finished and saved; once more ends it at once")

    try:
        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread
        yield interrupt
        return
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Within the block, a disk that cannot be written is told in one line.

    Raises:
        HumorError: in place of what Python, safetensors and torch raise then.
    """
    from safetensors import SafetensorError

    try:
        yield
    except OSError as error:
        raise HumorError(_unwritable(out, error.strerror or str(error))) from error
    except SafetensorError as error:
        raise HumorError(_unwritable(out, str(error))) from error
    except RuntimeError as error:
        # So torch.save says that the disk is full.
        if "PytorchStreamWriter" in str(error) or "inline_container" in str(error):
            raise HumorError(_unwritable(out, "the disk is full?")) from error
        raise


@contextmanager
def enough_memory() -> Iterator[None]:
    """Within the block, memory that runs out is told in one line.

    Raises:
        EngineError: in place of what torch raises then.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise EngineError(
            "out of memory; lower batch_size and raise accumulation, or set "
            "gradient_checkpointing or lora.base"
        ) from error


def _unwritable(out: Path, reason: str) -> str:
    return f"{out}: cannot be written: {reason}; make room, and give the same command again"


def _open(out: Path, identity: Mapping[str, Any]) -> Journal[Sealed]:
    return Journal(
        out / JOURNAL,
        json.loads(json.dumps(identity)),
        encode=dataclasses.asdict,
        decode=lambda value: Sealed(**value),
    )


def _sizes(folder: Path) -> dict[str, int]:
    return {
        str(file.relative_to(folder)): file.stat().st_size
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.startswith(_NOT_SEALED)
    }


def _fault(folder: Path, entry: Sealed) -> str | None:
    found = _sizes(folder)
    for name, size in entry.files.items():
        if name not in found:
            return f"lacks {name}"
        if found[name] != size:
            return f"is damaged: {name} has {found[name]} bytes of {size}"
    return None


def _step(folder: Path) -> int:
    number = folder.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else -1
