"""``validate``: what is wrong with submission files."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from semeval_humor.findings import Code, Finding
    from semeval_humor.submission.validate import Checked, Report

MOST_OF_ID = 40
"""Characters of an id that are shown; real ones have nine."""

EXAMPLES = """\b
Examples:
  semeval-humor validate submissions/qwen3-4b --inputs data/test
  semeval-humor validate qwen3-4b.zip task-b1.tsv --strict --json
"""


@click.command(epilog=EXAMPLES)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path)
)
@click.option(
    "--inputs",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder with the task's input files: then ids are compared with theirs, and texts with "
    "what their rows demand.  [default: ids are compared with each file's receipt, if any]",
)
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def validate(paths: tuple[Path, ...], inputs: Path | None, strict: bool, as_json: bool) -> int:
    """Say everything that is wrong with submission files, folders of them, and zips.

    Files are read as the organisers read them. An error is what they would reject or lose, or a
    text that is longer than the task allows; a warning is what voters would punish. Folders are
    searched for task-*.tsv and *.zip. Exits with 1 if there is an error.
    """
    import rich.console

    from semeval_humor.findings import Level
    from semeval_humor.submission.validate import validate as check

    with rich.console.Console(stderr=True).status("checking …"):
        report = check(paths, inputs)
    errors, warnings = report.of(Level.ERROR), report.of(Level.WARNING)
    if as_json:
        click.echo(json.dumps(_document(report, len(errors), len(warnings))))
    else:
        for line in (*_lines(errors), *_lines(warnings), *map(_summary, report.files)):
            click.echo(line)
        if report.findings:
            rich.console.Console(highlight=False).print(_table(report.findings))
        click.echo(f"{_count(len(errors), 'error')}, {_count(len(warnings), 'warning')}")
    return 1 if errors or (strict and warnings) else 0


def _lines(findings: Sequence["Finding"]) -> Iterator[str]:
    """One line for each finding; the missing ids of a file share one."""
    from semeval_humor.findings import Code

    for (file, code), group in groupby(findings, key=lambda finding: (finding.file, finding.code)):
        if code is Code.MISSING_ID:
            ids = [finding.id or "" for finding in group]
            rows = "a row" if len(ids) == 1 else f"{len(ids)} rows"
            yield f"{_place(file, code)}: {_printable(f'without {rows}: {_ranges(ids)}')}"
        else:
            for finding in group:
                parts = [_place(file, code, finding.line)]
                if finding.id:
                    parts.append(_printable(_short(finding.id)))
                yield ": ".join([*parts, _printable(finding.message)])


def _place(file: str, code: "Code", line: int | None = None) -> str:
    from semeval_humor.findings import Level

    where = file if line is None else f"{file}:{line}"
    colour = {Level.ERROR: "red", Level.WARNING: "yellow"}[code.level]
    return f"{_printable(where)}: {click.style(code.level, fg=colour)} {code}"


def _ranges(ids: Iterable[str]) -> str:
    """Ids in few words: ``en_0001 … en_0007, en_0009``."""
    runs: list[list[str]] = []
    expected = None
    for id_ in ids:
        if id_ == expected:
            runs[-1].append(id_)
        else:
            runs.append([id_])
        expected = re.sub(
            r"\d{1,9}$", lambda digits: f"{int(digits[0]) + 1:0{len(digits[0])}}", id_
        )
    return ", ".join(
        " … ".join([run[0], run[-1]]) if len(run) > 2 else ", ".join(run) for run in runs
    )


def _short(id_: str) -> str:
    return id_ if len(id_) <= MOST_OF_ID else id_[: MOST_OF_ID - 1] + "…"


def _printable(text: str) -> str:
    """A text that a terminal shows as it is, whatever a hostile file put into it."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _summary(checked: "Checked") -> str:
    wanted = checked.reference
    ids = "completeness not checked:" if wanted.ids is None else "ids compared with"
    return _printable(f"{checked.file}: {_count(len(checked.rows), 'row')}, {ids} {wanted.source}")


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'s' * (number != 1)}"


def _table(findings: Iterable["Finding"]) -> "Table":
    """How often each code occurs: errors first, then by number."""
    from rich.table import Table

    table = Table("level", "code", box=None, header_style="dim", pad_edge=False)
    table.add_column("findings", justify="right")
    counts = Counter((finding.level, finding.code) for finding in findings)
    for (level, code), count in sorted(counts.items(), key=lambda item: (item[0][0], -item[1])):
        table.add_row(level, code, str(count))
    return table


def _document(report: "Report", errors: int, warnings: int) -> dict[str, object]:
    return {
        "files": [
            {
                "file": checked.file,
                "task": checked.kind and checked.kind.task,
                "lang": checked.kind and checked.kind.lang,
                "rows": len(checked.rows),
                "checked_ids": checked.reference.ids is not None,
            }
            for checked in report.files
        ],
        "findings": [
            {
                "file": finding.file,
                "line": finding.line,
                "id": finding.id,
                "level": finding.level,
                "code": finding.code,
                "message": finding.message,
            }
            for finding in report.findings
        ],
        "errors": errors,
        "warnings": warnings,
    }
