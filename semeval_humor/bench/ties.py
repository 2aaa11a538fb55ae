"""Ties between systems that have handed in the same text."""

from collections.abc import Sequence
from itertools import combinations

from semeval_humor.schema import Vote, Winner
from semeval_humor.submission.entries import Entry
from semeval_humor.submission.kinds import Kind
from semeval_humor.votes import SAME_TEXT


def with_same_texts(votes: Sequence[Vote], entries: Sequence[Entry]) -> list[Vote]:
    """The votes, and a tie for each two systems that have the same text for a prompt.

    As the organisers do, all systems and prompts of a task are looked at, voted on or not; but
    tasks without any vote get no ties, nor do pairs of jokes that have a vote already. Texts are
    the same if they are but for spaces at their ends. The voter of such a tie is ``same-text``.
    """
    voted = {vote.prompt_id for vote in votes}
    known = {(vote.prompt_id, frozenset((vote.left, vote.right))) for vote in votes}
    by_kind: dict[Kind, list[Entry]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, []).append(entry)
    ties = [
        Vote(id_, kind.lang, first, second, Winner.TIE, SAME_TEXT)
        for kind, mine in by_kind.items()
        if any(not voted.isdisjoint(entry.texts) for entry in mine)
        for id_, first, second in _same(mine)
        if (id_, frozenset((first, second))) not in known
    ]
    return [*votes, *ties]


def _same(entries: Sequence[Entry]) -> list[tuple[str, str, str]]:
    """Prompt and two systems with the same text for it."""
    systems: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        for id_, text in entry.texts.items():
            systems.setdefault((id_, text.strip()), []).append(entry.system)
    return [
        (id_, first, second)
        for (id_, _), names in systems.items()
        for first, second in combinations(sorted(names), 2)
    ]
