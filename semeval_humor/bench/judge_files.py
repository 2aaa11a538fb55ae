"""What a judge's run leaves in its folder."""

import dataclasses
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semeval_humor import receipt
from semeval_humor.bench.judge_card import markdown
from semeval_humor.bench.judging import Judged
from semeval_humor.files import atomic_writer, sha256_of_file, sha256_of_json
from semeval_humor.schema import FileRecord, ModelIdentity, Receipt
from semeval_humor.votes import write_votes

VOTES = "votes.jsonl"
ANSWERS = "judge.answers.jsonl"
CARD = "judge-card.json"
CARD_TO_READ = "judge-card.md"
RECEIPT = "judge.run.json"

MADE = (VOTES, ANSWERS, CARD, CARD_TO_READ, RECEIPT)
"""All of them."""


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """What a receipt says of a judge's run.

    Attributes:
        config: every setting.
        identity: of the judge: whatever moves its answers.
        model: the weights that spoke.
        engine: how they were run here.
        inputs: files that were judged, and those that the judge was made from.
        counts: what happened, by name.
        started: when the run began.
    """

    config: dict[str, Any]
    identity: dict[str, Any]
    model: ModelIdentity
    engine: dict[str, Any]
    inputs: Sequence[FileRecord]
    counts: dict[str, Any]
    started: datetime


def write_judged(folder: Path, judged: Judged, account: Account) -> bool:
    """Write votes, card and receipt; return False, and touch nothing, where they are there.

    Votes and card follow from the answers, so former ones are replaced.

    Raises:
        DataError: the receipt in the folder is damaged.
        HumorError: a file cannot be written.
    """
    inputs = [[record.name, record.sha256] for record in account.inputs]
    votes = [dataclasses.asdict(vote) for vote in judged.votes]
    said = sha256_of_json([account.config, inputs, votes, judged.card])
    identity = {**account.identity, "result": said}
    if _is_there(folder, identity):
        return False
    write_votes(folder / VOTES, judged.votes)
    pages = {
        CARD: json.dumps(judged.card, ensure_ascii=False, indent=2) + "\n",
        CARD_TO_READ: markdown(judged.card),
    }
    for name, text in pages.items():
        with atomic_writer(folder / name) as stream:
            stream.write(text)
    written = Receipt(
        command="judge",
        config=account.config,
        identity=identity,
        model=account.model,
        engine=account.engine,
        inputs=tuple(account.inputs),
        outputs=tuple(FileRecord(name, sha256_of_file(folder / name)) for name in (VOTES, *pages)),
        counts=account.counts,
        unresolved={},
        versions=receipt.versions(),
        hardware=receipt.hardware(),
        started=account.started.isoformat(timespec="seconds"),
        seconds=round((datetime.now(UTC) - account.started).total_seconds(), 2),
    )
    receipt.write_receipt(folder / RECEIPT, written)
    return True


def _is_there(folder: Path, identity: dict[str, Any]) -> bool:
    if not (folder / RECEIPT).exists():
        return False
    former = receipt.read_receipt(folder / RECEIPT)
    return former.identity == identity and all(
        (folder / output.name).exists() and sha256_of_file(folder / output.name) == output.sha256
        for output in former.outputs
    )
