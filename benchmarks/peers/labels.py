"""What the JSON schema, the checks and the journal cost ``data label``, and how many labels pass.

    python benchmarks/peers/labels.py --jokes FILE.parquet           # measures, about 10 minutes
    python benchmarks/peers/labels.py --table [--receipts FILE...]   # the last result, as Markdown

The same prompts are answered by one engine, by turns: freely, as ``predict`` samples, and as
``data label`` asks. The yields are those that receipts of ``data label`` tell.
"""

import argparse
import dataclasses
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from semeval_humor import receipt
from semeval_humor.data.jokes import CorpusText, read_jokes
from semeval_humor.data.label import Yield, yield_table
from semeval_humor.data.label_model import (
    MAX_TOKENS,
    LabelAttempt,
    label_by_model,
    open_attempts,
)
from semeval_humor.data.label_prompts import LabelBook
from semeval_humor.inference.config import EngineConfig
from semeval_humor.inference.engines import plan_engine
from semeval_humor.schema import Engine, Lang, Request, Sampling

RESULTS = Path(__file__).parents[1] / "results.jsonl"
BENCHMARK = "peers/labels"
JOKES = 96
REPEATS = 4
TEMPERATURE = 0.7


class Tokens:
    """Counts what a run of ``data label`` sampled."""

    def __init__(self) -> None:
        self.seen = 0

    def attempt_starts(self, attempt: int, jokes: int) -> None:
        """Not of interest."""

    def labelled(self, attempt: LabelAttempt) -> None:
        """An answer is in the journal."""
        self.seen += attempt.tokens


def run_free(engine: Engine, jokes: Sequence[CorpusText], seed: int) -> int:
    """Tokens of answers without a schema."""
    book = LabelBook()
    requests = [Request(j.id, book.conversation(j.text, j.lang, chat=True)) for j in jokes]
    sampling = Sampling(temperature=TEMPERATURE, max_tokens=MAX_TOKENS, seed=seed)
    return sum(answer.tokens for answer in engine.generate(requests, sampling))


def run_label(engine: Engine, jokes: Sequence[CorpusText], seed: int) -> int:
    """Tokens of answers that are held to the schema, checked and kept in a journal."""
    tokens = Tokens()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_attempts(Path(folder) / "journal.jsonl", {}) as journal,
    ):
        label_by_model(
            jokes,
            engine,
            journal,
            LabelBook(),
            tokens,
            chat=True,
            attempts=1,
            temperature=TEMPERATURE,
            seed=seed,
        )
    return tokens.seen


def measure(path: Path) -> dict[str, list[float]]:
    """Tokens a second of both, run by run; the first turn warms up and is not counted."""
    english = (row for row in read_jokes(path) if row.lang is Lang.EN and row.is_humor)
    jokes = list(islice(english, JOKES))
    runs: dict[str, list[float]] = {"predict": [], "label": []}
    plan = plan_engine(EngineConfig())
    with plan.start(0, len(jokes) * MAX_TOKENS) as engine:
        for turn in range(REPEATS + 1):
            for name, run in (("predict", run_free), ("label", run_label)):
                clock = time.monotonic()
                tokens = run(engine, jokes, turn)
                if turn:
                    runs[name].append(tokens / (time.monotonic() - clock))
    return runs


def yields(receipts: Sequence[Path]) -> list[Yield]:
    """The counts of runs of ``data label``."""
    names = [field.name for field in dataclasses.fields(Yield)]
    found = [json.loads(path.read_text(encoding="utf-8"))["counts"] for path in receipts]
    return [
        Yield(**{name: counts[name] for name in names} | {"lang": Lang(counts["lang"])})
        for counts in found
    ]


def main() -> None:
    """Measure, or print the last result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jokes", type=Path, help="file that data build made")
    parser.add_argument("--table", action="store_true", help="print the last result")
    parser.add_argument("--receipts", type=Path, nargs="*", default=[], help="of data label")
    arguments = parser.parse_args()
    if not arguments.table:
        record: dict[str, Any] = {
            "benchmark": BENCHMARK,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "items": JOKES,
            "versions": receipt.versions(),
            "hardware": receipt.hardware(),
            "results": measure(arguments.jokes),
        }
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    last = [record for record in records if record["benchmark"] == BENCHMARK][-1]
    free, label = (statistics.median(last["results"][name]) for name in ("predict", "label"))
    print(
        f"{last['items']} prompts, tokens/s, medians of {REPEATS} runs by turns: "
        f"free {free:.0f}, as data label asks {label:.0f}, ×{label / free:.2f}"
    )
    if arguments.receipts:
        print(yield_table(yields(arguments.receipts)))


if __name__ == "__main__":
    main()
