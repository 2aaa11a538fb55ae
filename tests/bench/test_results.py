"""The record of measurements: what was written is read again, the last record counts."""

import dataclasses
import json
from pathlib import Path

import pytest

from semeval_humor.bench.results import (
    Record,
    Slot,
    What,
    append_record,
    model_value,
    portable,
    rating_of,
    rating_value,
    read_official,
    read_records,
    score_of,
    score_value,
)
from semeval_humor.errors import DataError, HumorError
from semeval_humor.ratings import Rating, ranks
from semeval_humor.schema import Lang, ModelIdentity, Score

SCORES = Path(__file__).parents[2] / "../shared/data/mwahaha/scores"

RECORD = Record(
    Slot("dev", What.SCORES, "ours", "task-a-zh.tsv"),
    key="a" * 64,
    date="2026-01-31T12:00:00+00:00",
    seconds=1.5,
    commit=None,
    versions={"python": "3.11"},
    hardware={"cores": 2},
    config={"sha256": "b" * 64},
    results={"undefined": {"coverage-exact": "没有"}},
)
RATING = Rating("ours", 1010.5, 230.25, 980.0, 1040.0, 120, 1)


def test_what_was_appended_is_read_again_and_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "results.jsonl"
    assert read_records(path) == {}
    judge = dataclasses.replace(RECORD, slot=Slot("dev", What.RATINGS, "qwen"))
    later = dataclasses.replace(RECORD, key="c" * 64)
    for record in (RECORD, judge, later):
        append_record(path, record)
    assert read_records(path) == {RECORD.slot: later, judge.slot: judge}
    assert "没有" in path.read_text(encoding="utf-8")


def test_lines_of_other_benchmarks_are_passed_over_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    other = '{"benchmark": "peers/predict", "results": {}}'  # and no line end
    path.write_text(other, encoding="utf-8")
    append_record(path, RECORD)
    assert read_records(path) == {RECORD.slot: RECORD}
    assert path.read_text(encoding="utf-8").startswith(other + "\n{")


@pytest.mark.parametrize(
    "line", ["{", "[]", "3", '{"what": "scores"}', '{"what": "jokes", "benchmark": "dev"}']
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "results.jsonl"
    append_record(path, RECORD)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
    with pytest.raises(DataError, match=r"results.jsonl:2: damaged line .*; delete it"):
        read_records(path)


def test_a_file_that_is_no_text_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="cannot be read"):
        read_records(tmp_path / "results.jsonl")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(HumorError, match=r"results.jsonl: cannot be written"):
        append_record(tmp_path / "file" / "results.jsonl", RECORD)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told() -> None:
    with pytest.raises(HumorError, match="/dev/full: cannot be written: No space left"):
        append_record(Path("/dev/full"), RECORD)


@pytest.mark.parametrize(
    ("card", "complete"), [({}, True), ({"unanswered": 0}, True), ({"unanswered": 3}, False)]
)
def test_a_judge_that_has_lost_answers_is_not_done(card: dict[str, int], complete: bool) -> None:
    assert dataclasses.replace(RECORD, results={"card": card}).complete is complete


@pytest.mark.parametrize("lang", Lang)
def test_scores_and_ratings_come_back_as_they_were(lang: Lang) -> None:
    score = Score("rep-2", 0.1, 3, lang, 0.05, 0.2, {"tokens": "word"})
    with_rows = dataclasses.replace(score, rows=(0.0, 0.1, 0.2))
    assert score_of(json.loads(json.dumps(score_value(with_rows))), lang) == score
    assert rating_of(json.loads(json.dumps(rating_value(RATING)))) == RATING


def test_official_rows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a-es.json"
    row = {
        **{"system": "ours", "rating": 1010.5, "variance": 230.25, "rating_q975": 1040.0},
        **{"rating_q025": 980.0, "num_battles": 120, "final_ranking": 1},
    }
    path.write_text(json.dumps([row]), encoding="utf-8")
    assert read_official(path) == [RATING]


@pytest.mark.skipif(not SCORES.is_dir(), reason="needs ../shared")
@pytest.mark.parametrize(("file", "rows"), [("a-en", 31), ("b1", 11)])
def test_real_score_files_are_read_whole(file: str, rows: int) -> None:
    found = read_official(SCORES / f"{file}.json")
    assert len(found) == rows
    lows, highs = [each.low for each in found], [each.high for each in found]
    assert ranks(lows, highs) == [each.rank for each in found]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        ("system,rating\n", "not a score file of the organisers"),
        ('{"system": "ours"}', "not a score file of the organisers"),
        ('[{"system": "ours"}]', "KeyError\\('rating'\\)\\): expected a JSON list of rows"),
        (json.dumps([{**rating_value(RATING), "rating": None}]), "ours: found .None, .* numbers"),
    ],
)
def test_a_file_without_official_rows_is_refused(
    tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "scores.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_official(path)


@pytest.mark.parametrize(
    ("name", "recorded"),
    [
        ("Qwen/Qwen3-4B", "Qwen/Qwen3-4B"),
        ("checkpoints/grpo-zh", "checkpoints/grpo-zh"),
        ("../shared/votes.json", "../shared/votes.json"),
        ("/home/ana/checkpoints/grpo-zh", "grpo-zh"),
        ("/home/ana/checkpoints/grpo-zh/", "grpo-zh"),
        ("~/checkpoints/grpo-zh", "grpo-zh"),
    ],
)
def test_records_name_no_folder_of_a_user(name: str, recorded: str) -> None:
    assert portable(name) == recorded
    value = model_value(ModelIdentity(name, "a" * 64, parent=name))
    assert value == {"name": recorded, "weights": "a" * 64, "parent": recorded, "adapter": None}
    assert model_value(ModelIdentity(name))["parent"] is None
