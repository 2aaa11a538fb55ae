"""Every command that a document shows is taken apart, and run if that takes no model."""

import itertools
import logging
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import click
import pytest

from semeval_humor.bench.config import BenchConfig
from semeval_humor.cli.main import cli, main
from semeval_humor.configs import checked, read_toml
from semeval_humor.errors import ConfigError
from semeval_humor.models import KNOWN
from tests.docs.consoles import ASIDES, LINES, PAGES, ROOT, Typed, blocks, words_of
from tests.docs.scene import prepare, provide
from tests.docs.usage import check, name_of, parsed

EDITS = ("cp ", "sed ")
"""Commands of the shell that are run as they stand."""

HEAVY: Mapping[str, str] = {
    "predict": "samples with a model",
    "train": "trains, or loads what was trained",
    "redteam": "asks a classifier thousands of times",
    "judge": "asks a model or a classifier",
    "arena serve": "serves until it is interrupted",
    "data fetch": "downloads corpora",
    "lifecycle": "does all of this",
}
"""Commands that are taken apart, but not run, and why."""

LIGHT = {"data fetch": "folder", "lifecycle": "plan"}
"""Parameters with which such a command is run all the same."""

HEAVY_OPTIONS: Mapping[str, str] = {
    "model": "runs a model",
    "config_file": "is told of a model",
    "base_url": "asks a server",
    "ppl": "runs a model",
    "probe": "runs two models",
    "relevance": "runs a sentence encoder",
}
"""Parameters with which any other command is not run, and why."""


def test_documents_have_commands() -> None:
    pages = {each.page for each in LINES}
    assert {"README.md", "README.zh.md", "CONTRIBUTING.md", "docs/training.md"} <= pages
    assert sum("configs/" in each.page for each in ASIDES) > 3


@pytest.mark.parametrize("line", [*LINES, *ASIDES], ids=str)
def test_a_command_exists_and_takes_what_it_is_given(line: Typed) -> None:
    for command in line.commands:
        check(command)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("semeval-humor predikt", "No such command 'predikt'"),
        ("semeval-humor predict --langs en", "No such option '--langs'"),
        ("semeval-humor predict --lang fr", "'fr' is not one of"),
        ("semeval-humor diff smollm2-135m", "Missing parameter: checkpoint"),
        ("semeval-humor train sft --config configs/train/sft.toml", "there is no such file"),
        ("semeval-humor train sft --config configs/train/grpo-en-smollm2.toml", "no such key"),
        ("semeval-humor redteam configs/gates.toml --jokes FILE", "no such key"),
        ("torchrun --nnodes 2 -m semeval_humor train sfd --config FILE", "No such command 'sfd'"),
        ("make demonstration", "the Makefile has no demonstration"),
        ("python benchmarks/peers/none.py", "there is no such file"),
        ("pip install 'semeval-humor[gpus]'", "no extra {'gpus'}"),
        ("humor predict", "humor: nobody knows it"),
    ],
)
def test_a_command_that_cannot_work_is_seen(command: str, message: str) -> None:
    with pytest.raises((AssertionError, click.UsageError, ConfigError), match=re.escape(message)):
        check(command)


def test_a_script_that_does_not_take_its_arguments_is_seen() -> None:
    with pytest.raises(SystemExit):
        check("python benchmarks/gains.py --tables")


def test_commands_stand_on_consoles_where_they_are_tested() -> None:
    shells = {"", "sh", "bash", "shell"}
    starts = ("$ ", "semeval-humor ", "make ", "python ", "pip ", "torchrun ")
    missed = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in PAGES
        for lang, body, *_ in blocks(path)
        for line in body.splitlines()
        if lang in shells and line.strip().startswith(starts)
    ]
    assert missed == []  # else: ```console, and "$ " before the command


def too_heavy(context: click.Context) -> str | None:
    """Why a command is not run here, if it is not."""
    name, given = name_of(context), context.params
    for command, reason in HEAVY.items():
        if f"{name} ".startswith(f"{command} ") and not given.get(LIGHT.get(name, "")):
            return reason
    for parameter, reason in HEAVY_OPTIONS.items():
        if given.get(parameter):
            return reason
    if name.startswith("bench ") and judges_of(given.get("config")):
        return "asks judges"
    if str(given.get("scorer")).endswith(".toml"):
        return "asks a classifier"
    return "reads a packaged model" if KNOWN.keys() & set(map(str, given.values())) else None


def judges_of(config: Path | None) -> Sequence[object]:
    """Judges of a benchmark whose file is in the repository."""
    if config is None or not (ROOT / config).exists():
        return ()
    return checked(BenchConfig, read_toml(ROOT / config), str(config)).judges


def test_each_heavy_command_exists() -> None:
    for name in HEAVY:
        command: click.Command = cli
        for word in name.split():
            assert isinstance(command, click.Group)
            command = command.commands[word]


@cache
def light(line: Typed) -> tuple[str, ...]:
    """Those of its commands that can be run here; what is abbreviated can be run nowhere."""
    found = []
    for command in line.commands:
        if command.startswith(EDITS):
            found.append(command)
        elif command.startswith("semeval-humor ") and "…" not in words_of(command):
            context = parsed(words_of(command)[1:])
            if context is None or too_heavy(context) is None:
                found.append(command)
    return tuple(found)


def courses() -> Iterator[list[Typed]]:
    """Commands to be run, page by page; a page that says what another one says is left out."""
    seen = set()
    asides = [each for each in ASIDES if each.page.endswith(".md")]
    order = sorted([*LINES, *asides], key=lambda each: (each.page, each.line))
    for _, lines in itertools.groupby(order, key=lambda each: each.page):
        course = [each for each in lines if light(each)]
        told = tuple(each.text for each in course)
        if course and told not in seen:
            seen.add(told)
            yield course


@pytest.fixture(autouse=True)
def _process_as_before() -> Iterator[None]:
    """What ``main`` does to its process is none of the other tests' business."""
    handlers, level = logging.root.handlers[:], logging.getLogger("semeval_humor").level
    on_term = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, on_term)
    logging.root.handlers[:] = handlers
    logging.getLogger("semeval_humor").setLevel(level)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with what the documents speak of; commands are run in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMEVAL_HUMOR_CACHE", str(tmp_path / "cache"))
    prepare()


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("course", list(courses()), ids=lambda course: course[0].page)
def test_commands_do_what_documents_say(
    course: list[Typed], capsys: pytest.CaptureFixture[str]
) -> None:
    for line in course:
        for command in light(line):
            if command.startswith(EDITS):
                subprocess.run(command, shell=True, check=True)
                continue
            context = parsed(words_of(command)[1:])
            if context is not None:
                provide(context)
            capsys.readouterr()
            exit_code = main(as_the_shell_has_it(command))
            refused = exit_code == 1 and line.output  # it is shown, where it is meant
            assert exit_code == 0 or refused, f"{line}: {command}: {capsys.readouterr().err}"


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("command", ["data check-labels", "bench rank votes.csv --baseline nobody"])
def test_a_command_that_fails_is_seen(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = Typed("README.md", 1, f"semeval-humor {command}")
    assert light(line)
    with pytest.raises(AssertionError, match=f"README.md:1: semeval-humor {command}: error: "):
        test_commands_do_what_documents_say([line], capsys)


def as_the_shell_has_it(command: str) -> list[str]:
    """Arguments of a command, with its globs, braces and variables expanded."""
    script = command.replace("semeval-humor", "printf '%s\\0'", 1)
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return found.stdout.split("\0")[:-1]
