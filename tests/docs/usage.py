"""Whether a command that a document shows exists, and would take what it is given."""

import argparse
import re
import runpy
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest

from semeval_humor.bench.config import BenchConfig
from semeval_humor.bench.judge_config import JudgeConfig
from semeval_humor.cli.main import cli
from semeval_humor.configs import Settings, checked, read_toml
from semeval_humor.data.label import LabelSettings
from semeval_humor.inference.config import EngineConfig, PredictConfig
from semeval_humor.lifecycle.stages import read_lifecycle, stages_of
from semeval_humor.prompts import PromptBook
from semeval_humor.rewards.profiles import read_profile
from semeval_humor.rewards.reward import RewardFile
from semeval_humor.submission.gates import read_gates
from semeval_humor.training.dpo import DpoConfig
from semeval_humor.training.grpo import GrpoConfig
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.reward.config import RewardConfig
from semeval_humor.training.rloo import RlooConfig
from semeval_humor.training.sft import SftConfig
from tests.docs.consoles import ROOT, words_of

PROGRAMS = {
    *("pip", "torchrun", "accelerate", "vllm", "docker"),
    *("source", "cd", "ls", "cp", "sed", "cat", "git", "export"),
}
"""What else a reader may be told to run; of what they are given, paths and extras are looked at."""

MODULES = {"pip", "venv", "pytest", "vllm.entrypoints.openai.api_server"}
"""What Python may be told to run, besides this package."""

OURS = re.compile(r"(?:configs|docs|locks|semeval_humor|tests|containers|\.ci)/|benchmarks/.*\.py$")
"""Paths that must be there."""

EXTRAS = re.compile(r"(?:semeval-humor|\.)\[([\w,-]+)\]")


def check(command: str) -> None:
    """Fail where a command cannot work as it stands."""
    program, *arguments = words_of(command)
    for each in (program, *arguments):
        assert not OURS.match(each) or (ROOT / each).exists(), f"{each}: there is no such file"
    match program:
        case "semeval-humor":
            check_ours(arguments)
        case "make":
            check_make(arguments)
        case "python":
            check_python(arguments)
        case "torchrun" | "accelerate":
            assert "semeval_humor" in arguments, "what else is to be launched?"
            check_ours(arguments[arguments.index("semeval_humor") + 1 :])
        case _:
            assert program in PROGRAMS or OURS.match(program), f"{program}: nobody knows it"
    for extras in EXTRAS.findall(command):
        unknown = set(extras.split(",")) - known_extras()
        assert not unknown, f"pyproject.toml has no extra {unknown}"


def check_ours(arguments: list[str]) -> None:
    """Fail where ``semeval-humor`` does not take arguments, or the configs that they name."""
    context = parsed(arguments)
    if context is not None:
        for read, path in configs_of(context):
            read(ROOT / path)


def parsed(arguments: list[str]) -> click.Context | None:
    """A command with its arguments, not run; None where it is only asked for help.

    Raises:
        click.UsageError: it does not take them.
    """
    context = click.Context(cli, info_name="semeval-humor", **cli.context_settings)
    while isinstance(context.command, click.Group):
        if {"--help", "-h", "--version"}.intersection(arguments[:1]):
            return None
        name, command, arguments = context.command.resolve_command(context, arguments)
        assert command is not None
        if isinstance(command, click.Group):
            context = click.Context(command, parent=context, info_name=name)
        elif {"--help", "-h"}.intersection(arguments):
            return None
        else:
            context = command.make_context(name, list(arguments), parent=context)
    return context


def name_of(context: click.Context) -> str:
    """A command as it is called: ``bench run``."""
    return context.command_path.partition(" ")[2]


Read = Callable[[Path], object]


def _read(kind: type[Settings], path: Path) -> Settings:
    return checked(kind, read_toml(path), str(path))


def _read_reward(path: Path) -> None:
    config = _read(RewardFile, path)
    assert isinstance(config, RewardFile)
    read_profile(config.profile, config.overrides, str(path))


def _read_labelling(path: Path) -> None:
    values = {"lang": "en", **read_toml(path)}
    engine = {name: values.pop(name) for name in EngineConfig.model_fields if name in values}
    checked(EngineConfig, engine, str(path))
    checked(LabelSettings, values, str(path))


def _read_lifecycle(path: Path) -> None:
    stages_of(read_lifecycle(path), str(path))


KINDS: Mapping[str, type[Settings]] = {
    **{"predict": PredictConfig, "judge": JudgeConfig},
    **{"train reward": RewardConfig, "train sft": SftConfig, "train dpo": DpoConfig},
    **{"train grpo": GrpoConfig, "train rloo": RlooConfig, "train ppo": PpoConfig},
    **dict.fromkeys(["bench run", "bench table", "bench report"], BenchConfig),
}
READERS: Mapping[str, Read] = {
    **{name: partial(_read, kind) for name, kind in KINDS.items()},
    **{"data label": _read_labelling, "lifecycle": _read_lifecycle},
}
"""What reads the config file of a command."""

PARAMETERS: Mapping[str, Read] = {
    **{"reward": _read_reward, "scorer": _read_reward},
    **{"gates": read_gates, "prompts": PromptBook},
}
"""What reads the files of other options, by the name of the parameter."""


def configs_of(context: click.Context) -> Iterator[tuple[Read, str]]:
    """Files in ``configs/`` that a command is given, each with what reads it."""
    for parameter, value in context.params.items():
        for each in value if isinstance(value, tuple) else (value,):
            if str(each).startswith("configs/") and str(each).endswith(".toml"):
                is_config = parameter in ("config", "config_file", "path")
                yield READERS[name_of(context)] if is_config else PARAMETERS[parameter], str(each)


def check_make(arguments: list[str]) -> None:
    """Fail where the Makefile has no such target or variable."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([\w-]+):(?!=)", makefile, re.MULTILINE)
    for each in arguments:
        variable, assigned, _ = each.partition("=")
        assert variable in (makefile if assigned else targets), f"the Makefile has no {variable}"


def known_extras() -> set[str]:
    """Extras that the package has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return set(project["optional-dependencies"])


def check_python(arguments: list[str]) -> None:
    """Fail where Python is given a module or a script that is not there, or wrong arguments."""
    match arguments:
        case ["-m", "semeval_humor", *rest]:
            check_ours(rest)
        case ["-m", module, *_]:
            assert module in MODULES, f"{module}: nobody knows it"
        case [script, *rest]:
            assert (ROOT / script).exists(), f"{script}: there is no such file"
            if script.startswith("benchmarks/"):
                check_script(ROOT / script, rest)


class _Parsed(Exception):
    """The arguments are right; nothing is to be run."""


def check_script(path: Path, arguments: list[str]) -> None:
    """Fail where a script does not take arguments; it runs only as far as it reads them."""
    parse = argparse.ArgumentParser.parse_args

    def only(parser: argparse.ArgumentParser, *args: Any) -> NoReturn:
        parse(parser, *args)
        raise _Parsed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", only)
        patch.setattr(sys, "argv", [str(path), *arguments])
        patch.syspath_prepend(str(path.parent))
        with pytest.raises(_Parsed):
            runpy.run_path(str(path), run_name="__main__")
