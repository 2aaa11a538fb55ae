"""``diff``: whether training changed a model."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from semeval_humor.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from semeval_humor.diff import Difference, GroupChange
    from semeval_humor.inference.probe import Probe

# Of tensors that only one side has.
SHOWN = 5

# Below this share of the values that would survive it, a merge deserves a warning.
MOSTLY_LEFT = 0.95

EXAMPLES = """\b
Examples:
  semeval-humor diff smollm2-135m checkpoints/sft
  semeval-humor diff checkpoints/sft checkpoints/ppo --probe --base-url http://127.0.0.1:8000/v1
"""


@click.command(epilog=EXAMPLES)
@click.argument("base")
@click.argument("checkpoint")
@click.option("--probe", is_flag=True, help="Compare what the two say as well, not only weights.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "vllm", "openai", "transformers"]),
    default="auto",
    show_default=True,
    help="Probe this one too, running CHECKPOINT; auto: the server, if there is a --base-url.",
)
@click.option("--base-url", multiple=True, metavar="URL", help="Server that runs CHECKPOINT.")
@click.option(
    "--served-model",
    metavar="NAME",
    help="Name of CHECKPOINT on the server.  [default: the first that it serves]",
)
@click.option(
    "--accept-license", multiple=True, metavar="NAME", help="Licence whose terms you accept."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def diff(
    base: str,
    checkpoint: str,
    probe: bool,
    engine: str,
    base_url: tuple[str, ...],
    served_model: str | None,
    accept_license: tuple[str, ...],
    as_json: bool,
) -> int:
    """Say whether the weights of CHECKPOINT differ from those of BASE, where, and by how much.

    Both are folders of a model or a LoRA adapter, safetensors files, known names or hub ids. Their
    values are compared, however they are sharded, typed or named.

    --probe runs both in transformers: log-probabilities of fixed texts, and greedy answers to the
    sample prompts. With a server or vLLM, it checks that CHECKPOINT is what is served there.

    Exit code: 0 changed; 1 identical, adapter-noop or within-rounding, or the base is served;
    2 incompatible.
    """
    from semeval_humor import diff as library

    served = "openai" if engine == "auto" and base_url else engine
    if not probe and (engine != "auto" or base_url or served_model):
        raise ConfigError("--engine, --base-url and --served-model are for --probe; add it")
    paths = [_path(name, accept_license) for name in (base, checkpoint)]
    with _progress() as watch:
        found = library.diff(*paths, watch=watch)
    cause = library.likely_cause(found, library.read_history(paths[1]))
    behaviour = None
    if probe and found.verdict is not library.Verdict.INCOMPATIBLE:
        behaviour = _probe(base, checkpoint, served, base_url, served_model, accept_license)
    if as_json:
        click.echo(json.dumps(_document(found, behaviour), ensure_ascii=False))
        if cause:
            click.echo(f"likely cause: {cause}", err=True)
    else:
        _show(found, cause)
        if behaviour:
            click.echo(_told(behaviour))
    return _exit_code(found, behaviour)


def _path(name: str, accepted: Sequence[str]) -> Path:
    """A path as it stands, since checkpoints lack a tokenizer; else where the model is."""
    from semeval_humor.models import KNOWN, resolve

    path = Path(name).expanduser()
    if name not in KNOWN and path.exists():
        return path
    return Path(resolve(name, accepted_licenses=accepted).path)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("comparing", speed="")

        def watch(done: int, total: int) -> None:
            seconds = bar.tasks[0].elapsed
            speed = f"{done / seconds / 1e6:,.0f} million values/s" if seconds else ""
            bar.update(task, completed=done, total=total, speed=speed)

        yield watch


def _probe(
    base: str,
    checkpoint: str,
    served: str,
    base_url: tuple[str, ...],
    served_model: str | None,
    accepted: tuple[str, ...],
) -> "Probe":
    from semeval_humor.cli.console import Console
    from semeval_humor.inference.config import PredictConfig
    from semeval_humor.inference.engines import plan_engine
    from semeval_humor.inference.probe import probe

    def config(**settings: Any) -> PredictConfig:
        return PredictConfig.model_validate({"accept_license": accepted, **settings})

    after = _model(checkpoint, base)
    third = None
    if served == "openai":
        third = plan_engine(config(engine="openai", model=served_model, base_url=base_url))
    elif served == "vllm":
        third = plan_engine(config(engine="vllm", **after))
    before = plan_engine(config(engine="transformers", **_model(base, None)))
    with Console() as console:
        return probe(
            before,
            plan_engine(config(engine="transformers", **after)),
            third,
            starts=console.engine_starts,
        )


def _model(name: str, base: str | None) -> dict[str, str]:
    """What runs a checkpoint, as settings. An adapter runs on its base, or on that one's base."""
    from semeval_humor.diff.lora import is_adapter
    from semeval_humor.models import parent_of

    path = Path(name).expanduser()
    if not is_adapter(path):
        return {"model": name}
    if base is not None and not is_adapter(Path(base).expanduser()):
        return {"model": base, "adapter": str(path)}
    parent = parent_of(str(path))
    if parent is None:
        raise ConfigError(f"{path}: does not say what model it was made for; give that as BASE")
    return {"model": parent, "adapter": str(path)}


def _exit_code(found: "Difference", behaviour: "Probe | None") -> int:
    from semeval_humor.diff import Verdict
    from semeval_humor.inference.probe import Behaviour

    if found.verdict is Verdict.INCOMPATIBLE:
        return 2
    served_is_base = behaviour is not None and behaviour.verdict is Behaviour.SERVED_IS_BASE
    return 0 if found.verdict is Verdict.CHANGED and not served_is_base else 1


def _document(found: "Difference", behaviour: "Probe | None") -> dict[str, Any]:
    return {
        "verdict": found.verdict,
        "groups": [dataclasses.asdict(group) for group in found.groups],
        "missing": list(found.missing),
        "extra": list(found.extra),
        "probe": dataclasses.asdict(behaviour) if behaviour else None,
    }


def _show(found: "Difference", cause: str | None) -> None:
    import rich.console

    click.echo(f"{found.verdict}: {_in_words(found)}")
    if cause:
        click.echo(f"likely cause: {cause}")
    left = found.traits.survives
    if left is not None and left < MOSTLY_LEFT:
        click.echo(
            f"if merged in the type of these weights, only {_share(left)} of the values that the "
            "adapter changes would move; merge it in float32"
        )
    if found.groups:
        rich.console.Console(highlight=False).print(_table(found.groups))
    for label, names in (("missing", found.missing), ("extra", found.extra)):
        if names:
            more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            click.echo(f"{label} ({len(names)}): {', '.join(names[:SHOWN])}{more}")


def _in_words(found: "Difference") -> str:
    from semeval_humor.diff import Verdict

    tensors, tensors_changed, values, values_changed = (
        sum(getattr(group, name) for group in found.groups)
        for name in ("tensors", "tensors_changed", "values", "values_changed")
    )
    match found.verdict:
        case Verdict.CHANGED:
            share = _share(values_changed / values)
            return (
                f"{tensors_changed} of {tensors} tensors, and {values_changed:,} of {values:,} "
                f"values ({share})"
            )
        case Verdict.IDENTICAL:
            return f"none of {values:,} values in {tensors} tensors differs"
        case Verdict.ADAPTER_NOOP:
            return f"the adapter adds nothing to any of {values:,} values"
        case Verdict.WITHIN_ROUNDING:
            explained = (
                "by less than the weights themselves are rounded"
                if found.traits.adapter
                else "none by more than the cast between the two types explains"
            )
            return f"{values_changed:,} of {values:,} values differ, {explained}"
        case Verdict.INCOMPATIBLE:
            misfits = len(found.traits.misfits)
            plural = "s" if misfits > 1 else ""
            return f"{misfits} weight{plural} of another shape" if misfits else "no common weight"


def _table(groups: Sequence["GroupChange"]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("part")
    for heading in ("tensors", "changed", "values", "changed", "‖Δ‖/‖W‖", "max |Δ|"):
        table.add_column(heading, justify="right", no_wrap=True)
    for group in groups:
        table.add_row(
            group.name,
            str(group.tensors),
            str(group.tensors_changed),
            f"{group.values:,}",
            _share(group.values_changed / group.values) if group.values else "–",
            "∞" if group.relative_l2 is None else f"{group.relative_l2:.3g}",
            f"{group.max_abs:.3g}",
        )
    return table


def _share(share: float) -> str:
    """A percentage that is 0 or 100 only if nothing or everything is meant."""
    if 0 < share < 0.0001:
        return "<0.01 %"
    if 0.9999 < share < 1:
        return ">99.99 %"
    return f"{100 * share:.4g} %"


def _told(found: "Probe") -> str:
    """What the probe found, for people."""
    from semeval_humor.inference.probe import Behaviour

    lines = [
        f"probe: {found.verdict}: NLL {found.nll_base:.4f} → {found.nll_checkpoint:.4f} nats a "
        f"token, log-probabilities differ by up to {found.max_logprob_difference:.3g} (two runs "
        f"of the base: {found.noise:.3g}), {found.outputs_different} of {found.outputs} greedy "
        "answers differ"
    ]
    if found.served:
        served = found.served
        lines.append(
            f"served: NLL {served.nll:.4f}; it shows {served.share:.2f} ± {served.error:.2f} of "
            f"the change from base to checkpoint; log-probabilities differ from the checkpoint's "
            f"by up to {served.max_logprob_difference:.3g}, {served.outputs_different} of "
            f"{found.outputs} answers differ"
        )
    advice = {
        Behaviour.SERVED_IS_BASE: (
            "the server answers as the base: start it with the adapter, and name it"
        ),
        Behaviour.SERVED_UNCLEAR: (
            "the server answers like neither; check its model, or run it in float32"
        ),
        Behaviour.SAME: "nothing to tell a server apart by" if not found.served else "",
    }.get(found.verdict)
    return "\n".join([*lines, *([advice] if advice else [])])
