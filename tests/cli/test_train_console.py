"""What people see of a training where standard error is no terminal."""

import math
from collections.abc import Sequence

import pytest

from semeval_humor.cli.train_console import TrainingConsole
from semeval_humor.schema import Prompt
from semeval_humor.training.sentinel.draw import NotANumberError
from semeval_humor.training.sentinel.speaker import Sample
from tests.training.sentinel.voices import PARENT, FakeSpeaker, a_sentinel


class Broken(FakeSpeaker):
    def speak(self, prompts: Sequence[Prompt], *, seed: int) -> list[Sample]:
        raise NotANumberError("the model's output is not a number")


def test_a_probe_and_one_of_its_jokes(capsys: pytest.CaptureFixture[str]) -> None:
    sentinel = a_sentinel(FakeSpeaker(PARENT))
    with TrainingConsole() as console:
        sentinel.probe(25, {})
        console.probed(sentinel)
        sentinel.probe(26, {"loss": math.nan})
        console.probed(sentinel)
    healthy, lost = sentinel.history[1:]
    joke = healthy.samples[25 % 12]
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("probe of step 25: script-purity 1 distinct-2 0.")
    assert first.endswith(f"; {joke.prompt.id}: {joke.text}")
    joke = lost.samples[26 % 12]
    assert second == f"probe of step 26: {joke.prompt.id}: {joke.text}"


def test_a_policy_that_cannot_speak(capsys: pytest.CaptureFixture[str]) -> None:
    sentinel = a_sentinel(Broken(PARENT))
    alarm = sentinel.probe(25, {})
    assert alarm is not None
    with TrainingConsole() as console:
        console.probed(sentinel)
        console.alarmed(alarm, "stop")
    first, second = capsys.readouterr().err.splitlines()
    assert first == "probe of step 25: no answer"
    assert second.startswith("ALARM at step 25: ")
