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
    from semeval_humor.inference.doctor import examine

    for check in examine():
        found = check.found if check.works else click.style(check.found, fg="red")
        click.echo(f"{check.what:<16}{found}")
        if check.remedy:
            click.echo(f"{'':<16}→ {check.remedy}")
