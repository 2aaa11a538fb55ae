"""``predict``: task inputs to submission files."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from semeval_humor.inference.config import PredictConfig
    from semeval_humor.inference.predict import Ranking
    from semeval_humor.inference.results import FileResult
    from semeval_humor.schema import Lang

# Jokes shown at the end of a run.
SHOWN = 5

EXAMPLES = """\b
Examples:
  semeval-humor predict --task A --lang en
  semeval-humor predict --config configs/predict/qwen3-4b-gpu.toml --lang zh --limit 20
"""


@click.command(epilog=EXAMPLES)
@click.option("--task", type=click.Choice(["A"]), help="Subtask.  [default: A]")
@click.option(
    "--lang",
    type=click.Choice(["en", "es", "zh", "all"]),
    help="Language of the jokes; all makes the three files.  [default: all]",
)
@click.option(
    "--input",
    type=click.Path(path_type=Path),
    help="Task file, or a folder of them.  [default: the packaged sample]",
)
@click.option("--model", metavar="NAME_OR_PATH", help="Known name, folder, hub id, or a server's.")
@click.option("--adapter", type=click.Path(path_type=Path), help="Folder of LoRA weights.")
@click.option("--prompts", type=click.Path(path_type=Path), help="TOML file with other prompts.")
@click.option("--candidates", type=int, help="Samples per row and round.  [default: 4]")
@click.option(
    "--rounds",
    type=int,
    help="Times that a row is sampled at most, while no sample passes the rules.  [default: 3]",
)
@click.option(
    "--scorer",
    metavar="rules|REWARD.toml",
    help="Ranks samples that pass the rules.  [default: rules]",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "vllm", "openai", "transformers"]),
    help="Runs the model.  [default: auto]",
)
@click.option(
    "--base-url", multiple=True, metavar="URL", help="OpenAI-compatible server; repeatable."
)
@click.option("--concurrency", type=int, help="Requests in flight per server.  [default: 64]")
@click.option("--temperature", type=float, help="0 takes the likeliest token.  [default: 0.9]")
@click.option("--min-p", type=float, help="Least probability kept, of the top.  [default: 0.05]")
@click.option("--max-tokens", type=int, help="Tokens per joke at most.  [default: 96]")
@click.option("--seed", type=int, help="Of sampling and choice of prompts.  [default: 0]")
@click.option("--name", help="Name of the submission.  [default: the model's]")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Output folder.  [default: submissions/NAME]"
)
@click.option("--limit", type=int, help="Only so many rows, from the first on.  [default: all]")
@click.option(
    "--accept-license", multiple=True, metavar="NAME", help="Licence whose terms you accept."
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="TOML file with any of these options, and a few more.",
)
@click.option("--force", is_flag=True, help="Delete what the output files hold, and start over.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def predict(config_file: Path | None, force: bool, as_json: bool, **options: Any) -> int:
    """Write a joke for each row of a task file.

    Makes task-a-LANG.tsv, its receipt task-a-LANG.run.json, and task-a-LANG.candidates.jsonl with
    everything that was sampled. A run that was stopped goes on where it was when the same command
    is given again; with more --candidates or --limit it is extended.
    """
    from semeval_humor.cli.console import Console
    from semeval_humor.inference import predict as pipeline
    from semeval_humor.inference.engines import plan_engine
    from semeval_humor.inputs import read_inputs

    config = _config(config_file, options)
    with Console() as console:
        inputs = read_inputs(config.task, config.langs, config.input)
        if config.input is None:
            console.note("input: SAMPLE, the package's own rows; give yours with --input")
        ranking = ranking_by(config.scorer, config.langs)
        plan = plan_engine(config)
        console.note(f"engine: {plan.name} ({plan.reason}); model: {plan.identity.name}")
        results = []
        for result in pipeline.predict(config, inputs, plan, console, ranking, force=force):
            console.finish_bar()
            _tell(console, result)
            results.append(result)
        if as_json:
            click.echo(json.dumps({"files": [_document(result) for result in results]}))
        else:
            for result in results:
                show(result)
    return 1 if any(result.without_text for result in results) else 0


def ranking_by(scorer: str, langs: "Collection[Lang] | None" = None) -> "Ranking":
    """What ``--scorer`` names, ready to rank jokes in some languages, or in all it knows.

    Raises:
        ConfigError: there is no such scorer, or its file does not describe one for the languages.
    """
    from semeval_humor.errors import ConfigError
    from semeval_humor.inference.predict import BY_RULES, Ranking

    if scorer == BY_RULES.name:
        return BY_RULES
    if not scorer.endswith(".toml"):
        raise ConfigError(f"--scorer {scorer}: unknown; expected rules or a REWARD.toml")
    from semeval_humor.rewards.reward import load_reward

    reward = load_reward(Path(scorer), langs)
    return Ranking(scorer, reward.scorer, reward.records)


def show(result: "FileResult") -> None:
    """Print where a file is, what has changed in it, and a few of its jokes."""
    from semeval_humor.cli.console import describe

    if result.without_text:
        return
    marker = "SAMPLE, not for submission: " if result.is_sample else ""
    failing = f", {len(result.unresolved)} unresolved" if result.unresolved else ""
    changed = "" if result.changed is None else f"; {result.changed or 'none'} of them changed"
    chosen = f"{changed}, chosen by {result.scorer}" if changed else ""
    click.echo(f"{marker}{result.path} ({len(result.prompts)} rows{chosen}{failing})")
    step = max(1, len(result.prompts) // SHOWN)
    for prompt in result.prompts[::step][:SHOWN]:
        click.echo(f"\n  {prompt.id}  {describe(prompt.constraint)}")
        faults = result.unresolved.get(prompt.id)
        mark = f"[{', '.join(faults)}] " if faults else ""
        click.echo(f"    {mark}{result.choices[prompt.id].candidate.text}")


def _config(config_file: Path | None, options: dict[str, Any]) -> "PredictConfig":
    from semeval_humor.configs import checked, read_toml
    from semeval_humor.inference.config import PredictConfig

    given = {name: value for name, value in options.items() if value not in (None, ())}
    values = read_toml(config_file) if config_file else {}
    where = str(config_file) if config_file else "options"
    return checked(PredictConfig, {**values, **given}, where)


def _tell(console: Any, result: "FileResult") -> None:
    if not result.tokens and not result.failures:
        again = "" if result.changed is None else f"; chosen again by {result.scorer}"
        console.note(f"{result.path.name}: everything was there, nothing was sampled{again}")
    for reason, count in result.failures.items():
        console.note(f"{result.path.name}: {count} samples lost: {reason}")
    if result.without_text:
        ids = _some(result.without_text)
        console.note(
            f"error: {result.path}: not written: {len(result.without_text)} rows have no text "
            f"({ids}); run again with more --rounds or --candidates"
        )
    elif result.unresolved:
        ids = _some(list(result.unresolved))
        console.note(
            f"{result.path.name}: {len(result.unresolved)} of {len(result.prompts)} rows are "
            f"unresolved, their best candidate breaks a rule ({ids}); the receipt says which"
        )


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + ("…" if len(ids) > 5 else "")


def _document(result: "FileResult") -> dict[str, Any]:
    return {
        "file": str(result.path),
        "rows": len(result.prompts),
        "unresolved": list(result.unresolved),
        "scorer": result.scorer,
        "changed": result.changed,
        "tokens": result.tokens,
        "seconds": round(result.seconds, 2),
        "tokens_per_second": round(result.tokens / result.seconds, 1) if result.seconds else None,
    }
