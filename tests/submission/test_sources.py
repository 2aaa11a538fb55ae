"""Which files are checked where people name files, folders and zips."""

import os
import zipfile
from pathlib import Path

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.schema import Lang, Task
from semeval_humor.submission.kinds import KINDS, Kind, kind_of_ids, kind_of_name
from semeval_humor.submission.sources import find_sources

CONTENT = b"id\ttext\nen_1\tWhy not\n"
EN, ES, ZH = (Kind(Task.A, lang) for lang in Lang)
B1, B2 = Kind(Task.B1, Lang.EN), Kind(Task.B2, Lang.EN)


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CONTENT)
    return path


def pack(path: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, CONTENT)
    return path


def sources(*paths: Path) -> list[tuple[str, bool, Kind | None, list[str]]]:
    """File, whether it has content, kind, and codes."""
    return [
        (each.file, each.content == CONTENT, each.kind, [str(f.code) for f in each.findings])
        for each in find_sources(paths)
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("task-a-en.tsv", EN),
        ("task-a-es.tsv", ES),
        ("task-a-zh.tsv", ZH),
        ("task-b1.tsv", B1),
        ("task-b2.tsv", B2),
        ("task-b1.ids-1-to-10.tsv", B1),
        ("Task-A-ZH (1).csv", ZH),
        ("task-a-en_final.tsv", EN),
        ("task-b11.tsv", None),
        ("task-a-english.tsv", None),
        ("jokes.tsv", None),
    ],
)
def test_names_tell_the_task(name: str, kind: Kind | None) -> None:
    assert kind_of_name(name) == kind


@pytest.mark.parametrize(
    ("ids", "kind"),
    [
        (["en_2001", "zh_0001", "en_2002"], EN),
        (["es_1"], ES),
        (["7", "zh_1"], ZH),
        (["img_0001"], B1),
        (["img_2_0001", "img_2_0002", "img_0001"], B2),
        (["1", "2", ""], None),
        ([], None),
    ],
)
def test_ids_tell_the_task(ids: list[str], kind: Kind | None) -> None:
    assert kind_of_ids(ids) == kind


def test_there_are_five_kinds() -> None:
    assert KINDS == (EN, ES, ZH, B1, B2)


def test_a_file_that_is_named_directly_is_taken_whatever_its_name(tmp_path: Path) -> None:
    paths = [write(tmp_path / name) for name in ("task-a-es.tsv", "task-b2.old.tsv", "jokes.csv")]
    assert sources(*paths) == [
        (str(paths[0]), True, ES, []),
        (str(paths[1]), True, B2, []),
        (str(paths[2]), True, None, []),
    ]


def test_folders_are_searched_to_the_bottom(tmp_path: Path) -> None:
    for name in (
        "qwen/task-a-zh.tsv",
        "qwen/task-a-en.tsv",
        "qwen/task-a-en.candidates.jsonl",
        "qwen/task-a-en.run.json",
        "old/deep/task-b1.tsv",
        "old/task-b1.second.tsv",
        "old/jokes.tsv",
        "old/Jokes.CSV",
        "old/.task-a-en.tsv",
        ".cache/task-a-en.tsv",
        "README.md",
    ):
        write(tmp_path / name)
    pack(tmp_path / "qwen.zip", "task-a-es.tsv", "task-b2.tsv")
    (tmp_path / "task-x.tsv").mkdir()
    assert sources(tmp_path) == [
        (f"{tmp_path}/old/Jokes.CSV", False, None, ["wrong-file-name"]),
        (f"{tmp_path}/old/deep/task-b1.tsv", True, B1, []),
        (f"{tmp_path}/old/jokes.tsv", False, None, ["wrong-file-name"]),
        (f"{tmp_path}/old/task-b1.second.tsv", True, B1, ["wrong-file-name"]),
        (f"{tmp_path}/qwen/task-a-en.tsv", True, EN, []),
        (f"{tmp_path}/qwen/task-a-zh.tsv", True, ZH, []),
        (f"{tmp_path}/qwen.zip/task-a-es.tsv", True, ES, []),
        (f"{tmp_path}/qwen.zip/task-b2.tsv", True, B2, []),
    ]


def test_members_of_a_zip_are_named_after_it(tmp_path: Path) -> None:
    path = pack(tmp_path / "mine.ZIP", "task-b1.tsv", "x/task-a-en.tsv")
    assert sources(path) == [
        (f"{path}", False, None, ["zip-folder"]),
        (f"{path}/task-b1.tsv", True, B1, []),
    ]
    assert [each.path for each in find_sources([path])] == [None, None]


def test_a_broken_zip_stops_nothing(tmp_path: Path) -> None:
    broken, fine = write(tmp_path / "a.zip"), write(tmp_path / "task-a-en.tsv")
    assert sources(broken, fine) == [
        (str(broken), False, None, ["bad-zip"]),
        (str(fine), True, EN, []),
    ]


def test_files_are_read_one_at_a_time(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"task-a-{lang}.tsv") for lang in Lang]
    found = find_sources(paths)
    next(found)
    paths[1].write_bytes(b"written later")
    assert next(found).content == b"written later"


@pytest.mark.parametrize("names", [[], ["README.md", "task-a-en.jsonl", ".task-a-en.tsv"]])
def test_a_folder_with_nothing_to_check_is_a_mistake(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        write(tmp_path / name)
    with pytest.raises(ConfigError, match=r"no file to check in this folder, expected task-a-en"):
        sources(tmp_path)


def test_a_path_that_is_not_there_is_told_before_anything_is_read(tmp_path: Path) -> None:
    first = write(tmp_path / "task-a-en.tsv")
    with pytest.raises(ConfigError, match=r"task-a-es.tsv: no such file or folder$"):
        next(find_sources([first, tmp_path / "task-a-es.tsv"]))


def test_a_file_that_cannot_be_read_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "task-a-en.tsv")

    def failing(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", failing)
    (found,) = find_sources([path])
    assert [finding.message for finding in found.findings] == ["cannot be read: Input/output error"]


def test_a_name_that_is_not_utf8_can_be_printed(tmp_path: Path) -> None:
    path = write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/task-a-en.\xff.tsv")))
    (found,) = find_sources([path])
    assert found.file == f"{tmp_path}/task-a-en.\ufffd.tsv"
    assert found.kind == EN
