"""Imports point down, heavy libraries are imported where they are used, and files stay short."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import semeval_humor

ROOT = Path(semeval_humor.__file__).parent
NAME = semeval_humor.__name__

LAYERS = {
    **dict.fromkeys(["errors", "schema"], 0),
    "text": 1,  # and every file that lies directly in the package and is not named here
    **dict.fromkeys(["metrics", "submission", "ratings", "diff", "html"], 2),
    **dict.fromkeys(["inference", "data", "rewards", "training", "bench", "arena", "lifecycle"], 3),
    **dict.fromkeys(["cli", "__main__"], 4),
}
# Layer 3 imports no peer, but for this.
PEERS = {("training", "rewards")}

MODELS = {"torch", "transformers", "trl", "peft", "vllm", "datasets"}
HEAVY = MODELS | {"pandas", "jieba", "sacrebleu"}
MOST_LINES = 400


class Import(NamedTuple):
    """One imported name; ``top`` where it is imported as soon as its module is."""

    name: str
    line: int
    top: bool


def imports(node: ast.AST, top: bool = True) -> Iterator[Import]:
    """What a module imports, in functions too; not what only the type checker imports."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.If() if ast.unparse(child.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
                for other in child.orelse:
                    yield from imports(ast.Module([other], []), top)
            case ast.Import():
                yield from (Import(alias.name, child.lineno, top) for alias in child.names)
            case ast.ImportFrom():
                origin = "." * child.level + (child.module or "")
                for alias in child.names:
                    yield Import(f"{origin}.{alias.name}", child.lineno, top)
            case _:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from imports(child, top and not inside)


def module_name(path: Path) -> str:
    parts = [NAME, *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}
IMPORTS = {
    module: list(imports(ast.parse(path.read_text(encoding="utf-8"))))
    for module, path in FILES.items()
}


def target(name: str) -> str | None:
    """The module of this package that an import reaches; None for other libraries."""
    if name in FILES:
        return name
    origin = name.rpartition(".")[0]
    return origin if origin in FILES else None


def part(module: str) -> str:
    """The file or package directly in semeval_humor that a module belongs to."""
    return module.split(".")[1] if "." in module else ""


def layer(module: str) -> int:
    return LAYERS.get(part(module), 1) if part(module) else 0


def allowed(importer: str, imported: str) -> bool:
    here, there = part(importer), part(imported)
    if layer(importer) == layer(imported) == 3 and here != there:
        return (here, there) in PEERS
    return layer(imported) <= layer(importer)


def where(module: str, imported: Import) -> str:
    return f"{FILES[module].relative_to(ROOT.parent)}:{imported.line}: {imported.name}"


def test_every_package_has_a_layer() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - LAYERS.keys() == set()
    assert "inference" in packages


def test_imports_point_down_and_never_to_a_peer_of_layer_3() -> None:
    wrong = [
        where(module, imported)
        for module, found in IMPORTS.items()
        for imported in found
        if (reached := target(imported.name)) and not allowed(module, reached)
    ]
    assert wrong == []


def test_imports_are_absolute_and_reach_something() -> None:
    wrong = [
        where(module, imported)
        for module, found in IMPORTS.items()
        for imported in found
        if imported.name.startswith(".")
        or (imported.name.split(".")[0] == NAME and target(imported.name) is None)
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module: {reached for imported in found if (reached := target(imported.name))}
        for module, found in IMPORTS.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(FILES)  # else CycleError


def test_heavy_libraries_are_imported_inside_the_functions_that_need_them() -> None:
    wrong = [
        where(module, imported)
        for module, found in IMPORTS.items()
        for imported in found
        if imported.top and imported.name.split(".")[0] in HEAVY
    ]
    assert wrong == []


def test_text_needs_no_model() -> None:
    wrong = [
        where(module, imported)
        for module, found in IMPORTS.items()
        for imported in found
        if part(module) == "text" and imported.name.split(".")[0] in MODELS | {"pandas"}
    ]
    assert wrong == []


def test_no_file_is_too_long() -> None:
    lines = {
        module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in FILES.items()
    }
    assert {module: count for module, count in lines.items() if count > MOST_LINES} == {}


# The rules themselves


SOURCE = """
import torch.nn
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import trl
else:
    import peft
try:
    from pandas import DataFrame
except ImportError:
    pass
class Trainer:
    import vllm
    def train(self):
        from semeval_humor import rewards, tsv
        async def deeper():
            import jieba
from . import peer
"""


def test_imports_are_found_wherever_they_stand() -> None:
    found = [(name, top) for name, _, top in imports(ast.parse(SOURCE))]
    assert found == [
        ("torch.nn", True),
        ("typing.TYPE_CHECKING", True),
        ("peft", True),
        ("pandas.DataFrame", True),
        ("vllm", True),
        ("semeval_humor.rewards", False),
        ("semeval_humor.tsv", False),
        ("jieba", False),
        ("..peer", True),
    ]


@pytest.mark.parametrize(
    ("importer", "imported", "fine"),
    [
        ("schema", "tsv", False),
        ("tsv", "schema", True),
        ("tsv", "text.words", True),
        ("text.words", "inference.rules", False),
        ("metrics.variety", "tsv", True),
        ("prompts", "ratings", False),
        ("inference.rules", "inference.chat", True),
        ("inference.rules", "rewards.guarded", False),
        ("rewards.guarded", "training.ppo", False),
        ("training.ppo", "rewards.guarded", True),
        ("training.ppo", "inference.chat", False),
        ("training.ppo", "metrics.variety", True),
        ("bench.table", "cli.main", False),
        ("__main__", "cli.main", True),
    ],
)
def test_which_imports_are_allowed(importer: str, imported: str, fine: bool) -> None:
    assert allowed(f"{NAME}.{importer}", f"{NAME}.{imported}") is fine
    assert allowed(f"{NAME}.{importer}", NAME)
