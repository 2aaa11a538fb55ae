"""Stages that are run once, stopped, continued, changed and expected to fail."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from semeval_humor.errors import ConfigError, HumorError
from semeval_humor.lifecycle.run import (
    Record,
    Records,
    check_fresh,
    link_source,
    printed,
    run_stages,
)
from semeval_humor.lifecycle.stages import Stage

# Appends its arguments to calls.txt, and ends with the number that is the first of them.
PROGRAM = """
import sys
open("calls.txt", "a").write(" ".join(sys.argv[1:]) + "\\n")
print("result of", *sys.argv[2:])
print("error: it broke" if sys.argv[1] != "0" else "fine", file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""


class Told:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begins(self, stage: Stage) -> None:
        self.lines.append(f"{stage.name} begins")

    def said(self, line: str) -> None:
        self.lines.append(line)

    def ended(self, stage: Stage, record: Record) -> None:
        self.lines.append(f"{stage.name} ended with {record.exit_code}")


def stage(name: str, code: int = 0, *, expected: int = 0, fingerprint: str = "a") -> Stage:
    return Stage(name, name, (str(code), name), expected, show=True, fingerprint=fingerprint)


def run(
    folder: Path, stages: list[Stage], program: str = PROGRAM, *, force: bool = True
) -> list[str]:
    told = Told()
    again = {each.name: ["--force"] for each in stages if force}
    with Records(folder) as records:
        run_stages(stages, folder, [sys.executable, "-c", program], again, records, told)
    return told.lines


def calls(folder: Path) -> list[str]:
    return (folder / "calls.txt").read_text().splitlines()


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_each_stage_is_run_once_and_what_it_printed_is_kept(tmp_path: Path) -> None:
    stages = [stage("one"), stage("two")]
    assert run(tmp_path, stages) == [
        *("one begins", "fine", "one ended with 0"),
        *("two begins", "fine", "two ended with 0"),
    ]
    assert run(tmp_path, stages) == []
    assert calls(tmp_path) == ["0 one", "0 two"]
    assert printed(stages[1], tmp_path) == "result of two\n"
    assert (tmp_path / "stages" / "two.log").read_text() == "fine\n"


def test_a_failure_stops_and_is_told_and_the_next_run_goes_on_there(tmp_path: Path) -> None:
    with pytest.raises(HumorError, match=r"^two: exit code 3: it broke \(log: .*two\.log\)$"):
        run(tmp_path, [stage("one"), stage("two", 3), stage("three")])
    run(tmp_path, [stage("one"), stage("two"), stage("three")])
    assert calls(tmp_path) == ["0 one", "3 two", "0 two", "0 three"]


def test_a_fault_that_must_be_caught(tmp_path: Path) -> None:
    run(tmp_path, [stage("noop", 1, expected=1)])
    with pytest.raises(HumorError, match="noop-2: exit code 0, expected 1"):
        run(tmp_path, [stage("noop", 1, expected=1), stage("noop-2", 0, expected=1)])
    assert calls(tmp_path) == ["1 noop", "0 noop-2"]


def test_changed_settings_are_refused_or_start_the_stage_over(tmp_path: Path) -> None:
    run(tmp_path, [stage("one"), stage("two")])
    changed = [stage("one"), stage("two", fingerprint="b"), stage("three")]
    with Records(tmp_path) as records, pytest.raises(ConfigError, match=r"^two: run before with"):
        check_fresh(changed, records)
    run(tmp_path, changed)
    assert calls(tmp_path)[2:] == ["0 two --force", "0 three"]


def test_what_was_refused_may_be_mended_without_force(tmp_path: Path) -> None:
    with pytest.raises(HumorError, match="two: exit code 2"):
        run(tmp_path, [stage("one"), stage("two", 2)])
    mended = [stage("one"), stage("two", fingerprint="b")]
    with Records(tmp_path) as records:
        check_fresh(mended, records)
    run(tmp_path, mended, force=False)
    assert calls(tmp_path) == ["0 one", "2 two", "0 two"]


def test_what_refuses_the_folder_that_it_finds_is_started_over_with_force(tmp_path: Path) -> None:
    two = stage("two", 2)  # as a training does that was killed before its end was recorded
    with pytest.raises(HumorError, match="two: exit code 2"):
        run(tmp_path, [two])
    with pytest.raises(HumorError, match="two: exit code 2"):
        run(tmp_path, [two])
    assert calls(tmp_path) == ["2 two", "2 two --force"]


def test_only_one_lifecycle_runs_in_a_folder(tmp_path: Path) -> None:
    with Records(tmp_path), pytest.raises(ConfigError, match="another process is writing"):
        Records(tmp_path)


# Saves its state on the first signal, as every long command of the toolkit does.
PATIENT = """
import pathlib, signal, sys, time
from pathlib import Path
def save(number, frame):
    with open("signals.txt", "a") as f: f.write("saved ")
    sys.exit(130)
signal.signal(signal.SIGTERM, save)
if Path("signals.txt").exists():
    print("went on", file=sys.stderr); sys.exit(0)
print("ready", file=sys.stderr, flush=True)
time.sleep(60)
"""

RUNNER = """
import sys
from pathlib import Path
from tests.lifecycle.test_run import PATIENT, run, stage
import signal
def interrupt(number, frame): raise KeyboardInterrupt
for number in (signal.SIGINT, signal.SIGTERM):  # a shell may have had SIGINT ignored
    signal.signal(number, interrupt)
try:
    print(run(Path(), [stage("long")], PATIENT))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_stage_once_and_the_next_run_goes_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    root = Path(__file__).parents[2]
    environment = {"PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, "-c", RUNNER], env=environment) as process:
        log = tmp_path / "stages" / "long.log"
        deadline = time.monotonic() + 60
        while not (log.exists() and "ready" in log.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
    assert process.returncode == 130
    assert (tmp_path / "signals.txt").read_text() == "saved "
    # Same settings: it is continued, not started over.
    done = subprocess.run(
        [sys.executable, "-c", RUNNER], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "['long begins', 'went on', 'long ended with 0']\n"


def test_the_source_is_a_link_that_follows_the_option(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        link_source(tmp_path / "out", tmp_path / name)
        assert (tmp_path / "out" / "source").resolve() == tmp_path / name
    with pytest.raises(ConfigError, match=r"none: no such folder; .* with --data"):
        link_source(tmp_path / "out", tmp_path / "none")
    with pytest.raises(ConfigError, match=r"first: lacks votes/people\.json; docs/lifecycle"):
        link_source(tmp_path / "out", tmp_path / "first", [".", "votes/people.json"])
    (tmp_path / "other" / "source").mkdir(parents=True)
    with pytest.raises(ConfigError, match="is in the way"):
        link_source(tmp_path / "other", tmp_path / "first")
