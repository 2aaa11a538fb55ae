"""Ratings of the systems of a benchmark by task file, from votes of people or of a judge."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from semeval_humor.bench.ties import with_same_texts
from semeval_humor.errors import DataError
from semeval_humor.ratings import Ratings, rate
from semeval_humor.schema import Vote
from semeval_humor.submission.entries import Entry
from semeval_humor.submission.kinds import Kind, kind_of_ids

Pair = tuple[Kind, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Standing:
    """Ratings on one task file, and the number of votes and ties that they rest on."""

    votes: int
    same: int
    ratings: Ratings


def by_people(
    votes: Sequence[Vote], entries: Sequence[Entry], *, bootstraps: int, seed: int
) -> dict[Kind, Standing]:
    """Ratings as the organisers make them: all identical texts of all systems tie.

    Raises:
        DataError: a vote is on a prompt of no task.
    """
    ties = with_same_texts(votes, entries)[len(votes) :]
    return _standings(votes, ties, entries, bootstraps, seed)


def by_judge(
    votes: Sequence[Vote], entries: Sequence[Entry], *, bootstraps: int, seed: int
) -> dict[Kind, Standing]:
    """Ratings as if a judge had been asked about every prompt on which two systems met.

    Its battles are a sample of the prompts on which the two systems' texts differ. Identical texts
    tie in the same proportion: all of them would outweigh a small sample.

    Raises:
        DataError: a vote is on a prompt of no task.
    """
    ties = with_same_texts(votes, entries)[len(votes) :]
    kinds = _kinds(entries)
    judged = Counter(_pair(vote, kinds) for vote in votes)
    same = Counter(_pair(tie, kinds) for tie in ties)
    common = {pair: _common(pair, entries) for pair in same}
    wanted = {
        pair: round(judged[pair] * count / (common[pair] - count)) if judged[pair] else 0
        for pair, count in same.items()
    }
    kept = []
    for tie in ties:
        pair = _pair(tie, kinds)
        if wanted[pair] > 0:
            wanted[pair] -= 1
            kept.append(tie)
    return _standings(votes, kept, entries, bootstraps, seed)


def _standings(
    votes: Sequence[Vote],
    ties: Sequence[Vote],
    entries: Sequence[Entry],
    bootstraps: int,
    seed: int,
) -> dict[Kind, Standing]:
    kinds = _kinds(entries)
    given, same = _by_kind(votes, kinds), _by_kind(ties, kinds)
    return {
        kind: Standing(
            len(mine),
            len(same.get(kind, [])),
            rate([*mine, *same.get(kind, [])], bootstraps=bootstraps, seed=seed),
        )
        for kind, mine in given.items()
    }


def _by_kind(votes: Iterable[Vote], kinds: Mapping[str, Kind]) -> dict[Kind, list[Vote]]:
    found: dict[Kind, list[Vote]] = {}
    for vote in votes:
        found.setdefault(_kind(vote, kinds), []).append(vote)
    return found


def _kinds(entries: Sequence[Entry]) -> dict[str, Kind]:
    """The task file of each prompt, by its id."""
    return {id_: entry.kind for entry in entries for id_ in entry.texts}


def _kind(vote: Vote, kinds: Mapping[str, Kind]) -> Kind:
    kind = kinds.get(vote.prompt_id) or kind_of_ids([vote.prompt_id])
    if kind is None:
        raise DataError(
            f"a vote of {vote.voter} on prompt {vote.prompt_id!r}, which is of no task: expected "
            "an id that the systems' files have, such as en_0001"
        )
    return kind


def _pair(vote: Vote, kinds: Mapping[str, Kind]) -> Pair:
    return _kind(vote, kinds), frozenset((vote.left, vote.right))


def _common(pair: Pair, entries: Sequence[Entry]) -> int:
    """Number of prompts for which two systems both have a text."""
    kind, names = pair
    one, other = (entry.texts for entry in entries if entry.kind == kind and entry.system in names)
    return len(one.keys() & other.keys())
