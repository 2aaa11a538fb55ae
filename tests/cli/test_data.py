"""``data fetch`` and ``data build`` from the command line."""

from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from tests.data.corpora_at_hand import FILES, make

ENGLISH = "corpora/en/colbert_dev.csv"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMEVAL_HUMOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_fetch_and_build(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make(tmp_path / "data", ENGLISH, "corpora/zh/thucnews_dev.txt")
    assert main(["data", "fetch", "all", "--from", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert "ColBERT: https://github.com/Moradnejad/" in out
    assert "licence: none stated; cite: Chiruzzo et al. 2021" in out
    assert f"{cache / ENGLISH} (copied, {len(FILES[ENGLISH])} bytes, SHA-256 " in out
    assert "colbert_dev.csv: nobody has published its SHA-256; " in err
    assert err.splitlines()[-1].startswith(
        "2 of 8 corpus files and 0 of 10 task inputs are here; "
        "not at hand: corpora/es/haha_2021_train.csv, "
    )

    result = tmp_path / "out" / "jokes.parquet"
    assert main(["data", "build", "--out", str(result.parent)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        f"{result} (6 rows)",
        "  en  colbert-dev: 4 of 5; 1 same text",
        "  zh  thucnews-dev: 2 of 2",
    ]
    assert "no task inputs at hand" in err
    assert " rows/s, at most " in err
    first, second, *_ = err.splitlines()
    assert first == f"reading {cache / ENGLISH} ({len(FILES[ENGLISH])} bytes) …"
    assert second.startswith(f"reading {cache}/corpora/zh/thucnews_dev.txt (")
    assert result.with_suffix(".md").exists()

    assert main(["data", "build", "--out", str(result.parent)]) == 2
    assert "jokes.parquet: is there already; use --force" in capsys.readouterr().err
    assert main(["data", "build", "--out", str(result.parent), "--force"]) == 0


def test_all_but_the_task_inputs_is_fine_without_a_log_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("semeval_humor.data.corpora.CORPORA", ())
    assert main(["data", "fetch"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("MWAHAHA task inputs: https://www.codabench.org/competitions/9719/\n")
    assert err.startswith("MWAHAHA task inputs: published only to those who log in at ")
    assert "\n0 of 10 task inputs are here; not at hand: mwahaha/dev/task-a-en.tsv, " in err


def test_build_from_a_folder_says_what_is_not_the_published_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make(tmp_path / "data")
    assert main(["data", "build", "--from", str(folder), "--out", str(tmp_path)]) == 0
    err = capsys.readouterr().err
    assert f"{folder}/corpora/zh/task1_train.csv: is not the published file; see the card" in err
    assert "colbert_dev.csv: is not" not in err  # of that one nobody knows
    assert "no task inputs" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fetch", "fr"], "'fr' is not one of 'en', 'es', 'zh', 'mwahaha', 'all'"),
        (
            ["fetch", "en", "--from", "nowhere"],
            "nowhere: holds none of the files; expected corpora",
        ),
        (["fetch", "mwahaha"], "MWAHAHA task inputs: published only to those who log in at https:"),
        (["build", "--from", "nowhere"], "nowhere: no corpus found, expected corpora/en/colbert"),
        (["build"], "no corpus found, expected corpora/en/colbert_dev.csv"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["data", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_a_bad_file_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ENGLISH
    path.parent.mkdir(parents=True)
    path.write_bytes("text,humor\nA café for socks,True\n".encode("cp1252"))
    assert main(["data", "build", "--from", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"reading {path} (33 bytes) …",
        f"error: {path}:2: byte 0xe9 is not UTF-8; save the file as UTF-8",
    ]
