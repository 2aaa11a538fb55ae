"""The container recipes fit pyproject.toml; no container is built here."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
CONTAINERS = ROOT / "containers"
RECIPES = sorted(CONTAINERS.glob("*.Dockerfile"))

# vLLM depends on these, so its image has them.
IN_THE_IMAGE = {
    *("click", "jinja2", "numpy", "openai", "psutil", "pydantic", "regex", "rich", "starlette"),
    "uvicorn",
}


def requirements(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for, with some extras and those that they name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    found = [Requirement(line) for line in lines]
    inner = {extra for each in found if each.name == project["name"] for extra in each.extras}
    if inner - {*extras}:
        return requirements(*extras, *inner)
    return [each for each in found if each.name != project["name"]]


def pins() -> dict[str, str]:
    lines = (CONTAINERS / "gpu.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def test_what_the_gpu_container_installs_is_pinned_as_pyproject_allows() -> None:
    wanted = requirements("train-gpu", "arena", "embed")
    assert {each.name for each in wanted} - pins().keys() == IN_THE_IMAGE
    assert [
        each for each in wanted if each.name in pins() and pins()[each.name] not in each.specifier
    ] == []


def test_the_gpu_container_starts_from_the_pinned_vllm() -> None:
    recipe = (CONTAINERS / "gpu.Dockerfile").read_text(encoding="utf-8")
    image = re.search(r"^FROM vllm/vllm-openai:v(\S+)@sha256:[0-9a-f]{64}$", recipe, re.MULTILINE)
    assert image
    assert image[1] == pins()["vllm"]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_what_a_recipe_copies_is_there_and_not_ignored(recipe: Path) -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    lines = recipe.read_text(encoding="utf-8").splitlines()
    sources = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert sources
    assert [name for name in sources if not (ROOT / name).exists()] == []
    assert {f"!{name}" for name in sources} <= {*ignore}
