"""``data``: corpora to jokes to training pairs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from semeval_humor.cli.label import check_labels, label
from semeval_humor.cli.preferences import preferences

if TYPE_CHECKING:
    from rich.console import Console

    from semeval_humor.data.build import Built, Opener
    from semeval_humor.data.download import Watch
    from semeval_humor.data.fetch import Collection, Fetched

TASK_INPUTS = "mwahaha"

FETCH_EXAMPLES = """\b
Examples:
  semeval-humor data fetch es zh
  semeval-humor data fetch all --from ../shared/data
"""

BUILD_EXAMPLES = """\b
Examples:
  semeval-humor data build --sample --out data
  semeval-humor data build --from ../shared/data --out data --force
"""


@click.group()
def data() -> None:
    """Make training data: fetch corpora, build jokes.parquet, label jokes with prompts."""


data.add_command(label)
data.add_command(check_labels)
data.add_command(preferences)


@data.command(epilog=FETCH_EXAMPLES)
@click.argument(
    "names",
    nargs=-1,
    metavar="[NAME]...",
    type=click.Choice(["en", "es", "zh", TASK_INPUTS, "all"]),
)
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder with local copies, under corpora/ and mwahaha/.  [default: download]",
)
@click.option(
    "--force",
    is_flag=True,
    help="Fetch again what is there, and accept a change where no SHA-256 was published.",
)
def fetch(names: tuple[str, ...], folder: Path | None, force: bool) -> None:
    """Bring corpora and task inputs into the cache.

    NAME is a language (en, es, zh), mwahaha for the inputs of the task, or all, which is the
    default. Files are checked against the SHA-256 that is known of them, or else that they had
    when they first came. A download that breaks off is continued when the same command is given
    again.
    """
    from semeval_humor.data.fetch import at_hand, behind_log_in, check_any, inventory
    from semeval_humor.data.fetch import fetch as bring

    collections = list(_collections(names or ("all",)))
    if folder is not None:
        check_any(collections, folder)
    with _bars() as watch:
        for collection in collections:
            click.echo(f"{collection.title}: {collection.home}")
            click.echo(f"  licence: {collection.licence}; cite: {collection.citation}")
            nothing = not at_hand(collection, folder)
            if nothing and folder is None and TASK_INPUTS not in names:
                click.echo(behind_log_in(collection), err=True)  # the rest of all is there
                continue
            for file in bring(collection, folder, force=force, watch=watch):
                _tell_fetched(file)
    click.echo(inventory(collections), err=True)


@data.command(epilog=BUILD_EXAMPLES)
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder that holds corpora/ and mwahaha/.  [default: what data fetch brought]",
)
@click.option(
    "--sample", is_flag=True, help="Build from the small corpora that come with the package."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("data"),
    help="Folder of the result.  [default: data]",
)
@click.option("--force", is_flag=True, help="Replace a result that is there.")
def build(folder: Path | None, sample: bool, out: Path, force: bool) -> None:
    """Make jokes.parquet from the corpora that are at hand.

    Texts are repaired; duplicates, what is no text of its language, and what repeats an input of
    the task are dropped. Beside it lie the data card jokes.md, which counts everything, the
    dropped rows, and a receipt.
    """
    from semeval_humor.data.build import build as make
    from semeval_humor.data.corpora import CORPORA, SAMPLES
    from semeval_humor.inputs import sample_folder
    from semeval_humor.weights import cache_dir

    if sample and folder:
        raise click.UsageError("--sample and --from: one of them, please")
    source = sample_folder() if sample else folder or cache_dir()
    corpora = SAMPLES if sample else CORPORA
    with _reading() as opener:
        built = make(source, out, corpora=corpora, force=force, opener=opener)
    _tell_built(built)


def _collections(names: Sequence[str]) -> Iterator["Collection"]:
    from semeval_humor.data.corpora import CORPORA
    from semeval_humor.data.fetch import collection, task_collection

    for corpus in CORPORA:
        if corpus.lang in names or "all" in names:
            yield collection(corpus)
    if TASK_INPUTS in names or "all" in names:  # last: it is the one that can be missing
        yield task_collection()


def _tell_fetched(file: "Fetched") -> None:
    size = file.path.stat().st_size
    click.echo(f"  {file.path} ({file.how}, {size:,} bytes, SHA-256 {file.sha256[:12]}…)")
    if file.pinned:
        click.echo(
            f"{file.path.name}: nobody has published its SHA-256; {file.sha256} is taken for right "
            "from now on",
            err=True,
        )


def _tell_built(built: "Built") -> None:
    found = built.build
    for tally in found.sources:
        expected = tally.file.source.sha256
        if expected not in (None, tally.sha256):
            click.echo(f"{tally.file.path}: is not the published file; see the card", err=True)
    if found.missing:
        click.echo(f"not at hand: {', '.join(found.missing)}", err=True)
    if not any(found.task_inputs.texts.values()):
        click.echo("no task inputs at hand: rows that repeat one of them are kept", err=True)
    click.echo(
        f"{built.rows_per_second:,.0f} rows/s, at most {built.peak_mib:,} MiB of memory", err=True
    )
    click.echo(f"{built.path} ({found.rows:,} rows)")
    for tally in found.sources:
        why = ", ".join(f"{count:,} {why}" for why, count in tally.dropped.most_common())
        name, lang = tally.file.source.name, tally.file.corpus.lang
        click.echo(f"  {lang}  {name}: {tally.kept:,} of {tally.read:,}" + (why and f"; {why}"))


@contextmanager
def _bars() -> Iterator[Callable[[str], "Watch"]]:
    """Bars for downloads, where standard error is a terminal."""
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    console = _stderr()
    with Progress(
        *Progress.get_default_columns()[:2],
        *columns,
        console=console,
        disable=not console.is_terminal,
    ) as progress:

        def watch(name: str) -> "Watch":
            task = progress.add_task(name, total=None)
            return lambda have, total: progress.update(task, completed=have, total=total)

        yield watch


@contextmanager
def _reading() -> Iterator["Opener"]:
    """Opens files with a bar, or says that it does where standard error is no terminal."""
    from rich.progress import Progress

    console = _stderr()
    with Progress(console=console, disable=not console.is_terminal) as progress:

        def opened(path: Path) -> AbstractContextManager[BinaryIO]:
            if not console.is_terminal:
                click.echo(f"reading {path} ({path.stat().st_size:,} bytes) …", err=True)
            return progress.open(path, "rb", description=path.name)

        yield opened


def _stderr() -> "Console":
    from rich.console import Console

    return Console(stderr=True)
