"""``predict`` with a real vLLM and the embedded model, from the command line."""

import json
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pandas
import pytest

from semeval_humor.inference.candidates import read_candidates
from semeval_humor.receipt import read_receipt
from tests.adapters import write_adapter
from tests.end_to_end.command import alive, descendants, kill, run, start

pytest.importorskip("vllm")
pytestmark = pytest.mark.model


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(condition: "object", process: "object", seconds: float = 200) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and process.poll() is None:  # type: ignore[operator,attr-defined]
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def test_killed_continued_interrupted_and_finished(tmp_path: Path) -> None:
    command: list[str | Path] = [
        "predict",
        "--task",
        "A",
        "--lang",
        "en",
        "--limit",
        "12",
        "--out",
        tmp_path,
    ]
    journal = tmp_path / "task-a-en.candidates.jsonl"

    process = start(command)
    wait_for(lambda: lines(journal) > 4, process)
    children = descendants(process.pid)
    kill(process)
    kept = read_candidates(journal)
    assert len(kept) >= 4
    assert not (tmp_path / "task-a-en.tsv").exists()
    deadline = time.monotonic() + 60
    while alive(children):  # vLLM's own processes must not outlive the one that was killed
        assert time.monotonic() < deadline, alive(children)
        time.sleep(0.2)

    process = start([*command, "--candidates", "40"])
    wait_for(lambda: lines(journal) > len(kept) + 4, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=100)
    assert process.returncode == 130
    assert err.strip().endswith("interrupted; run the same command again")
    assert read_candidates(journal)[: len(kept)] == kept

    code, out, err = run(*command, "--json")
    assert code == 0, err
    (made,) = json.loads(out)["files"]
    assert made["rows"] == 12
    keys = Counter(candidate.key for candidate in read_candidates(journal))
    assert set(keys.values()) == {1}
    table = pandas.read_csv(tmp_path / "task-a-en.tsv", delimiter="\t", index_col="id")
    assert list(table.index) == [f"en_{number}" for number in range(9001, 9013)]
    assert table["text"].map(len).min() > 0
    receipt = read_receipt(tmp_path / "task-a-en.run.json")
    assert receipt.inputs[0].name == "package:samples/task-a-en.tsv"
    assert receipt.model.weights


def test_an_adapter_without_effect_stops_the_run_with_exit_1(tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "zero", scale=0.0)
    out = tmp_path / "out"
    options: list[str | Path] = ["--limit", "2", "--adapter", adapter, "--out", out]
    code, stdout, err = run("predict", "--lang", "en", *options)
    assert (code, stdout) == (1, "")
    assert err.strip().splitlines()[-1].startswith("error: the adapter changes nothing")
    assert not (out / "task-a-en.tsv").exists()


@pytest.mark.slow
def test_twenty_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    command: list[str | Path] = ["predict", "--lang", "en", "--out", tmp_path, "--candidates", "8"]
    journal = tmp_path / "task-a-en.candidates.jsonl"
    moment = random.Random(0)
    seen: list[object] = []
    for _ in range(20):
        process = start(command)
        before = lines(journal)
        wait_for(lambda before=before: lines(journal) > before, process)
        time.sleep(moment.uniform(0, 3))
        kill(process)
        found = read_candidates(journal)
        assert found[: len(seen)] == seen
        seen = list(found)
    code, _, err = run(*command)
    assert code == 0, err
    keys = Counter(candidate.key for candidate in read_candidates(journal))
    assert set(keys.values()) == {1}
    table = pandas.read_csv(tmp_path / "task-a-en.tsv", delimiter="\t", index_col="id")
    assert table.index.is_unique
    assert len(table) == 60
