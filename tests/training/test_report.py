import math
from pathlib import Path

import pytest

from semeval_humor.errors import DataError
from semeval_humor.schema import Lang
from semeval_humor.training.recorder import METRICS, Curve, Progress, Recorder, Told
from semeval_humor.training.report import report, write_report
from semeval_humor.training.sentinel.alarm import Alarm
from semeval_humor.training.sentinel.limits import Limit
from tests.test_html import HOSTILE, Page
from tests.training.sentinel.voices import COLLAPSES, PARENT, FakeSpeaker, a_sentinel
from tests.training.tiny_policy import Told as Listener


def test_the_page_of_a_training_that_collapsed(tmp_path: Path) -> None:
    speaker = FakeSpeaker(PARENT)
    sentinel = a_sentinel(speaker, Lang.ES)
    recorder = Recorder(tmp_path, Listener())
    recorder.begins(0, 50)
    for step in range(1, 51):
        recorder.stepped(step, 50, {"loss": 1 / step, "kl": math.nan})
        if step % 25 == 0:
            speaker.policy = PARENT if step == 25 else COLLAPSES["Arabic"]
            alarm = sentinel.probe(step, {})
            recorder.probed(sentinel)
            if alarm:
                recorder.alarmed(alarm, "stop")
    path = write_report(tmp_path, "Training of es", "The weights have changed.")
    source = path.read_text(encoding="utf-8")
    page = Page(source)
    assert path.name == "report.html"
    assert "The weights have changed." in page.text
    assert "Alarm at step 50: 12 of 12 answers hold Arabic letters" in page.text
    assert "Told by the probe of step 50; answered with stop." in page.text
    assert page.tags.count("figure") == 13  # the loss, and 12 signals
    assert source.count('class="mark"') == 13
    assert "healthy: at most 0.125" in page.text
    assert '<td class="number failed">1.000</td>' in source
    assert "the parent: 12 answers" in page.text
    assert "step 50: 12 answers" in page.text
    assert "ليس نكتة" in page.text
    assert "http" not in source.replace("http-equiv", "")


def test_a_training_without_sentinel_has_a_page(tmp_path: Path) -> None:
    (tmp_path / METRICS).write_text('{"kind": "step", "step": 1, "values": {"loss": 2}}\n')
    source = write_report(tmp_path, "t", "v").read_text(encoding="utf-8")
    assert "What the sentinel heard" not in source
    assert source.count("<figure") == 1


def test_jokes_are_text_whatever_they_hold() -> None:
    told = Told(0, HOSTILE, Lang.EN, HOSTILE, HOSTILE, "stopped", 3, 0.5)
    alarm = Alarm(1, "loops", 1.0, None, 0.1, HOSTILE, (0, 1))
    progress = Progress(signals={"loops": [(0, 0.0)]}, probe_seconds=[1.0], alarms=[(alarm, "log")])
    source = report(progress, [told], HOSTILE, HOSTILE)
    source.encode()
    assert "script" not in Page(source).tags


def told(steps: int) -> list[Told]:
    return [Told(25 * n, "p", Lang.ZH, "好", f"joke {n}", "cut off", 3, None) for n in range(steps)]


@pytest.mark.parametrize(
    ("steps", "alarm", "shown"),
    [
        (12, None, list(range(12))),
        (40, None, [0, 4, 7, 11, 14, 18, 21, 25, 28, 32, 35, 39]),
        (40, 16, [0, 4, 7, 11, 14, 15, 16, 18, 21, 25, 28, 32, 35, 39]),
    ],
)
def test_some_probes_are_shown(steps: int, alarm: int | None, shown: list[int]) -> None:
    alarms = [(Alarm(25 * alarm, "x", 1.0, None, None, "c", ()), "log")] if alarm else []
    progress = Progress(signals={"x": [(0, 0.0)]}, probe_seconds=[1.0, 2.0], alarms=alarms)
    text = Page(report(progress, told(steps), "t", "v")).text
    assert [n for n in range(steps) if f"joke {n}cut off–" in text] == shown
    assert ("more probes are in samples.jsonl" in text) == (steps > 12)


def test_components_share_charts_of_four() -> None:
    signals: dict[str, Curve] = {f"reward/{name}": [(0, 0.5), (25, 0.75)] for name in "abcde"}
    progress = Progress(signals=signals, probe_seconds=[1.0])
    text = Page(report(progress, [], "t", "v")).text
    assert "Components of the reward (1 of 2)" in text
    assert "Components of the reward (2 of 2)" in text


def test_long_curves_are_thinned_but_keep_what_is_no_number() -> None:
    curve: Curve = [(step, math.nan if step == 2000 else 1.0) for step in range(4001)]
    source = report(Progress(logged={"loss": curve}), [], "t", "v")
    assert source.count("<polyline") == 2
    assert len(source) < 30_000


def test_values_out_of_their_limits_are_marked() -> None:
    progress = Progress(
        signals={"a": [(0, 1.0), (25, 5.0)], "b": [(0, math.nan)]},
        limits={"a": Limit(low=0.5, high=2)},
        probe_seconds=[1.0],
    )
    source = report(progress, [], "t", "v")
    assert '<td class="number failed">5.000</td>' in source
    assert "no number" in source


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"metrics\.jsonl: is missing"):
        write_report(tmp_path, "t", "v")
