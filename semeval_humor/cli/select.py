"""``select``: choose again among existing candidates."""

from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  semeval-humor select submissions/smollm2-135m/task-a-en.candidates.jsonl
  semeval-humor select submissions/smollm2-135m --scorer configs/rewards/guarded.toml
"""


@click.command(epilog=EXAMPLES)
@click.argument("candidates", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--scorer",
    metavar="rules|REWARD.toml",
    default="rules",
    show_default=True,
    help="Ranks the candidates.",
)
@click.option("--force", is_flag=True, help="Replace the file even if it was edited.")
def select(candidates: tuple[Path, ...], scorer: str, force: bool) -> None:
    """Choose again among the candidates of a finished run, with another scorer. Samples nothing.

    CANDIDATES are the task-….candidates.jsonl files that predict left beside its results, or the
    folder with them. The results are written anew. The scorer is rules, or the file of a reward.
    """
    from semeval_humor.cli.predict import ranking_by, show
    from semeval_humor.inference.candidates import find_candidates, languages_of
    from semeval_humor.inference.predict import reselect

    files = find_candidates(candidates)
    ranking = ranking_by(scorer, languages_of(files))
    for file in files:
        show(reselect(file, ranking, force=force))
