import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.training.run import Run, interruptible

IDENTITY: dict[str, Any] = {"config": {"rate": 0.1, "langs": ["en"]}, "model": "x"}


def begin(out: Path, identity: dict[str, Any] | None = None, **options: Any) -> Run:
    return Run(out, "sft", identity or IDENTITY, **options)


def checkpoint(run: Run, step: int, *, state: dict[str, Any] | None = None) -> Path:
    folder = run.folder(step)
    folder.mkdir()
    (folder / "weights").write_bytes(b"x" * 100)
    (folder / "rng_state_1.pth").write_bytes(b"y")  # of another process, at any time
    run.seal(step, state or {})
    return folder


def test_a_new_folder(tmp_path: Path) -> None:
    with begin(tmp_path / "new") as run:
        assert run.checkpoint is None
        assert run.notes == []
    (tmp_path / "empty").mkdir()
    with begin(tmp_path / "empty", force=True) as run:
        assert run.checkpoint is None


def test_it_goes_on_from_the_newest_checkpoint(tmp_path: Path) -> None:
    with begin(tmp_path / "out") as run:
        checkpoint(run, 9)
        checkpoint(run, 10, state={"rollbacks": 1})
        (run.folder(10) / "rng_state_0.pth").write_bytes(b"later")
    with begin(tmp_path / "out") as run:
        assert run.checkpoint == run.folder(10)
        assert run.state == {"rollbacks": 1}
        assert run.notes == ["going on from checkpoint-10"]


def test_checkpoints_that_were_cut_short(tmp_path: Path) -> None:
    with begin(tmp_path / "out") as run:
        for step in (5, 10, 15):
            checkpoint(run, step)
        (run.folder(15) / "weights").write_bytes(b"x" * 7)
        (run.folder(10) / "weights").unlink()
        run.folder(20).mkdir()
        (run.folder(20) / "weights").touch()
    with begin(tmp_path / "out") as run:
        assert run.checkpoint == run.folder(5)
        assert run.notes == [
            "checkpoint-20 was not finished; it is left out",
            "checkpoint-15 is damaged: weights has 7 bytes of 100; it is left out",
            "checkpoint-10 lacks weights; it is left out",
            "going on from checkpoint-5",
        ]
        assert not run.folder(20).exists()
        (run.folder(5) / "weights").unlink()
    with pytest.raises(ConfigError, match=r"checkpoint-15 is damaged.*there is no other; use --fo"):
        begin(tmp_path / "out")
    begin(tmp_path / "out", force=True).__exit__()


def test_killed_before_the_first_checkpoint(tmp_path: Path) -> None:
    with begin(tmp_path / "out") as run:
        run.folder(5).mkdir()
    with begin(tmp_path / "out") as run:
        assert run.checkpoint is None


def test_what_is_there_is_respected(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with (
        begin(out),
        pytest.raises(ConfigError, match="another process is writing this run"),
    ):
        begin(out)
    with begin(out), pytest.raises(ConfigError, match="another process is writing this run"):
        begin(out, force=True)
    other = {"config": {"rate": 0.2, "langs": ["en"]}, "model": "x"}
    with pytest.raises(ConfigError, match=r"holds another run \(config\.rate was 0\.1, now 0\.2\)"):
        begin(out, other)
    (out / "alarm.json").write_text('{"then": "rollback"}')
    begin(out).__exit__()
    (out / "alarm.json").write_text('{"then": "stop"}')
    with pytest.raises(ConfigError, match=r"was ended by an alarm, see alarm\.json"):
        begin(out)
    (out / "train-sft.run.json").touch()
    with pytest.raises(ConfigError, match="is finished; name another out, or use --force"):
        begin(out)
    with begin(out, other, force=True):
        assert sorted(path.name for path in out.iterdir()) == ["run.jsonl"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "novel.txt").touch()
    for force in (False, True):
        with pytest.raises(ConfigError, match="is no training; choose another out"):
            begin(tmp_path / "other", force=force)


def test_only_the_first_process_touches_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    with begin(tmp_path / "out") as run:
        run.seal(5, {})
    assert not (tmp_path / "out").exists()


def test_finish_leaves_the_result(tmp_path: Path) -> None:
    with begin(tmp_path / "out") as run:
        checkpoint(run, 5)
        found = [run.healthy_step]
        for step in (9, 10):
            run.healthy(step).mkdir()
            found.append(run.healthy_step)
        run.keep_only(9)
        assert [*found, run.healthy_step] == [None, 9, 10, 9]
        (run.out / "model.safetensors").touch()
        run.finish()
    names = sorted(path.name for path in run.out.iterdir())
    assert names == ["model.safetensors", "run.jsonl"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_interrupts(number: int) -> None:
    before = signal.getsignal(number)
    told: list[str] = []
    with interruptible(told.append) as interrupt:
        seen = [interrupt.requested]
        os.kill(os.getpid(), number)
        seen.append(interrupt.requested)
        assert seen == [False, True]
        assert told == [
            "interrupted: the step at hand is finished and saved; once more ends it at once"
        ]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def _hold(out: str, ready: Any, go: Any) -> None:
    with begin(Path(out)):
        ready.set()
        go.wait(20)


def test_another_process(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    ready, go = spawn.Event(), spawn.Event()
    process = spawn.Process(target=_hold, args=(str(tmp_path / "out"), ready, go))
    process.start()
    assert ready.wait(20)
    with pytest.raises(ConfigError, match="another process is writing this run"):
        begin(tmp_path / "out")
    go.set()
    process.join(20)
    begin(tmp_path / "out").__exit__()
