"""Help is instant and true, and wrong usage is told in one line."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

import semeval_humor
from semeval_humor.cli.main import cli, main
from semeval_humor.cli.predict import predict
from semeval_humor.inference.config import PredictConfig

HEAVY = {
    *["torch", "transformers", "trl", "peft", "vllm", "datasets", "pandas", "numpy"],
    *["pydantic", "rich", "openai", "jieba", "sacrebleu"],
}

# Defaults that PredictConfig leaves open until other settings are known.
IN_WORDS = {
    "input": "the packaged sample",
    "name": "the model's",
    "out": "submissions/NAME",
    "limit": "all",
}


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Words that call each command."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from leaves(inner, (*path, name))
    else:
        yield path


COMMANDS = list(leaves(cli))


LOADED = """
import sys
from semeval_humor.cli.main import main
for words in sys.argv[1:]:
    assert main(words.split()) == 0, words
    print(words, "loads", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def test_help_and_version_load_nothing_heavy() -> None:
    calls = ["--version", "--help", *(" ".join([*words, "--help"]) for words in COMMANDS)]
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *calls], capture_output=True, text=True, check=True
    )
    loaded = {
        words: HEAVY.intersection(names.split())
        for words, _, names in (line.partition(" loads ") for line in done.stderr.splitlines())
    }
    assert loaded == {words: set() for words in calls}


def test_the_package_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "semeval_humor", "--version"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout == f"semeval-humor, version {semeval_humor.__version__}\n"
    assert done.stderr == ""


def help_page(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> str:
    assert main([*words, "--help"]) == 0
    page, errors = capsys.readouterr()
    assert errors == ""
    return page


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    page = help_page(capsys, ())
    listed = re.findall(r"^  (\w[\w-]*)  +\S", page.partition("Commands:")[2], re.MULTILINE)
    assert sorted(listed) == sorted({words[0] for words in COMMANDS})


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_help_page_ends_with_two_examples_that_the_command_accepts(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    page = help_page(capsys, words)
    examples = [shlex.split(line) for line in page.partition("Examples:\n")[2].splitlines()]
    assert len(examples) == 2
    for program, *arguments in examples:
        assert program == "semeval-humor"
        if tuple(arguments[: len(words)]) == words:
            command: click.Command = cli
            for word in words:
                assert isinstance(command, click.Group)
                command = command.commands[word]
            command.make_context(words[-1], arguments[len(words) :])  # else UsageError
        else:
            assert main(arguments) == 0


OPTIONS = {
    option.name: option
    for option in predict.params
    if isinstance(option, click.Option)
    and option.name not in {"config_file", "force", "as_json"}  # about the call, not the run
}


def test_every_option_of_predict_is_a_setting() -> None:
    assert OPTIONS.keys() - PredictConfig.model_fields.keys() == set()


@pytest.mark.parametrize("name", OPTIONS)
def test_defaults_that_predict_states_are_the_true_ones(name: str) -> None:
    stated = re.search(r"\[default: (.*?)\]", OPTIONS[name].help or "")
    default = PredictConfig().model_dump(mode="json")[name]
    true = IN_WORDS.get(name) if default in (None, []) else str(default)
    assert (stated and stated[1]) == true


def test_options_that_are_not_given_override_no_config_file() -> None:
    given = predict.make_context("predict", []).params
    assert {name: given[name] for name in OPTIONS if given[name] not in (None, ())} == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "--candidtes", "4"], "No such option"),
        (["predict", "--lang", "fr"], "'fr' is not one of 'en', 'es', 'zh', 'all'"),
        (["predict", "--seed", "x"], "'x' is not a valid integer"),
        (["predict", "--seed"], "Option '--seed' requires an argument"),
        (["predict", "extra"], "unexpected extra argument (extra)"),
        (["select"], "Missing argument"),
        (["--verbose"], "No such option"),
        (["jest"], "No such command 'jest'"),
    ],
)
def test_wrong_usage_is_one_line_on_standard_error(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(arguments) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("error: ")
    assert message in errors
    assert errors.count("\n") == 1
