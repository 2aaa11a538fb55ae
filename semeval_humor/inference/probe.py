"""What a model says before and after training, and whether a server says it too."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from operator import mul

from semeval_humor.errors import DataError, EngineError
from semeval_humor.inference.engines import EnginePlan
from semeval_humor.inputs import read_input
from semeval_humor.prompts import BASE_MODEL_STOP, PromptBook
from semeval_humor.schema import Continuation, Engine, Finish, Lang, Request, Sampling, Task

TEXTS = (
    ("Headline: Rain is expected on Sunday\nJoke:", " The weather has plans again, we do not."),
    ("Headline: Book returned after 63 years\nJoke:", " The fine is now the larger volume."),
    ("Why did the mayor move the crossing?", " The pigeons wanted something to vote about."),
    ("My neighbour has a cactus and a trombone.", " One of them is quiet when watered."),
    ("Titular: Lluvia para el domingo\nChiste:", " El tiempo ya tiene planes; nosotros, no."),
    ("Titular: Un perro va a una despedida\nChiste:", " Fue el único que no habló del tráfico."),
    ("¿Por qué dimitió el alcalde?", " La paloma tenía más votos y un discurso mejor."),
    ("Mi vecino tiene un cactus y un trombón.", " Al regarlos, solo uno se queda callado."),
    ("新闻：周日有雨\n笑话：", "天气比我还忙，周末也要加班。"),
    ("新闻：图书馆的书六十三年后归还\n笑话：", "罚款已经够再盖一座图书馆了。"),
    ("市长为什么辞职？", "因为鸽子的票更多，演讲也更好。"),
    ("我的邻居养了一盆仙人掌，还有一把长号。", "浇水的时候，只有一个不出声。"),
)
"""What stands before a text, and the text whose probability is asked for."""

PROMPTS = 4
"""Rows of the packaged sample in each language that are answered greedily."""

MAX_TOKENS = 32
"""Of each of these answers."""

CERTAIN = 0.2
"""Most standard error of the share of a change that a server shows."""


class Behaviour(StrEnum):
    """What training changed in what a model says.

    SERVED_UNCLEAR: a server differs from the base and from the checkpoint by so much more than
    these do from each other that it cannot be told which of them it serves, if any.
    """

    SAME = "same"
    DIFFERENT = "different"
    SERVED_IS_BASE = "served-is-base"
    SERVED_UNCLEAR = "served-unclear"


@dataclass(frozen=True, slots=True)
class Served:
    """How the served model compares with the checkpoint that it should be.

    Attributes:
        nll: mean negative log-likelihood of the probe texts, nats a token.
        share: of the change from base to checkpoint, how much the server shows: about 1 if it
            serves the checkpoint, about 0 if it serves the base.
        error: standard error of that, from what the two do not explain.
        max_logprob_difference: from the checkpoint, of a token, in nats.
        outputs_different: greedy answers other than the checkpoint's.
    """

    nll: float
    share: float
    error: float
    max_logprob_difference: float
    outputs_different: int


@dataclass(frozen=True, slots=True)
class Probe:
    """How a checkpoint behaves beside its base.

    Attributes:
        verdict: in one word.
        nll_base: mean negative log-likelihood of the probe texts, nats a token.
        nll_checkpoint: the same of the checkpoint.
        max_logprob_difference: between the two, of a token, in nats.
        noise: between two runs of the base, of a token, in nats.
        outputs: number of prompts answered greedily.
        outputs_different: of these, answered in other words.
        served: the served model, where there is one and it could be told apart.
    """

    verdict: Behaviour
    nll_base: float
    nll_checkpoint: float
    max_logprob_difference: float
    noise: float
    outputs: int
    outputs_different: int
    served: Served | None


@dataclass(frozen=True, slots=True)
class _Answers:
    """Log-probabilities of all tokens of the probe texts, and greedy answers."""

    logprobs: tuple[float, ...]
    outputs: tuple[str, ...]

    @property
    def nll(self) -> float:
        return -math.fsum(self.logprobs) / len(self.logprobs)


def probe(
    base: EnginePlan,
    checkpoint: EnginePlan,
    served: EnginePlan | None = None,
    *,
    starts: Callable[[EnginePlan], None] = lambda plan: None,
) -> Probe:
    """Ask a base and its checkpoint, one after the other, and the server of the checkpoint.

    The texts and prompts are fixed, in all three languages, so that figures can be compared. What
    counts as a difference is what exceeds the one between two runs of the base. Between engines,
    which round differently, it is asked whether the server's log-probabilities moved along with
    the checkpoint's.

    Args:
        base: the model before training.
        checkpoint: the model after it, on the same engine.
        served: the checkpoint on another engine, if that is in question.
        starts: is told which engine is started next.

    Raises:
        DataError: the models split the texts into other tokens.
        EngineError: an engine failed, or leaves a prompt unanswered.
    """
    chat = base.chat and checkpoint.chat
    starts(base)
    with base.start(0, _tokens()) as engine:
        before = _answers(engine, chat)
        noise = _largest(before.logprobs, _logprobs(engine))
    starts(checkpoint)
    with checkpoint.start(0, _tokens()) as engine:
        after = _answers(engine, chat)
    _check_tokens(before, after, base, checkpoint)
    moved = _largest(before.logprobs, after.logprobs)
    different = _unlike(before.outputs, after.outputs)
    verdict = Behaviour.DIFFERENT if moved > noise or different else Behaviour.SAME
    found = None
    if served is not None and moved > noise:
        starts(served)
        with served.start(0, _tokens()) as engine:
            third = _answers(engine, chat)
        _check_tokens(before, third, base, served)
        found = _compared(before, after, third)
        verdict = _verdict(found)
    return Probe(
        verdict=verdict,
        nll_base=before.nll,
        nll_checkpoint=after.nll,
        max_logprob_difference=moved,
        noise=noise,
        outputs=len(before.outputs),
        outputs_different=different,
        served=found,
    )


def _compared(base: _Answers, checkpoint: _Answers, served: _Answers) -> Served:
    """Explain what the server says as the base's word and a share of the change from it.

    The share is the least-squares one over all tokens.
    """
    change = [b - a for a, b in zip(base.logprobs, checkpoint.logprobs, strict=True)]
    shown = [c - a for a, c in zip(base.logprobs, served.logprobs, strict=True)]
    length = math.hypot(*change)
    share = sum(map(mul, change, shown)) / length**2
    rest = math.hypot(*(s - share * c for s, c in zip(shown, change, strict=True)))
    return Served(
        nll=served.nll,
        share=share,
        error=rest / math.sqrt(len(change) - 1) / length,
        max_logprob_difference=_largest(checkpoint.logprobs, served.logprobs),
        outputs_different=_unlike(checkpoint.outputs, served.outputs),
    )


def _verdict(served: Served) -> Behaviour:
    if served.error > CERTAIN:
        return Behaviour.SERVED_UNCLEAR
    return Behaviour.SERVED_IS_BASE if served.share < 0.5 else Behaviour.DIFFERENT


def _answers(engine: Engine, chat: bool) -> _Answers:
    sampling = Sampling(temperature=0, max_tokens=MAX_TOKENS, stop=() if chat else BASE_MODEL_STOP)
    requests = _requests(chat)
    found = {}
    for completion in engine.generate(requests, sampling):
        if completion.finish is Finish.FAILED:
            name = engine.identity().name
            raise EngineError(f"{name}: no answer to {completion.key}: {completion.text}")
        found[completion.key] = completion.text
    return _Answers(_logprobs(engine), tuple(found[request.key] for request in requests))


def _logprobs(engine: Engine) -> tuple[float, ...]:
    rows = engine.logprobs([Continuation(before, text) for before, text in TEXTS])
    return tuple(chain.from_iterable(rows))


def _requests(chat: bool) -> list[Request]:
    book = PromptBook()
    found = []
    for lang in Lang:
        rows = read_input(Task.A, lang, None).prompts
        for prompt in rows[:: len(rows) // PROMPTS][:PROMPTS]:
            turns = book.conversation(prompt, chat=chat, seed=0, round_=0, sample=0)
            found.append(Request(prompt.id, turns))
    return found


def _tokens() -> int:
    return len(Lang) * PROMPTS * MAX_TOKENS


def _check_tokens(
    left: _Answers, right: _Answers, left_plan: EnginePlan, right_plan: EnginePlan
) -> None:
    if len(left.logprobs) != len(right.logprobs):
        raise DataError(
            f"{right_plan.identity.name} ({right_plan.name}) splits the probe texts into "
            f"{len(right.logprobs)} tokens, {left_plan.identity.name} into {len(left.logprobs)}; "
            "only models with the same tokenizer can be compared"
        )


def _largest(left: Sequence[float], right: Sequence[float]) -> float:
    return max(abs(a - b) for a, b in zip(left, right, strict=True))


def _unlike(left: Sequence[str], right: Sequence[str]) -> int:
    return sum(a != b for a, b in zip(left, right, strict=True))
