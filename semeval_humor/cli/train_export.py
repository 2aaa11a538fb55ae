"""``train export``: an adapter and its model to one model."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from semeval_humor.training.export import Dtype

# Below this share of the values that survive it, a cast deserves a warning.
MOSTLY_LEFT = 0.95

EXAMPLES = """\b
Examples:
  semeval-humor train export checkpoints/sft-en --out checkpoints/sft-en-merged
  semeval-humor train export checkpoints/sft-en --out merged --dtype bfloat16
"""


@click.command(epilog=EXAMPLES)
@click.argument("adapter", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Folder of the model; a new one."
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "bfloat16"]),
    default="float32",
    show_default=True,
    help="Type of the written weights; bfloat16 is half as large and rounds.",
)
@click.option(
    "--model",
    metavar="NAME_OR_PATH",
    help="What to merge into.  [default: what the adapter says it was made for]",
)
@click.option(
    "--accept-license", multiple=True, metavar="NAME", help="Licence whose terms you accept."
)
def export(
    adapter: Path, out: Path, dtype: str, model: str | None, accept_license: tuple[str, ...]
) -> None:
    """Merge the LoRA adapter in folder ADAPTER into its model.

    It is merged in float32, then cast, and what the cast leaves of it is told.
    """
    from semeval_humor.training.export import export as merge

    found = merge(adapter, out, cast("Dtype", dtype), model=model, accept_license=accept_license)
    click.echo(str(out))
    click.echo(
        f"  {found.share:.1%} of the {found.changed:,} values that the adapter changes are changed "
        f"in {dtype}; {found.lost:.1%} of the change is lost to rounding"
    )
    if found.share < MOSTLY_LEFT:
        click.echo("  most of it may be gone: export in float32, or serve the adapter", err=True)
