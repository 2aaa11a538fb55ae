"""The command line in a process of its own, as people run it."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def start(arguments: Sequence[str | Path]) -> subprocess.Popen[str]:
    """Start ``semeval-humor`` in a process group of its own, as if from a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "semeval_humor", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests themselves run in the background, Ctrl-C is ignored by inheritance.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def run(*arguments: str | Path, timeout: float = 900) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    process = start(arguments)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        kill(process)
        raise
    return process.returncode, out, err


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL the process alone, as the out-of-memory killer would."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


def alive(pids: set[int]) -> set[int]:
    """Those processes that still run; one that has ended but was not waited for does not."""
    return {pid for pid in pids if _state(pid) not in ("", "Z")}


def descendants(pid: int) -> set[int]:
    """Children of a process, and theirs."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text(encoding="ascii").split()):
            found |= {child} | descendants(child)
    return found


def _state(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[0]
