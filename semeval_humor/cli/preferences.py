"""``data preferences``: votes and scored candidates to pairs of a better and a worse joke."""

from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from semeval_humor.inference.predict import Ranking
    from semeval_humor.rewards.preferences import Gathered

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
@click.option("--force", is_flag=True, help="Replace a result that is there.")
def preferences(
    out: Path,
    candidates: tuple[Path, ...],
    scorer: str,
    min_margin: float,
    votes: tuple[Path, ...],
    force: bool,
) -> None:
    """Write pairs of a better and a worse joke, which train dpo learns from.

    Of a row's candidates, the best one is preferred to the worst one; of two jokes that people
    voted on, the one that won more often. What gave no preference is counted, with the reason. A
    receipt lies beside the file.
    """
    from semeval_humor.cli.predict import ranking_by
    from semeval_humor.errors import ConfigError
    from semeval_humor.inference.candidates import find_candidates, languages_of
    from semeval_humor.inference.predict import BY_RULES
    from semeval_humor.rewards.human_votes import read_human_votes
    from semeval_humor.rewards.preferences import from_votes, write_account, write_preferences

    started = datetime.now(UTC)
    if not candidates and not votes:
        raise ConfigError("nothing to prefer; give --candidates, --votes or both")

    if out.exists() and not force:
        raise ConfigError(f"{out}: is there already; use --force to replace it")
    files = find_candidates(candidates)
    ranking = ranking_by(scorer, languages_of(files)) if files else BY_RULES
    gathered = {file: _of_candidates(file, ranking, min_margin) for file in files}
    for path in votes:
        gathered[path] = from_votes(read_human_votes(path, identical=True), source=path.name)
    rows = write_preferences(out, chain(*(each.preferences for each in gathered.values())))
    config = {
        "candidates": [str(path) for path in candidates],
        "votes": [str(path) for path in votes],
        "scorer": ranking.name,
        "min_margin": min_margin,
    }
    write_account(out, gathered, ranking.inputs, config, started)
    click.echo(f"{out} ({rows} preferences)")
    for path, each in gathered.items():
        click.echo(f"  {path}: {each}")


def _of_candidates(file: Path, ranking: "Ranking", min_margin: float) -> "Gathered":
    from semeval_humor.inference.predict import read_run
    from semeval_humor.rewards.preferences import from_scores

    run = read_run(file)
    rows = {prompt.id: prompt for prompt in run.prompts}
    texts = [(rows[c.prompt_id], c.text) for c in run.candidates if c.prompt_id in rows]
    return from_scores(
        [prompt for prompt, _ in texts],
        [text for _, text in texts],
        ranking.score,
        source=f"{run.account.model.name} by {ranking.name}",
        min_margin=min_margin,
    )
