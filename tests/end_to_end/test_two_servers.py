"""Two real servers side by side, one of which dies in the middle."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas
import pytest

from semeval_humor.inference.candidates import read_candidates
from semeval_humor.models import DEFAULT_MODEL, resolve
from tests.end_to_end.command import start

pytest.importorskip("vllm")
pytestmark = [pytest.mark.model, pytest.mark.slow]

START_S = 400


@contextmanager
def server(core: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A vLLM server on one core; its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--model", resolve(DEFAULT_MODEL).path, "--served-model-name", "smollm2"]
    options += ["--max-model-len", "2048", "--max-num-seqs", "32", "--enforce-eager"]
    options += ["--dtype", "float32", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *options],
        env=os.environ
        | {"VLLM_CPU_OMP_THREADS_BIND": str(core), "VLLM_CPU_KVCACHE_SPACE": "1"}
        | {"OMP_NUM_THREADS": "1", "VLLM_LOGGING_LEVEL": "ERROR"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while True:
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server does not start"
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except OSError:
            time.sleep(1)


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
