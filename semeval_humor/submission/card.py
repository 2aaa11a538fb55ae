"""The card of a package: one Markdown page that says what is in it and how it was made."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from semeval_humor.findings import Finding
from semeval_humor.markdown import plain, table
from semeval_humor.schema import Receipt, Score, rounded
from semeval_humor.submission.gates import GateResult

_ORIGIN = ("adapter", "prompts", "scorer", "candidates", "rounds", "temperature", "min_p", "seed")


@dataclass(frozen=True, slots=True)
class Entry:
    """One task file with what is known of it.

    Attributes:
        file: its name.
        rows: their number.
        signature: its one line.
        scores: in the order in which they are shown.
        undefined: names of scores that have no value, with the reasons.
        findings: of the file.
        receipt: of the run that wrote it; None where there is none.
    """

    file: str
    rows: int
    signature: str
    scores: tuple[Score, ...]
    undefined: dict[str, str]
    findings: tuple[Finding, ...]
    receipt: Receipt | None


def card(name: str, entries: Sequence[Entry], gates: Sequence[GateResult]) -> str:
    """Markdown with the files, their origin, the gates and all scores."""
    parts = [f"# {plain(name)}\n", _overridden(gates), _files(entries), _gates(gates)]
    for each in entries:
        parts += [f"## {each.file}\n", f"`{each.signature}`\n"]
        parts += [_origin(each.receipt), _scores(each), _findings(each.findings)]
    return "\n".join(part for part in parts if part)


def _overridden(gates: Sequence[GateResult]) -> str:
    names = list(dict.fromkeys(result.gate for result in gates if result.allowed))
    return f"**Overridden gates: {', '.join(names)}.**\n" if names else ""


def _files(entries: Sequence[Entry]) -> str:
    rows = [
        [each.file, str(each.rows), _model(each.receipt), str(len(each.findings))]
        for each in entries
    ]
    return table(["file", "rows", "model", "warnings"], rows, align="lrlr")


def _model(receipt: Receipt | None) -> str:
    return plain(receipt.model.name) if receipt else "unknown"


def _gates(gates: Sequence[GateResult]) -> str:
    rows = [
        [
            result.file,
            result.gate,
            shown(result.value),
            bound(result),
            result.result,
        ]
        for result in gates
    ]
    heading = "## Gates\n\n"
    return heading + table(["file", "gate", "value", "bound", "result"], rows, align="llrrl")


def bound(result: GateResult) -> str:
    """A gate's bound with its direction; a dash where there is none."""
    return f"{result.bound} {shown(result.threshold)}".strip()


def shown(value: float | str | None) -> str:
    """A gate's value; a dash where there is none."""
    if value is None:
        return "–"
    return plain(value) if isinstance(value, str) else rounded(value)


def _origin(receipt: Receipt | None) -> str:
    if receipt is None:
        return "No receipt: nobody can say how this file was made.\n"
    model, config = receipt.model, receipt.config
    facts = {
        "model": plain(model.name),
        "weights": f"`{model.weights}`" if model.weights else "known to the server only",
        "parent": plain(model.parent) if model.parent else None,
        "engine": plain(str(receipt.engine.get("engine", "unknown"))),
        **{key: plain(str(config[key])) for key in _ORIGIN if config.get(key) is not None},
        "unresolved rows": str(len(receipt.unresolved)),
    }
    return table(["made with", ""], [[key, value] for key, value in facts.items() if value])


def _scores(each: Entry) -> str:
    rows = [
        [
            score.name,
            rounded(score.value),
            f"{rounded(score.low)} – {rounded(score.high)}"
            if score.low is not None and score.high is not None
            else "–",
            str(score.items),
            " ".join(f"{key}:{plain(str(value))}" for key, value in score.settings.items()),
        ]
        for score in each.scores
    ]
    rows += [[name, "–", "–", "0", plain(why)] for name, why in each.undefined.items()]
    return table(["score", "value", "95 % interval", "items", "settings"], rows, align="lrrrl")


def _findings(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.code for finding in findings)
    if not counts:
        return ""
    rows = [[code, str(count), code.level] for code, count in counts.most_common()]
    return table(["finding", "rows", "level"], rows, align="lrl")
