import os

import psutil
import pytest

from semeval_humor.training.processes import idle_cores


@pytest.mark.parametrize(
    ("busy", "together", "threads"),
    [
        ([0.0, 4.0, 2.0, 6.0], 1, 4),
        ([0.0, 98.0, 55.0, 6.0], 1, 2),
        ([0.0, 4.0, 2.0, 6.0], 2, 2),
        ([99.0, 100.0, 97.0, 100.0], 1, 1),
        ([0.0, 98.0, 55.0, 6.0], 4, 1),
    ],
)
def test_processes_share_the_cores_that_are_idle_now(
    monkeypatch: pytest.MonkeyPatch, busy: list[float], together: int, threads: int
) -> None:
    others = [0.0, 0.0]  # cores that this process must not use
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {2, 3, 4, 5})
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval, percpu: [*others, *busy])
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(together))
    assert idle_cores() == threads
