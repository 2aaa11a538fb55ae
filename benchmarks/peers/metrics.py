"""How fast and in how much memory submissions are measured and checked, beside other ways.

    python benchmarks/peers/metrics.py --baseline FILE.tsv   # measures, about 30 minutes
    python benchmarks/peers/metrics.py --table               # the tables of the last run

FILE.tsv is a submission file whose jokes are spliced into 1,000, 10,000 and 100,000 rows: each row
is the first half of one joke and the second half of another. Every measurement is a process of its
own with one thread, in seconds of processor time, so that other work hardly moves it; memory is
its peak beyond what it had when the texts were read. ``diff`` and ``sha256sum`` are timed by the
wall clock.

Beside ours: sacrebleu's sentence BLEU in a loop, a plain distinct-n, lexicalrichness (MTLD, install
it with ``pip install lexicalrichness``), and ``sha256sum`` for ``diff``.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semeval_humor import receipt
from semeval_humor.markdown import table
from semeval_humor.schema import Lang
from semeval_humor.tsv import read_jokes

RESULTS = Path(__file__).parents[1] / "results.jsonl"
BENCHMARK = "peers/metrics"
SIZES = (1_000, 10_000, 100_000)
SELF_BLEU_ROWS = 1_100
REPEATS = 3
CHECKPOINT_BYTES = 2**30
# These are quadratic or slow: more rows would take hours.
MOST_ROWS = {"sacrebleu loop": SELF_BLEU_ROWS, "MTLD, lexicalrichness": 10_000}


def spliced(jokes: Sequence[str], rows: int) -> list[str]:
    """Texts of which each is half of one joke and half of another."""
    draw = random.Random(0)
    texts = []
    for _ in range(rows):
        left, right = draw.choice(jokes), draw.choice(jokes)
        texts.append(left[: len(left) // 2] + right[len(right) // 2 :])
    return texts


def plain_distinct_2(texts: Sequence[str]) -> float:
    """Distinct-2 as people write it: split at spaces, a set and a list."""
    pairs = [pair for text in texts for pair in zip(text.split(), text.split()[1:], strict=False)]
    return len(set(pairs)) / len(pairs)


def sacrebleu_loop(texts: Sequence[str]) -> float:
    """Self-BLEU as people write it: sentence BLEU of each joke against all others."""
    from sacrebleu.metrics import BLEU  # type: ignore[attr-defined]

    from semeval_humor.text.tokens import tokenize

    rows = [" ".join(tokenize(text, Lang.EN)) for text in texts]
    bleu = BLEU(tokenize="none", effective_order=True)
    scores = [
        bleu.sentence_score(row, [*rows[:place], *rows[place + 1 :]]).score
        for place, row in enumerate(rows)
    ]
    return statistics.mean(scores) / 100


def mtld(texts: Sequence[str]) -> float:
    """Another lexical diversity, by another library."""
    from lexicalrichness import LexicalRichness

    return float(LexicalRichness(" ".join(texts)).mtld())


def row_checks(texts: Sequence[str], *, identify: bool) -> float:
    """What ``validate`` does for every row."""
    from semeval_humor.schema import Task
    from semeval_humor.submission.content import check_text, check_texts

    found = sum(len(check_text(text, Task.A, Lang.EN, None)) for text in texts)
    return float(found + len(check_texts(texts, Lang.EN, identify=identify)))


def whole_validate(texts: Sequence[str]) -> float:
    """The command's work on a file, reading included."""
    from semeval_humor.submission.validate import validate

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task-a-en.tsv"
        lines = [f"en_{row}\t{text.replace(chr(34), '')}\n" for row, text in enumerate(texts)]
        path.write_text("id\ttext\n" + "".join(lines), encoding="utf-8")
        return float(len(validate([path]).findings))


def contenders() -> dict[str, Callable[[Sequence[str]], object]]:
    """Everything that is measured on texts."""
    from semeval_humor.metrics.suite import METRICS, Sample

    ours: dict[str, Callable[[Sequence[str]], object]] = {
        name: lambda texts, metric=metric: metric(Sample(tuple(texts), Lang.EN))  # type: ignore[misc]
        for name, metric in METRICS.items()
        if not name.startswith(("coverage", "headline"))
    }
    return {
        **ours,
        "validate: rows": lambda texts: row_checks(texts, identify=False),
        "validate: rows and language": lambda texts: row_checks(texts, identify=True),
        "validate: whole": whole_validate,
        "sacrebleu loop": sacrebleu_loop,
        "distinct-2, plain": plain_distinct_2,
        "MTLD, lexicalrichness": mtld,
    }


def measure(name: str, baseline: Path, rows: int) -> dict[str, float]:
    """One measurement in this process; what is loaded once is loaded before."""
    jokes = [joke.text for joke in read_jokes(baseline)]
    run = contenders()[name]
    run(spliced(jokes, 50))
    texts = spliced(jokes, rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock = time.process_time()
    run(texts)
    seconds = time.process_time() - clock
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": seconds, "mib": grown / 1024}


def in_process(name: str, baseline: Path, rows: int) -> dict[str, float]:
    """The same in a process of its own, with one thread."""
    command = [sys.executable, __file__, "--one", name, "--baseline", str(baseline)]
    process = subprocess.run(
        [*command, "--rows", str(rows)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    found: dict[str, float] = json.loads(process.stdout.splitlines()[-1])
    return found


def measure_diff() -> dict[str, dict[str, float]]:
    """``diff`` of two checkpoints of 1 GiB against ``sha256sum`` over both."""
    import numpy as np

    from semeval_humor.diff import diff

    with tempfile.TemporaryDirectory() as folder:
        base, same, other = (Path(folder) / name for name in ("base", "same", "other"))
        values = np.random.default_rng(0).standard_normal(CHECKPOINT_BYTES // 4, dtype="float32")
        for path, scale in ((base, 1.0), (same, 1.0), (other, 1.001)):
            write_checkpoint(path, values * np.float32(scale))
        del values
        files = [str(path / "model.safetensors") for path in (base, other)]
        found = {}
        for name, work in (
            (
                "sha256sum over both",
                lambda: subprocess.run(["sha256sum", *files], check=True, capture_output=True),
            ),
            ("diff, identical", lambda: diff(base, same)),
            ("diff, every value changed", lambda: diff(base, other)),
        ):
            work()
            seconds = []
            for _ in range(REPEATS):
                clock = time.perf_counter()
                work()
                seconds.append(time.perf_counter() - clock)
            found[name] = {"seconds": statistics.median(seconds)}
    return found


def write_checkpoint(folder: Path, values: Any) -> None:
    """A model of 64 matrices."""
    from safetensors.numpy import save_file

    folder.mkdir()
    matrices = values.reshape(64, 2048, -1)
    names = [f"model.layers.{layer}.mlp.up_proj.weight" for layer in range(64)]
    save_file(dict(zip(names, matrices, strict=True)), folder / "model.safetensors")
    (folder / "config.json").write_text("{}", encoding="utf-8")


def tables(record: dict[str, Any]) -> str:
    """The last run as Markdown."""
    texts, diffs = record["results"]["texts"], record["results"]["diff"]
    rows = []
    for name, by_rows in texts.items():
        cells = [name]
        for size in SIZES:
            found = by_rows.get(str(size))
            cells += (
                [f"{size / found['seconds']:,.0f}", f"{found['mib']:.0f}"] if found else ["–", "–"]
            )
        rows.append(cells)
    columns = ["what", *(text for size in SIZES for text in (f"rows/s at {size:,}", "MiB"))]
    ours, loop = texts["self-bleu"], texts["sacrebleu loop"]
    ratio = loop[str(SELF_BLEU_ROWS)]["seconds"] / ours[str(SELF_BLEU_ROWS)]["seconds"]
    hashing = diffs["sha256sum over both"]["seconds"]
    compared = [
        [name, f"{found['seconds']:.2f}", f"{found['seconds'] / hashing:.2f}"]
        for name, found in diffs.items()
    ]
    machine = record["hardware"]
    return (
        table(columns, rows, align="l" + "r" * (len(columns) - 1))
        + f"\nSelf-BLEU of {SELF_BLEU_ROWS:,} jokes, with its interval: "
        + f"{ours[str(SELF_BLEU_ROWS)]['seconds']:.2f} s, {ratio:,.0f} times as fast as "
        + f"sacrebleu's loop ({loop[str(SELF_BLEU_ROWS)]['seconds']:.0f} s).\n\n"
        + table(["two checkpoints of 1 GiB", "seconds", "of sha256sum"], compared, align="lrr")
        + f"\n{record['date'][:10]}, {machine['cores']} cores ({machine['processor']})."
    )


def main() -> None:
    """Measure everything, or print the last result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--baseline", type=Path, help="a submission file to make rows from")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--table", action="store_true", help="print the last result")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments.baseline, arguments.rows)))
        return
    if not arguments.table:
        texts: dict[str, dict[str, dict[str, float]]] = {}
        for name in contenders():
            sizes = {*SIZES, SELF_BLEU_ROWS} if name in ("self-bleu", "sacrebleu loop") else SIZES
            for rows in sorted(sizes):
                if rows <= MOST_ROWS.get(name, rows):
                    found = in_process(name, arguments.baseline, rows)
                    texts.setdefault(name, {})[str(rows)] = found
                    print(f"{name}, {rows} rows: {found}", file=sys.stderr)
        record = {
            "benchmark": BENCHMARK,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "config": {"baseline": arguments.baseline.name},
            "items": max(SIZES),
            "versions": receipt.versions(),
            "hardware": receipt.hardware(),
            "results": {"texts": texts, "diff": measure_diff()},
        }
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    print(tables([record for record in records if record["benchmark"] == BENCHMARK][-1]))


if __name__ == "__main__":
    main()
