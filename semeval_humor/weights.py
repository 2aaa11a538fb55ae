"""Directories of a model or adapter: what their files say, without loading a tensor."""

import contextlib
import hashlib
import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_humor.errors import DataError, HumorError
from semeval_humor.files import atomic_writer, sha256_of_file

REMEMBERED_BYTES = 16 * 2**20
"""Digests of larger files are remembered; smaller ones are hashed faster than looked up."""


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Where a tensor lies.

    Attributes:
        file: a safetensors file.
        dtype: in the words of the format: F32, BF16, I64, …
        shape: its dimensions.
        start: its first byte in the file.
        stop: the byte after its last one.
    """

    file: Path
    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


def cache_dir() -> Path:
    """Where converted models and remembered digests lie; need not exist yet."""
    own = os.environ.get("SEMEVAL_HUMOR_CACHE")
    if own:
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "semeval-humor"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        DataError: the file cannot be read or holds no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise DataError(f"{path}: found a JSON {type(value).__name__}, expected an object")
    return value


def weights_sha256(path: str) -> str:
    """SHA-256 over the weights of a model or an adapter, in hexadecimal.

    It covers the names and the digests of the ``*.safetensors`` files that lie directly in the
    directory, in the order of their names. So it changes when weights are re-sharded; whether
    training changed a model is another question (``semeval-humor diff``).

    Raises:
        DataError: there are no such files.
    """
    files = sorted(Path(path).glob("*.safetensors"))
    if not files:
        raise DataError(f"{path}: found no *.safetensors, expected the weights of a model")
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name} {file_sha256(file)}\n".encode())
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, remembered as long as its size and time of change stay the same."""
    stat = path.stat()
    if stat.st_size < REMEMBERED_BYTES:
        return sha256_of_file(path)
    memory = cache_dir() / "digests.json"
    known: dict[str, Any] = {}
    with contextlib.suppress(DataError):  # absent or spoilt: the memory is only a shortcut
        known = read_json(memory)
    key, seen = str(path.resolve()), [stat.st_size, stat.st_mtime_ns]
    match known.get(key):
        case [size, changed, str(digest)] if [size, changed] == seen:
            return digest
    digest = sha256_of_file(path)
    known = {name: entry for name, entry in known.items() if Path(name).exists()}
    with contextlib.suppress(HumorError), atomic_writer(memory) as stream:  # a read-only cache
        json.dump({**known, key: [*seen, digest]}, stream)
    return digest


def parent_of(path: str) -> str | None:
    """What a model or an adapter says that it was made from; None where it says nothing.

    An adapter says it in ``adapter_config.json``, a checkpoint of ours in its receipt.
    """
    config = Path(path, "adapter_config.json")
    if config.exists():
        parent = read_json(config).get("base_model_name_or_path")
        return str(parent) if parent else None
    for receipt in sorted(Path(path).glob("*.run.json")):
        match read_json(receipt).get("model"):
            case {"name": str(name)} if name:
                return name
    return None


def weight_files(path: Path) -> list[Path]:
    """The safetensors files of a model, those that transformers would choose.

    Args:
        path: directory of a model, or one file. Of weights that lie there in several forms,
            ``model.safetensors`` comes first, then the shards that an index names.

    Raises:
        DataError: there are none, or some that the index names are missing.
    """
    if not path.is_dir():
        return [path]
    if (path / "model.safetensors").exists():
        return [path / "model.safetensors"]
    index = path / "model.safetensors.index.json"
    if index.exists():
        names = sorted(set(read_json(index).get("weight_map", {}).values()))
        missing = [name for name in names if not (path / name).exists()]
        if missing:
            raise DataError(
                f"{path}: {len(missing)} of {len(names)} weight files are missing, "
                f"the first is {missing[0]}; fetch it again"
            )
        return [path / name for name in names]
    # Mistral's own form of the same weights, and an adapter beside its model.
    others = {*path.glob("consolidated*"), *path.glob("adapter_model*")}
    files = sorted(set(path.glob("*.safetensors")) - others)
    if not files:
        raise DataError(f"{path}: found no *.safetensors, expected the weights of a model")
    return files


def stored_tensors(path: Path) -> dict[str, StoredTensor]:
    """Every tensor of a model directory, or of one safetensors file, by name.

    Raises:
        DataError: there are none, or a file is cut off, or no safetensors file.
    """
    return {
        name: tensor for file in weight_files(path) for name, tensor in _tensors_in(file).items()
    }


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shape of every tensor of a model directory, or of one safetensors file.

    Raises:
        DataError: there are none, or a file is cut off, or no safetensors file.
    """
    return {name: tensor.shape for name, tensor in stored_tensors(path).items()}


def _tensors_in(path: Path) -> dict[str, StoredTensor]:
    # The format: 8 bytes with the length of a JSON object, the object, the tensors' bytes.
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
            if length > size - 8:
                raise DataError(f"{path}: {size} bytes, cut off or no safetensors file")
            header = json.loads(stream.read(length))
        tensors = {
            name: StoredTensor(
                path,
                str(entry["dtype"]),
                tuple(entry["shape"]),
                *(8 + length + place for place in entry["data_offsets"]),
            )
            for name, entry in header.items()
            if name != "__metadata__"
        }
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except DataError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not a safetensors file: {error}") from error
    expected = max((tensor.stop for tensor in tensors.values()), default=8 + length)
    if size != expected:
        raise DataError(f"{path}: found {size} bytes, expected {expected}; copy it again")
    return tensors
