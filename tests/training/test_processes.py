import os

import psutil
import pytest

from semeval_humor.training.processes import idle_cores


@pytest.mark.parametrize(
    ("busy", "threads"),
    [
        ([0.0, 4.0, 2.0, 6.0], 4),
        ([0.0, 98.0, 55.0, 6.0], 2),
        ([99.0, 100.0, 97.0, 100.0], 1),
    ],
)
def test_threads_are_for_the_cores_that_are_idle_now(
    monkeypatch: pytest.MonkeyPatch, busy: list[float], threads: int
) -> None:
    others = [0.0, 0.0]  # cores that this process must not use
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {2, 3, 4, 5})
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval, percpu: [*others, *busy])
    assert idle_cores() == threads
