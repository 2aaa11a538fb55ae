"""Receipts come back as they were written, and say what they were made with."""

import dataclasses
import importlib.metadata
import json
import os
import platform
from pathlib import Path
from typing import Any

import pytest

import semeval_humor
from semeval_humor import receipt
from semeval_humor.errors import DataError
from semeval_humor.schema import FileRecord, ModelIdentity, Receipt

RECEIPT = Receipt(
    command="predict",
    config={"task": "A", "lang": "zh", "adapter": None, "base_url": []},
    identity={"sampling": {"temperature": 0.9, "stop": ["\n"]}},
    model=ModelIdentity("笑话模型", weights="a" * 64, parent=None, adapter="b" * 64),
    engine={"engine": "vllm", "eager": True},
    inputs=(FileRecord("/data/task-a-zh.tsv", "c" * 64, ("zh_2001", "zh_2002")),),
    outputs=(FileRecord("task-a-zh.tsv", "d" * 64, ("zh_2001",)), FileRecord("j.jsonl", "e" * 64)),
    counts={"rows": 2, "finished": {"stopped": 8}},
    unresolved={"zh_2002": ("missing-word", "too-long")},
    versions={"python": "3.11"},
    hardware={"cores": 2, "memory_gib": 7.8},
    started="2026-01-31T12:00:00+00:00",
    seconds=12.5,
)


def test_a_receipt_comes_back_as_it_was(tmp_path: Path) -> None:
    path = receipt.receipt_path(tmp_path / "task-a-zh.tsv")
    receipt.write_receipt(path, RECEIPT)
    assert path.name == "task-a-zh.run.json"
    assert receipt.read_receipt(path) == RECEIPT
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert "笑话模型" in text


def without(name: str) -> dict[str, Any]:
    value = dataclasses.asdict(RECEIPT)
    del value[name]
    return value


def replaced(**values: Any) -> dict[str, Any]:
    return dataclasses.asdict(RECEIPT) | values


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        "3",
        "null",
        *map(
            json.dumps,
            [
                without("command"),
                without("model"),
                without("inputs"),
                without("unresolved"),
                replaced(colour="red"),
                replaced(model="gpt"),
                replaced(model={"weights": "a"}),
                replaced(model=None),
                replaced(inputs=["task-a-zh.tsv"]),
                replaced(outputs=[{"name": "a", "sha256": "b", "ids": 3}]),
                replaced(outputs=[{"name": "a", "sha256": "b"}]),
                replaced(unresolved=["zh_2002"]),
                replaced(unresolved={"zh_2002": None}),
            ],
        ),
    ],
)
def test_another_file_is_no_receipt(tmp_path: Path, content: str) -> None:
    path = tmp_path / "task-a-zh.run.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as failure:
        receipt.read_receipt(path)
    assert str(failure.value).startswith(f"{path}: not a receipt: ")
    assert "\n" not in str(failure.value)


def test_a_missing_or_garbled_receipt_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "task-a-es.run.json"
    with pytest.raises(DataError, match=r"run.json: cannot be read: No such file or directory$"):
        receipt.read_receipt(path)
    path.write_bytes("{'mañana'}".encode("cp1252"))
    with pytest.raises(DataError, match=r"run.json: not a receipt: 'utf-8' codec can't decode"):
        receipt.read_receipt(path)


def test_versions_are_those_of_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"torch", "transformers", "vllm", "peft"} <= set(receipt._LIBRARIES)
    monkeypatch.setattr(receipt, "_LIBRARIES", ("pytest", "no-such-library"))
    assert receipt.versions() == {
        "semeval-humor": semeval_humor.__version__,
        "python": platform.python_version(),
        "pytest": importlib.metadata.version("pytest"),
    }


def test_hardware_is_what_this_process_may_use() -> None:
    found = receipt.hardware()
    assert found["cores"] == len(os.sched_getaffinity(0))
    assert found["machine"] == platform.machine()
    assert 0.1 < found["memory_gib"] < 1e5
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("cpuinfo", "processor"),
    [
        ("processor : 0\nmodel name\t: Fast CPU: 3 GHz\nmodel name : other\n", "Fast CPU: 3 GHz"),
        ("processor : 0\nCPU architecture: 8\n", "as python says"),  # ARM
        (None, "as python says"),  # not Linux
    ],
)
def test_the_processor_is_named_where_the_system_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpuinfo: str | None, processor: str
) -> None:
    path = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        path.write_text(cpuinfo, encoding="utf-8")
    monkeypatch.setattr(receipt, "Path", lambda name: {"/proc/cpuinfo": path}[name])
    monkeypatch.setattr(platform, "processor", lambda: "as python says")
    assert receipt.hardware()["processor"] == processor
