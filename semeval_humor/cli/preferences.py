"""``data preferences``: votes and scored candidates to pairs of a better and a worse joke."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from semeval_humor.rewards.preferences import Preference

EXAMPLES = """\b
Examples:
  semeval-humor data preferences data/voted.parquet --votes data/votes/human_votes_dev.json
  semeval-humor data preferences data/best.parquet --candidates submissions/smollm2-135m
"""


@click.command(epilog=EXAMPLES)
@click.argument("out", metavar="OUT.parquet", type=click.Path(path_type=Path))
@click.option(
    "--candidates",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A task-….candidates.jsonl of predict, or a folder with them; repeatable.",
)
@click.option(
    "--scorer",
    metavar="rules|REWARD.toml",
    default="rules",
    show_default=True,
    help="Scores the candidates.",
)
@click.option(
    "--min-margin",
    type=float,
    default=0.1,
    show_default=True,
    help="Leave out rows whose best and worst candidate differ by less.",
)
@click.option(
    "--votes",
    multiple=True,
    type=click.Path(path_type=Path),
    help="JSON file of people's votes on pairs of English jokes; repeatable.",
)
def preferences(
    out: Path, candidates: tuple[Path, ...], scorer: str, min_margin: float, votes: tuple[Path, ...]
) -> None:
    """Write pairs of a better and a worse joke, which train dpo learns from.

    Of a row's candidates, the best one is preferred to the worst one; of two jokes that people
    voted on, the one that won more often.
    """
    from semeval_humor.errors import ConfigError
    from semeval_humor.rewards.preferences import from_votes, write_preferences
    from semeval_humor.rewards.votes import read_votes

    if not candidates and not votes:
        raise ConfigError("nothing to prefer; give --candidates, --votes or both")

    def found() -> Iterator["Preference"]:
        if candidates:
            yield from _of_candidates(candidates, scorer, min_margin)
        for path in votes:
            yield from from_votes(read_votes(path), source=path.name)

    click.echo(f"{out}: {write_preferences(out, found())} preferences")


def _of_candidates(
    paths: tuple[Path, ...], scorer: str, min_margin: float
) -> Iterator["Preference"]:
    from semeval_humor.cli.predict import ranking_by
    from semeval_humor.inference.candidates import find_candidates, languages_of
    from semeval_humor.inference.predict import read_run
    from semeval_humor.rewards.preferences import from_scores

    files = find_candidates(paths)
    ranking = ranking_by(scorer, languages_of(files))
    for file in files:
        run = read_run(file)
        rows = {prompt.id: prompt for prompt in run.prompts}
        texts = [(rows[c.prompt_id], c.text) for c in run.candidates if c.prompt_id in rows]
        yield from from_scores(
            [prompt for prompt, text in texts if text],
            [text for _, text in texts if text],
            ranking.score,
            source=f"{run.account.model.name} by {ranking.name}",
            min_margin=min_margin,
        )
