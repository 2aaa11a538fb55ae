"""The stages of a lifecycle: each one command of the toolkit, and what it has to wait for."""

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from semeval_humor.configs import HomePath, Settings, checked, did_you_mean, read_toml
from semeval_humor.errors import ConfigError

StageName = Annotated[str, Field(pattern=r"^[\w.-]+$")]
"""It is the name of files as well."""


class StageConfig(Settings):
    """One command, as a person would type it after ``semeval-humor``."""

    title: str
    """What happens, in a few words."""
    run: str
    """Arguments of the command. Paths are relative to where the lifecycle is run."""
    after: tuple[str, ...] = ()
    """Earlier stages whose results it reads: where one of them is made anew, so is this one."""
    exit_code: int = Field(default=0, ge=0, le=255)
    """What the command has to end with: 1 where a fault is provoked that must be caught."""
    show: bool = False
    """Print what it printed when the lifecycle has ended."""


class LifecycleConfig(Settings):
    """Stages in the order in which they are run."""

    folder: HomePath
    """Where records and logs of the stages lie; by custom, everything else as well."""
    data: HomePath | None = None
    """Folder that holds corpora/ and mwahaha/. It is linked to as source in the folder."""
    needs: tuple[str, ...] = ()
    """Files and folders that have to be in data."""
    stages: dict[StageName, StageConfig] = Field(min_length=1)
    """By name."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a lifecycle.

    Attributes:
        name: short, and the name of its log.
        title: what happens, in a few words.
        arguments: of ``semeval-humor``.
        exit_code: what the command has to end with.
        show: print what it printed when the lifecycle has ended.
        fingerprint: of the command, of the TOML files that it names, and of the stages whose
            results it reads.
    """

    name: str
    title: str
    arguments: tuple[str, ...]
    exit_code: int
    show: bool
    fingerprint: str

    @property
    def command(self) -> str:
        """As a person types it."""
        return shlex.join(["semeval-humor", *self.arguments])


def read_lifecycle(path: Path) -> LifecycleConfig:
    """Return the settings of a TOML file.

    Raises:
        ConfigError: it cannot be read, or a key is wrong.
    """
    return checked(LifecycleConfig, read_toml(path), str(path))


def stages_of(config: LifecycleConfig, where: str) -> list[Stage]:
    """Return the stages in their order, with fingerprints of the files that are there now.

    Args:
        config: of the lifecycle.
        where: its file, for messages.

    Raises:
        ConfigError: a command cannot be taken apart, or waits for a stage that is not before it.
    """
    stages: dict[str, Stage] = {}
    for name, stage in config.stages.items():
        for earlier in stage.after:
            if earlier not in stages:
                if earlier in config.stages:
                    why = f"{earlier} comes later: stages run in the order of this file"
                else:
                    why = f"there is no stage {earlier}{did_you_mean(earlier, config.stages)}"
                raise ConfigError(f"{where}: stages.{name}.after: {why}")
        try:
            arguments = tuple(shlex.split(stage.run))
        except ValueError as error:
            raise ConfigError(f"{where}: stages.{name}.run: {error}: {stage.run}") from error
        before = [stages[earlier].fingerprint for earlier in stage.after]
        stages[name] = Stage(
            name=name,
            title=stage.title,
            arguments=arguments,
            exit_code=stage.exit_code,
            show=stage.show,
            fingerprint=_fingerprint(arguments, before),
        )
    return list(stages.values())


def _fingerprint(arguments: Sequence[str], before: Sequence[str]) -> str:
    configs = [Path(each) for each in arguments if each.endswith(".toml")]
    contents = [_content(path) for path in configs if path.is_file()]
    document = json.dumps([arguments, contents, before])
    return hashlib.sha256(document.encode()).hexdigest()


def _content(path: Path) -> Mapping[str, Any]:
    """What a file says, comments left out."""
    return read_toml(path)
