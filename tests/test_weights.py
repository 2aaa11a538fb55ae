import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from semeval_humor import weights
from semeval_humor.errors import DataError
from semeval_humor.models import parent_of, weights_sha256


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMEVAL_HUMOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_digest_by_hand(tmp_path: Path) -> None:
    (tmp_path / "b.safetensors").write_bytes(b"two")
    (tmp_path / "a.safetensors").write_bytes(b"one")
    (tmp_path / "config.json").write_bytes(b"{}")
    lines = [f"{n} {hashlib.sha256(v).hexdigest()}\n" for n, v in (("a", b"one"), ("b", b"two"))]
    text = "".join(line.replace(" ", ".safetensors ", 1) for line in lines)
    assert weights_sha256(str(tmp_path)) == hashlib.sha256(text.encode()).hexdigest()


def test_no_weights(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").touch()
    with pytest.raises(DataError, match=r"found no \*\.safetensors"):
        weights_sha256(str(tmp_path))


def test_digests_of_large_files_are_remembered(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "REMEMBERED_BYTES", 2)
    hashed = []

    def digest(path: Path) -> str:
        hashed.append(path.read_bytes())
        return hashed[-1].decode()

    monkeypatch.setattr(weights, "sha256_of_file", digest)
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"one")
    first = weights_sha256(str(tmp_path))
    assert weights_sha256(str(tmp_path)) == first
    assert hashed == [b"one"]
    file.write_bytes(b"three")
    assert weights_sha256(str(tmp_path)) != first
    memory = cache / "digests.json"
    assert list(json.loads(memory.read_text())) == [str(file.resolve())]
    memory.write_text("[spoilt")
    weights_sha256(str(tmp_path))
    assert hashed == [b"one", b"three", b"three"]
    other = tmp_path / "other"
    file.rename(other)
    weights.file_sha256(other)
    assert list(json.loads(memory.read_text())) == [str(other.resolve())]


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "REMEMBERED_BYTES", 0)
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEMEVAL_HUMOR_CACHE", str(tmp_path / "file"))
    assert weights.file_sha256(tmp_path / "file") == hashlib.sha256().hexdigest()


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert weights.cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("SEMEVAL_HUMOR_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert weights.cache_dir() == Path("/xdg/semeval-humor")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert weights.cache_dir() == Path("/home/somebody/.cache/semeval-humor")


@pytest.mark.parametrize(
    ("file", "value", "parent"),
    [
        ("adapter_config.json", {"base_model_name_or_path": "o/m"}, "o/m"),
        ("adapter_config.json", {"base_model_name_or_path": None}, None),
        ("train.run.json", {"model": {"name": "smollm2-135m"}}, "smollm2-135m"),
        ("train.run.json", {"model": {"name": ""}}, None),
        ("train.run.json", {}, None),
        ("config.json", {"_name_or_path": "o/m"}, None),
    ],
)
def test_parents(tmp_path: Path, file: str, value: Any, parent: str | None) -> None:
    (tmp_path / file).write_text(json.dumps(value))
    assert parent_of(str(tmp_path)) == parent


def test_json_that_is_no_object(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    with pytest.raises(DataError, match="cannot be read: No such file"):
        weights.read_json(file)
    file.write_text("[]")
    with pytest.raises(DataError, match="found a JSON list, expected an object"):
        weights.read_json(file)


def test_shapes_of_all_files(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(2, 3)}, tmp_path / "1.safetensors", {"format": "pt"})
    save_file({"b": torch.zeros(4)}, tmp_path / "2.safetensors")
    assert weights.tensor_shapes(tmp_path) == {"a": (2, 3), "b": (4,)}
    assert weights.tensor_shapes(tmp_path / "2.safetensors") == {"b": (4,)}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[:-1], "copy it again"),
        (lambda data: data[:5], "cut off or no safetensors"),
        (lambda data: b"version https://git-lfs.github.com/spec/v1\n", "cut off or no safetens"),
        (lambda data: data[:8] + b"x" + data[9:], "not a safetensors file"),
    ],
)
def test_spoilt_files(tmp_path: Path, spoil: Any, message: str) -> None:
    file = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(2, 3)}, file)
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(DataError, match=message):
        weights.tensor_shapes(tmp_path)


def test_where_tensors_lie(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_file({"a": torch.tensor([1, 2], dtype=torch.int16), "b": torch.ones(())}, file)
    found = weights.stored_tensors(tmp_path)
    assert {(name, t.file, t.dtype, t.shape) for name, t in found.items()} == {
        ("a", file, "I16", (2,)),
        ("b", file, "F32", ()),
    }
    place = found["a"]
    assert file.read_bytes()[place.start : place.stop] == b"\x01\x00\x02\x00"


def test_which_files_make_up_a_model(tmp_path: Path) -> None:
    def make(*names: str) -> None:
        for name in names:
            save_file({name: torch.zeros(1)}, tmp_path / name)

    def chosen() -> list[str]:
        return [file.name for file in weights.weight_files(tmp_path)]

    make("adapter_model.safetensors", "consolidated.safetensors")
    with pytest.raises(DataError, match=r"found no \*\.safetensors, expected the weights"):
        chosen()
    make("x.safetensors")
    assert chosen() == ["x.safetensors"]
    index = {"weight_map": {"a": "2.safetensors", "b": "1.safetensors", "c": "2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    make("2.safetensors")
    with pytest.raises(DataError, match=r"1 of 2 weight files are missing, the first is 1\.safe"):
        chosen()
    make("1.safetensors")
    assert chosen() == ["1.safetensors", "2.safetensors"]
    make("model.safetensors")
    assert chosen() == ["model.safetensors"]
    assert weights.weight_files(tmp_path / "x.safetensors") == [tmp_path / "x.safetensors"]
