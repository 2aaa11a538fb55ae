"""The record of all measurements: a JSON Lines file to which each one adds a line.

Other benchmarks' lines in it, which have no ``what``, are passed over. Of several records for one
place, the last one counts.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any

from semeval_humor.bench.judge_config import JudgeConfig
from semeval_humor.errors import DataError, HumorError
from semeval_humor.ratings import Rating
from semeval_humor.schema import Lang, ModelIdentity, Score
from semeval_humor.submission.kinds import Kind

Reasons = Mapping[tuple[str, Kind], Mapping[str, str]]
"""By system and task file: why a metric has no value, by its name, and what must be known of a
rating that there is, by the name of its voters."""


class What(StrEnum):
    """Kinds of records."""

    SCORES = "scores"
    RATINGS = "ratings"
    OFFICIAL = "official"


@dataclass(frozen=True, slots=True)
class Slot:
    """What a record is about.

    Attributes:
        benchmark: name of the benchmark.
        what: kind of the record.
        of: the system that has the scores, or the voters that have made the ratings.
        file: official name of the task file; empty where the record is about several.
    """

    benchmark: str
    what: What
    of: str
    file: str = ""

    def __str__(self) -> str:
        """In words."""
        match self.what:
            case What.SCORES:
                return f"scores of {self.of}, {self.file}"
            case What.RATINGS:
                return f"ratings by {self.of}"
            case What.OFFICIAL:
                return f"official scores, {self.file}"


@dataclass(frozen=True, slots=True)
class Record:
    """One measurement.

    Attributes:
        slot: what it is about.
        key: SHA-256 over all that moves it; while it stays the same, nothing is measured again.
        date: when it was finished; UTC, ISO 8601.
        seconds: that it took.
        commit: of this package's sources; None where they are no checkout.
        versions: of this package, Python and the libraries that move results.
        hardware: the machine.
        config: the settings that moved it.
        results: what came out, as JSON values; empty for a file that is not there any more.
    """

    slot: Slot
    key: str
    date: str
    seconds: float
    commit: str | None
    versions: Mapping[str, str]
    hardware: Mapping[str, Any]
    config: Mapping[str, Any]
    results: Mapping[str, Any]

    @property
    def complete(self) -> bool:
        """Whether nothing is left to be done; a judge may have lost answers."""
        return not self.results.get("card", {}).get("unanswered")


def read_records(path: Path) -> dict[Slot, Record]:
    """The last record for each place; none where there is no file.

    Raises:
        DataError: the file cannot be read, or a line is no JSON object or a damaged record.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    found = {}
    for number, line in enumerate(lines, start=1):
        try:
            value = json.loads(line)
            if value.get("what"):
                place = [value.pop(name) for name in ("benchmark", "what", "of", "file")]
                slot = Slot(place[0], What(place[1]), *place[2:])
                found[slot] = Record(slot, **value)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path}:{number}: damaged line ({error}); delete it to measure again"
            ) from error
    return found


def append_record(path: Path, record: Record) -> None:
    """Add a record, in one piece.

    Raises:
        HumorError: the file cannot be written, or only in part, which is taken back.
    """
    value = asdict(record)
    line = json.dumps({**value.pop("slot"), **value}, ensure_ascii=False).encode() + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, end - 1))
            if stream.read(1) not in (b"", b"\n"):  # an editor left the last line open
                line = b"\n" + line
            if stream.write(line) < len(line):
                stream.truncate(end)
                raise HumorError(f"{path}: cannot be written: no space left on device")
    except OSError as error:
        raise HumorError(f"{path}: cannot be written: {error.strerror}") from error


def score_value(score: Score) -> dict[str, Any]:
    """A score as a JSON value, without the values of single rows."""
    kept = ("name", "value", "low", "high", "items", "settings")
    return {name: value for name, value in asdict(score).items() if name in kept}


def score_of(value: Mapping[str, Any], lang: Lang) -> Score:
    """A score from a JSON value."""
    return Score(lang=lang, **value)


def model_value(model: ModelIdentity) -> dict[str, Any]:
    """The weights that spoke as a JSON value; see :func:`portable`."""
    parent = None if model.parent is None else portable(model.parent)
    return {**asdict(model), "name": portable(model.name), "parent": parent}


def judge_value(judge: JudgeConfig) -> dict[str, Any]:
    """Settings of a judge as a JSON value; see :func:`portable`."""
    value = judge.model_dump(mode="json")
    places = ("model", "reward", "adapter", "people")
    return {**value, **{name: portable(value[name]) for name in places if value[name]}}


def portable(name: str) -> str:
    """A model's name or a path as records have it: of an absolute path the last part alone.

    Results are there to be published, and name neither machines nor their users. What lies there
    is told by its hash.
    """
    return PurePath(name).name if name.startswith(("/", "~")) else name


def rating_value(rating: Rating) -> dict[str, Any]:
    """A rating as a row of the organisers' score files."""
    return {
        "system": rating.system,
        "rating": rating.rating,
        "variance": rating.variance,
        "rating_q975": rating.high,
        "rating_q025": rating.low,
        "num_battles": rating.battles,
        "final_ranking": rating.rank,
    }


def rating_of(row: Mapping[str, Any]) -> Rating:
    """A rating from such a row."""
    return Rating(
        system=row["system"],
        rating=row["rating"],
        variance=row["variance"],
        low=row["rating_q025"],
        high=row["rating_q975"],
        battles=row["num_battles"],
        rank=row["final_ranking"],
    )


def read_official(path: Path) -> list[Rating]:
    """The rows of an organisers' score file, in its order.

    Raises:
        DataError: the file cannot be read, or is no list of such rows.
    """
    try:
        found = [rating_of(row) for row in json.loads(path.read_text(encoding="utf-8-sig"))]
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path}: not a score file of the organisers ({error!r}): expected a JSON list of rows "
            "with system, rating, variance, rating_q975, rating_q025, num_battles, final_ranking"
        ) from error
    for rating in found:
        numbers = (rating.rating, rating.low, rating.high, rating.battles, rating.rank)
        if not all(isinstance(each, int | float) for each in numbers):
            raise DataError(f"{path}: {rating.system}: found {numbers}, expected numbers")
    return found
