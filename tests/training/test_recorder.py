import json
import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.errors import DataError, HumorError
from semeval_humor.schema import Lang, Prompt, Task, WordPair
from semeval_humor.training.recorder import (
    METRICS,
    SAMPLES,
    Recorder,
    Told,
    plain,
    read_progress,
    read_samples,
)
from semeval_humor.training.sentinel.alarm import Alarm
from semeval_humor.training.sentinel.limits import Limit
from tests.training.sentinel.voices import COLLAPSES, PARENT, FakeSpeaker, a_sentinel
from tests.training.tiny_policy import Told as Listener


def a_run(folder: Path, steps: range, *, loss: float = 1.0) -> Recorder:
    """Steps of a training that begins, or goes on, before the first of them."""
    recorder = Recorder(folder, Listener())
    sentinel = a_sentinel(FakeSpeaker(PARENT), Lang.ES, every=10)
    recorder.begins(steps.start - 1, 100)
    for step in steps:
        recorder.stepped(step, 100, {"loss": loss, "grad_norm": math.nan})
        if step % 10 == 0:
            sentinel.probe(step, {})
            recorder.probed(sentinel)
    return recorder


def test_everything_is_written_down_and_passed_on(tmp_path: Path) -> None:
    listener = Listener()
    recorder = Recorder(tmp_path, listener)
    speaker = FakeSpeaker(PARENT)
    sentinel = a_sentinel(speaker, Lang.ZH)
    recorder.begins(0, 50)
    recorder.note("fine")
    recorder.stepped(1, 50, {"loss": 2.5, "kl": math.inf, "grad_norm": 1.0})
    speaker.policy = COLLAPSES["loops"]
    alarm = sentinel.probe(25, {"grad_norm": 1.5})
    assert alarm is not None
    recorder.probed(sentinel)
    recorder.alarmed(alarm, "stop")

    found = read_progress(tmp_path)
    assert found.logged["loss"] == [(1, 2.5)]
    assert math.isnan(found.logged["kl"][0][1])
    assert found.limits == sentinel.limits
    assert found.alarms == [(alarm, "stop")]
    assert [step for step, _ in found.signals["loops"]] == [0, 25]
    assert found.signals["grad-norm"] == [(25, 1.5)]
    assert len(found.probe_seconds) == 2
    samples = read_samples(tmp_path)
    assert [told.step for told in samples] == [0] * 12 + [25] * 12
    said = sentinel.history[1].samples[0]
    assert samples[12] == Told(
        25, "p0", Lang.ZH, "News 0", said.text, str(said.finish), len(said.logprobs), None
    )
    assert (listener.began, listener.probes, listener.notes) == ([(0, 50)], [25], ["fine"])
    assert listener.alarms == [(25, "stop")]
    assert listener.steps[0][0] == 1


def test_rewards_and_words_are_written_down(tmp_path: Path) -> None:
    sentinel = a_sentinel(FakeSpeaker(PARENT))
    prompt = Prompt("w", Task.A, Lang.EN, WordPair("load", "website"))
    first = sentinel.history[0]
    sample = replace(first.samples[0], prompt=prompt, text="<b>\u2028 joke")
    sentinel.history[0] = replace(first, samples=(sample,), rewards=(0.75,))
    recorder = Recorder(tmp_path, Listener())
    recorder.begins(0, 1)
    recorder.probed(sentinel)
    (told,) = read_samples(tmp_path)
    assert (told.asked, told.text, told.reward) == ("load + website", "<b>\u2028 joke", 0.75)


def test_a_run_that_goes_on_cuts_off_what_it_does_again(tmp_path: Path) -> None:
    a_run(tmp_path, range(1, 36))
    with (tmp_path / METRICS).open("ab") as stream:
        stream.write(b'{"kind": "step", "step": 36, "val')  # killed
    a_run(tmp_path, range(21, 41), loss=0.5)
    found = read_progress(tmp_path)
    assert [step for step, _ in found.logged["loss"]] == list(range(1, 41))
    assert [loss for _, loss in found.logged["loss"]] == [1.0] * 20 + [0.5] * 20
    assert [step for step, _ in found.signals["entropy"]] == [0, 10, 20, 30, 40]
    assert {told.step for told in read_samples(tmp_path)} == {0, 10, 20, 30, 40}
    assert len(read_samples(tmp_path)) == 5 * 12


def test_a_run_that_begins_anew_forgets_the_one_before(tmp_path: Path) -> None:
    a_run(tmp_path, range(1, 36))
    a_run(tmp_path, range(1, 11), loss=0.25)
    assert [loss for _, loss in read_progress(tmp_path).logged["loss"]] == [0.25] * 10
    assert {told.step for told in read_samples(tmp_path)} == {0, 10}


def test_a_run_without_sentinel_has_no_samples(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, Listener())
    recorder.begins(0, 2)
    recorder.stepped(1, 2, {"loss": 1.0})
    assert read_progress(tmp_path).limits == {}
    with pytest.raises(DataError, match=r"samples\.jsonl: is missing"):
        read_samples(tmp_path)


@pytest.mark.parametrize(
    ("name", "line", "fault"),
    [
        (METRICS, "{", "metrics.jsonl:1: damaged line"),
        (METRICS, '{"kind": "step"}', "metrics.jsonl:1: damaged line"),
        (METRICS, '{"kind": "step", "step": 3}', "damaged row of step 3"),
        (METRICS, '{"step": 3}', "damaged row of step 3"),
        (METRICS, '{"kind": "limits", "step": 0, "limits": {"a": {"x": 1}}}', "damaged row"),
        (SAMPLES, '{"step": 3, "lang": "en"}', "samples.jsonl: damaged row"),
        (SAMPLES, '{"step": 3, "lang": "fr"}', "samples.jsonl: damaged row"),
    ],
)
def test_damage_is_said(tmp_path: Path, name: str, line: str, fault: str) -> None:
    (tmp_path / name).write_text(line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=fault):
        (read_progress if name == METRICS else read_samples)(tmp_path)


def test_limits_without_a_side_come_back(tmp_path: Path) -> None:
    row = {"kind": "limits", "step": 0, "limits": {"a": {"low": None, "high": 2, "far_high": 3}}}
    (tmp_path / METRICS).write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert read_progress(tmp_path).limits == {"a": Limit(high=2, far_high=3)}


def test_a_full_disk_is_said_and_leaves_whole_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = a_run(tmp_path, range(1, 3))
    before = (tmp_path / METRICS).read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, data[:5]))
    with pytest.raises(HumorError, match="no space left"):
        recorder.stepped(3, 100, {"loss": 1.0})
    assert (tmp_path / METRICS).read_bytes() == before
    monkeypatch.undo()
    (tmp_path / METRICS).unlink()
    (tmp_path / METRICS).mkdir()
    with pytest.raises(HumorError, match="cannot be written"):
        recorder.alarmed(Alarm(3, "loops", 1.0, None, 0.1, "loops", (3,)), "log")


def test_plain_values() -> None:
    values: Sequence[Any] = [math.inf, 1.5, "x", {"a": (math.nan, None)}]
    assert plain(values) == [None, 1.5, "x", {"a": [None, None]}]
