"""What a judge is asked, what it said, and what follows from it.

Answers are kept in a journal by the content of their questions, so that no question is asked
twice: not after a stop, not for a greater budget, and not for another system with the same joke.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from semeval_humor.bench.schedule import Battle
from semeval_humor.errors import EngineError
from semeval_humor.files import sha256_of_json
from semeval_humor.journal import Journal
from semeval_humor.schema import Prompt, Vote, Winner

_SWAPPED = {Winner.LEFT: Winner.RIGHT, Winner.RIGHT: Winner.LEFT, Winner.TIE: Winner.TIE}


@dataclass(frozen=True, slots=True)
class Question:
    """Which of two jokes for a prompt is funnier? They are shown in this order."""

    prompt: Prompt
    first: str
    second: str

    @property
    def content(self) -> list[Any]:
        """All that it consists of, as a JSON value; the prompt's id is no part of it."""
        constraint = self.prompt.constraint
        shown = [type(constraint).__name__, *dataclasses.astuple(constraint)]
        return [self.prompt.task, self.prompt.lang, shown, self.first, self.second]


@dataclass(frozen=True, slots=True)
class Lost:
    """A question that got no verdict, and why. It is asked again by the next run."""

    reason: str


class Judge(Protocol):
    """Something that says which of two jokes is funnier."""

    def __call__(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Winner | Lost]]:
        """Answer each question once, in any order; the left joke is the one shown first.

        Raises:
            EngineError: the judge is gone; what was answered was yielded before.
        """


class JudgeWatch(Protocol):
    """Somebody who follows a run."""

    def asking(self, questions: int) -> None:
        """So many questions are asked."""

    def answered(self) -> None:
        """One of them is done with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a judge said to one question.

    Attributes:
        question: SHA-256 over the judge's identity and the question's content.
        winner: the funnier joke; left is the one shown first.
    """

    question: str
    winner: Winner

    @property
    def key(self) -> tuple[str]:
        """Unique within a journal."""
        return (self.question,)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge holds of a battle.

    Attributes:
        battle: two jokes.
        answers: with the left joke shown first and, if it was asked, with the right one first;
            in each, left is the joke shown first.
    """

    battle: Battle
    answers: tuple[Winner, ...]

    @property
    def sides(self) -> tuple[Winner, ...]:
        """The answers as sides of the battle, in whichever order its jokes were shown."""
        return (*self.answers[:1], *(_SWAPPED[answer] for answer in self.answers[1:]))

    @property
    def flipped(self) -> bool:
        """Whether the answer depends on which joke is shown first."""
        return len(set(self.sides)) > 1

    @property
    def winner(self) -> Winner:
        """The side that wins in every order; else it is a tie."""
        return Winner.TIE if self.flipped else self.sides[0]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge's run came to.

    Attributes:
        votes: one for each battle that it judged, in the order of the schedule.
        card: what is known of the judge; see ``judge_card``.
    """

    votes: tuple[Vote, ...]
    card: Mapping[str, Any]


class Answers:
    """All that one judge has said, on disk and in memory.

    Args:
        path: the journal; made if absent, continued if present.
        identity: of the judge, as JSON values: whatever moves its answers.
        swaps: the judge is asked for both orders of each two jokes.

    Raises:
        ConfigError: the journal belongs to another judge, or is in use.
        DataError: the file is no journal, or a line inside it is damaged.
        HumorError: the file cannot be opened or locked.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], *, swaps: bool) -> None:
        self._identity = identity
        self._swaps = swaps
        self._journal: Journal[Answer] = Journal(
            path, identity, encode=dataclasses.asdict, decode=_decode
        )

    def __enter__(self) -> Self:
        self._journal.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self._journal.__exit__(*details)

    def questions(self, battles: Sequence[Battle]) -> list[Question]:
        """All different questions about some battles, in order."""
        asked = {self._key(each): each for battle in battles for each in self._orders(battle)}
        return list(asked.values())

    def missing(self, battles: Sequence[Battle]) -> list[Question]:
        """Those of them that have no answer yet."""
        return [each for each in self.questions(battles) if self._said(each) is None]

    def ask(self, questions: Sequence[Question], judge: Judge, watch: JudgeWatch) -> Counter[str]:
        """Put questions to a judge, and keep its answers.

        Args:
            questions: different ones.
            judge: whose identity this is.
            watch: is told what happens.

        Returns:
            Reasons for which answers were lost, with their number.

        Raises:
            EngineError: the judge failed, or had no verdict on any of the questions.
        """
        lost: Counter[str] = Counter()
        watch.asking(len(questions))
        for question, said in judge(questions):
            if isinstance(said, Lost):
                lost[said.reason] += 1
            else:
                self._journal.append(Answer(self._key(question), said))
            watch.answered()
        if questions and lost.total() == len(questions):
            reason = lost.most_common(1)[0][0]
            raise EngineError(f"no verdict on any of {len(questions)} questions: {reason}")
        return lost

    def verdicts(self, battles: Sequence[Battle]) -> list[Verdict | None]:
        """What the judge holds of each battle; None where an answer is missing."""
        return [self._verdict(battle) for battle in battles]

    def _verdict(self, battle: Battle) -> Verdict | None:
        said = [self._said(question) for question in self._orders(battle)]
        answers = tuple(answer for answer in said if answer is not None)
        return Verdict(battle, answers) if len(answers) == len(said) else None

    def _orders(self, battle: Battle) -> list[Question]:
        shown = [(battle.left_text, battle.right_text)]
        if self._swaps:
            shown.append((battle.right_text, battle.left_text))
        return [Question(battle.prompt, first, second) for first, second in shown]

    def _said(self, question: Question) -> Winner | None:
        entry = self._journal.entries.get((self._key(question),))
        return entry.winner if entry else None

    def _key(self, question: Question) -> str:
        return sha256_of_json([self._identity, question.content])


def votes_of(verdicts: Sequence[Verdict], voter: str) -> tuple[Vote, ...]:
    """Verdicts as votes of a judge."""
    return tuple(
        Vote(
            prompt_id=each.battle.prompt.id,
            lang=each.battle.prompt.lang,
            left=each.battle.left,
            right=each.battle.right,
            winner=each.winner,
            voter=voter,
        )
        for each in verdicts
    )


def _decode(value: Mapping[str, Any]) -> Answer:
    return Answer(value["question"], Winner(value["winner"]))
