"""Two real servers side by side, one of which dies in the middle."""

import os
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pandas
import pytest

from semeval_humor.inference.candidates import read_candidates
from tests.end_to_end.command import start
from tests.end_to_end.vllm_server import kill, server, wait_until_ready

pytest.importorskip("vllm")
pytestmark = [pytest.mark.model, pytest.mark.slow]


def answered(url: str) -> float:
    """Requests that a server has finished."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as page:
        lines = page.read().decode().splitlines()
    counts = [line for line in lines if line.startswith("vllm:request_success_total")]
    return sum(float(line.rpartition(" ")[2]) for line in counts)


def test_both_get_work_and_one_may_die(tmp_path: Path) -> None:
    with ExitStack() as stack:
        servers = [
            stack.enter_context(server(core)) for core in sorted(os.sched_getaffinity(0))[:2]
        ]
        for url, process in servers:
            wait_until_ready(url, process)
        command: list[str | Path] = ["predict", "--lang", "en", "--model", "smollm2"]
        command += ["--out", tmp_path, "--candidates", "3", "--concurrency", "16"]
        for url, _ in servers:
            command += ["--base-url", f"{url}/v1"]
        run = start(command)
        journal = tmp_path / "task-a-en.candidates.jsonl"
        while run.poll() is None and not (journal.exists() and len(read_candidates(journal)) > 60):
            time.sleep(0.2)
        counts = [answered(url) for url, _ in servers]
        kill(servers[0][1])
        _, err = run.communicate(timeout=600)
    assert run.returncode == 0, err
    assert min(counts) > 10, counts
    assert "Traceback" not in err
    keys = Counter(candidate.key for candidate in read_candidates(journal))
    assert set(keys.values()) == {1}
    table = pandas.read_csv(tmp_path / "task-a-en.tsv", delimiter="\t", index_col="id")
    assert len(table) == 60
    assert table.index.is_unique
