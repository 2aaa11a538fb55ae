"""A program that uses the package as a library; its types must be known to whoever checks it.

.ci/run holds it against an installed wheel, without torch: it is checked by ``mypy --strict``, and
then run in a folder that holds the folder ``sample`` with a submission.
"""

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import assert_type

import numpy as np

from semeval_humor.diff import Difference, Verdict, diff
from semeval_humor.findings import Code, Finding, Level
from semeval_humor.ratings import Rating, rate
from semeval_humor.schema import Lang, Prompt, Score, Scorer, Vote, Winner
from semeval_humor.submission.scores import Comparison, compare_files, score_file
from semeval_humor.submission.validate import Checked, Report, validate


class Brevity:
    """A scorer of one's own."""

    def __call__(self, prompts: Sequence[Prompt], texts: Sequence[str]) -> list[float]:
        return [-float(len(text)) for text in texts]


def errors_of(report: Report) -> list[Code]:
    found = report.of(Level.ERROR)
    assert_type(found, tuple[Finding, ...])
    return [finding.code for finding in found]


def distinct(checked: Checked) -> Score:
    scores = score_file(checked).measured.scores
    assert_type(scores, dict[str, Score])
    return scores["distinct-2"]


def best(votes: Sequence[Vote]) -> Rating:
    rows = rate(votes, bootstraps=100).rows
    assert_type(rows, tuple[Rating, ...])
    return rows[0]


def write_weights(path: Path, value: float) -> None:
    """A safetensors file with one tensor of two numbers."""
    header = {"model.norm.weight": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    head = json.dumps(header).encode()
    values = np.full(2, value, dtype=np.float32)
    path.write_bytes(struct.pack("<Q", len(head)) + head + values.tobytes())


def main() -> None:
    report = validate([Path("sample")])
    (checked,) = report.files
    assert errors_of(report) == []
    assert distinct(checked).lang is Lang.EN
    scored = score_file(checked)
    assert_type(compare_files(scored, scored), Comparison)

    scorer: Scorer = Brevity()
    texts = scored.sample.texts
    assert len(scorer(scored.sample.prompts or (), texts)) == len(texts)

    winners = [Winner.LEFT] * 20 + [Winner.RIGHT] * 10
    votes = [Vote("en_1", Lang.EN, "ours", "baseline", winner, "ana") for winner in winners]
    assert best(votes).system == "ours"

    write_weights(Path("base.safetensors"), 1.0)
    write_weights(Path("same.safetensors"), 1.0)
    found = diff(Path("base.safetensors"), Path("same.safetensors"))
    assert_type(found, Difference)
    assert found.verdict is Verdict.IDENTICAL


if __name__ == "__main__":
    main()
