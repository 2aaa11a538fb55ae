"""Fills a journal with candidates: every row once, then again the rows without a good one."""

import hashlib
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Protocol, Self

from semeval_humor.errors import EngineError
from semeval_humor.inference.adapter_proof import prove_adapter
from semeval_humor.inference.candidates import candidate_from
from semeval_humor.inference.config import PredictConfig
from semeval_humor.inference.engines import EnginePlan
from semeval_humor.inference.selection import passing
from semeval_humor.journal import Journal
from semeval_humor.prompts import BASE_MODEL_STOP, PromptBook
from semeval_humor.schema import Candidate, Engine, Finish, Prompt, Request

logger = logging.getLogger(__name__)

Key = tuple[str, int, int]

# A joke that stops by itself is about this much shorter than the limit.
_TYPICAL_LENGTH = 0.6


class Watch(Protocol):
    """Somebody who follows a run."""

    def engine_starts(self, plan: EnginePlan) -> None:
        """Weights are about to be loaded."""

    def engine_started(self, engine: Engine) -> None:
        """The first token can come."""

    def round_starts(self, round_: int, rows: int, wanted: int) -> None:
        """So many rows are sampled, by so many candidates."""

    def sampled(self, candidate: Candidate) -> None:
        """A candidate is in the journal."""


class Sampler:
    """Samples candidates with one engine, which is started when the first one is missing.

    Args:
        config: how to sample.
        plan: what samples.
        book: what the model is told.
        watch: is told what happens.
    """

    def __init__(
        self, config: PredictConfig, plan: EnginePlan, book: PromptBook, watch: Watch
    ) -> None:
        self._config = config
        self._plan = plan
        self._book = book
        self._watch = watch
        self.seconds = 0.0
        """Spent on sampling so far, the engine's start excluded."""
        self._engine: Engine | None = None
        self._seed = config.seed
        self._stack = ExitStack()

    def fill(self, prompts: Sequence[Prompt], journal: Journal[Candidate]) -> Counter[str]:
        """Sample what is missing.

        Returns:
            Reasons for which samples were lost, with their number.

        Raises:
            EngineError: the engine failed, or not one sample of a round could be made.
            AdapterUnused: the engine ignores the adapter.
        """
        rows = {prompt.id: prompt for prompt in prompts}
        failures: Counter[str] = Counter()
        tried = set(journal.entries)
        while keys := self._missing(prompts, journal, tried):
            tried.update(keys)
            engine = self._started(len(journal.entries), len(keys))
            self._watch.round_starts(keys[0][1], len({key[0] for key in keys}), len(keys))
            lost = self._sample(engine, rows, keys, journal)
            failures.update(lost)
            if lost.total() == len(keys):
                reason = lost.most_common(1)[0][0]
                raise EngineError(f"none of {len(keys)} samples could be made: {reason}")
        return failures

    @property
    def settings(self) -> dict[str, str | int | float | bool]:
        """Of the engine, and why it was chosen; the engine's own only if it was started."""
        chosen = {"engine": self._plan.name, "reason": self._plan.reason}
        return chosen | ({} if self._engine is None else dict(self._engine.settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._stack.close()

    def _missing(
        self, prompts: Sequence[Prompt], journal: Journal[Candidate], tried: set[Key]
    ) -> list[Key]:
        """Keys of the first round for which something is missing."""
        earlier: defaultdict[str, list[Candidate]] = defaultdict(list)
        for candidate in journal.entries.values():
            earlier[candidate.prompt_id].append(candidate)
        unresolved = list(prompts)
        for round_ in range(self._config.rounds):
            keys = [
                (prompt.id, round_, sample)
                for prompt in unresolved
                for sample in range(self._config.candidates)
            ]
            if missing := [key for key in keys if key not in tried]:
                return missing
            unresolved = [
                prompt
                for prompt in unresolved
                if not passing(
                    prompt, (known for known in earlier[prompt.id] if known.round == round_)
                )
            ]
        return []

    def _sample(
        self,
        engine: Engine,
        rows: dict[str, Prompt],
        keys: Sequence[Key],
        journal: Journal[Candidate],
    ) -> Counter[str]:
        by_name = {"/".join(map(str, key)): key for key in keys}
        stop = () if self._plan.chat else BASE_MODEL_STOP
        sampling = self._config.sampling(seed=self._seed, stop=stop)
        lost: Counter[str] = Counter()
        clock = time.monotonic()
        for completion in engine.generate(self._requests(rows, by_name), sampling):
            if completion.finish is Finish.FAILED:
                lost[completion.text] += 1
                continue
            key = by_name[completion.key]
            candidate = candidate_from(completion, key, rows[key[0]].lang)
            journal.append(candidate)
            self._watch.sampled(candidate)
        self.seconds += time.monotonic() - clock
        return lost

    def _requests(self, rows: dict[str, Prompt], by_name: dict[str, Key]) -> Iterator[Request]:
        for name, (prompt_id, round_, sample) in by_name.items():
            yield Request(
                key=name,
                conversation=self._book.conversation(
                    rows[prompt_id],
                    chat=self._plan.chat,
                    seed=self._config.seed,
                    round_=round_,
                    sample=sample,
                ),
            )

    def _started(self, done: int, wanted: int) -> Engine:
        if self._engine is None:
            self._watch.engine_starts(self._plan)
            # A continued run must not draw again what it drew when it was started before.
            text = f"{self._config.seed} {done}"
            self._seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) >> 1
            tokens = int(wanted * self._config.max_tokens * _TYPICAL_LENGTH)
            self._engine = self._stack.enter_context(self._plan.start(self._seed, tokens))
            if self._plan.adapted:
                change = prove_adapter(self._engine)
                logger.info("the adapter is in use: log-probabilities move by up to %.2g", change)
            self._watch.engine_started(self._engine)
        return self._engine
