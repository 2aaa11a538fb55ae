"""TOML files into checked settings. A misspelt key is an error, never a silent default."""

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from semeval_humor.errors import ConfigError


class Settings(BaseModel):
    """Settings that accept no unknown key and never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


HomePath = Annotated[Path, AfterValidator(Path.expanduser)]
"""A path that may begin with ~, and else is relative to where the command is run."""

S = TypeVar("S", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dict.

    Raises:
        ConfigError: the file is missing, not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise ConfigError(f"{path}: not TOML: {error}") from error


def checked(kind: type[S], values: dict[str, Any], where: str) -> S:
    """Settings made from values.

    Raises:
        ConfigError: names every unknown, missing or mistyped key, in one line.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(_fault(kind, fault) for fault in error.errors())
        raise ConfigError(f"{where}: {faults}") from error


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """End of a message about a misspelt name; empty where no known one is like it."""
    near = difflib.get_close_matches(name, known, n=1)
    return f", did you mean {near[0]}?" if near else ""


def _fault(kind: type[BaseModel], fault: ErrorDetails) -> str:
    name = ".".join(map(str, fault["loc"]))
    if not name:  # of several settings together
        return fault["msg"].removeprefix("Value error, ")
    match fault["type"]:
        case "extra_forbidden":
            return f"{name}: no such key{did_you_mean(name, kind.model_fields)}"
        case "missing":
            return f"{name}: is missing"
    return f"{name}: {fault['msg'].removeprefix('Value error, ')}"
