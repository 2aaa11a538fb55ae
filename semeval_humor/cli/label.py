"""``data label`` and ``data check-labels``: jokes get the prompts that they could answer."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from semeval_humor.cli.console import Console
    from semeval_humor.data.agreement import GoldJoke
    from semeval_humor.data.chat_format import Render
    from semeval_humor.data.jokes import CorpusText
    from semeval_humor.data.label import LabelSettings, Yield
    from semeval_humor.data.labels import Label
    from semeval_humor.inference.engines import EnginePlan
    from semeval_humor.schema import Score

RULES = "rules"

LABEL_EXAMPLES = """\b
Examples:
  semeval-humor data label --lang es --engine rules
  semeval-humor data label --lang en --model Qwen/Qwen2.5-7B-Instruct --limit 200
"""

CHECK_EXAMPLES = """\b
Examples:
  semeval-humor data check-labels --engine rules
  semeval-humor data check-labels --gold ours.jsonl --model Qwen/Qwen2.5-7B-Instruct
"""


def model_options(command: Any) -> Any:
    """Options that say which model labels, and what runs it."""
    for option in reversed(
        (
            click.option(
                "--engine",
                type=click.Choice([RULES, "auto", "vllm", "openai", "transformers"]),
                help="Runs the model; rules need none.  [default: auto]",
            ),
            click.option("--model", metavar="NAME_OR_PATH", help="Labels the jokes."),
            click.option("--adapter", type=click.Path(path_type=Path), help="LoRA weights for it."),
            click.option(
                "--base-url", multiple=True, metavar="URL", help="Its server; repeatable."
            ),
            click.option(
                "--accept-license",
                multiple=True,
                metavar="NAME",
                help="Licence whose terms you accept.",
            ),
            click.option(
                "--attempts", type=int, help="Times that a joke is asked for at most.  [default: 3]"
            ),
            click.option(
                "--temperature", type=float, help="0 takes the likeliest token.  [default: 0.7]"
            ),
            click.option("--seed", type=int, help="Of the sampling.  [default: 0]"),
        )
    ):
        command = option(command)
    return command


@click.command(epilog=LABEL_EXAMPLES)
@click.option("--lang", type=click.Choice(["en", "es", "zh"]), help="Language of the jokes.")
@click.option(
    "--jokes",
    type=click.Path(path_type=Path),
    help="File that data build made.  [default: data/jokes.parquet]",
)
@model_options
@click.option(
    "--for",
    "for_model",
    metavar="NAME_OR_PATH",
    help="Model to be trained: its chat template writes the column text.  [default: left empty]",
)
@click.option("--limit", type=int, help="Only so many jokes, from the first on.  [default: all]")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the result.  [default: of the jokes]",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="TOML file with any of these options.",
)
@click.option("--force", is_flag=True, help="Delete what a former run made, and start over.")
def label(config_file: Path | None, for_model: str | None, force: bool, **options: Any) -> None:
    """Give each joke a headline and two words that it could be the answer to.

    Makes pairs-LANG.parquet with two rows for each joke that got a label which passes every check,
    and pairs-LANG.md, which counts what was dropped and why. A run that was stopped goes on where
    it was; answers of a model are kept in pairs-LANG.labels.jsonl.
    """
    from semeval_humor.cli.console import Console
    from semeval_humor.data.label import (
        check_place,
        jokes_to_label,
        labels_by_rules,
        write_result,
        yield_report,
    )
    from semeval_humor.errors import HumorError
    from semeval_humor.schema import ModelIdentity

    started = datetime.now(UTC)
    config, settings = _settings(config_file, options)
    path = settings.result
    if force:
        for suffix in (".parquet", ".md", ".run.json", ".labels.jsonl"):
            path.with_suffix(suffix).unlink(missing_ok=True)
    with Console() as console:
        jokes = jokes_to_label(settings)
        render = _renderer(for_model, config)
        if config.get("engine") == RULES:
            check_place(settings, len(jokes), RULES)
            labels, found = labels_by_rules(jokes)
            model, engine = ModelIdentity(RULES), {"engine": RULES}
        else:
            plan = _plan(config, console)
            check_place(settings, len(jokes), plan.identity.name)
            labels, found, engine = _ask(jokes, settings, plan, console)
            model = plan.identity
        write_result(
            settings,
            jokes,
            labels,
            found,
            render=render,
            model=model,
            engine=engine,
            config={**config, **settings.model_dump(mode="json"), "for": for_model},
            started=started,
        )
    click.echo(f"{path} ({2 * found.labelled} rows from {found.labelled} of {found.jokes} jokes)")
    click.echo()
    click.echo(yield_report(found), nl=False)
    if not found.labelled:
        raise HumorError(f"{path}: no joke got a label that passes the checks")


@click.command("check-labels", epilog=CHECK_EXAMPLES)
@click.option(
    "--gold",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Labels made by hand, as JSON lines.  [default: the packaged 60 jokes]",
)
@model_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check_labels(gold: Path | None, as_json: bool, **options: Any) -> None:
    """Measure how far the labels of a model, or of the rules, agree with those made by hand."""
    import dataclasses

    from semeval_humor.cli.console import Console
    from semeval_humor.data.agreement import GOLD, agreement, read_gold

    labelled = read_gold(gold or GOLD)
    with Console() as console:
        labels = _labels_of_gold(labelled, options, console)
    asked = [joke for joke in labelled if joke in labels]
    scores = agreement([labels[joke] for joke in asked], asked)
    if as_json:
        rows = [{**dataclasses.asdict(score), "rows": None} for score in scores]
        click.echo(json.dumps({"scores": rows}))
    else:
        _show(scores)


def _show(scores: "list[Score]") -> None:
    """One row for each measure, one column for each language."""
    import rich.console
    from rich.table import Table

    langs = list(dict.fromkeys(score.lang for score in scores))
    found = {(score.name, score.lang): score for score in scores}
    jokes = [found["labelled", lang].items for lang in langs]
    table = Table("share", box=None, header_style="dim", pad_edge=False)
    for lang, number in zip(langs, jokes, strict=True):
        table.add_column(f"{lang}, {number} jokes", justify="right")
    for name in dict.fromkeys(score.name for score in scores):
        cells = [_cell(found.get((name, lang))) for lang in langs]
        table.add_row(name, *cells)
    rich.console.Console(highlight=False, soft_wrap=True).print(table)


def _cell(score: "Score | None") -> str:
    if score is None:
        return "–"
    # A single label has no interval.
    known = score.low is not None and score.high is not None
    return f"{score.value:.2f}" + (f" ({score.low:.2f} – {score.high:.2f})" if known else "")


def _settings(
    config_file: Path | None, options: dict[str, Any]
) -> tuple[dict[str, Any], "LabelSettings"]:
    """What says which model is run, and everything else."""
    from semeval_humor.configs import checked, read_toml
    from semeval_humor.data.label import LabelSettings
    from semeval_humor.errors import ConfigError
    from semeval_humor.inference.config import EngineConfig

    values = read_toml(config_file) if config_file else {}
    values |= {name: value for name, value in options.items() if value not in (None, ())}
    engine = {name: values.pop(name) for name in EngineConfig.model_fields if name in values}
    where = str(config_file) if config_file else "options"
    if "lang" not in values:
        raise ConfigError(f"{where}: lang: is missing; add --lang en, es or zh")
    return engine, checked(LabelSettings, values, where)


def _plan(engine: dict[str, Any], console: "Console") -> "EnginePlan":
    from semeval_humor.configs import checked
    from semeval_humor.errors import ConfigError
    from semeval_humor.inference.config import EngineConfig
    from semeval_humor.inference.engines import plan_engine

    if not engine.get("model") and not engine.get("base_url"):
        raise ConfigError("say what labels: --model NAME, --base-url URL, or --engine rules")
    plan = plan_engine(checked(EngineConfig, engine, "options"))
    console.note(f"engine: {plan.name} ({plan.reason}); model: {plan.identity.name}")
    return plan


def _renderer(for_model: str | None, engine: dict[str, Any]) -> "Render | None":
    from semeval_humor.data.chat_format import chat_format
    from semeval_humor.models import resolve

    if for_model is None:
        return None
    accepted = engine.get("accept_license", ())
    return chat_format(resolve(for_model, accepted_licenses=accepted))


def _ask(
    jokes: "list[CorpusText]", settings: "LabelSettings", plan: "EnginePlan", console: "Console"
) -> "tuple[list[Label | None], Yield, dict[str, Any]]":
    """Labels by a model; it is started only if an answer is missing."""
    import dataclasses

    from semeval_humor.data.label import labels_in
    from semeval_humor.data.label_model import MAX_TOKENS, label_by_model, missing, open_attempts
    from semeval_humor.data.label_prompts import LabelBook
    from semeval_humor.files import sha256_of_file
    from semeval_humor.json_proof import prove_json

    book = LabelBook()
    identity = {
        "lang": settings.lang,
        "jokes": sha256_of_file(settings.jokes),
        "prompts": book.sha256,
        "model": dataclasses.asdict(plan.identity),
        "temperature": settings.temperature,
        "seed": settings.seed,
    }
    engine_settings: dict[str, Any] = {"engine": plan.name, "reason": plan.reason}
    with open_attempts(settings.result.with_suffix(".labels.jsonl"), identity) as journal:
        _, left = missing(jokes, journal, settings.attempts)
        if left:
            console.engine_starts(plan)
            # A continued run must not draw again what it drew when it was started before.
            seed = settings.seed + len(journal.entries)
            with plan.start(seed, len(left) * MAX_TOKENS) as engine:
                console.engine_started(engine)
                engine_settings |= dict(engine.settings)
                prove_json(engine, chat=plan.chat)
                lost = label_by_model(
                    jokes,
                    engine,
                    journal,
                    book,
                    console,
                    chat=plan.chat,
                    attempts=settings.attempts,
                    temperature=settings.temperature,
                    seed=seed,
                )
            console.finish_bar()
            for reason, count in lost.items():
                console.note(f"{count} answers lost: {reason}; run again to ask for them")
        labels, found = labels_in(jokes, journal, plan.identity.name)
    return labels, found, engine_settings


def _labels_of_gold(
    gold: "tuple[GoldJoke, ...]", options: dict[str, Any], console: "Console"
) -> "dict[GoldJoke, Label | None]":
    """Labels for hand-labelled jokes of those languages that the model speaks."""
    import tempfile

    from semeval_humor.data.jokes import CorpusText
    from semeval_humor.data.label import LabelSettings, labels_by_rules
    from semeval_humor.data.splits import Split
    from semeval_humor.schema import Lang

    engine, _ = _settings(None, {**options, "lang": "en"})
    jokes = [
        CorpusText(f"gold-{number}", each.lang, each.joke, True, None, None, "gold", Split.TEST, "")
        for number, each in enumerate(gold)
    ]
    if engine.get("engine") == RULES:
        return dict(zip(gold, labels_by_rules(jokes)[0], strict=True))
    plan = _plan(engine, console)
    found: dict[GoldJoke, Label | None] = {}
    with tempfile.TemporaryDirectory() as folder:
        for lang in plan.langs or tuple(Lang):
            rows = {each: row for each, row in zip(gold, jokes, strict=True) if each.lang is lang}
            if not rows:
                continue
            given = {name: options[name] for name in ("attempts", "temperature", "seed")}
            known = {name: value for name, value in given.items() if value is not None}
            place = Path(folder) / "jokes.parquet"
            place.touch()
            settings = LabelSettings(jokes=place, lang=lang, **known)
            labels, _, _ = _ask(list(rows.values()), settings, plan, console)
            found |= dict(zip(rows, labels, strict=True))
    return found
