import json
from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from semeval_humor.schema import Joke, Lang
from tests.submission.folders import jokes, write_inputs, write_submission


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two submissions that differ in one English joke."""
    for lang in (Lang.EN, Lang.ZH):
        inputs = write_inputs(tmp_path / "in", lang)
        write_submission(tmp_path / "a", lang, inputs)
        rows = jokes(lang)
        if lang is Lang.EN:
            rows[0] = Joke(rows[0].id, "Nobody honks at a hedgehog twice.")
        write_submission(tmp_path / "b", lang, inputs, rows)
    return tmp_path / "a", tmp_path / "b"


def test_tables_for_people(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(folders[0])]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    lines = output.splitlines()
    assert lines[0].startswith("mwahaha|a-en|n:6|file:")
    assert any(line.startswith("mwahaha|a-zh|n:6|file:") for line in lines)
    (row,) = [line.split() for line in lines if line.startswith("distinct-2-words")]
    assert row[-1] == "tokens:word"
    assert any(line.endswith("tokens:word order:4 smooth:exp eff:yes") for line in lines)


def test_two_systems_side_by_side(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", *map(str, folders)]) == 0
    output, errors = capsys.readouterr()
    assert "83.3% of the texts are identical" in output
    assert "100.0% of the texts are identical" in output
    # Said on standard error: 5 of 6 English and all Chinese texts are the same.
    assert errors.count("\n") == 2
    assert "warning: " in errors
    assert "100% of 6 texts are identical: if two models" in errors


def test_json_is_one_document(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", "--json", *map(str, folders)]) == 0
    document = json.loads(capsys.readouterr().out)
    score = next(each for each in document["scores"] if each["name"] == "distinct-2")
    assert list(score) == ["file", "name", "value", "low", "high", "items", "lang", "settings"]
    assert {each["lang"] for each in document["scores"]} == {"en", "zh"}
    found = next(each for each in document["comparisons"] if each["name"] == "length-characters")
    assert list(found) == ["name", "a", "b", "difference", "low", "high", "p"]


def test_known_jokes_are_shown(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = tmp_path / "known.txt"
    known.write_text("Our children call it retirement!\n", encoding="utf-8")
    file = str(folders[0] / "task-a-en.tsv")
    assert main(["score", file, "--known", str(known)]) == 0
    output = capsys.readouterr().out
    assert "en_0002 is like a known joke (1.00): Our children call it retirement!" in output
    assert "known-jokes" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count-end"], "--count-end needs --ppl MODEL"),
        (["--base-url", "http://x"], "--base-url needs --ppl MODEL"),
        (["--ppl", "no-such-model"], "no-such-model: unknown model"),
        (["--known", "nowhere.txt"], "nowhere.txt: cannot be read"),
        (["--inputs", "nowhere"], "nowhere: no such folder"),
    ],
)
def test_bad_usage_is_one_line(
    folders: tuple[Path, Path],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert main(["score", str(folders[0]), *arguments]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert message in errors
    assert errors.count("\n") == 1


def test_faulty_files_are_measured_and_said_to_be_faulty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "task-a-es.tsv"
    path.write_text("id\ttext\nes_1\tUn chiste breve.\nes_2\t\n", encoding="utf-8")
    assert main(["score", str(path)]) == 0
    assert "1 error; rows without a text are left out" in capsys.readouterr().err
