"""``data preferences``, called by itself."""

import json
from pathlib import Path

import pyarrow.parquet
import pytest

from semeval_humor.cli.preferences import preferences
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.files import sha256_of_file
from semeval_humor.receipt import read_receipt, receipt_path
from semeval_humor.schema import FileRecord


def call(*arguments: str | Path) -> None:
    preferences.main(list(map(str, arguments)), standalone_mode=False)


def test_votes_and_candidates_in_one_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    votes = tmp_path / "votes.json"
    vote = {
        "session_id": "1",
        "winner": "RIGHT",
        "theme": "rain",
        "left_joke": "Rain is wet.",
        "right_joke": "My umbrella called in sick.",
    }
    tie = {**vote, "left_joke": "Rain is rain.", "winner": "NONE"}
    votes.write_text(json.dumps([vote, tie]), encoding="utf-8")
    out = tmp_path / "out.parquet"
    call(out, "--votes", votes, "--candidates", "submissions/sample", "--min-margin", "0.2")
    rows = pyarrow.parquet.read_table(out).to_pylist()
    sample = "submissions/sample/task-a-en.candidates.jsonl"
    assert capsys.readouterr().out.splitlines() == [
        f"{out} (59 preferences)",
        f"  {sample}: 58 preferences of 60 rows (left out: 2 with scores too close together)",
        f"  {votes}: 1 preferences of 2 votes (left out: 1 on pairs without a winner)",
    ]
    account = read_receipt(receipt_path(out))
    assert account.command == "data preferences"
    assert account.config["min_margin"] == 0.2
    assert [Path(record.name).name for record in account.inputs] == [Path(sample).name, votes.name]
    assert account.outputs == (FileRecord(out.name, sha256_of_file(out)),)
    assert account.counts[str(votes)] == {
        "votes": 2,
        "preferences": 1,
        "left_out": {"on pairs without a winner": 1},
    }
    assert rows[-1]["chosen"][0]["content"] == "My umbrella called in sick."
    assert rows[-1]["source"] == "votes.json"
    assert len(rows) == 59
    assert rows[0]["source"] == "smollm2-135m by rules"
    assert all(row["margin"] >= 0.2 for row in rows)
    assert all(row["chosen"] != row["rejected"] for row in rows)


def test_a_result_is_replaced_only_by_force(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    out.write_text("precious", encoding="utf-8")
    command = [str(out), "--candidates", "submissions/sample"]
    with pytest.raises(ConfigError) as failure:
        call(*command)
    assert str(failure.value) == f"{out}: is there already; use --force to replace it"
    assert out.read_text(encoding="utf-8") == "precious"
    call(*command, "--force")
    assert pyarrow.parquet.read_table(out).num_rows == 60


def test_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="give --candidates, --votes or both"):
        call(tmp_path / "out.parquet")
    with pytest.raises(ConfigError, match="--scorer jugde: unknown"):
        call(tmp_path / "o.parquet", "--candidates", "submissions/sample", "--scorer", "jugde")
    with pytest.raises(DataError, match="nowhere: no such file"):
        call(tmp_path / "out.parquet", "--candidates", "nowhere")
    assert list(tmp_path.iterdir()) == []
