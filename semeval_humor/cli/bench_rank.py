"""``bench rank``: ratings and ranks of systems, from votes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from semeval_humor.bench.power import Gap
    from semeval_humor.ratings import Ratings
    from semeval_humor.schema import Vote
    from semeval_humor.submission.entries import Entry

EXAMPLES = """\b
Examples:
  semeval-humor bench rank votes.csv --task A --lang en --json
  semeval-humor bench rank votes.jsonl --submissions baseline --submissions ppo --baseline baseline
"""


@dataclass(frozen=True, slots=True)
class _Ranking:
    """What votes on one task say.

    Attributes:
        votes: all of them, ties of identical texts included.
        ratings: of the systems.
        gaps: of the systems to the baseline, by name; None without a baseline.
    """

    votes: "list[Vote]"
    ratings: "Ratings"
    gaps: "dict[str, Gap] | None"


@click.command(epilog=EXAMPLES)
@click.argument(
    "votes", nargs=-1, required=True, metavar="VOTES...", type=click.Path(path_type=Path)
)
@click.option(
    "--submissions",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Submission called as in the votes: identical texts tie, and lengths are compared. "
    "Repeatable.",
)
@click.option("--task", type=click.Choice(["A", "B1", "B2"]), help="Subtask.  [default: all]")
@click.option("--lang", type=click.Choice(["en", "es", "zh"]), help="Language.  [default: all]")
@click.option("--baseline", metavar="NAME", help="Compare all others with this system.")
@click.option(
    "--bootstraps",
    type=click.IntRange(2),
    default=1000,
    help="Times that the votes are drawn anew.  [default: 1000]",
)
@click.option("--seed", type=int, default=0, help="Of these draws.  [default: 0]")
@click.option("--json", "as_json", is_flag=True, help="Print the organisers' rows, of one task.")
def rank(
    votes: tuple[Path, ...],
    submissions: tuple[Path, ...],
    task: str | None,
    lang: str | None,
    baseline: str | None,
    bootstraps: int,
    seed: int,
    as_json: bool,
) -> None:
    """Rate systems by votes, as the organisers do: Bradley-Terry, 95 % intervals, ranks.

    VOTES are files of judge, arena export or the organisers. Systems with fewer than 20 votes,
    and those that have never lost or never won, get no rating; they are named.

    --baseline adds the difference to that system, and how many votes on the two would tell them
    apart with a probability of 80 %, if the difference is what it seems to be.
    """
    import rich.console

    from semeval_humor.bench.results import rating_value
    from semeval_humor.bench.ties import with_same_texts
    from semeval_humor.errors import ConfigError
    from semeval_humor.submission.entries import names_of, read_entries
    from semeval_humor.votes import read_votes

    notes = rich.console.Console(stderr=True, highlight=False, soft_wrap=True)
    read = [vote for path in votes for vote in read_votes(path)]
    entries = read_entries(names_of(submissions))
    voted = {name for vote in read for name in (vote.left, vote.right)}
    for name in dict.fromkeys(entry.system for entry in entries):
        if name not in voted:
            notes.print(f"warning: no votes on {name} of --submissions", markup=False)
    groups = _by_file(with_same_texts(read, entries), task, lang)
    if as_json and len(groups) > 1:
        raise ConfigError(f"votes on {', '.join(groups)}: choose one by --task and --lang")
    with notes.status("drawing votes …"):
        rankings = {
            name: _ranking(mine, baseline, bootstraps, seed) for name, mine in groups.items()
        }
    for name, ranking in rankings.items():
        _warn(notes, name, ranking.ratings)
    if as_json:
        (ranking,) = rankings.values()
        rows = [rating_value(row) for row in ranking.ratings.rows]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for name, ranking in rankings.items():
        click.echo(_heading(name, ranking.votes, bootstraps, seed))
        _show(ranking, baseline, entries)


def _by_file(
    votes: "Sequence[Vote]", task: str | None, lang: str | None
) -> "dict[str, list[Vote]]":
    """Votes by the submission file that they are on, or by language where ids do not tell it."""
    from semeval_humor.errors import DataError
    from semeval_humor.submission.kinds import kind_of_ids

    found: dict[str, list[Vote]] = {}
    for vote in votes:
        kind = kind_of_ids([vote.prompt_id])
        if lang in (None, vote.lang) and (task is None or (kind and kind.task == task)):
            known = kind is not None and kind.lang is vote.lang
            name = kind.file_name if kind is not None and known else str(vote.lang)
            found.setdefault(name, []).append(vote)
    if not found:
        raise DataError(f"no votes on task {task or '–'} in language {lang or '–'}")
    return dict(sorted(found.items()))


def _ranking(votes: "list[Vote]", baseline: str | None, bootstraps: int, seed: int) -> _Ranking:
    from semeval_humor.bench.power import gaps
    from semeval_humor.errors import DataError
    from semeval_humor.ratings import resample, summary
    from semeval_humor.votes import SAME_TEXT

    resampled = resample(votes, bootstraps=bootstraps, seed=seed)
    if not resampled.systems:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in resampled.unrated.items())
        raise DataError(f"no system can be rated: {reasons}")
    if baseline is None:
        return _Ranking(votes, summary(resampled), None)
    cast = [vote for vote in votes if vote.voter != SAME_TEXT]
    by_cast = (
        resample(cast, bootstraps=bootstraps, seed=seed, fewest=1)
        if 0 < len(cast) < len(votes)
        else None
    )
    found = {gap.system: gap for gap in gaps(resampled, baseline, by_cast)}
    return _Ranking(votes, summary(resampled), found)


def _warn(notes: Any, name: str, ratings: "Ratings") -> None:
    for system, reason in ratings.unrated.items():
        notes.print(f"warning: {name}: {system} has no rating: {reason}", markup=False)
    for system, share in ratings.unbounded.items():
        notes.print(
            f"warning: {name}: {system} is as good as undefeated or winless in {share:.0%} of the "
            "draws: an end of its interval is too near",
            markup=False,
        )


def _heading(name: str, votes: "Sequence[Vote]", bootstraps: int, seed: int) -> str:
    from semeval_humor.votes import SAME_TEXT

    same = sum(vote.voter == SAME_TEXT for vote in votes)
    voters = len({vote.voter for vote in votes if vote.voter != SAME_TEXT})
    ties = f" and {same:,} ties of identical texts" if same else ""
    return (
        f"{name}: {len(votes) - same:,} votes by {voters} voter{'' if voters == 1 else 's'}{ties}; "
        f"drawn {bootstraps:,} times, seed {seed}"
    )


def _show(ranking: _Ranking, baseline: str | None, entries: "Sequence[Entry]") -> None:
    from semeval_humor.bench.agreement import voter_agreement
    from semeval_humor.bench.length_bias import longer_wins
    from semeval_humor.cli.console import output
    from semeval_humor.errors import DataError

    output().print(_table(ranking, baseline))
    try:
        click.echo(str(voter_agreement(ranking.votes)))
    except DataError as undefined:
        click.echo(str(undefined))
    if entries:
        try:
            click.echo(str(longer_wins(ranking.votes, entries)))
        except DataError as undefined:
            click.echo(str(undefined))
    click.echo()


def _table(ranking: _Ranking, baseline: str | None) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("rank", justify="right")
    table.add_column("system", no_wrap=True)
    for name in ("rating", "95 % interval", "votes"):
        table.add_column(name, justify="right", no_wrap=True)
    if ranking.gaps is not None:
        for name in (f"above {baseline}", "95 % interval", "more votes to tell apart"):
            table.add_column(name, justify="right", no_wrap=True)
    for row in ranking.ratings.rows:
        gap = None if ranking.gaps is None else ranking.gaps.get(row.system)
        table.add_row(
            str(row.rank),
            row.system,
            f"{row.rating:.1f}",
            f"{row.low:.1f} – {row.high:.1f}",
            f"{row.battles:,}",
            *(() if gap is None else _against(gap)),
            style="bold" if row.system == baseline else None,
        )
    return table


def _against(gap: "Gap") -> tuple[str, str, str]:
    more = "∞" if gap.more_votes is None else f"{gap.more_votes:,}"
    return (
        f"{gap.difference:+.1f}",
        f"{gap.low:+.1f} – {gap.high:+.1f}",
        more,
    )
