import json
from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from semeval_humor.schema import Lang
from tests.submission.folders import write_inputs, write_submission


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good submission, by its name in submissions/."""
    monkeypatch.chdir(tmp_path)
    inputs = write_inputs(tmp_path / "in", Lang.ES)
    write_submission(tmp_path / "submissions" / "ours", Lang.ES, inputs)
    return tmp_path / "submissions" / "ours"


def test_a_name_is_packed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package", "ours"]) == 0
    output, errors = capsys.readouterr()
    assert output.endswith("submissions/ours.zip (card: submissions/ours.md)\n")
    assert errors == ""
    assert output.count("passed") == 12
    assert output.count("not checked") == 1


def test_a_refused_gate_names_itself_its_value_its_bound_and_rows(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "task-a-es.tsv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Mis hijos", "¡Claro! Aquí tienes un chiste:"), encoding="utf-8")
    assert main(["package", str(folder)]) == 1
    output, errors = capsys.readouterr()
    assert (
        "task-a-es.tsv: leaks refused: 0.1667, bound ≤ 0.0100: preambles, role tokens, refusals "
        "and the like are seen by every voter; worst rows: es_0002" in output
    )
    assert "receipt-mismatch refused: changed after it was written" in output
    assert errors.startswith("error: ")
    assert not folder.with_name("ours.zip").exists()


def test_json_is_one_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package", "ours", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["package"] == "submissions/ours.zip"
    assert {"gate", "value", "threshold", "passed", "allowed", "rows"} <= set(document["gates"][0])
    assert main(["package", "ours", "ours", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["packages"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["theirs"], "theirs: no such folder, neither here nor in submissions/"),
        (["ours", "--allow", "humour"], "--allow humour: no such gate"),
        (["ours", "--allow", "errors"], "--allow errors: cannot be overridden"),
        (["ours", "--gates", "none.toml"], "none.toml: cannot be read"),
    ],
)
def test_bad_usage_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["package", *arguments]) == 2
    output, errors = capsys.readouterr()
    assert (output, errors.count("\n")) == ("", 1)
    assert message in errors
