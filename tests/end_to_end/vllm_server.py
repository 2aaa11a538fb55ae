"""A real vLLM server for the embedded model."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from semeval_humor.models import DEFAULT_MODEL, resolve

START_S = 400


@contextmanager
def server(core: int, *more: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A vLLM server on one core, with more options if any; its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--model", resolve(DEFAULT_MODEL).path, "--served-model-name", "smollm2"]
    options += ["--max-model-len", "2048", "--max-num-seqs", "32", "--enforce-eager"]
    options += ["--dtype", "float32", "--host", "127.0.0.1", "--port", str(port), *more]
    process = subprocess.Popen(
        [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *options],
        env=os.environ
        | {"VLLM_CPU_OMP_THREADS_BIND": str(core), "VLLM_CPU_KVCACHE_SPACE": "1"}
        | {"OMP_NUM_THREADS": "1", "VLLM_LOGGING_LEVEL": "ERROR"}
        | {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1"},
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
