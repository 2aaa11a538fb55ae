import dataclasses
import math
from pathlib import Path

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.findings import Code, Finding
from semeval_humor.schema import FileRecord, Lang, Score
from semeval_humor.submission.gates import (
    GATES,
    NEVER_ALLOWED,
    Evidence,
    GateResult,
    check_allowed,
    pass_gates,
    read_gates,
)
from tests.receipts import RECEIPT, receipt_for

IDS = tuple(f"en_{number}" for number in range(1, 9))


def score(name: str, value: float, rows: tuple[float, ...] | None = None) -> Score:
    return Score(name, value, items=len(IDS), lang=Lang.EN, rows=rows)


GOOD = Evidence(
    file="task-a-en.tsv",
    lang=Lang.EN,
    sha256="d" * 64,
    ids=IDS,
    scores={
        each.name: each
        for each in (
            score("script-purity", 1.0, (1.0,) * 8),
            score("loops", 0.0, (0.0,) * 8),
            score("coverage-inflected", 1.0, (math.nan,) * 4 + (1.0,) * 4),
            score("near-duplicates", 0.0, (0.0,) * 8),
            score("distinct-2", 0.9),
        )
    },
    own_pairs=(1.0, 0.25, 0.5, 1.0, 1.0, 1.0, 1.0, math.nan),
    findings=(),
    complete=True,
    receipt=RECEIPT,
    training=None,
)


def changed(**values: object) -> Evidence:
    return dataclasses.replace(GOOD, **values)  # type: ignore[arg-type]


def with_score(each: Score) -> Evidence:
    return changed(scores={**GOOD.scores, each.name: each})


def refused(evidence: Evidence) -> list[GateResult]:
    return [result for result in pass_gates(evidence, read_gates()) if not result.passed]


def test_a_good_file_passes_every_gate() -> None:
    results = pass_gates(GOOD, read_gates())
    assert [result.gate for result in results] == list(GATES)
    assert all(result.passed for result in results)
    # Nobody knows what the weights were trained from.
    assert [r.gate for r in results if r.result == "not checked"] == ["weights-unchanged"]
    assert all(result.reason for result in results)


@pytest.mark.parametrize(
    ("gate", "evidence", "value", "rows"),
    [
        (
            "errors",
            changed(findings=(Finding("f", Code.EMPTY_TEXT, "no text", 3, "en_2"),)),
            1.0,
            ("en_2",),
        ),
        (
            "purity",
            with_score(score("script-purity", 0.9, (1, 1, 0.5, 1, 1, 0.7, 1, 1))),
            0.9,
            ("en_3", "en_6", "en_1", "en_2", "en_4"),
        ),
        (
            "repetition",
            with_score(score("loops", 0.25, (0, 1, 0, 0, 0, 0, 0, 1))),
            0.25,
            ("en_2", "en_8", "en_1", "en_3", "en_4"),
        ),
        (
            "coverage",
            with_score(score("coverage-inflected", 0.5, (math.nan,) * 6 + (1.0, 0.0))),
            0.5,
            ("en_8", "en_7"),
        ),
        ("duplicates", with_score(score("near-duplicates", 0.5)), 0.5, ()),
        (
            "distinct-2",
            with_score(score("distinct-2", 0.1)),
            0.1,
            ("en_2", "en_3", "en_1", "en_4", "en_5"),
        ),
        # Two leaks in one row of eight are one row.
        (
            "leaks",
            changed(
                findings=(
                    Finding("f", Code.PREAMBLE, "Sure!", 5, "en_4"),
                    Finding("f", Code.REFUSAL, "I cannot", 5, "en_4"),
                    Finding("f", Code.MARKUP, "**", 6, "en_5"),
                )
            ),
            0.125,
            ("en_4",),
        ),
        (
            "unresolved",
            changed(receipt=receipt_for(unresolved={"en_5": ("truncated",), "en_99": ("x",)})),
            0.125,
            ("en_5",),
        ),
        ("weights-unchanged", changed(training="identical"), "identical", ()),
        ("weights-unchanged", changed(training="adapter-noop"), "adapter-noop", ()),
        ("receipt-mismatch", changed(sha256="0" * 64), "changed after it was written", ()),
        (
            "receipt-mismatch",
            changed(receipt=receipt_for(outputs=())),
            "the receipt names no such file",
            (),
        ),
        (
            "unknown-rows",
            changed(complete=False),
            "give the task's input with --inputs DIR",
            (),
        ),
        ("no-receipt", changed(receipt=None), "no receipt", ()),
        (
            "sample-input",
            changed(
                receipt=receipt_for(inputs=(FileRecord("package:samples/task-a-en.tsv", "c"),))
            ),
            "sample",
            (),
        ),
    ],
)
def test_each_gate_refuses_what_it_is_for_and_nothing_else(
    gate: str, evidence: Evidence, value: float | str, rows: tuple[str, ...]
) -> None:
    (result,) = refused(evidence)
    assert (result.gate, result.value, result.rows) == (gate, value, rows)
    assert not result.allowed


def test_a_score_that_is_undefined_refuses_nothing() -> None:
    assert refused(changed(scores={})) == []


def test_trained_weights_pass() -> None:
    assert refused(changed(training="changed")) == []


def test_an_allowed_gate_is_still_reported() -> None:
    results = pass_gates(changed(receipt=None), read_gates(), allowed=["no-receipt"])
    assert [(r.gate, r.allowed) for r in results if not r.passed] == [("no-receipt", True)]


def test_bounds_differ_by_language() -> None:
    half_latin = score("script-purity", 0.95, (0.95,) * 8)
    chinese = dataclasses.replace(with_score(half_latin), lang=Lang.ZH)
    assert refused(chinese) == []
    assert [result.gate for result in refused(with_score(half_latin))] == ["purity"]


@pytest.mark.parametrize("name", sorted(NEVER_ALLOWED))
def test_some_gates_cannot_be_overridden(name: str) -> None:
    with pytest.raises(ConfigError, match=f"--allow {name}: cannot be overridden"):
        check_allowed([name], GATES)


def test_a_misspelt_gate_is_named() -> None:
    check_allowed(["no-receipt"], GATES)
    with pytest.raises(ConfigError, match="--allow no-recipe: no such gate; expected one of err"):
        check_allowed(["no-recipe"], GATES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[humour]\nreason = 'x'", "humour: no such gate; expected errors, unknown-rows, purity"),
        ("[purity]\nat_least = 0.9", "purity: reason: is missing"),
        ("[purity]\nreason = 'x'\nat_least = 1\nat_most = 2", "has at_least and at_most"),
        ("[purity]\nreason = 'x'\nat_leats = 1", "at_leats: no such key, did you mean at_least"),
    ],
)
def test_a_bad_file_of_gates_is_told_in_one_line(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "gates.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_gates(path)


def test_gates_that_a_file_leaves_out_are_not_checked(tmp_path: Path) -> None:
    path = tmp_path / "gates.toml"
    path.write_text("[purity]\nreason = 'x'\nat_least = 0.5", encoding="utf-8")
    assert list(read_gates(path)) == ["purity"]
