"""``doctor``: what this machine can run."""

import click

EXAMPLES = """\b
Examples:
  semeval-humor doctor
  semeval-humor --version
"""


@click.command(epilog=EXAMPLES)
def doctor() -> None:
    """Say what this machine can run, and how to add what is missing."""
    import rich.box
    import rich.console
    from rich.table import Table

    from semeval_humor.inference.doctor import examine

    table = Table(box=rich.box.SIMPLE)
    for column in ("what", "here", "to add it"):
        table.add_column(column, overflow="fold")
    for check in examine():
        mark = "" if check.works else "[red]"
        table.add_row(check.what, mark + check.found, check.remedy)
    rich.console.Console().print(table)
