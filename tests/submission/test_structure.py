"""Ids that are unknown, doubled or missing, and what the organisers' database cannot hold."""

from collections.abc import Sequence

import pytest

from semeval_humor.findings import Level
from semeval_humor.schema import Lang, Task
from semeval_humor.submission.ingest import Row
from semeval_humor.submission.kinds import Kind
from semeval_humor.submission.structure import check_ids, check_sizes

ZH = Kind(Task.A, Lang.ZH)

Told = list[tuple[str, int | None, str | None]]


def rows(*ids: str) -> list[Row]:
    return [Row(line, id_, "a joke") for line, id_ in enumerate(ids, start=2)]


def told(ids: Sequence[str], expected: Sequence[str] | None, kind: Kind | None = ZH) -> Told:
    findings = list(check_ids("f.tsv", rows(*ids), expected, kind))
    assert all(finding.level is Level.ERROR for finding in findings)
    return [(str(finding.code), finding.line, finding.id) for finding in findings]


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (["zh_1", "zh_2", "zh_3"], []),
        (["zh_3", "zh_1", "zh_2"], []),  # any order
        (["zh_1", "zh_3"], [("missing-id", None, "zh_2")]),
        ([], [("missing-id", None, id_) for id_ in ("zh_1", "zh_2", "zh_3")]),
        (["zh_1", "zh_2", "zh_3", "zh_4"], [("unknown-id", 5, "zh_4")]),
        (["zh_1", "zh_2", "zh_3", "zh_1", "zh_1"], [("duplicate-id", n, "zh_1") for n in (5, 6)]),
        (
            ["zh_9", "zh_9", "zh_2", "zh_3"],
            [("unknown-id", 2, "zh_9"), ("duplicate-id", 3, "zh_9"), ("missing-id", None, "zh_1")],
        ),
        (["", "zh_1", "", "zh_2", "zh_3"], [("unknown-id", 2, None), ("unknown-id", 4, None)]),
    ],
)
def test_ids_must_be_exactly_those_of_the_input(ids: list[str], found: Told) -> None:
    assert told(ids, ["zh_1", "zh_2", "zh_3"]) == found


def test_ids_of_ones_own_are_fine_where_the_input_has_them() -> None:
    assert told(["7", "q"], ["7", "q"]) == []


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            Kind(Task.A, Lang.EN),
            "en_2001",
            ["es_2001", "2001", "en_", "en2001", "EN_2001", "en_1a"],
        ),
        (Kind(Task.A, Lang.ES), "es_1", ["en_1", "es_1 "]),
        (ZH, "zh_0001", ["en_0001", "zh"]),
        (Kind(Task.B1, Lang.EN), "img_2001", ["img_2_2001", "1"]),
        (Kind(Task.B2, Lang.EN), "img_2_2001", ["img_2001", "img_2_"]),
    ],
)
def test_without_an_input_ids_must_look_like_those_of_the_task(
    kind: Kind, good: str, bad: list[str]
) -> None:
    found = told([good, *bad], None, kind)
    assert found == [("unknown-id", line, id_) for line, id_ in enumerate(bad, start=3)]
    assert told([good, *bad], None, None) == []


def test_doubled_and_empty_ids_are_wrong_whatever_the_task_is() -> None:
    found = told(["a", "", "a"], None, None)
    assert found == [("unknown-id", 3, None), ("duplicate-id", 4, "a")]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([" ZH_1"], "not in the task's input, which has 'zh_1'"),
        (["zh_7"], "not in the task's input"),
        (["zh_1", "zh_1"], "also on line 2"),
        ([""], "no id, or one that is a missing value to the organisers' reader"),
    ],
)
def test_messages_say_what_is_wrong(ids: list[str], message: str) -> None:
    assert message in [finding.message for finding in check_ids("f", rows(*ids), ["zh_1"], ZH)]


def test_what_the_database_cannot_hold_is_too_long() -> None:
    fits = [Row(2, "i" * 10, "笑" * 2048), Row(3, "j", None)]
    assert list(check_sizes("f", fits)) == []
    too_long = [Row(2, "i" * 11, "笑" * 2049)]
    findings = list(check_sizes("f", too_long))
    assert [(str(f.code), f.line, f.id, f.message) for f in findings] == [
        ("too-long", 2, "i" * 11, "id of 11 characters, the organisers store 10"),
        ("too-long", 2, "i" * 11, "text of 2049 characters, the organisers store 2048"),
    ]
