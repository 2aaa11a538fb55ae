"""Signatures: one line that says which file, of which weights, was measured with which version."""

import semeval_humor
from semeval_humor.schema import Receipt
from semeval_humor.submission.kinds import Kind

_SHORT = 8


def signature(kind: Kind, rows: int, sha256: str, receipt: Receipt | None) -> str:
    """One line that names a submission file for a paper, a chat or a bug report.

    ``mwahaha|a-zh|n:300|file:1f0e…|model:NAME|ckpt:77a6…|adapter:none|seed:0|v:0.1.0``; digests
    are the first eight digits of SHA-256. Without a receipt the model is ``unknown``, and so is
    the checkpoint where a server spoke, whose weights nobody here has seen.
    """
    name = kind.file_name.removeprefix("task-").removesuffix(".tsv")
    parts = ["mwahaha", name, f"n:{rows}", f"file:{sha256[:_SHORT]}"]
    if receipt is None:
        parts.append("model:unknown")
    else:
        model = receipt.model
        parts += [
            f"model:{model.name.replace('|', '/')}",
            f"ckpt:{(model.weights or 'unknown')[:_SHORT]}",
            f"adapter:{(model.adapter or 'none')[:_SHORT]}",
            f"seed:{receipt.config.get('seed', 'unknown')}",
        ]
    return "|".join([*parts, f"v:{semeval_humor.__version__}"])
