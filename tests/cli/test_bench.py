"""``bench run`` and ``bench table``: what they print, and how they end."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.bench.judging import Judged
from semeval_humor.cli import judge as judge_command
from semeval_humor.cli.main import main
from semeval_humor.errors import EngineError
from semeval_humor.schema import Lang, Vote, Winner
from tests.submission.folders import write_inputs, write_submission

JUDGE = '[[judges]]\nname = "qwen"\nmodel = "Qwen/Qwen3-4B"\n'


def write_config(folder: Path, more: str = "") -> str:
    """A benchmark of two systems that are the same, in English and Chinese."""
    for lang in (Lang.EN, Lang.ZH):
        for system in ("base", "ours"):
            write_submission(folder / system, lang, write_inputs(folder / "in", lang))
    path = folder / "bench.toml"
    path.write_text(
        f'name = "dev"\nbaseline = "base"\nresults = "{folder}/results.jsonl"\nbootstraps = 20\n'
        f'folder = "{folder}"\n[systems]\nbase = "{folder}/base"\nours = "{folder}/ours"\n{more}',
        encoding="utf-8",
    )
    return str(path)


@pytest.fixture
def measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    path = write_config(tmp_path)
    assert main(["bench", "run", path]) == 0
    capsys.readouterr()
    return path


def test_a_run_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_config(tmp_path)
    assert main(["bench", "run", path]) == 0
    output, errors = capsys.readouterr()
    assert output == (
        f"{tmp_path}/results.jsonl: 4 measured, 0 were there; "
        f"see semeval-humor bench table {path}\n"
    )
    assert "scores of ours, task-a-zh.tsv …\n" in errors
    assert main(["bench", "run", path, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["measured"] == []
    assert {"what": "scores", "of": "ours", "file": "task-a-zh.tsv"} in document["kept"]
    assert document["failures"] == []


def test_a_judge_that_fails_is_one_line_and_exit_code_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> Judged:
        raise EngineError("http://127.0.0.1:9/v1: no server answers")

    monkeypatch.setattr(judge_command, "run_judge", gone)
    path = write_config(tmp_path, JUDGE)
    assert main(["bench", "run", path]) == 3
    output, errors = capsys.readouterr()
    assert "4 measured" in output
    assert errors.splitlines()[-1] == (
        "error: qwen: http://127.0.0.1:9/v1: no server answers; run the same command again"
    )
    assert main(["bench", "table", path]) == 0
    assert "qwen (qwen: not rated yet, see bench run)" in capsys.readouterr().out


def test_a_judge_gets_the_systems_its_folder_and_the_baseline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(config: Any, entries: Any, folder: Path, baseline: str, console: Any) -> Judged:
        assert [(entry.system, entry.kind.lang) for entry in entries] == [
            *(("base", "en"), ("base", "zh"), ("ours", "en"), ("ours", "zh")),
        ]
        assert (config.model, folder, baseline) == ("Qwen/Qwen3-4B", tmp_path / "qwen", "base")
        winners = [Winner.LEFT] * 20 + [Winner.RIGHT] * 20
        votes = [Vote("en_0001", Lang.EN, "ours", "base", each, "qwen") for each in winners]
        card = dict.fromkeys(["flip_rate", "tie_rate", "first_rate", "longer_rate", "people"])
        counts = {"judge": "qwen", "battles": 40, "possible": 40, "unanswered": 0}
        return Judged(tuple(votes), {**counts, **card, "says": ["Nobody knows it."]})

    monkeypatch.setattr(judge_command, "run_judge", judge)
    path = write_config(tmp_path, JUDGE)
    assert main(["bench", "run", path]) == 0
    assert main(["bench", "table", path, "--lang", "en"]) == 0
    output = capsys.readouterr().out
    assert "1000≈" in output
    assert "qwen: a judge; 40 of 40 possible battles; flip rate –" in output


@pytest.mark.parametrize(
    ("form", "first"),
    [
        ("rich", "Task A, English"),
        ("markdown", "**Task A, English**"),
        ("latex", r"% \usepackage{booktabs}"),
        ("csv", "system,file,task,lang,official,baseline,"),
        ("json", '{"name": "dev", "baseline": "base"'),
    ],
)
def test_five_forms_of_a_table(
    measured: str, capsys: pytest.CaptureFixture[str], form: str, first: str
) -> None:
    assert main(["bench", "table", measured, "--format", form]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    assert output.startswith(first)
    assert output.endswith("\n")
    assert not output.endswith("\n\n")


def test_one_language_alone(measured: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "table", measured, "--format", "csv", "--lang", "zh"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["system"], row["file"]) for row in rows] == [
        *(("base", "task-a-zh.tsv"), ("ours", "task-a-zh.tsv")),
    ]


def test_files_that_have_changed_are_told(
    measured: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "ours/task-a-zh.tsv").open("a", encoding="utf-8") as stream:
        stream.write("zh_9\t笑话\n")
    assert main(["bench", "table", measured]) == 0
    assert capsys.readouterr().err == (
        "warning: ours: task-a-zh.tsv has changed since it was measured; "
        f"see semeval-humor bench run {measured}\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table", "--task", "B1", "--lang", "en"], "--task B1 --lang en: no system has such"),
        (["table", "--format", "html"], "'html' is not one of 'rich', 'markdown', 'latex', 'csv'"),
    ],
)
def test_bad_usage_is_one_line(
    measured: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["bench", arguments[0], measured, *arguments[1:]]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert message in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "bench.toml: cannot be read: No such file or directory"),
        ('name = "dev"\n', "bench.toml: systems: is missing"),
        ('name = "dev"\n[systems]\nours = "no-such"\n', "no-such"),
    ],
)
@pytest.mark.parametrize("command", ["run", "table"])
def test_a_bad_config_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    message: str,
    command: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("bench.toml").write_text(content, encoding="utf-8")
    assert main(["bench", command, "bench.toml"]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    told = "nothing on ours" if message == "no-such" and command == "table" else message
    assert errors.splitlines()[-1].startswith("error: ")
    assert told in errors.splitlines()[-1]
