"""Which pair of jokes a voter sees next."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from semeval_humor.arena.contest import Choice, Contest, Pair, task_of


@dataclass(slots=True)
class _Seen:
    """What one voter has voted on or skipped."""

    pairs: set[tuple[str, frozenset[str]]] = field(default_factory=set)
    jokes: Counter[tuple[str, str]] = field(default_factory=Counter)
    prompts: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)


class Pairing:
    """Counts votes and chooses pairs that have few of them."""

    def __init__(self, contest: Contest, draw: random.Random) -> None:
        """Start without any votes.

        Args:
            contest: what there is to vote on.
            draw: decides on sides, and between equals.
        """
        self._rivals = contest.rivals
        self._draw = draw
        self._prompts: dict[str, list[str]] = defaultdict(list)
        self._systems: dict[str, list[str]] = {}
        for id_, prompt in contest.prompts.items():
            self._prompts[task_of(prompt)].append(id_)
        for task, ids in self._prompts.items():
            self._systems[task] = sorted({name for id_ in ids for name in contest.rivals[id_]})
        self._tasks = {id_: task for task, ids in self._prompts.items() for id_ in ids}
        self._seen: dict[str, _Seen] = defaultdict(_Seen)
        self._on_task: Counter[str] = Counter()
        self._on_system: Counter[tuple[str, str]] = Counter()
        self._on_prompt: Counter[str] = Counter()
        self._on_both: Counter[tuple[str, frozenset[str]]] = Counter()

    def count(self, voter: str, pair: Pair, choice: Choice, *, by: int = 1) -> None:
        """Take a vote into account; ``by`` -1 takes it back.

        Votes on prompts that are no longer voted on do not count.
        """
        task = self._tasks.get(pair.prompt_id)
        if task is None:
            return
        seen = self._seen[voter]
        if by > 0:
            seen.pairs.add(pair.key)
        else:
            seen.pairs.discard(pair.key)
        seen.tasks[task] += by
        seen.prompts[pair.prompt_id] += by
        for system in (pair.left, pair.right):
            seen.jokes[pair.prompt_id, system] += by
        if choice is Choice.SKIP:
            return
        self._on_task[task] += by
        self._on_prompt[pair.prompt_id] += by
        self._on_both[task, frozenset((pair.left, pair.right))] += by
        for system in (pair.left, pair.right):
            self._on_system[task, system] += by

    def judged(self, task: str, voter: str) -> int:
        """Pairs of a task that a voter has voted on or skipped."""
        return self._seen[voter].tasks[task]

    def votes(self, task: str) -> int:
        """Votes on a task, skips left out."""
        return self._on_task[task]

    def choose(self, task: str, voter: str) -> Pair | None:
        """A pair that this voter has not judged; None where there is none left.

        The first joke is one that the voter has judged least often; of these, one of the system
        with the fewest votes; of these, one for a prompt that the voter has judged least often; and
        of these, one for a prompt with the fewest votes. The other joke is one that the voter has
        judged least often, and of these, one of the system with the fewest votes against the first
        one. Whatever is still equal is drawn, and so are the sides. Skipped pairs count as judged
        by the voter, but not as votes.

        Source: the organisers' site, ``random_least_voted_unseen_battles``. There the second system
        is drawn, and a pair may come again to a voter who has seen all jokes.
        """
        seen = self._seen[voter]
        for id_, system in self._by_need(task, seen):
            others = [
                other
                for other in self._rivals[id_][system]
                if (id_, frozenset((system, other))) not in seen.pairs
            ]
            if others:
                other = self._least(task, id_, system, others, seen)
                left, right = self._draw.sample([system, other], 2)
                return Pair(id_, left, right)
        return None

    def _by_need(self, task: str, seen: _Seen) -> Iterator[tuple[str, str]]:
        """Prompt and system of jokes, those first that need a vote most."""
        systems = self._systems[task]
        self._draw.shuffle(systems)
        systems.sort(key=lambda system: self._on_system[task, system])
        # A joke has at most as many pairs as there are other systems.
        for judged in range(len(systems)):
            for system in systems:
                ids = [
                    id_
                    for id_ in self._prompts[task]
                    if system in self._rivals[id_] and seen.jokes[id_, system] == judged
                ]
                self._draw.shuffle(ids)
                ids.sort(key=lambda id_: (seen.prompts[id_], self._on_prompt[id_]))
                yield from ((id_, system) for id_ in ids)

    def _least(self, task: str, id_: str, system: str, others: list[str], seen: _Seen) -> str:
        self._draw.shuffle(others)
        return min(
            others,
            key=lambda other: (
                seen.jokes[id_, other],
                self._on_both[task, frozenset((system, other))],
            ),
        )
