"""A watch that writes ``metrics.jsonl`` and ``samples.jsonl``, and how these are read.

Rows are only added, each written in one piece as soon as it is known, so that a training that is
killed has lost nothing but the line it was at. A training that goes on from a checkpoint first cuts
off what it will do again.
"""

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_humor.errors import DataError, HumorError
from semeval_humor.files import atomic_writer
from semeval_humor.schema import Headline, Lang, Prompt, WordPair
from semeval_humor.training.config import OnAlarm
from semeval_humor.training.sentinel.alarm import Alarm
from semeval_humor.training.sentinel.limits import Limit
from semeval_humor.training.watch import Entry, Watch

if TYPE_CHECKING:
    from semeval_humor.training.sentinel.sentinel import Probe, Sentinel

METRICS = "metrics.jsonl"
SAMPLES = "samples.jsonl"


class Recorder:
    """A watch that writes down what it hears, and passes it on.

    Args:
        folder: of the run; it is there once training begins.
        watch: is told, too.
    """

    def __init__(self, folder: Path, watch: Watch) -> None:
        self._folder = folder
        self._watch = watch
        self._probed = -1

    def begins(self, step: int, steps: int) -> None:
        """Cut off the rows of later steps, or all of them where training begins anew.

        Raises:
            DataError: a row is damaged.
            HumorError: the files cannot be written.
        """
        for name in (METRICS, SAMPLES):
            path = self._folder / name
            if not path.exists():
                continue
            kept = [row for row in _rows(path) if row["step"] <= step] if step else []
            with atomic_writer(path) as stream:
                stream.writelines(map(_line, kept))
            if name == METRICS:
                probed = [row["step"] for row in kept if row["kind"] == "probe"]
                self._probed = max(probed, default=-1)
        self._watch.begins(step, steps)

    def stepped(self, step: int, steps: int, logged: Entry) -> None:
        """Write down what was logged."""
        self._add(METRICS, [{"kind": "step", "step": step, "values": plain(logged)}])
        self._watch.stepped(step, steps, logged)

    def probed(self, sentinel: "Sentinel") -> None:
        """Write down the newest probe; before the first one, the limits and the parent's."""
        if self._probed < 0:
            limits = {name: plain(asdict(limit)) for name, limit in sentinel.limits.items()}
            self._add(METRICS, [{"kind": "limits", "step": 0, "limits": limits}])
        for probe in sentinel.history:
            if probe.step > self._probed:
                self._add(METRICS, [_of_probe(probe)])
                self._add(SAMPLES, _of_samples(probe))
                self._probed = probe.step
        self._watch.probed(sentinel)

    def alarmed(self, alarm: Alarm, then: OnAlarm) -> None:
        """Write down the alarm, and what was done."""
        row = {"kind": "alarm", "step": alarm.step, "then": then, "alarm": asdict(alarm)}
        self._add(METRICS, [row])
        self._watch.alarmed(alarm, then)

    def note(self, text: str) -> None:
        """Only pass on."""
        self._watch.note(text)

    def _add(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        path = self._folder / name
        lines = "".join(map(_line, rows)).encode(errors="backslashreplace")
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                end = os.lseek(file, 0, os.SEEK_END)
                if os.write(file, lines) < len(lines):  # a disk that fills takes part of it first
                    os.ftruncate(file, end)
                    raise HumorError(f"{path}: cannot be written: no space left on device")
            finally:
                os.close(file)
        except OSError as error:
            raise HumorError(f"{path}: cannot be written: {error.strerror}") from error


Curve = list[tuple[float, float]]
"""Steps and values, NaN where a value was no number."""


@dataclass(slots=True)
class Progress:
    """What ``metrics.jsonl`` holds.

    Attributes:
        logged: curves of what the trainer logged, by name.
        signals: curves of what the sentinel heard.
        limits: of the signals.
        alarms: with what was done about each.
        probe_seconds: that the probes took, the parent's with the learning of the limits first.
    """

    logged: dict[str, Curve] = field(default_factory=dict)
    signals: dict[str, Curve] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    alarms: list[tuple[Alarm, str]] = field(default_factory=list)
    probe_seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """A row of ``samples.jsonl``.

    Attributes:
        step: 0 for the parent.
        id: of the prompt.
        lang: of the prompt.
        asked: the headline, or the two words.
        text: the answer.
        finish: how it ended.
        tokens: of the answer, the end token included.
        reward: None without a reward.
    """

    step: int
    id: str
    lang: Lang
    asked: str
    text: str
    finish: str
    tokens: int
    reward: float | None


def read_progress(folder: Path) -> Progress:
    """What was written down of a training, finished or not.

    Raises:
        DataError: the file is missing, or a row is damaged.
    """
    progress = Progress()
    path = folder / METRICS
    for row in _rows(path):
        try:
            _take(row, progress)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: damaged row of step {row.get('step')}: {error}") from error
    return progress


def read_samples(folder: Path) -> list[Told]:
    """The answers of all probes, in their order.

    Raises:
        DataError: the file is missing, or a row is damaged.
    """
    path = folder / SAMPLES
    try:
        return [Told(**{**row, "lang": Lang(row["lang"])}) for row in _rows(path)]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: damaged row: {error}") from error


def _take(row: Mapping[str, Any], progress: Progress) -> None:
    match row["kind"]:
        case "step":
            _extend(progress.logged, row)
        case "probe":
            _extend(progress.signals, row)
            progress.probe_seconds.append(row["seconds"])
        case "limits":
            for name, sides in row["limits"].items():
                given = {side: value for side, value in sides.items() if value is not None}
                progress.limits[name] = Limit(**given)
        case "alarm":
            alarm = Alarm(**{**row["alarm"], "probes": tuple(row["alarm"]["probes"])})
            progress.alarms.append((alarm, row["then"]))


def _extend(curves: dict[str, Curve], row: Mapping[str, Any]) -> None:
    for name, value in row["values"].items():
        curves.setdefault(name, []).append((row["step"], math.nan if value is None else value))


def _of_probe(probe: "Probe") -> dict[str, Any]:
    return {
        "kind": "probe",
        "step": probe.step,
        "values": plain(probe.signals),
        "breaches": list(probe.breaches),
        "seconds": round(probe.seconds, 3),
    }


def _of_samples(probe: "Probe") -> Iterable[dict[str, Any]]:
    rewards = probe.rewards or (None,) * len(probe.samples)
    for sample, reward in zip(probe.samples, rewards, strict=True):
        yield asdict(
            Told(
                probe.step,
                sample.prompt.id,
                sample.prompt.lang,
                _asked(sample.prompt),
                sample.text,
                str(sample.finish),
                len(sample.logprobs),
                reward,
            )
        )


def _asked(prompt: Prompt) -> str:
    match prompt.constraint:
        case Headline(text):
            return text
        case WordPair(word1, word2):
            return f"{word1} + {word2}"
    raise AssertionError(prompt.constraint)  # policies are trained on task A alone


def plain(value: Any) -> Any:
    """A value as JSON can hold it: what is no finite number becomes null, as in transformers."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case Mapping():
            return {str(name): plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    return value


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    """Rows of a file, without a last one that was torn."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path}: is missing") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            int(row["step"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}:{number}: damaged line: {error}") from error
        yield row
