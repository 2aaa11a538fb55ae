"""Files are whole or absent, whatever goes wrong, and fingerprints are those of the content."""

import hashlib
import os
from pathlib import Path

import pytest

from semeval_humor.errors import DataError, HumorError
from semeval_humor.files import atomic_folder, atomic_writer, sha256_of_file, sha256_of_json


def test_the_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.txt"
    with atomic_writer(path) as stream:
        stream.write("joke\nchiste: ñ\n笑话\r\n")
        stream.flush()
        assert not path.exists()
    assert path.read_bytes() == "joke\nchiste: ñ\n笑话\r\n".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(("umask", "permissions"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_are_those_of_any_new_file(
    tmp_path: Path, umask: int, permissions: int
) -> None:
    path = tmp_path / "file.txt"
    before = os.umask(umask)
    try:
        with atomic_writer(path):
            pass
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == permissions


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_inside_the_block_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old", encoding="utf-8")

    def write_and_fail() -> None:
        with atomic_writer(path) as stream:
            stream.write("new")
            stream.flush()
            raise failure

    with pytest.raises(failure):
        write_and_fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("odd"), "odd"),
    ],
)
def test_a_full_disk_leaves_the_old_file_and_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: OSError, message: str
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old", encoding="utf-8")

    def fsync(_: int) -> None:
        raise failure

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(HumorError) as told, atomic_writer(path) as stream:
        stream.write("new")
    assert str(told.value) == f"{path}: cannot be written: {message}"
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("inside", ["file.txt", "sub/file.txt", ""])
def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path: Path, inside: str) -> None:
    blocked = tmp_path / "blocked"
    if inside:
        blocked.write_text("a file, no folder", encoding="utf-8")
    else:
        blocked.mkdir()  # where the file itself should be
    path = blocked / inside
    with pytest.raises(HumorError) as told, atomic_writer(path) as stream:
        stream.write("new")
    assert str(told.value).startswith(f"{path}: cannot be written: ")
    assert list(tmp_path.iterdir()) == [blocked]


def test_half_a_character_is_refused_with_the_text_before_it(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    with pytest.raises(DataError) as told, atomic_writer(path) as stream:
        stream.write("x" * 100 + "half of 😀: \ud83d, and more")
    assert str(told.value).startswith(f"{path}: ")
    assert str(told.value).endswith(r"xxxhalf of 😀: \ud83d'")
    assert list(tmp_path.iterdir()) == []


def test_fingerprint_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(b"\xff\r\n\0")
    assert sha256_of_file(path) == hashlib.sha256(b"\xff\r\n\0").hexdigest()


def test_fingerprint_of_json_ignores_the_order_of_keys_only() -> None:
    value = {"lang": "zh", "texts": ["笑话", "ñ"], "n": {"a": 1, "b": None}}
    turned = {"n": {"b": None, "a": 1}, "texts": ["笑话", "ñ"], "lang": "zh"}
    as_text = '{"lang":"zh","n":{"a":1,"b":null},"texts":["笑话","ñ"]}'
    assert sha256_of_json(value) == sha256_of_json(turned)
    assert sha256_of_json(value) == hashlib.sha256(as_text.encode()).hexdigest()
    assert sha256_of_json(value) != sha256_of_json(value | {"texts": ["ñ", "笑话"]})


def test_a_folder_is_whole_or_absent(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "checkpoint"

    def broken() -> None:
        with atomic_folder(target) as partial:
            (partial / "half").write_text("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert list(target.parent.iterdir()) == []
    with atomic_folder(target) as partial:
        (partial / "model.safetensors").touch(mode=0o600)
        assert not target.exists()
    umask = os.umask(0)
    os.umask(umask)
    assert (target / "model.safetensors").stat().st_mode & 0o777 == 0o666 & ~umask
    assert [path.name for path in target.parent.iterdir()] == ["checkpoint"]


def test_a_folder_takes_the_place_of_another_only_when_told_to(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    target = tmp_path / "checkpoint"
    target.mkdir()
    (tmp_path / "old").rename(target / "old")
    with pytest.raises(OSError, match="not empty"), atomic_folder(target):
        pass
    assert (target / "old").exists()
    with atomic_folder(target, replace=True) as partial:
        (partial / "new").touch()
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]
