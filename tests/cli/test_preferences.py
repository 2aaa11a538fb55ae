"""``data preferences``, called by itself."""

import json
from pathlib import Path

import pyarrow.parquet
import pytest

from semeval_humor.cli.preferences import preferences
from semeval_humor.errors import ConfigError, DataError


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
    votes.write_text(json.dumps([vote]), encoding="utf-8")
    out = tmp_path / "out.parquet"
    call(out, "--votes", votes, "--candidates", "submissions/sample", "--min-margin", "0.2")
    rows = pyarrow.parquet.read_table(out).to_pylist()
    assert capsys.readouterr().out == f"{out}: {len(rows)} preferences\n"
    assert rows[-1]["chosen"][0]["content"] == "My umbrella called in sick."
    assert rows[-1]["source"] == "votes.json"
    assert len(rows) > 10
    assert rows[0]["source"] == "smollm2-135m by rules"
    assert all(row["margin"] >= 0.2 for row in rows)
    assert all(row["chosen"] != row["rejected"] for row in rows)


def test_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="give --candidates, --votes or both"):
        call(tmp_path / "out.parquet")
    with pytest.raises(ConfigError, match="--scorer jugde: unknown"):
        call(tmp_path / "o.parquet", "--candidates", "submissions/sample", "--scorer", "jugde")
    with pytest.raises(DataError, match="nowhere: no such file"):
        call(tmp_path / "out.parquet", "--candidates", "nowhere")
    assert list(tmp_path.iterdir()) == []
