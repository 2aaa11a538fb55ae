"""An engine without a model, that can be short, out of order, or die."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from semeval_humor.errors import EngineError
from semeval_humor.inference.engines import EnginePlan
from semeval_humor.schema import (
    Candidate,
    Completion,
    Continuation,
    Engine,
    Finish,
    ModelIdentity,
    Request,
    Sampling,
)

IDENTITY = ModelIdentity("fake", weights="0" * 64)


def sensible(request: Request) -> str:
    """A joke that passes every rule for a headline, and differs for every request."""
    return f"{request.key} walked into a bar and ordered a headline with no ice at all."


@dataclass
class FakeEngine:
    """Answers in batches, each batch backwards.

    Attributes:
        answer: text for a request; None cannot be made.
        dies_after: completions, over all calls, until the engine raises.
        batch: requests that are read before the first of them is answered.
        asked: keys in the order in which they were read.
        says: log-probabilities of a continuation; ``shift`` moves the first of them.
        scored: continuations in the order in which they were asked for.
        window: what the engine says of the windows that it needed.
    """

    answer: Callable[[Request], str | None] = sensible
    finish: Finish = Finish.STOPPED
    dies_after: int | None = None
    batch: int = 4
    shift: Callable[[bool], float] = lambda adapted: 0.0
    says: Callable[[Continuation], tuple[float, ...]] = lambda item: (-1.0, -2.0)
    name: ModelIdentity = IDENTITY
    window: dict[str, int] = field(default_factory=dict)
    answered: int = 0
    asked: list[str] = field(default_factory=list)
    samplings: list[Sampling] = field(default_factory=list)
    scored: list[Continuation] = field(default_factory=list)

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        return {"engine": "fake", "device": "imaginary", **self.window}

    def identity(self) -> ModelIdentity:
        return self.name

    def generate(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Completion]:
        self.samplings.append(sampling)
        waiting = iter(requests)
        while batch := [r for _, r in zip(range(self.batch), waiting, strict=False)]:
            self.asked += [request.key for request in batch]
            for request in reversed(batch):
                if self.answered == self.dies_after:
                    raise EngineError("the engine died")
                self.answered += 1
                text = self.answer(request)
                if text is None:
                    yield Completion(request.key, "no reason", 0, Finish.FAILED)
                else:
                    yield Completion(request.key, text, len(text.split()), self.finish)

    def logprobs(
        self, continuations: Sequence[Continuation], *, adapted: bool = True
    ) -> list[tuple[float, ...]]:
        self.scored += continuations
        shift = self.shift(adapted)
        found = [self.says(item) for item in continuations]
        return [(row[0] + shift, *row[1:]) if row else () for row in found]


class Silent:
    """Watches a run and remembers what it was told."""

    def __init__(self) -> None:
        self.starts = 0
        self.rounds: list[tuple[int, int, int]] = []
        self.candidates: list[Candidate] = []

    def engine_starts(self, plan: EnginePlan) -> None:
        self.starts += 1

    def engine_started(self, engine: Engine) -> None:
        pass

    def round_starts(self, round_: int, rows: int, wanted: int) -> None:
        self.rounds.append((round_, rows, wanted))

    def sampled(self, candidate: Candidate) -> None:
        self.candidates.append(candidate)


def plan_for(
    engine: FakeEngine, *, identity: ModelIdentity = IDENTITY, adapted: bool = False
) -> EnginePlan:
    def start(seed: int, tokens: int) -> AbstractContextManager[Engine]:
        return nullcontext(engine)

    return EnginePlan("fake", "for tests", identity, True, None, adapted, start)
