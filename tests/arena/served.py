"""``arena serve`` as people run it: in a process of its own."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from semeval_humor.schema import Joke
from semeval_humor.tsv import write_jokes

COMMAND = [sys.executable, "-c", "from semeval_humor.cli.arena import arena; arena()"]


@dataclass(frozen=True, slots=True)
class Process:
    """A server.

    Attributes:
        address: what it printed.
        process: to end it with.
    """

    address: str
    process: subprocess.Popen[str]


def hand_in(folder: Path, rows: int, *systems: str) -> list[str]:
    """Make inputs and submissions of systems; returns the arguments for ``serve``."""
    inputs = folder / "inputs"
    inputs.mkdir()
    ids = [f"en_{number:04}" for number in range(1, rows + 1)]
    lines = [f"{id_}\t-\t-\tUmbrella library opens, headline {id_}\n" for id_ in ids]
    header = "id\tword1\tword2\theadline\n"
    (inputs / "task-a-en.tsv").write_text(header + "".join(lines), encoding="utf-8")
    for system in systems:
        (folder / system).mkdir()
        jokes = [Joke(id_, f"{system} says: the rain on {id_} is overdue.") for id_ in ids]
        write_jokes(folder / system / "task-a-en.tsv", jokes)
    return [*(str(folder / system) for system in systems), "--inputs", str(inputs)]


@contextlib.contextmanager
def serving(*arguments: str) -> Iterator[Process]:
    """Run ``arena serve`` until the block is left."""
    process = subprocess.Popen(
        [*COMMAND, "serve", *arguments, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("http://"), process.communicate()[1]
        yield Process(line, process)
    finally:
        process.kill()
        process.communicate()
