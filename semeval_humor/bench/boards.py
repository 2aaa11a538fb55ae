"""Boards from what has been measured; the files of the systems need not be there any more."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from semeval_humor.bench.board import Board, Row
from semeval_humor.bench.config import OFFICIAL, OFFICIAL_FILES, PEOPLE, BenchConfig
from semeval_humor.bench.results import (
    Reasons,
    Record,
    Slot,
    What,
    judge_value,
    rating_of,
    read_records,
    score_of,
)
from semeval_humor.errors import DataError
from semeval_humor.ratings import Rating
from semeval_humor.submission.kinds import KINDS, Kind
from semeval_humor.submission.sources import find_sources

_KINDS: Mapping[str, Kind] = {kind.file_name: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Found:
    """What the results say of a benchmark.

    Attributes:
        board: all of it.
        reasons: why metrics have no value, and what must be known of ratings.
        stale: what is not as it was when it was measured, in a sentence each.
    """

    board: Board
    reasons: Reasons
    stale: tuple[str, ...]


def read_board(config: BenchConfig) -> Found:
    """Make a board of the last results.

    Rows of a task file are first the systems of the config, then others that there are votes on,
    then those of the organisers' score file. Voters whose votes are not rated yet have no rating.

    Raises:
        DataError: a system or a score file has not been measured, or the results are damaged.
    """
    records = {
        slot: record
        for slot, record in read_records(config.results).items()
        if slot.benchmark == config.name and record.results
    }
    voters = [*([PEOPLE] if config.votes else []), *(judge.name for judge in config.judges)]
    scores = _scores(config, records)
    official = _official(config, records)
    rated = {voter: _Rated.of(records.get(_voters_slot(config, voter))) for voter in voters}
    rows, reasons = [], {}
    for kind in KINDS:
        mine = {system: record for (system, each), record in scores.items() if each == kind}
        others = [name for each in rated.values() for name in each.names(kind) if name not in mine]
        for system in dict.fromkeys([*mine, *others]):
            record = mine.get(system)
            rows.append(_row(system, kind, record, rated))
            reasons[system, kind] = _reasons(system, kind, record, rated)
        rows += [
            Row(each.system, kind, ratings={OFFICIAL: each}) for each in official.get(kind, ())
        ]
    cards = {voter: each.card for voter, each in rated.items() if each.card}
    shown = [*voters, *([OFFICIAL] if official else [])]
    board = Board(config.name, config.baseline, tuple(rows), tuple(shown), cards)
    stale = [*_stale_scores(config, scores), *_stale_ratings(config, scores, records)]
    return Found(board, reasons, tuple(stale))


@dataclass(frozen=True, slots=True)
class _Rated:
    """A record of ratings.

    Attributes:
        files: by name of a task file, what ``run`` has put down; None where nothing is rated yet.
        card: of the judge; empty where the voters are people.
    """

    files: Mapping[str, Any] | None
    card: Mapping[str, Any]

    @classmethod
    def of(cls, record: Record | None) -> "_Rated":
        if record is None:
            return cls(None, {})
        return cls(record.results["ratings"], record.results.get("card", {}))

    def names(self, kind: Kind) -> list[str]:
        """All systems that there are votes on."""
        found = self._file(kind)
        return [*(row["system"] for row in found.get("rated", ())), *found.get("unrated", ())]

    def rating(self, system: str, kind: Kind) -> Rating | None:
        rows = self._file(kind).get("rated", ())
        return next((rating_of(row) for row in rows if row["system"] == system), None)

    def unrated(self, system: str, kind: Kind) -> str:
        """Why a system has no rating."""
        if self.files is None:
            return "not rated yet, see bench run"
        reason: str = self._file(kind).get("unrated", {}).get(system, "no votes on it")
        return reason

    def unbounded(self, system: str, kind: Kind) -> float | None:
        """Share of the draws in which it has lost, or won, nothing, where that is too large."""
        share: float | None = self._file(kind).get("unbounded", {}).get(system)
        return share

    def _file(self, kind: Kind) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (self.files or {}).get(kind.file_name, {})
        return found


def _voters_slot(config: BenchConfig, voter: str) -> Slot:
    return Slot(config.name, What.RATINGS, voter)


def _scores(config: BenchConfig, records: Mapping[Slot, Record]) -> dict[tuple[str, Kind], Record]:
    """Records of the systems' files, in the order of the config."""
    found: dict[tuple[str, Kind], Record] = {}
    for system in config.systems:
        mine = {
            (system, _KINDS[slot.file]): record
            for slot, record in records.items()
            if slot.what is What.SCORES and slot.of == system
        }
        if not mine:
            raise DataError(
                f"{config.results}: nothing on {system} in benchmark {config.name}; "
                "semeval-humor bench run measures it"
            )
        found |= mine
    return found


def _official(config: BenchConfig, records: Mapping[Slot, Record]) -> dict[Kind, list[Rating]]:
    found = {}
    for file in config.official:
        kind = OFFICIAL_FILES[file]
        record = records.get(Slot(config.name, What.OFFICIAL, OFFICIAL, kind.file_name))
        if record is None:
            raise DataError(
                f"{config.results}: no official scores of {file} in benchmark {config.name}; "
                "semeval-humor bench run reads them"
            )
        found[kind] = [rating_of(row) for row in record.results["ratings"]]
    return found


def _row(system: str, kind: Kind, record: Record | None, rated: Mapping[str, _Rated]) -> Row:
    measured = record.results["scores"] if record else ()
    ratings = {voter: each.rating(system, kind) for voter, each in rated.items()}
    return Row(
        system,
        kind,
        scores={value["name"]: score_of(value, kind.lang) for value in measured},
        ratings={voter: rating for voter, rating in ratings.items() if rating},
        unrated={
            voter: rated[voter].unrated(system, kind)
            for voter, rating in ratings.items()
            if rating is None
        },
    )


def _reasons(
    system: str, kind: Kind, record: Record | None, rated: Mapping[str, _Rated]
) -> dict[str, str]:
    undefined = record.results["undefined"] if record else {}
    loose = {voter: each.unbounded(system, kind) for voter, each in rated.items()}
    return {
        **{name: why.removeprefix(f"{name}: ") for name, why in undefined.items()},
        **{
            voter: f"undefeated or winless in {share:.0%} of the draws: an end of its interval is "
            "too near"
            for voter, share in loose.items()
            if share
        },
    }


def _stale_scores(config: BenchConfig, scores: Mapping[tuple[str, Kind], Record]) -> Iterator[str]:
    """What has changed since it was measured, of those systems whose files are here."""
    found = {
        system: [source for source in find_sources([path]) if source.content is not None]
        for system, path in config.systems.items()
        if path.exists()
    }
    holders = Counter(source.kind for sources in found.values() for source in sources)
    for system, sources in found.items():
        here = {hashlib.sha256(source.content or b"").hexdigest() for source in sources}
        measured = {kind: record for (name, kind), record in scores.items() if name == system}
        for kind, record in measured.items():
            if record.config["sha256"] not in here:
                yield f"{system}: {kind.file_name} has changed since it was measured"
        for source in sources:
            if source.kind is None or source.kind in measured:
                continue
            # A task that one system alone has handed in has no rows in common.
            if not config.common_rows or holders[source.kind] > 1:
                yield f"{system}: {source.kind.file_name} has not been measured"


def _stale_ratings(
    config: BenchConfig,
    scores: Mapping[tuple[str, Kind], Record],
    records: Mapping[Slot, Record],
) -> Iterator[str]:
    """Voters whose ratings are older than the scores beside them, as after a judge has failed."""
    judges = {judge.name: judge_value(judge) for judge in config.judges}
    settings = {"bootstraps": config.bootstraps, "seed": config.seed}
    now = {
        (system, kind.file_name): record.config["sha256"]
        for (system, kind), record in scores.items()
    }
    for voter in (PEOPLE, *judges):
        record = records.get(_voters_slot(config, voter))
        if record is None:
            continue
        rated = {
            (each["system"], each["file"]): each["sha256"] for each in record.config["systems"]
        }
        wanted = {**settings, "judge": judges.get(voter)}
        if rated != now or any(record.config.get(name) != wanted[name] for name in wanted):
            yield f"ratings by {voter} are of other files or settings"
