"""``package``: gates, then the zip that is handed in."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from semeval_humor.submission.gates import GateResult
    from semeval_humor.submission.package import Package

COLOURS = {"passed": "green", "not checked": "dim", "overridden": "yellow", "refused": "red"}

EXAMPLES = """\b
Examples:
  semeval-humor package qwen3-4b --inputs data/test
  semeval-humor package submissions/by-hand --inputs data/test --allow no-receipt
"""


@click.command(epilog=EXAMPLES)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--inputs",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder with the task's input files.  [default: the inputs that the receipts name]",
)
@click.option(
    "--gates",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="TOML file with other bounds.  [default: the packaged ones, see configs/gates.toml]",
)
@click.option("--allow", multiple=True, metavar="GATE", help="Override a gate; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def package(
    names: tuple[str, ...],
    inputs: Path | None,
    gates: Path | None,
    allow: tuple[str, ...],
    as_json: bool,
) -> int:
    """Check submissions against the gates, and pack those that pass them.

    NAME is a folder, or the name of one in submissions/. Beside it come NAME.zip, ready to be
    handed in, its card NAME.md and its receipt NAME.run.json. Where a gate refuses, nothing is
    written and the exit code is 1. An overridden gate is named in card and receipt.
    """
    import rich.console

    from semeval_humor.submission.gates import check_allowed, read_gates
    from semeval_humor.submission.package import package as pack

    bounds = read_gates(gates)
    check_allowed(allow, bounds)
    documents = []
    for folder in map(_folder, names):
        with rich.console.Console(stderr=True).status(f"checking {folder} …"):
            result = pack(folder, bounds, inputs=inputs, allowed=allow)
        documents.append(
            {
                "package": str(result.path) if result.path else None,
                "gates": [dataclasses.asdict(gate) for gate in result.gates],
            }
        )
        if not as_json:
            _show(result)
        if result.path is None:
            click.echo(f"error: {folder}: not packaged; mend it, or see --allow", err=True)
    if as_json:
        click.echo(json.dumps(documents[0] if len(names) == 1 else {"packages": documents}))
    return 1 if any(document["package"] is None for document in documents) else 0


def _show(result: "Package") -> None:
    import rich.console

    rich.console.Console(highlight=False, soft_wrap=True).print(_table(result.gates))
    for gate in result.gates:
        if not gate.passed:
            click.echo(_refusal(gate))
    if result.path:
        click.echo(f"{result.path} (card: {result.path.with_suffix('.md')})")


def _folder(name: str) -> Path:
    from semeval_humor.errors import ConfigError

    for folder in (Path(name), Path("submissions") / name):
        if folder.is_dir():
            return folder
    raise ConfigError(f"{name}: no such folder, neither here nor in submissions/")


def _table(gates: Sequence["GateResult"]) -> "Table":
    from rich.table import Table

    from semeval_humor.submission.card import bound, shown

    table = Table("file", "gate", box=None, header_style="dim", pad_edge=False)
    table.add_column("value", justify="right")
    table.add_column("bound", justify="right")
    table.add_column("result")
    for gate in gates:
        cells = (gate.file, gate.gate, shown(gate.value), bound(gate))
        table.add_row(*cells, f"[{COLOURS[gate.result]}]{gate.result}[/]")
    return table


def _refusal(gate: "GateResult") -> str:
    from semeval_humor.submission.card import bound, shown

    limit = "" if gate.threshold is None else f", bound {bound(gate)}"
    worst = f"; worst rows: {', '.join(gate.rows)}" if gate.rows else ""
    found = f"{gate.gate} {gate.result}: {shown(gate.value)}{limit}"
    return f"{gate.file}: {found}: {gate.reason}{worst}"
