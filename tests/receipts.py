"""Receipts for tests."""

import dataclasses
from typing import Any

from semeval_humor.schema import FileRecord, ModelIdentity, Receipt

RECEIPT = Receipt(
    command="predict",
    config={"task": "A", "lang": "en", "adapter": None, "seed": 7},
    identity={},
    model=ModelIdentity("tiny", weights="a" * 64),
    engine={"engine": "vllm"},
    inputs=(FileRecord("/data/task-a-en.tsv", "c" * 64, ("en_1", "en_2")),),
    outputs=(FileRecord("task-a-en.tsv", "d" * 64, ("en_1", "en_2")),),
    counts={},
    unresolved={},
    versions={},
    hardware={},
    started="2026-01-31T12:00:00+00:00",
)


def receipt_for(**values: Any) -> Receipt:
    """Return the receipt above with other values."""
    return dataclasses.replace(RECEIPT, **values)
