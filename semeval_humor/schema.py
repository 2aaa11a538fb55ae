"""The types that the parts of the toolkit hand to each other, and the Protocols between them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import semeval_humor


class Lang(StrEnum):
    """Language of a joke."""

    EN = "en"
    ES = "es"
    ZH = "zh"


class Task(StrEnum):
    """Subtask: A jokes, B1 captions for a GIF, B2 captions that fill a blank."""

    A = "A"
    B1 = "B1"
    B2 = "B2"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the official input file, in order."""
        return {
            Task.A: ("id", "word1", "word2", "headline"),
            Task.B1: ("id", "url"),
            Task.B2: ("id", "url", "prompt"),
        }[self]

    @property
    def langs(self) -> tuple[Lang, ...]:
        """Languages in which the subtask is held."""
        return tuple(Lang) if self is Task.A else (Lang.EN,)

    def file_name(self, lang: Lang) -> str:
        """Name of the input file, and of the submission file, which is the same."""
        return f"task-a-{lang}.tsv" if self is Task.A else f"task-{self.lower()}.tsv"


@dataclass(frozen=True, slots=True)
class WordPair:
    """Two words that must both occur in the joke."""

    word1: str
    word2: str


@dataclass(frozen=True, slots=True)
class Headline:
    """A news headline that the joke is about."""

    text: str


@dataclass(frozen=True, slots=True)
class Gif:
    """A GIF to caption."""

    url: str


@dataclass(frozen=True, slots=True)
class GifPrompt:
    """A GIF, and a sentence whose blank the caption fills."""

    url: str
    text: str


Constraint = WordPair | Headline | Gif | GifPrompt


@dataclass(frozen=True, slots=True)
class Prompt:
    """One row of a task input."""

    id: str
    task: Task
    lang: Lang
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class Joke:
    """One row of a submission."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: str
    content: str


Conversation = tuple[Message, ...] | str
"""Chat turns, or a text that a base model continues as it stands."""


@dataclass(frozen=True, slots=True)
class Request:
    """One completion wanted from an engine.

    Attributes:
        key: names the request in its completion; unique within one call.
        conversation: chat turns, or a text to be continued.
        images: URLs or paths shown with the last turn.
        json_schema: constrains the output to JSON of this form.
    """

    key: str
    conversation: Conversation
    images: tuple[str, ...] = ()
    json_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        temperature: 0 takes the likeliest token.
        top_p: share of the probability mass that is kept, in (0, 1].
        top_k: number of tokens that are kept; 0 keeps all.
        min_p: least probability kept, relative to the likeliest token, in [0, 1].
        repetition_penalty: above 1 makes tokens that have occurred less likely.
        max_tokens: a completion is cut off after this many tokens.
        stop: a completion ends before the first of these texts.
        seed: of the whole run.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    max_tokens: int = 96
    stop: tuple[str, ...] = ()
    seed: int = 0


class Finish(StrEnum):
    """How a completion ended."""

    STOPPED = "stopped"
    CUT_OFF = "cut off"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer to one request. Where ``finish`` is failed, ``text`` is the reason."""

    key: str
    text: str
    tokens: int
    finish: Finish


@dataclass(frozen=True, slots=True)
class Continuation:
    """A text whose probability after a conversation is asked for.

    Attributes:
        conversation: what stands before the text; the empty string for nothing.
        text: its tokens are asked for.
        ends: the model's end token is asked for as well, as the last one.
    """

    conversation: Conversation
    text: str
    ends: bool = False


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which weights speak.

    Attributes:
        name: as the user gave it.
        weights: SHA-256 over the weight files; None where only a server knows them.
        parent: the model's own word on what it was made from, if any.
        adapter: SHA-256 over the adapter's weights; None without an adapter.
    """

    name: str
    weights: str | None = None
    parent: str | None = None
    adapter: str | None = None


class Engine(Protocol):
    """Something that runs a language model."""

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """What was chosen for this machine, for the receipt and for people to read."""

    def identity(self) -> ModelIdentity:
        """Which weights, parent and adapter speak."""

    def generate(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Completion]:
        """Yield one completion per request as soon as it is finished, in any order.

        ``requests`` is read lazily: no further ahead than keeps the batch full. A completion
        that cannot be made is yielded as failed.

        Raises:
            EngineError: the model or every server is gone; what was finished was yielded before.
        """

    def logprobs(
        self, continuations: Sequence[Continuation], *, adapted: bool = True
    ) -> list[tuple[float, ...]]:
        """Natural log-probability of each token of each text, after its conversation.

        NaN for a first token that nothing stands before.

        Args:
            continuations: texts, each with what stands before it.
            adapted: with the adapter, if the engine has one; False asks the bare parent.
        """


class Scorer(Protocol):
    """Something that says how good jokes are. Higher is better."""

    def __call__(self, prompts: Sequence[Prompt], texts: Sequence[str]) -> Sequence[float]:
        """Return one score for each text; ``prompts`` and ``texts`` are parallel."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One journaled completion of one prompt.

    Attributes:
        prompt_id: id of the input row.
        round: 0 for the first samples of a row; later rounds resample rows without a good one.
        sample: number within the round.
        text: ``raw`` after cleaning: what may be submitted.
        raw: what the model wrote.
        tokens: number of tokens of ``raw``.
        finish: how the completion ended.
        cleaned: kinds of things that cleaning removed.
    """

    prompt_id: str
    round: int
    sample: int
    text: str
    raw: str
    tokens: int
    finish: Finish
    cleaned: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, int, int]:
        """Unique within a journal."""
        return self.prompt_id, self.round, self.sample


@dataclass(frozen=True, slots=True)
class Score:
    """A measured value with all that moves it.

    Attributes:
        name: of the metric.
        value: the value over all items.
        items: number of texts that it was measured on; undefined ones are left out.
        lang: language of the texts.
        low: lower end of the 95 % interval; None where there is none, as for a single item.
        high: upper end of it.
        settings: whatever else moves the value, by name.
        rows: value of each text in the order given, NaN where it is undefined; their mean is the
            value. None for measures of a set, in which no single text has a value.
    """

    name: str
    value: float
    items: int
    lang: Lang
    low: float | None = None
    high: float | None = None
    settings: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    rows: tuple[float, ...] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Value, interval and signature: ``distinct-2 = 0.8314 [0.8251, 0.8377] (items:300 …)``."""
        interval = ""
        if self.low is not None and self.high is not None:
            interval = f" [{rounded(self.low)}, {rounded(self.high)}]"
        return f"{self.name} = {rounded(self.value)}{interval} ({self.signature})"

    @property
    def signature(self) -> str:
        """What the value depends on, in one word each."""
        parts = {"items": self.items, "lang": self.lang, **self.settings}
        named = [f"{name}:{value}" for name, value in parts.items()]
        return " ".join([*named, f"v:{semeval_humor.__version__}"])


def rounded(value: float) -> str:
    """A number as tables show it: four decimals below 10, two from there on."""
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


class Winner(StrEnum):
    """Side of a vote that was found funnier."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"


@dataclass(frozen=True, slots=True)
class Vote:
    """Somebody's word on which of two systems' jokes for one prompt is funnier.

    Attributes:
        prompt_id: id of the input row.
        lang: language of the jokes.
        left: system whose joke stood on the left, or first.
        right: system whose joke stood on the right.
        winner: the funnier side.
        voter: who says so: a person's session, or a judge.
    """

    prompt_id: str
    lang: Lang
    left: str
    right: str
    winner: Winner
    voter: str


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that a run read or wrote: its name, its SHA-256, and the ids of its rows."""

    name: str
    sha256: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was run, from what, with what, and what came out. Lies beside every result.

    Attributes:
        command: name of the command.
        config: every setting, defaults included.
        identity: the settings that decide whether a run can be continued.
        model: the weights that spoke.
        engine: how they were run here.
        inputs: files read.
        outputs: files written.
        counts: what happened, by name.
        unresolved: ids of rows without a text that passes every rule, with the reasons.
        versions: of this package, Python and the libraries that move results.
        hardware: the machine.
        started: when its first finished run began; UTC, ISO 8601.
        seconds: spent on sampling, in the last run and the finished ones that it continues.
    """

    command: str
    config: Mapping[str, Any]
    identity: Mapping[str, Any]
    model: ModelIdentity
    engine: Mapping[str, Any]
    inputs: tuple[FileRecord, ...]
    outputs: tuple[FileRecord, ...]
    counts: Mapping[str, Any]
    unresolved: Mapping[str, tuple[str, ...]]
    versions: Mapping[str, str]
    hardware: Mapping[str, Any]
    started: str
    seconds: float = field(default=0.0)
