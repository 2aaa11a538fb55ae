"""Gates: what a submission must hold before it is packaged, each with its bound and reason."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pydantic import model_validator

from semeval_humor.configs import Settings, checked, read_toml
from semeval_humor.diff import Verdict
from semeval_humor.errors import ConfigError
from semeval_humor.findings import Finding, Level
from semeval_humor.inputs import SAMPLE
from semeval_humor.schema import Lang, Receipt, Score
from semeval_humor.text.leaks import LeakKind

WORST = 5
"""Number of rows that a refused gate shows."""

NEVER_ALLOWED = frozenset({"errors", "sample-input"})
"""Gates that cannot be overridden: nothing could come of such a file."""

_UNCHANGED = {Verdict.IDENTICAL, Verdict.ADAPTER_NOOP, Verdict.WITHIN_ROUNDING}
# Marks around words are ugly, but no voter takes them for a machine's slip.
_LEAKS = frozenset(map(str, set(LeakKind) - {LeakKind.MARKUP, LeakKind.WRAPPING_QUOTES}))


class Gate(Settings):
    """One gate's bound. A gate that looks for a fact rather than a number has none."""

    reason: str
    """Why there is such a gate; shown where it refuses."""
    at_least: float | dict[Lang, float] | None = None
    """The lowest value that passes, for all languages or for each; or give at_most."""
    at_most: float | dict[Lang, float] | None = None
    """The highest value that passes."""

    @model_validator(mode="after")
    def _one_bound(self) -> "Gate":
        if self.at_least is not None and self.at_most is not None:
            raise ValueError("has at_least and at_most, expected one of them")
        return self

    @property
    def sign(self) -> str:
        """How the bound is written before its number."""
        return "≤" if self.at_most is not None else "≥" if self.at_least is not None else ""

    def threshold(self, lang: Lang) -> float | None:
        """The number to hold in a language; None where there is none."""
        bound = self.at_most if self.at_least is None else self.at_least
        return bound.get(lang) if isinstance(bound, dict) else bound

    def holds(self, value: float, lang: Lang) -> bool:
        """Whether a value keeps the bound; NaN never does."""
        threshold = self.threshold(lang)
        if threshold is None:
            return True
        return value <= threshold if self.at_least is None else value >= threshold


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a task file that is to be packaged.

    Attributes:
        file: its name, such as ``task-a-en.tsv``.
        lang: language of its texts.
        sha256: of the file.
        ids: of its rows, in order.
        scores: by name; undefined ones are absent. Their ``rows`` are parallel to ``ids``.
        own_pairs: of each row, the share of its pairs of tokens that no other row has.
        findings: of the file.
        complete: its ids were compared with those of the task's input.
        receipt: of the run that wrote it; None where there is none.
        training: verdict of ``diff`` on the weights that wrote it against those they were trained
            from; None where nobody knows, or nothing was trained.
    """

    file: str
    lang: Lang
    sha256: str
    ids: tuple[str, ...]
    scores: Mapping[str, Score]
    own_pairs: tuple[float, ...]
    findings: tuple[Finding, ...]
    complete: bool
    receipt: Receipt | None
    training: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a gate found.

    Attributes:
        value: a number to compare, a fault in words, or None where there is neither.
        rows: ids of the worst rows, the worst first.
        checked: False where what the gate looks at is not known, or does not apply.
    """

    value: float | str | None
    rows: tuple[str, ...] = ()
    checked: bool = True


_UNKNOWN = Reading(None, checked=False)


@dataclass(frozen=True, slots=True)
class GateResult:
    """How a file stood at a gate.

    Attributes:
        gate: its name.
        file: the task file.
        value: what was found; None where the gate does not apply or has nothing to say.
        bound: "≤" or "≥" before ``threshold``; empty for gates without one.
        threshold: the bound in this language; None for gates without one.
        checked: what the gate looks at is known. Where it is not, the gate is passed unchecked.
        passed: the bound holds, or nothing is known against the file.
        allowed: it does not, and was overridden.
        rows: ids of the worst rows, at most five.
        reason: why there is such a gate.
    """

    gate: str
    file: str
    value: float | str | None
    bound: str
    threshold: float | None
    checked: bool
    passed: bool
    allowed: bool
    rows: tuple[str, ...]
    reason: str

    @property
    def result(self) -> str:
        """In one word or two: passed, not checked, overridden or refused."""
        if not self.passed:
            return "overridden" if self.allowed else "refused"
        return "passed" if self.checked else "not checked"


def read_gates(path: Path | None = None) -> dict[str, Gate]:
    """Gates of a TOML file; None reads the package's own. What is left out is not checked.

    Raises:
        ConfigError: the file cannot be read, names no such gate, or gives no sensible bound.
    """
    path = path or Path(str(files("semeval_humor"))) / "submission" / "gates.toml"
    gates = {}
    for name, values in read_toml(path).items():
        if name not in GATES:
            raise ConfigError(f"{path}: {name}: no such gate; expected {', '.join(GATES)}")
        gates[name] = checked(Gate, values, f"{path}: {name}")
    return gates


def check_allowed(names: Collection[str], gates: Collection[str]) -> None:
    """Refuse to override gates that do not exist or must hold.

    Raises:
        ConfigError: names the gate.
    """
    for name in names:
        if name not in gates:
            raise ConfigError(f"--allow {name}: no such gate; expected one of {', '.join(gates)}")
        if name in NEVER_ALLOWED:
            raise ConfigError(f"--allow {name}: cannot be overridden, nothing could come of it")


def pass_gates(
    evidence: Evidence, gates: Mapping[str, Gate], allowed: Collection[str] = ()
) -> list[GateResult]:
    """Hold a file against every gate."""
    results = []
    for name, gate in gates.items():
        reading = GATES[name](evidence)
        value = reading.value
        passed = gate.holds(value, evidence.lang) if isinstance(value, float) else value is None
        results.append(
            GateResult(
                gate=name,
                file=evidence.file,
                value=value,
                bound=gate.sign,
                threshold=gate.threshold(evidence.lang),
                checked=reading.checked,
                passed=passed,
                allowed=not passed and name in allowed,
                rows=() if passed else reading.rows[:WORST],
                reason=gate.reason,
            )
        )
    return results


def _errors(evidence: Evidence) -> Reading:
    errors = [finding for finding in evidence.findings if finding.level is Level.ERROR]
    return Reading(float(len(errors)), _ids(errors))


def _leaks(evidence: Evidence) -> Reading:
    rows = _ids(finding for finding in evidence.findings if finding.code in _LEAKS)
    return Reading(len(rows) / max(1, len(evidence.ids)), rows)


def _unresolved(evidence: Evidence) -> Reading:
    if evidence.receipt is None:
        return _UNKNOWN
    rows = tuple(id_ for id_ in evidence.ids if id_ in evidence.receipt.unresolved)
    return Reading(len(rows) / max(1, len(evidence.ids)), rows)


def _weights_unchanged(evidence: Evidence) -> Reading:
    if evidence.training is None:
        return _UNKNOWN
    return Reading(evidence.training if evidence.training in _UNCHANGED else None)


def _receipt_mismatch(evidence: Evidence) -> Reading:
    if evidence.receipt is None:
        return _UNKNOWN
    outputs = {output.name: output.sha256 for output in evidence.receipt.outputs}
    if evidence.file not in outputs:
        return Reading("the receipt names no such file")
    same = outputs[evidence.file] == evidence.sha256
    return Reading(None if same else "changed after it was written")


def _no_receipt(evidence: Evidence) -> Reading:
    return Reading("no receipt" if evidence.receipt is None else None)


def _sample_input(evidence: Evidence) -> Reading:
    if evidence.receipt is None:
        return _UNKNOWN
    inputs = evidence.receipt.inputs
    return Reading("sample" if any(each.name.startswith(SAMPLE) for each in inputs) else None)


def _unknown_rows(evidence: Evidence) -> Reading:
    return Reading(None if evidence.complete else "give the task's input with --inputs DIR")


def _score(name: str, *, worst_first: Callable[[float], float]) -> Callable[[Evidence], Reading]:
    """A gate that reads a score; ``worst_first`` gives the key by which its rows are sorted."""

    def read(evidence: Evidence) -> Reading:
        score = evidence.scores.get(name)
        if score is None:
            return _UNKNOWN
        return Reading(score.value, _worst(evidence.ids, score.rows or (), worst_first))

    return read


def _distinct_2(evidence: Evidence) -> Reading:
    score = evidence.scores.get("distinct-2")
    if score is None:
        return _UNKNOWN
    return Reading(score.value, _worst(evidence.ids, evidence.own_pairs, _lowest))


def _worst(
    ids: Sequence[str], rows: Sequence[float], worst_first: Callable[[float], float]
) -> tuple[str, ...]:
    if not rows:
        return ()
    known = [(worst_first(value), id_) for id_, value in zip(ids, rows, strict=True)]
    return tuple(id_ for value, id_ in sorted(known) if not math.isnan(value))


def _lowest(value: float) -> float:
    return value


def _highest(value: float) -> float:
    return -value


def _ids(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Ids of the findings' rows, each once, in order."""
    return tuple(dict.fromkeys(finding.id for finding in findings if finding.id))


GATES: Mapping[str, Callable[[Evidence], Reading]] = {
    "errors": _errors,
    "unknown-rows": _unknown_rows,
    "purity": _score("script-purity", worst_first=_lowest),
    "repetition": _score("loops", worst_first=_highest),
    "coverage": _score("coverage-inflected", worst_first=_lowest),
    "duplicates": _score("near-duplicates", worst_first=_highest),
    "distinct-2": _distinct_2,
    "leaks": _leaks,
    "unresolved": _unresolved,
    "weights-unchanged": _weights_unchanged,
    "receipt-mismatch": _receipt_mismatch,
    "no-receipt": _no_receipt,
    "sample-input": _sample_input,
}
