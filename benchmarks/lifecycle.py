"""What a lifecycle took, and what each of its stages was worth: two tables, as Markdown.

    python benchmarks/lifecycle.py configs/lifecycle/full.toml configs/lifecycle/full/bench.toml

The first has the time of each stage, from ``lifecycle.jsonl``. The second compares systems that
differ in one thing, row by row over the rows that all have: by the reward of the benchmark's judge,
and by metrics. Intervals are 95 %; nothing is corrected for the number of looks.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from semeval_humor.bench.config import BenchConfig
from semeval_humor.configs import checked, read_toml
from semeval_humor.lifecycle.run import Records
from semeval_humor.lifecycle.stages import read_lifecycle, stages_of
from semeval_humor.markdown import table
from semeval_humor.metrics.comparison import Difference, compare_rows
from semeval_humor.rewards.reward import Reward, load_reward
from semeval_humor.submission.entries import Entry, read_entries
from semeval_humor.submission.scores import compare_files, score_file

METRICS = ("coverage-inflected", "distinct-2", "self-bleu", "rep-2", "headline-run", "length-words")
METHODS = ("zero-shot", "sft", "ppo", "grpo")


def stage_times(config: Path) -> str:
    """Return a table of the stages that are done, with what they took."""
    settings = read_lifecycle(config)
    rows = []
    with Records(settings.folder) as records:
        for stage in stages_of(settings, str(config)):
            record = records.done(stage)
            if record:
                took = str(timedelta(seconds=round(record.seconds)))
                rows.append([f"`{stage.name}`", stage.title, took])
    return table(["stage", "what happens", "took"], rows)


def steps(systems: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """What is compared: what changes from one system to the other, and the names of the two."""
    most = max(int(name.rpartition("-")[2]) for name in systems if name[-1].isdigit())
    for candidates in (1, most):
        for method, parent in (("sft", "zero-shot"), ("ppo", "sft"), ("grpo", "sft")):
            old, new = f"{parent}-{candidates}", f"{method}-{candidates}"
            yield f"{parent} → {method}, best of {candidates}", old, new
    for method in METHODS:
        yield f"{method}: best of 1 → {most}", f"{method}-1", f"{method}-{most}"
    if "baseline" in systems:
        yield f"official baseline → grpo, best of {most}", "baseline", f"grpo-{most}"


def compared(a: Entry, b: Entry, reward: Reward) -> Iterator[Difference]:
    """Compare two systems by the reward and by metrics."""
    ids = list(a.texts)
    prompts = [a.prompts[id_] for id_ in ids]
    left, right = (reward(prompts, [entry.texts[id_] for id_ in ids]).total for entry in (a, b))
    yield compare_rows("reward", left, right)
    found = compare_files(score_file(a.checked), score_file(b.checked)).differences
    by_name = {each.name: each for each in found}
    yield from (by_name[name] for name in METRICS if name in by_name)


def worth(config: Path) -> str:
    """Return a table of what each step changes, in every language."""
    settings = checked(BenchConfig, read_toml(config), str(config))
    entries = read_entries(settings.systems, settings.inputs, common_rows=True)
    langs = sorted({entry.kind.lang for entry in entries})
    judge = next(judge.reward for judge in settings.judges if judge.reward)
    reward = load_reward(judge, langs)
    rows: list[tuple[str, str, dict[str, str]]] = []
    for lang in langs:
        mine = {entry.system: entry for entry in entries if entry.kind.lang is lang}
        for title, a, b in steps(list(mine)):
            if not {a, b} <= mine.keys():
                continue
            found = {each.name: _cell(each) for each in compared(mine[a], mine[b], reward)}
            rows.append((lang, title, found))
    names = [name for name in ("reward", *METRICS) if any(name in found for *_, found in rows)]
    cells = [
        [lang, title, *(found.get(name, "–") for name in names)] for lang, title, found in rows
    ]
    return table(["", "step", *names], cells)


def _cell(found: Difference) -> str:
    """``0.512 → 0.733 [+0.180, +0.262]``, in bold where the interval leaves 0 out."""
    values = f"{found.a:.3f} → {found.b:.3f}"
    sure = found.low > 0 or found.high < 0
    return f"{f'**{values}**' if sure else values} [{found.low:+.3f}, {found.high:+.3f}]"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lifecycle", type=Path, help="its TOML file")
    parser.add_argument("bench", type=Path, help="that of its benchmark")
    arguments = parser.parse_args()
    print(stage_times(arguments.lifecycle))
    print(worth(arguments.bench))


if __name__ == "__main__":
    main()
