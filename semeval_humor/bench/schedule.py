"""Who meets whom over which prompt: a fixed number of battles, spread evenly."""

import hashlib
import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from semeval_humor.bench.judge_config import Pairing
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.schema import Prompt
from semeval_humor.submission.entries import Entry
from semeval_humor.submission.kinds import Kind


@dataclass(frozen=True, slots=True)
class Battle:
    """Two systems' jokes for one prompt.

    Attributes:
        prompt: what both answer.
        left: name of a system.
        right: name of another.
        left_text: joke of the left one.
        right_text: joke of the right one.
    """

    prompt: Prompt
    left: str
    right: str
    left_text: str
    right_text: str


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Two systems with the prompts over which they can fight, in no order."""

    kind: Kind
    one: Entry
    other: Entry
    prompts: Mapping[str, Prompt]


def battles(
    entries: Sequence[Entry],
    *,
    schedule: Pairing,
    baseline: str | None,
    budget: int,
    seed: int,
) -> list[Battle]:
    """Choose battles: none twice, each pair of systems about equally often, and each prompt too.

    A greater budget only adds battles at the end. The order of the entries does not matter. With
    a further system the others' battles become fewer, but sides stay and prompts mostly do.
    Identical texts do not meet, since they are a tie that nobody need be asked for.

    Args:
        entries: of two systems or more.
        schedule: which systems meet, in each task and language that both have.
        baseline: name of the baseline; needed where systems meet only that.
        budget: battles at most; fewer are returned where no more are possible.
        seed: of the order of prompts, and of the sides.

    Raises:
        ConfigError: the schedule needs a baseline, and there is none of that name.
        DataError: no two systems have different texts for one prompt, the prompts are not known,
            or two systems answer different prompts under one id.
    """
    meetings = _meetings(entries, schedule, baseline)
    used: Counter[tuple[Kind, str]] = Counter()
    queues = [(meeting, _queue(meeting, seed)) for meeting in meetings]
    found: list[Battle] = []
    while queues and len(found) < budget:
        for meeting, queue in queues[: budget - len(found)]:
            id_ = _least_used(queue, used, meeting.kind)
            used[meeting.kind, id_] += 1
            found.append(_battle(meeting, id_, seed))
        queues = [(meeting, queue) for meeting, queue in queues if queue]
    return found


def possible(entries: Sequence[Entry], *, schedule: Pairing, baseline: str | None) -> int:
    """How many battles there are at most.

    Raises:
        ConfigError: as for :func:`battles`.
        DataError: as for :func:`battles`.
    """
    return sum(len(meeting.prompts) for meeting in _meetings(entries, schedule, baseline))


def _meetings(entries: Sequence[Entry], schedule: Pairing, baseline: str | None) -> list[_Meeting]:
    if schedule == "baseline" and baseline not in {entry.system for entry in entries}:
        known = ", ".join(sorted({entry.system for entry in entries}))
        found = f"no system {baseline}" if baseline else "no baseline is named"
        raise ConfigError(f"schedule baseline: {found}; it may be one of {known}")
    by_kind: dict[Kind, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.kind.file_name, entry.system)):
        by_kind.setdefault(entry.kind, []).append(entry)
    pairs = [
        (kind, one, other)
        for kind, rivals in by_kind.items()
        for one, other in combinations(rivals, 2)
        if schedule == "all-pairs" or baseline in (one.system, other.system)
    ]
    if not pairs:
        raise DataError("no two systems that are to meet have a file for the same task")
    prompts = {kind: _prompts(kind, by_kind[kind]) for kind, _, _ in pairs}
    meetings = [
        _Meeting(kind, one, other, _open(one, other, prompts[kind])) for kind, one, other in pairs
    ]
    if not any(meeting.prompts for meeting in meetings):
        raise DataError("no two systems that are to meet have different texts for one prompt")
    return [meeting for meeting in meetings if meeting.prompts]


def _prompts(kind: Kind, entries: Sequence[Entry]) -> dict[str, Prompt]:
    """The rows of a task, by id, as far as any of the systems knows them."""
    found: dict[str, Prompt] = {}
    for entry in entries:
        for id_, prompt in entry.prompts.items():
            if found.setdefault(id_, prompt) != prompt:
                raise DataError(
                    f"{entry.checked.file}: {id_} answers another prompt than other systems' do"
                )
    if not found:
        raise DataError(
            f"{kind.file_name}: its prompts are not known; give the folder of the task's input "
            "files with --inputs"
        )
    return found


def _open(one: Entry, other: Entry, prompts: Mapping[str, Prompt]) -> dict[str, Prompt]:
    """Prompts for which both have a text, and not the same but for spaces at its ends."""
    return {
        id_: prompt
        for id_, prompt in prompts.items()
        if id_ in one.texts
        and id_ in other.texts
        and one.texts[id_].strip() != other.texts[id_].strip()
    }


_Queue = list[tuple[int, float, str]]
"""A heap of prompts: how often each was used, as far as seen, its place by lot, and its id."""


def _queue(meeting: _Meeting, seed: int) -> _Queue:
    # The lots are the same for all pairs, so that these do not all begin with different prompts
    # where a further system joins, and their answers can be used again.
    return sorted((0, _lot(seed, meeting.kind.file_name, id_), id_) for id_ in meeting.prompts)


def _least_used(queue: _Queue, used: Counter[tuple[Kind, str]], kind: Kind) -> str:
    while True:
        seen, lot, id_ = heapq.heappop(queue)
        if used[kind, id_] == seen:
            return id_
        heapq.heappush(queue, (used[kind, id_], lot, id_))


def _battle(meeting: _Meeting, id_: str, seed: int) -> Battle:
    left, right = meeting.one, meeting.other
    if _lot(seed, left.system, right.system, id_) < 0.5:
        left, right = right, left
    texts = left.texts[id_], right.texts[id_]
    return Battle(meeting.prompts[id_], left.system, right.system, *texts)


def _lot(seed: int, *names: str) -> float:
    """A number in [0, 1) by lot, which depends on nothing else."""
    digest = hashlib.sha256("\t".join([str(seed), *names]).encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
