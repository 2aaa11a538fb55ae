"""``redteam``: how a reward ranks spoilt jokes against real ones."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from semeval_humor.rewards.redteam_card import Card
    from semeval_humor.schema import Lang

EXAMPLES = """\b
Examples:
  semeval-humor redteam configs/rewards/guarded.toml --jokes data/jokes.parquet
  semeval-humor redteam configs/rewards/guarded.toml --jokes jokes.txt --lang en
"""


@click.command(epilog=EXAMPLES)
@click.argument("reward", metavar="REWARD.toml", type=click.Path(path_type=Path))
@click.option(
    "--jokes",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="jokes.parquet of data build, whose test split is used, or a text with a joke a line.",
)
@click.option(
    "--lang",
    "langs",
    multiple=True,
    type=click.Choice(["en", "es", "zh"]),
    help="Language; repeatable.  [default: all that the file has and the reward knows]",
)
@click.option(
    "--pairs", type=click.IntRange(1), default=300, help="Jokes a family.  [default: 300]"
)
@click.option("--seed", type=int, default=0, help="Of whatever is left to chance.  [default: 0]")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the card.  [default: of REWARD.toml]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def redteam(
    reward: Path,
    jokes: Path,
    langs: tuple[str, ...],
    pairs: int,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> int:
    """Attack a reward with spoilt jokes, and see whether it prefers any to the real ones.

    The card is written as REWARD.redteam.json, .md and .html, in the place of a former one. Exit
    code 1 where the reward breaks a bound: train ppo and train grpo then refuse it.
    """
    from semeval_humor.files import sha256_of_file
    from semeval_humor.rewards.redteam import redteam as attack
    from semeval_humor.rewards.redteam_card import document
    from semeval_humor.rewards.redteam_pages import card_path, write_card
    from semeval_humor.rewards.reward import load_reward
    from semeval_humor.schema import FileRecord, Lang

    target = load_reward(reward, [Lang(lang) for lang in langs] or None)
    texts = _jokes(jokes, target.langs, must=bool(langs))
    with _progress(texts) as tell:
        card = attack(
            target,
            texts,
            pairs=pairs,
            seed=seed,
            name=str(reward),
            files=target.records,
            tell=tell,
        )
    path = card_path(reward)
    inputs = [*target.records, FileRecord(str(jokes), sha256_of_file(jokes))]
    written = write_card(card, path if out is None else out / path.name, inputs)
    if as_json:
        click.echo(json.dumps(document(card)))
    else:
        _show(card)
        click.echo(", ".join(map(str, written)))
    for failure in card.failures:
        click.echo(f"error: {reward}: {failure}", err=True)
    return 0 if card.passed else 1


def _jokes(path: Path, langs: Collection["Lang"], *, must: bool) -> "dict[Lang, list[str]]":
    """Jokes by language, some of each if they must be."""
    from semeval_humor.errors import ConfigError, DataError

    if path.suffix == ".parquet":
        found = _test_jokes(path, langs)
    elif len(langs) == 1:
        (lang,) = langs
        found = {lang: _lines(path)}
    else:
        raise ConfigError(f"{path}: which language is it in? Add one --lang")
    missing = [lang for lang in langs if not found.get(lang)]
    if missing and (must or len(missing) == len(langs)):
        raise DataError(f"{path}: no jokes to test with in {', '.join(missing)}")
    return {lang: found[lang] for lang in langs if lang in found}


def _test_jokes(path: Path, langs: Collection["Lang"]) -> "dict[Lang, list[str]]":
    """Jokes that no classifier was trained on."""
    from semeval_humor.data.corpora import HUMAN_WRITTEN
    from semeval_humor.data.jokes import read_jokes
    from semeval_humor.data.splits import Split

    found: dict[Lang, list[str]] = {}
    for row in read_jokes(path):
        is_joke = row.is_humor or row.label == HUMAN_WRITTEN
        if is_joke and row.split is Split.TEST and row.lang in langs:
            found.setdefault(row.lang, []).append(row.text)
    return found


def _lines(path: Path) -> list[str]:
    from semeval_humor.errors import DataError

    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8: {error.reason}; expected a joke a line") from error
    return [line for line in text.splitlines() if line.strip()]


@contextmanager
def _progress(langs: Collection["Lang"]) -> "Iterator[Callable[[Lang, str], None]]":
    """A bar on standard error, or a line now and then where that is no terminal."""
    import time

    import rich.console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from semeval_humor.cli.console import NOTE_EVERY_S
    from semeval_humor.rewards.redteam import STEPS

    console = rich.console.Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=STEPS * len(langs))
        seen: set[Lang] = set()
        noted = time.monotonic()

        def tell(lang: "Lang", attack: str) -> None:
            nonlocal noted
            if lang not in seen and not console.is_terminal:
                console.print(f"attacking in {lang} …")
            elif bar.disable and time.monotonic() - noted > NOTE_EVERY_S:
                console.print(f"{attack}: attack {bar.tasks[0].completed + 1:.0f} of {STEPS}")
                noted = time.monotonic()
            bar.update(task, description=f"{lang} {attack}", advance=1 if seen else 0)
            seen.add(lang)

        yield tell
        bar.advance(task)


def _show(card: "Card") -> None:
    import rich.console

    from semeval_humor.rewards.redteam_pages import percent

    out = rich.console.Console(highlight=False, soft_wrap=True)
    for clean in card.clean:
        out.print(_table(card, clean.lang))
        colour = "green" if clean.passed else "red"
        out.print(
            f"clean {clean.lang} jokes left untouched by gates: [{colour}]{percent(clean.share)}[/]"
            f" of {clean.jokes}\n"
        )


def _table(card: "Card", lang: "Lang") -> "Table":
    """Families of a language, what was lost most first; as wide as a terminal, so no intervals."""
    from rich.table import Table

    from semeval_humor.rewards.redteam_pages import COLUMNS, cells

    table = Table(box=None, header_style="dim", pad_edge=False)
    for place, name in enumerate(COLUMNS):
        if name != "95 %":
            heading = f"{lang}: {name}" if place == 0 else name
            table.add_column(heading, justify="left" if place < 2 else "right", no_wrap=True)
    attacks = [each for each in card.attacks if each.lang is lang]
    for attack in sorted(attacks, key=lambda each: -each.lost):
        row = dict(zip(COLUMNS, cells(attack), strict=True))
        del row["95 %"]
        table.add_row(*row.values(), style=None if attack.passed else "red")
    return table
