"""Whether a checkpoint speaks differently from its base, and whether a server serves it."""

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from semeval_humor.errors import DataError, EngineError
from semeval_humor.inference.config import PredictConfig
from semeval_humor.inference.engines import EnginePlan, plan_engine
from semeval_humor.inference.probe import MAX_TOKENS, TEXTS, Behaviour, probe
from semeval_humor.schema import Continuation, Message, Request
from tests.inference.fake_engine import FakeEngine, plan_for
from tests.tiny_model import save_adapter, save_model

Says = Callable[[Continuation], tuple[float, ...]]


def plan(says: Says, answer: str = "no") -> EnginePlan:
    return plan_for(FakeEngine(says=says, answer=lambda request: f"{answer} {request.key}"))


def base(item: Continuation) -> tuple[float, ...]:
    return -1.0, -2.0, -3.0


def trained(item: Continuation) -> tuple[float, ...]:
    return -1.0, -1.5, -3.0


def noisy(says: Says, sigma: float) -> Says:
    draw = random.Random(0)
    return lambda item: tuple(value + draw.gauss(0, sigma) for value in says(item))


def test_a_difference_by_hand() -> None:
    found = probe(plan(base), plan(trained, "yes"))
    assert found.verdict is Behaviour.DIFFERENT
    assert found.nll_base == pytest.approx(2.0)  # (1 + 2 + 3) / 3
    assert found.nll_checkpoint == pytest.approx(5.5 / 3)
    assert (found.max_logprob_difference, found.noise) == (0.5, 0.0)
    assert (found.outputs, found.outputs_different) == (12, 12)
    assert found.served is None


def test_no_difference_is_told_without_asking_the_server() -> None:
    server = FakeEngine()
    found = probe(plan(base), plan(base), plan_for(server))
    assert found.verdict is Behaviour.SAME
    assert found.served is None
    assert server.scored == []


def test_answers_alone_make_a_difference() -> None:
    found = probe(plan(base), plan(base, "yes"))
    assert (found.verdict, found.max_logprob_difference) == (Behaviour.DIFFERENT, 0.0)


def test_what_the_base_itself_varies_by_is_no_difference() -> None:
    runs = itertools.count()
    wavering = FakeEngine(says=base, shift=lambda adapted: 0.25 * next(runs))
    wavering.answer = lambda request: f"no {request.key}"
    found = probe(plan_for(wavering), plan(lambda item: (-0.8, -2.0, -3.0)))
    assert (found.verdict, found.noise) == (Behaviour.SAME, 0.25)


def test_what_a_server_shows_by_hand() -> None:
    # In one token of three the change is 0.5; the server moved by 0.4 there, by 0.1 elsewhere.
    found = probe(plan(base), plan(trained), plan(lambda item: (-1.1, -1.6, -3.0)))
    assert found.verdict is Behaviour.DIFFERENT
    assert found.served is not None
    assert found.served.share == pytest.approx(0.4 / 0.5)
    # rest √(12 · 0.1²), change √(12 · 0.5²), 36 tokens
    assert found.served.error == pytest.approx(0.1 / 0.5 / 35**0.5)
    assert found.served.nll == pytest.approx(5.7 / 3)
    assert found.served.max_logprob_difference == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("server", "verdict"),
    [
        (noisy(trained, 0.05), Behaviour.DIFFERENT),
        (noisy(base, 0.05), Behaviour.SERVED_IS_BASE),
        (base, Behaviour.SERVED_IS_BASE),
        (noisy(base, 2.0), Behaviour.SERVED_UNCLEAR),
    ],
)
def test_which_of_the_two_a_server_serves(server: Says, verdict: Behaviour) -> None:
    assert probe(plan(base), plan(trained), plan(server)).verdict is verdict


def test_a_change_below_the_noise_of_a_server_is_unclear() -> None:
    barely = plan(lambda item: (-1.0, -1.999, -3.0))
    assert probe(plan(base), barely, plan(noisy(base, 0.05))).verdict is Behaviour.SERVED_UNCLEAR


def test_what_is_asked() -> None:
    engine = FakeEngine(says=base)
    asked: list[Request] = []

    def answer(request: Request) -> str:
        asked.append(request)
        return "no"

    engine.answer = answer
    started: list[EnginePlan] = []
    before = plan_for(engine)
    probe(before, plan(base), starts=started.append)
    assert started[0] is before
    assert len(started) == 2
    assert [item.text for item in engine.scored] == 2 * [text for _, text in TEXTS]
    assert {request.key[:2] for request in asked} == {"en", "es", "zh"}
    assert {type(request.conversation) for request in asked} == {tuple}
    assert isinstance(asked[0].conversation[0], Message)
    (sampling,) = engine.samplings
    assert (sampling.temperature, sampling.max_tokens, sampling.stop) == (0, MAX_TOKENS, ())


def test_a_base_model_is_given_texts_to_continue() -> None:
    engine = FakeEngine(says=base)
    probe(plan(base), replace(plan_for(engine), chat=False))
    assert engine.samplings[0].stop == ("\n",)


def test_other_tokenizers_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="splits the probe texts into 12 tokens, fake into 36"):
        probe(plan(base), plan(lambda item: (-1.0,)))


def test_a_prompt_without_answer() -> None:
    with pytest.raises(EngineError, match=r"fake: no answer to .._9...: no reason"):
        probe(plan(base), plan_for(FakeEngine(answer=lambda request: None)))


@pytest.mark.filterwarnings("ignore")  # of peft
def test_a_real_engine_that_ignores_the_adapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("semeval_humor.inference.probe.MAX_TOKENS", 3)
    tiny = save_model(tmp_path / "tiny", context=1024)
    adapter = save_adapter(tmp_path / "adapter", tiny)

    def run(path: Path | None) -> EnginePlan:
        return plan_engine(PredictConfig(model=tiny.path, adapter=path, engine="transformers"))

    right = probe(run(None), run(adapter), run(adapter))
    assert right.verdict is Behaviour.DIFFERENT
    assert right.served is not None
    assert right.served.share == pytest.approx(1)
    wrong = probe(run(None), run(adapter), run(None))
    assert wrong.verdict is Behaviour.SERVED_IS_BASE
    assert wrong.served is not None
    assert wrong.served.share == pytest.approx(0)
