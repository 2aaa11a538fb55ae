"""Labels by a language model: asked, checked, asked again with the reasons, and then dropped."""

import dataclasses
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from semeval_humor.data.jokes import CorpusText
from semeval_humor.data.label_checks import LabelFault, check_label
from semeval_humor.data.label_prompts import LabelBook
from semeval_humor.data.labels import Label, label_schema, parse_label
from semeval_humor.errors import DataError, EngineError
from semeval_humor.journal import Journal
from semeval_humor.schema import Engine, Finish, Request, Sampling

logger = logging.getLogger(__name__)

NO_JSON = "no-json"
"""Fault of an answer that is no label at all, e.g. because it was cut off."""

MAX_TOKENS = 160
"""A label of the longest legal parts is shorter."""


@dataclass(frozen=True, slots=True)
class LabelAttempt:
    """One answer of the model for one joke.

    Attributes:
        joke_id: id of the joke.
        attempt: 0 for the first.
        answer: what the model wrote.
        tokens: number of tokens of it.
        faults: why it is refused; none if it is taken.
    """

    joke_id: str
    attempt: int
    answer: str
    tokens: int
    faults: tuple[str, ...]

    @property
    def key(self) -> tuple[str, int]:
        """Unique within a journal."""
        return self.joke_id, self.attempt

    @property
    def label(self) -> Label | None:
        """The label, if it passed."""
        return None if self.faults else parse_label(self.answer)


class LabelWatch(Protocol):
    """Somebody who follows a run."""

    def attempt_starts(self, attempt: int, jokes: int) -> None:
        """So many jokes are asked for."""

    def labelled(self, attempt: LabelAttempt) -> None:
        """An answer is in the journal."""


def open_attempts(path: Path, identity: Mapping[str, Any]) -> Journal[LabelAttempt]:
    """The journal of a run, continued or new; see ``Journal``."""
    return Journal(path, identity, encode=dataclasses.asdict, decode=_decode)


def missing(
    jokes: Sequence[CorpusText], journal: Journal[LabelAttempt], attempts: int
) -> tuple[int, list[CorpusText]]:
    """The first attempt for which jokes are left, and these; no jokes where all is done."""
    waiting = list(jokes)
    for attempt in range(attempts):
        found = {joke.id: journal.entries.get((joke.id, attempt)) for joke in waiting}
        if left := [joke for joke in waiting if found[joke.id] is None]:
            return attempt, left
        waiting = [joke for joke in waiting if (each := found[joke.id]) and each.faults]
    return attempts, []


def label_by_model(
    jokes: Sequence[CorpusText],
    engine: Engine,
    journal: Journal[LabelAttempt],
    book: LabelBook,
    watch: LabelWatch,
    *,
    chat: bool,
    attempts: int,
    temperature: float,
    seed: int,
) -> Counter[str]:
    """Fill a journal: each joke is asked for until a label passes, ``attempts`` times at most.

    A chat model is told with its second attempt what was wrong with the first.

    Args:
        jokes: of one language.
        engine: answers; must keep to a JSON schema, see ``prove_json``.
        journal: what it has is not asked for again.
        book: what the model is told.
        watch: is told what happens.
        chat: the model has a chat template.
        attempts: for each joke.
        temperature: of the sampling.
        seed: of the engine.

    Returns:
        Reasons for which answers were lost, with their number; the jokes are asked for again
        when the run is continued.

    Raises:
        EngineError: the engine failed, or not one answer of an attempt could be had.
    """
    lost: Counter[str] = Counter()
    given_up: set[str] = set()
    sampling = Sampling(temperature=temperature, max_tokens=MAX_TOKENS, seed=seed)
    while True:
        attempt, left = missing(
            [joke for joke in jokes if joke.id not in given_up], journal, attempts
        )
        if not left:
            return lost
        watch.attempt_starts(attempt, len(left))
        rows = {joke.id: joke for joke in left}
        failed: Counter[str] = Counter()
        requests = _requests(left, attempt, journal, book, chat=chat)
        for completion in engine.generate(requests, sampling):
            if completion.finish is Finish.FAILED:
                failed[completion.text] += 1
                given_up.add(completion.key)
                continue
            joke = rows[completion.key]
            faults = _faults(completion.text, joke)
            entry = LabelAttempt(joke.id, attempt, completion.text, completion.tokens, faults)
            journal.append(entry)
            watch.labelled(entry)
        if failed.total() == len(left):
            reason = failed.most_common(1)[0][0]
            raise EngineError(f"none of {len(left)} answers could be had: {reason}")
        lost.update(failed)


def _requests(
    jokes: Sequence[CorpusText],
    attempt: int,
    journal: Journal[LabelAttempt],
    book: LabelBook,
    *,
    chat: bool,
) -> Iterator[Request]:
    for joke in jokes:
        before = journal.entries.get((joke.id, attempt - 1))
        faults = [LabelFault(each) for each in before.faults if each != NO_JSON] if before else []
        yield Request(
            key=joke.id,
            conversation=book.conversation(
                joke.text,
                joke.lang,
                chat=chat,
                answer=before.answer if before and faults else "",
                faults=faults,
            ),
            json_schema=label_schema(joke.lang),
        )


def _faults(answer: str, joke: CorpusText) -> tuple[str, ...]:
    try:
        label = parse_label(answer)
    except DataError:
        return (NO_JSON,)
    return tuple(map(str, check_label(label, joke.text, joke.lang)))


def _decode(value: Mapping[str, Any]) -> LabelAttempt:
    return LabelAttempt(**{**value, "faults": tuple(value["faults"])})
