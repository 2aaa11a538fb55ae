"""``validate``: one line for each finding, errors first, a count, and one JSON document."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.cli.main import main
from semeval_humor.cli.validate import _ranges

INPUT = "id\tword1\tword2\theadline\n" + "".join(
    f"zh_{number:04}\t-\t-\t第{number}条新闻标题\n" for number in range(1, 10)
)
GOOD = "我一洗澡闹钟就响，看来它也想提醒我别再唱歌了。"
FAULTY = (
    f"id\ttext\nzh_0001\t{GOOD}\nzh_0002\tNA\nzh_0003\t好\x1b[31m的笑话，大家都笑了。\n"
    f"en_7\t{GOOD}\n"
)
FINE = "id\ttext\nen_1\tI asked my cat for advice, and it sent me an invoice.\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, content in {
        "inputs/task-a-zh.tsv": INPUT,
        "mine/task-a-zh.tsv": FAULTY,
        "task-a-en.tsv": FINE,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["validate", *arguments])
    output, errors = capsys.readouterr()
    return code, output, errors


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code, output, errors = call(capsys, *arguments, "--json")
    assert errors == ""
    assert output.count("\n") == 1
    return code, json.loads(output)


def test_findings_are_lines_with_errors_first(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, output, errors = call(capsys, "mine", "task-a-en.tsv", "--inputs", "inputs")
    assert (code, errors) == (1, "")
    lines = [line.rstrip() for line in output.splitlines()]
    assert lines == [
        "mine/task-a-zh.tsv:3: error null-text: zh_0002: 'NA' is a missing value to the "
        "organisers' reader; choose another text",
        "mine/task-a-zh.tsv:5: error unknown-id: en_7: not in the task's input",
        "mine/task-a-zh.tsv: error missing-id: without 6 rows: zh_0004 … zh_0009",
        *(line for line in lines if ": warning " in line),
        "mine/task-a-zh.tsv: 4 rows, ids compared with inputs/task-a-zh.tsv",
        "task-a-en.tsv: 1 row, completeness not checked: no inputs/task-a-en.tsv",
        "level    code            findings",
        "error    missing-id             6",
        "error    null-text              1",
        "error    unknown-id             1",
        "warning  duplicate-text         2",
        "warning  control-char           1",
        "8 errors, 3 warnings",
    ]
    warned = [line.split(":")[1] for line in lines if ": warning " in line]
    assert warned == ["2", "4", "5"]
    assert "\x1b" not in output


def test_colours_are_for_terminals_only(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    _, output, _ = call(capsys, "mine")
    assert ": \x1b[31merror\x1b[0m null-text" in output
    assert ": \x1b[33mwarning\x1b[0m duplicate-text" in output
    assert "好\x1b" not in output  # what a hostile file holds stays words


def test_one_json_document_with_one_finding_per_missing_id(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = document(capsys, "mine", "--inputs", "inputs")
    assert code == 1
    assert found["files"] == [
        {
            "file": "mine/task-a-zh.tsv",
            "task": "A",
            "lang": "zh",
            "rows": 4,
            "checked_ids": True,
        }
    ]
    assert found["findings"][1] == {
        "file": "mine/task-a-zh.tsv",
        "line": 3,
        "id": "zh_0002",
        "level": "error",
        "code": "null-text",
        "message": "'NA' is a missing value to the organisers' reader; choose another text",
    }
    missing = [each for each in found["findings"] if each["code"] == "missing-id"]
    assert [each["id"] for each in missing] == [f"zh_{number:04}" for number in range(4, 10)]
    assert {each["line"] for each in missing} == {None}
    assert (found["errors"], found["warnings"]) == (8, 3)
    assert found.keys() == {"files", "findings", "errors", "warnings"}


def test_members_of_zips_are_named_after_the_zip(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile("mine.zip", "w") as archive:
        archive.write("mine/task-a-zh.tsv", "task-a-zh.tsv")
    _, found = document(capsys, "mine.zip")
    assert [each["file"] for each in found["files"]] == ["mine.zip/task-a-zh.tsv"]
    assert {each["file"] for each in found["findings"]} == {"mine.zip/task-a-zh.tsv"}


def test_an_unknown_task_is_null(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "jokes.tsv").write_text("id\ttext\nq\tHa, ha.\n", encoding="utf-8")
    code, found = document(capsys, "jokes.tsv")
    assert (code, found["files"][0]["task"], found["files"][0]["lang"]) == (1, None, None)
    assert [each["code"] for each in found["findings"]] == ["wrong-file-name"]


@pytest.mark.parametrize(
    ("rows", "arguments", "code"),
    [
        (GOOD, [], 0),
        (GOOD, ["--strict"], 0),
        (f"“{GOOD}”", [], 0),
        (f"“{GOOD}”", ["--strict"], 1),
        ("NA", [], 1),
        ("NA", ["--strict"], 1),
    ],
)
def test_exit_codes(
    folder: Path, capsys: pytest.CaptureFixture[str], rows: str, arguments: list[str], code: int
) -> None:
    (folder / "task-a-zh.tsv").write_text(f"id\ttext\nzh_1\t{rows}\n", encoding="utf-8")
    assert call(capsys, "task-a-zh.tsv", *arguments)[0] == code
    assert call(capsys, "task-a-zh.tsv", *arguments, "--json")[0] == code


def test_a_good_file_is_said_to_be_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, output, errors = call(capsys, "task-a-en.tsv")
    assert (code, errors) == (0, "")
    assert output == (
        "task-a-en.tsv: 1 row, completeness not checked: no receipt; "
        "give the folder of the task's input files with --inputs\n0 errors, 0 warnings\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.tsv"], "error: nowhere.tsv: no such file or folder"),
        (["task-a-en.tsv", "nowhere"], "error: nowhere: no such file or folder"),
        (["task-a-en.tsv", "--inputs", "nowhere"], "error: nowhere: no such folder, expected one"),
        (["mine", "--inputs", "mine"], "error: mine/task-a-zh.tsv:1: columns: id, text; expected"),
        (["empty"], "error: empty: no file to check in this folder, expected task-a-en.tsv"),
        ([], "error: Missing argument 'PATH...'"),
    ],
)
def test_what_cannot_be_checked_is_told_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (folder / "empty").mkdir()
    code, output, errors = call(capsys, *arguments)
    assert (code, output) == (2, "")
    assert errors.startswith(message)
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([], ""),
        (["en_0001"], "en_0001"),
        (["en_0001", "en_0002"], "en_0001, en_0002"),
        (["en_0009", "en_0010", "en_0011", "en_0013"], "en_0009 … en_0011, en_0013"),
        (["img_2_0099", "img_2_0100", "img_2_0101"], "img_2_0099 … img_2_0101"),
        (["img_0003", "img_0002"], "img_0003, img_0002"),
        (["a", "b", "7", "8", "9"], "a, b, 7 … 9"),
    ],
)
def test_missing_ids_are_told_in_few_words(ids: list[str], words: str) -> None:
    assert _ranges(ids) == words


def test_long_and_hostile_ids_stay_on_their_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = "x" * 5_000
    content = f'id\ttext\n"a\nb\u202e"\t{GOOD}\n{long}\tNA\n'
    (folder / "task-a-zh.tsv").write_text(content, encoding="utf-8")
    _, output, _ = call(capsys, "task-a-zh.tsv")
    lines = [line for line in output.splitlines() if "error" in line]
    assert "task-a-zh.tsv:2: error unknown-id: a\\nb\\u202e: no id of this task" in output
    assert max(map(len, lines)) < 200
