import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.rewards.reward import Rewards
from semeval_humor.schema import Lang, Prompt
from semeval_humor.training.sentinel.config import SentinelConfig
from semeval_humor.training.sentinel.draw import NotANumberError
from semeval_humor.training.sentinel.sentinel import Alarm, Sentinel
from semeval_humor.training.sentinel.signals import Signal
from semeval_humor.training.sentinel.speaker import Sample
from tests.training.sentinel.voices import (
    ARABIC,
    COLLAPSES,
    PARENT,
    FakeSpeaker,
    Voice,
    Write,
    a_sentinel,
    joke,
    prompts,
)

EN, ES, ZH = Lang
STEPS = 25


def listen(sentinel: Sentinel, probes: int) -> Alarm | None:
    """The next probes, up to an alarm."""
    for _ in range(probes):
        alarm = sentinel.probe(sentinel.history[-1].step + STEPS, {"grad_norm": 1.0, "loss": 2.0})
        if alarm:
            return alarm
    return None


def on_its_way(progress: float) -> Voice:
    """A policy that learns to write as people do: shorter, to the end, surer of itself."""
    return Voice(
        lambda p, r: joke(p.lang, r, 1 if r.random() < progress else r.choice((1, 2, 3, 4))),
        ends=0.6 + 0.4 * progress,
        nll=1.5 - 0.3 * progress,
        parent_nll=1.5 + 0.6 * progress,
        entropy=1.5 - 0.4 * progress,
    )


@pytest.mark.parametrize("seed", range(10))
def test_no_false_alarm_in_ten_healthy_trainings(seed: int) -> None:
    speaker = FakeSpeaker(PARENT, seed=seed)
    sentinel = a_sentinel(speaker, [EN, ES, ZH][seed % 3], human=seed % 2 == 0)
    for probe in range(12):
        speaker.policy = on_its_way(min(1.0, probe / 8))
        assert listen(sentinel, 1) is None, sentinel.history[-1].breaches


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize(
    ("name", "signal", "cause"),
    [
        ("loops", "loops", "12 of 12 answers go in circles"),
        ("Arabic", "foreign-rows", "12 of 12 answers hold Arabic letters"),
        ("soup", "foreign-rows", "12 of 12 answers are a soup of"),
        ("ending", "cut-off", "12 of 12 answers run on without ending"),
        ("empty", "empty", "12 of 12 answers are empty"),
        ("same joke", "near-duplicates distinct-2", "much the same joke whatever it is asked"),
    ],
)
def test_collapse_is_caught_within_two_probes(
    lang: Lang, name: str, signal: str, cause: str
) -> None:
    speaker = FakeSpeaker(PARENT)
    sentinel = a_sentinel(speaker, lang)
    assert listen(sentinel, 3) is None
    speaker.policy = COLLAPSES[name]
    alarm = listen(sentinel, 2)
    assert alarm is not None
    assert alarm.signal in signal.split()
    assert sentinel.healthy_step == 3 * STEPS
    assert cause in alarm.cause
    assert "\n" not in alarm.cause
    assert alarm.probes[-1] == alarm.step == sentinel.history[-1].step


def test_a_tail_in_another_script_now_and_then_needs_two_probes() -> None:
    seen = iter([2, 0, 2, 0, 2, 2])  # bad answers of each probe

    class Tails(FakeSpeaker):
        def speak(self, prompts: Sequence[Prompt], *, seed: int) -> list[Sample]:
            said = super().speak(prompts, seed=seed)
            bad = next(seen)
            return [
                replace(each, text=f"{each.text} {ARABIC}") if place < bad else each
                for place, each in enumerate(said)
            ]

    sentinel = a_sentinel(Tails(PARENT))
    assert listen(sentinel, 5) is None
    assert [probe.breaches for probe in sentinel.history[1:5]] == [("foreign-rows",), ()] * 2
    assert sentinel.healthy_step == 4 * STEPS
    alarm = listen(sentinel, 1)
    assert alarm is not None
    assert alarm.probes == (5 * STEPS, 6 * STEPS)
    assert alarm.cause.startswith("2 of 12 answers hold Arabic letters ('ولكن")
    assert (alarm.value, alarm.low, alarm.high) == (2 / 12, None, 0.125)


def in_turn(writers: Iterator[Write], prompt: Prompt, random: Random) -> str:
    return next(writers)(prompt, random)


def test_one_bad_answer_is_no_breach() -> None:
    speaker = FakeSpeaker(PARENT)
    sentinel = a_sentinel(speaker)
    for name in ("loops", "Arabic", "empty"):
        writers = iter([COLLAPSES[name].write] + [PARENT.write] * 11)
        speaker.policy = replace(PARENT, write=partial(in_turn, writers))
        assert listen(sentinel, 1) is None
        assert sentinel.history[-1].breaches == ()


def new_words(random: Random, size: int) -> str:
    return " ".join("".join(random.choices("abcdefghij", k=7)) for _ in range(size))


@pytest.mark.parametrize(
    ("voice", "signal"),
    [
        (replace(PARENT, entropy=0.05), "entropy"),
        (replace(PARENT, entropy=9.0), "entropy"),
        (replace(PARENT, nll=6.0, parent_nll=12.0), "parent-nll"),
        (replace(PARENT, nll=0.5, parent_nll=2.0), "kl"),
        (replace(PARENT, write=lambda p, r: new_words(r, 2)), "length"),
        (replace(PARENT, write=lambda p, r: new_words(r, 400)), "length"),
    ],
)
def test_drift_is_caught(voice: Voice, signal: str) -> None:
    speaker = FakeSpeaker(PARENT)
    sentinel = a_sentinel(speaker, limits={"kl": {"high": 0.3}})
    speaker.policy = voice
    alarm = listen(sentinel, 2)
    assert alarm is not None
    assert alarm.signal == signal


def test_a_side_that_only_a_set_limit_has_is_named_plainly() -> None:
    for signal, low in {"kl": 9, "near-duplicates": 0.9, "cut-off": 0.9}.items():
        own = {signal: {"low": low, "high": math.inf}}
        sentinel = a_sentinel(FakeSpeaker(PARENT), limits=own)
        alarm = listen(sentinel, 2)
        assert alarm is not None
        assert alarm.cause.startswith(f"{signal} has fallen too low ({signal} ")


class Payment:
    """A reward that says the same of all texts but for a little noise."""

    def __init__(self) -> None:
        self.mean, self.random = 0.5, Random(0)

    def scores(self, texts: list[str]) -> list[float]:
        return [self.random.gauss(self.mean, 0.1) for _ in texts]

    def __call__(self, prompts: object, texts: list[str], *, stopped: object) -> Rewards:
        return Rewards(tuple(self.scores(texts)), {"humor": tuple(self.scores(texts))})


@pytest.mark.parametrize(("fall", "expected"), [(-0.04, "reward-hacking"), (0.04, None)])
def test_a_reward_that_is_fooled(fall: float, expected: str | None) -> None:
    reward, held_out = Payment(), Payment()
    sentinel = Sentinel(
        FakeSpeaker(PARENT),
        prompts(EN),
        SentinelConfig.model_validate({"limits": {"held-out-reward": {"low": -math.inf}}}),
        reward=reward,  # type: ignore[arg-type]
        held_out=lambda _, texts: held_out.scores(list(texts)),
    )
    sentinel.learn()
    assert listen(sentinel, 3) is None
    alarms = []
    for _ in range(8):
        reward.mean += 0.05
        held_out.mean += fall
        alarms.append(listen(sentinel, 1))
    found = [alarm.signal for alarm in alarms if alarm]
    assert found[:1] == ([expected] if expected else [])
    assert len(sentinel.history[-1].rewards) == 12
    assert "reward/humor" in sentinel.history[-1].signals


@pytest.mark.parametrize("name", ["loss", "grad_norm", "reward", "kl"])
def test_what_is_no_number_alarms_at_once(name: str) -> None:
    sentinel = a_sentinel(FakeSpeaker(PARENT))
    alarm = sentinel.probe(25, {name: math.nan, "completions/mean_terminated_length": math.nan})
    assert alarm is not None
    assert (alarm.signal, alarm.value) == ("not-a-number", None)
    assert f"{name} is nan" in alarm.cause
    assert sentinel.history[-1].samples != ()
    assert sentinel.probe(50, {"completions/mean_terminated_length": math.nan}) is None


def test_broken_weights_alarm_at_once() -> None:
    class Broken(FakeSpeaker):
        def speak(self, prompts: Sequence[Prompt], *, seed: int) -> list[Sample]:
            raise NotANumberError("the model's output is not a number")

    sentinel = a_sentinel(Broken(PARENT))
    alarm = listen(sentinel, 1)
    assert alarm is not None
    assert alarm.signal == "not-a-number"
    assert sentinel.healthy_step == 0


def test_groups_without_differences_alarm_at_the_second_probe() -> None:
    sentinel = a_sentinel(FakeSpeaker(PARENT))
    assert sentinel.probe(25, {"frac_reward_zero_std": 1.0}) is None
    alarm = sentinel.probe(50, {"frac_reward_zero_std": 1.0})
    assert alarm is not None
    assert (alarm.signal, alarm.probes) == ("equal-groups", (25, 50))


def test_an_unchanged_policy_says_what_the_parent_said() -> None:
    class Same(FakeSpeaker):
        def speak(self, prompts: Sequence[Prompt], *, seed: int) -> list[Sample]:
            return self.parent_speaks(prompts, seed=seed)

    sentinel = a_sentinel(Same(PARENT))
    assert listen(sentinel, 1) is None
    first, second = sentinel.history
    assert (first.step, first.samples) == (0, second.samples)
    assert first.signals.items() <= second.signals.items()  # that has the trainer's besides
    assert first.signals[Signal.KL] == 0


def test_after_an_alarm_the_policy_is_judged_anew() -> None:
    speaker = FakeSpeaker(replace(PARENT, ends=0.0))
    sentinel = a_sentinel(speaker)
    assert listen(sentinel, 2) is not None
    assert listen(sentinel, 1) is None  # one more breach, the first after the alarm
    assert listen(sentinel, 1) is not None


def test_old_samples_are_forgotten_but_for_healthy_ones() -> None:
    speaker = FakeSpeaker(PARENT)
    sentinel = a_sentinel(speaker)
    listen(sentinel, 4)
    speaker.policy = replace(PARENT, ends=0.0)
    listen(sentinel, 4)
    kept = [probe.step // STEPS for probe in sentinel.history if probe.samples]
    assert kept == [0, 4, 5, 6]  # the alarm came at the sixth


def test_without_prompts_there_is_nothing_to_ask() -> None:
    with pytest.raises(ConfigError, match="no prompts"):
        Sentinel(FakeSpeaker(PARENT), [], SentinelConfig())
