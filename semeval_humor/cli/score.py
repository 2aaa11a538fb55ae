"""``score``: what a submission is like, in numbers; and whether two of them differ."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from semeval_humor.metrics.known import Resemblance
    from semeval_humor.schema import Score
    from semeval_humor.submission.scores import Comparison, Reader, Scored
    from semeval_humor.submission.validate import Report

# Differences that chance makes more rarely are shown in bold.
CLEAR = 0.05

EXAMPLES = """\b
Examples:
  semeval-humor score submissions/qwen3-4b --inputs data/test
  semeval-humor score sft/task-a-en.tsv ppo/task-a-en.tsv --inputs data/test --ppl smollm2-135m
"""


@click.command(epilog=EXAMPLES)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path)
)
@click.option(
    "--inputs",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder with the task's input files.  [default: the input that the receipt names]",
)
@click.option("--known", metavar="FILE", type=click.Path(path_type=Path), help="Known jokes.")
@click.option("--relevance", is_flag=True, help="Compare jokes with prompts by an encoder.")
@click.option("--ppl", metavar="MODEL", help="Model for perplexity: known name, folder or hub id.")
@click.option("--with-prompt", is_flag=True, help="Take perplexity after the prompts.")
@click.option("--count-end", is_flag=True, help="Count the model's end token in perplexity.")
@click.option("--adapter", type=click.Path(path_type=Path), help="LoRA weights for that model.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "vllm", "openai", "transformers"]),
    help="Runs that model.  [default: auto]",
)
@click.option("--base-url", multiple=True, metavar="URL", help="Server of that model; repeatable.")
@click.option(
    "--accept-license", multiple=True, metavar="NAME", help="Licence whose terms you accept."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def score(
    paths: tuple[Path, ...],
    inputs: Path | None,
    known: Path | None,
    relevance: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Measure submissions: files, folders of them, or zips.

    Each score has a 95 % interval, and a signature that says what else moves it. With two paths,
    the files of the same task are compared prompt by prompt, by permutation tests.
    """
    import rich.console

    from semeval_humor.cli.console import output
    from semeval_humor.submission.scores import compare_files, score_file
    from semeval_humor.submission.validate import validate

    notes = rich.console.Console(stderr=True, highlight=False, soft_wrap=True)
    scored: list[list[Scored]] = []
    with _reader(options) as reader, notes.status("measuring …"):
        for path in paths:
            report = validate([path], inputs)
            _tell_errors(notes, path, report)
            scored.append(
                [
                    score_file(each, known=known, with_relevance=relevance, reader=reader)
                    for each in report.files
                ]
            )
        comparisons = [compare_files(a, b) for a, b in (_pairs(*scored) if len(paths) == 2 else ())]
    if len(paths) == 2 and not comparisons:
        notes.print("warning: the two have no task in common: nothing is compared", markup=False)
    for comparison in comparisons:
        for warning in comparison.warnings:
            notes.print(f"warning: {comparison.a} and {comparison.b}: {warning}", markup=False)
    files = [each for group in scored for each in group]
    if as_json:
        click.echo(json.dumps(_document(files, comparisons)))
        return
    out = output()
    for each in files:
        click.echo(each.signature)
        out.print(_scores(each))
        for name, reason in each.measured.undefined.items():
            click.echo(f"{name}: {reason}")
        for id_, near in _nearest(each):
            click.echo(f"{id_} is like a known joke ({near.similarity:.2f}): {near.known}")
    for comparison in comparisons:
        click.echo(
            f"\n{comparison.a} against {comparison.b}: "
            f"{comparison.identical:.1%} of the texts are identical"
        )
        out.print(_differences(comparison))


@contextmanager
def _reader(options: Mapping[str, Any]) -> Iterator["Reader | None"]:
    """Start the model for perplexity, if one is asked for."""
    from semeval_humor.configs import checked
    from semeval_humor.errors import ConfigError
    from semeval_humor.inference.config import EngineConfig
    from semeval_humor.inference.engines import plan_engine
    from semeval_humor.submission.scores import Reader

    named = {name: value for name, value in options.items() if value not in (None, (), False)}
    model = named.pop("ppl", None)
    if model is None:
        if named:
            raise ConfigError(f"--{next(iter(named)).replace('_', '-')} needs --ppl MODEL")
        yield None
        return
    with_prompt, count_end = named.pop("with_prompt", False), named.pop("count_end", False)
    plan = plan_engine(checked(EngineConfig, {"model": model, **named}, "options"))
    with plan.start(0, 0) as engine:
        yield Reader(engine, plan.chat, with_prompt, count_end)


def _tell_errors(notes: Any, path: Path, report: "Report") -> None:
    from semeval_humor.errors import DataError
    from semeval_humor.findings import Level

    errors = report.of(Level.ERROR)
    if not report.files:
        raise DataError(f"{path}: nothing to measure in it: {errors[0].code}; see validate {path}")
    if errors:
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        notes.print(
            f"warning: {path}: {count}; rows without a text are left out, see validate {path}",
            markup=False,
        )


def _pairs(
    left: Sequence["Scored"], right: Sequence["Scored"]
) -> Iterator[tuple["Scored", "Scored"]]:
    """Files of the same task on both sides."""
    others = {each.checked.kind: each for each in right}
    for each in left:
        if each.checked.kind in others:
            yield each, others[each.checked.kind]


def _scores(scored: "Scored") -> "Table":
    from rich.table import Table

    from semeval_humor.schema import rounded

    table = Table("score", box=None, header_style="dim", pad_edge=False)
    for name in ("value", "95 % interval", "items"):
        table.add_column(name, justify="right")
    table.add_column("settings", style="dim")
    for score in scored.measured.scores.values():
        settings = " ".join(f"{key}:{value}" for key, value in score.settings.items())
        table.add_row(
            score.name, rounded(score.value), _interval(score), str(score.items), settings
        )
    return table


def _interval(score: "Score") -> str:
    from semeval_humor.schema import rounded

    if score.low is None or score.high is None:
        return "–"
    return f"{rounded(score.low)} – {rounded(score.high)}"


def _nearest(scored: "Scored") -> Iterator[tuple[str, "Resemblance"]]:
    """Rows that a known joke is a near-duplicate of."""
    from semeval_humor.metrics.neighbours import NEAR

    if not scored.nearest:
        return
    for id_, near in zip(scored.ids, scored.nearest, strict=True):
        if near is not None and near.similarity >= NEAR:
            yield id_, near


def _differences(comparison: "Comparison") -> "Table":
    from rich.table import Table

    from semeval_humor.schema import rounded

    table = Table("score", box=None, header_style="dim", pad_edge=False)
    for name in ("first", "second", "difference", "95 % interval", "p"):
        table.add_column(name, justify="right")
    for found in comparison.differences:
        clear = found.p < CLEAR
        table.add_row(
            found.name,
            rounded(found.a),
            rounded(found.b),
            f"{'+' if found.difference > 0 else ''}{rounded(found.difference)}",
            f"{rounded(found.low)} – {rounded(found.high)}",
            f"{found.p:.4f}",
            style="bold" if clear else None,
        )
    return table


def _document(
    files: Sequence["Scored"], comparisons: Sequence["Comparison"]
) -> dict[str, list[dict[str, Any]]]:
    return {
        "scores": [
            {
                "file": each.checked.file,
                "name": score.name,
                "value": score.value,
                "low": score.low,
                "high": score.high,
                "items": score.items,
                "lang": score.lang,
                "settings": dict(score.settings),
            }
            for each in files
            for score in each.measured.scores.values()
        ],
        "comparisons": [
            {
                "name": found.name,
                "a": comparison.a,
                "b": comparison.b,
                "difference": found.difference,
                "low": found.low,
                "high": found.high,
                "p": found.p,
            }
            for comparison in comparisons
            for found in comparison.differences
        ],
    }
