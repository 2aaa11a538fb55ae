"""What a benchmark compares, and who judges it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from semeval_humor.bench.judge_config import JudgeConfig
from semeval_humor.configs import HomePath, Settings
from semeval_humor.submission.kinds import KINDS, Kind

PEOPLE = "people"
"""Whose ratings those from the files of people's votes are."""

OFFICIAL = "official"
"""Whose ratings those of the organisers' score files are."""

OFFICIAL_FILES: Mapping[str, Kind] = {kind.file_name.removesuffix(".tsv"): kind for kind in KINDS}
"""Task files by their names without the ending, which is how a config names them."""


def _task_file(name: str) -> str:
    if name not in OFFICIAL_FILES:
        raise ValueError(f"{name!r} is no task file, expected one of {', '.join(OFFICIAL_FILES)}")
    return name


TaskFile = Annotated[str, AfterValidator(_task_file)]


class BenchConfig(Settings):
    """Systems, and all that is to be known of them. Paths are relative to where it is run."""

    name: str = Field(pattern=r"^[\w-][\w.-]*$")
    """Of the benchmark: letters, digits, `.`, `_` and `-`. Results are kept under it."""
    inputs: HomePath | None = None
    """Folder with the task's input files; none: the inputs that receipts name."""
    baseline: str | None = None
    """Name of the system that the others are compared with."""
    systems: Mapping[str, HomePath] = Field(min_length=1)
    """Folder, zip or file of each system, by its name, in the order of the rows."""
    common_rows: bool = False
    """Score and judge only the rows that all systems have answered, so that every value can be
    compared; else each system's own rows are scored."""
    judges: tuple[JudgeConfig, ...] = ()
    """Models that say which of two jokes is funnier."""
    votes: tuple[HomePath, ...] = ()
    """Files of people's votes."""
    official: Mapping[TaskFile, HomePath] = {}
    """The organisers' score files, by task file: task-a-en, task-a-es, task-a-zh, task-b1 or
    task-b2. Their rows are shown beside ours."""
    trainings: tuple[HomePath, ...] = ()
    """Folders of trainings, whose curves bench report shows."""
    bootstraps: int = Field(default=1000, ge=2)
    """Times that votes are drawn anew for the intervals of ratings."""
    seed: int = Field(default=0, ge=0)
    """Of those draws. Judges have seeds of their own."""
    results: HomePath = Path("benchmarks/results.jsonl")
    """File that all results are appended to, of other benchmarks too."""
    folder: HomePath | None = None
    """Where judges keep their answers, each in a folder of its name; none: benchmarks/NAME."""

    def judge_folder(self, judge: str) -> Path:
        """Where a judge keeps its answers."""
        return (self.folder or Path("benchmarks") / self.name) / judge

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.baseline is not None and self.baseline not in self.systems:
            raise ValueError(
                f"baseline {self.baseline!r} is none of the systems: {', '.join(self.systems)}"
            )
        names = [judge.name for judge in self.judges]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two judges are called {name!r}")
            if name in (PEOPLE, OFFICIAL):
                raise ValueError(f"a judge cannot be called {name!r}: so are other ratings")
        return self
