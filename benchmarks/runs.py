"""What trainings came to: a row for each probe of the sentinel, and a page with all curves.

    python benchmarks/runs.py FOLDER...      # of finished trainings: records them
    python benchmarks/runs.py --table        # the tables of the last recording

The page is ``runs.html``. Neither holds a prompt or an answer.
"""

import argparse
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semeval_humor import receipt
from semeval_humor.html.charts import CHART_CSS
from semeval_humor.html.page import heading, page
from semeval_humor.markdown import table
from semeval_humor.training.recorder import Progress, read_progress
from semeval_humor.training.report import curves

RESULTS = Path(__file__).parent / "results.jsonl"
PAGE = Path(__file__).parent / "runs.html"
BENCHMARK = "runs"
SHOWN = ("reward", "script-purity", "distinct-2", "loops", "cut-off", "length", "kl", "entropy")
ENDS = 15  # steps at the beginning and at the end whose rewards are compared


def recorded(folder: Path, progress: Progress) -> dict[str, Any]:
    """What is kept of a training."""
    [path] = folder.glob("train-*.run.json")
    account = receipt.read_receipt(path)
    steps = [step for step, _ in progress.signals["length"]]
    return {
        "name": folder.name,
        "command": account.command,
        "parent": account.config["model"],
        "steps": account.counts["steps"],
        "seconds_per_step": account.counts["seconds_per_step"],
        "peak_memory_gib": account.counts["peak_memory_gib"],
        "verdict": account.counts["diff"]["verdict"],
        "result_step": account.counts["result_step"],
        "alarms": [[alarm.step, alarm.cause] for alarm, _ in progress.alarms],
        "reward": _ends([value for _, value in progress.logged.get("reward", [])]),
        "probes": [
            {"step": step}
            | {
                name: dict(progress.signals[name])[step]
                for name in SHOWN
                if name in progress.signals
            }
            for step in steps
        ],
    }


def _ends(rewards: list[float]) -> list[tuple[float, float]]:
    """Mean and half of the 95 % interval of the first and the last steps' rewards."""
    return [_mean(rewards[:ENDS]), _mean(rewards[-ENDS:])] if rewards else []


def _mean(values: list[float]) -> tuple[float, float]:
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return mean, 1.96 * math.sqrt(variance / len(values))


def tables(record: dict[str, Any]) -> str:
    """A paragraph and a table for each training."""
    parts = []
    for run in record["results"]:
        names = [name for name in SHOWN if name in run["probes"][0]]
        about = (
            f"`{run['name']}`: {run['command']} of {run['parent']}, {run['steps']} steps, "
            f"{run['seconds_per_step']:.1f} s each, {run['peak_memory_gib']:.1f} GiB; "
            f"{run['verdict']}, the result are the weights of step {run['result_step']}."
        )
        if run["reward"]:
            first, last = (f"{mean:.2f} ± {half:.2f}" for mean, half in run["reward"])
            about += f" Mean reward of the first {ENDS} steps {first}, of the last {last}."
        for step, cause in run["alarms"]:
            about += f" Alarm at step {step}: {cause}."
        rows = [
            [str(probe["step"]), *(f"{probe[name]:.3f}" for name in names)]
            for probe in run["probes"]
        ]
        parts += [about + "\n", table(["step", *names], rows, align="r" * (1 + len(names)))]
    return "\n".join(parts)


def main() -> None:
    """Record trainings, or print the last recording."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*", help="of finished trainings")
    parser.add_argument("--table", action="store_true", help="print the last recording")
    arguments = parser.parse_args()
    if arguments.folders:
        runs = {folder: read_progress(folder) for folder in arguments.folders}
        record = {
            "benchmark": BENCHMARK,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": receipt.versions(),
            "hardware": receipt.hardware(),
            "results": [recorded(folder, progress) for folder, progress in runs.items()],
        }
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
        body = [
            part
            for folder, progress in runs.items()
            for part in (heading(folder.name), *curves(progress))
        ]
        PAGE.write_text(page("Trainings", body, css=CHART_CSS), encoding="utf-8")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    print(tables([record for record in records if record["benchmark"] == BENCHMARK][-1]))


if __name__ == "__main__":
    main()
