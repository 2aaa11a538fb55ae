"""What ``train sft`` and ``train grpo`` cost beside bare TRL, and how much of it is the sentinel.

    python benchmarks/peers/training.py --pairs pairs-en.parquet --reward REWARD.toml
    python benchmarks/peers/training.py --table        # the tables of the last run, as Markdown

Both train the same LoRA on SmolLM2-135M, on the same rows, with the same settings, seeds and, for
GRPO, reward; each in a process of its own with one thread, by turns. Bare is a few lines with TRL's
trainer. Ours is all that the commands do: sentinel, proof of change, checkpoints, logs, report.

Seconds are of the processor, from the end of one step to the end of the next, so the first step,
which warms up, is not counted. There is one probe, after the last step; its share of a step is what
it takes divided by the 25 steps that lie between two probes. Memory is the largest resident set,
between the beginning of training and its last step, and of the whole process.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet

from semeval_humor import receipt
from semeval_humor.cli.train_policy import predicts_chat
from semeval_humor.markdown import table
from semeval_humor.rewards.reward import load_reward
from semeval_humor.rewards.trl import trl_functions
from semeval_humor.training import grpo, sft
from semeval_humor.training.config import OnAlarm, PolicyConfig
from semeval_humor.training.grpo import GrpoConfig
from semeval_humor.training.pairs import Rows, columns, read_rows
from semeval_humor.training.policy import Policy, find_source, load_policy
from semeval_humor.training.sentinel.config import SentinelConfig
from semeval_humor.training.sft import SftConfig
from semeval_humor.training.trl import arguments

if TYPE_CHECKING:
    from semeval_humor.training.sentinel.alarm import Alarm
    from semeval_humor.training.sentinel.sentinel import Sentinel

RESULTS = Path(__file__).parents[1] / "results.jsonl"
BENCHMARK = "peers/training"
MARK = "measured: "
TURNS = 2
GIB = 2**20  # in KiB, in which Linux counts
EVERY = SentinelConfig().every

ROWS = 256
SHARED: dict[str, Any] = {
    "schedule": "constant",
    "warmup": 0.0,
    "threads": 1,
    "seed": 0,
}
SFT = {"steps": 6, "batch_size": 4}
GRPO = {"steps": 3, "batch_size": 8, "num_generations": 8, "max_tokens": 32}


class Clock:
    """A watch that measures processor time and memory between what it hears."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        """Seconds of each step but the first."""
        self.losses: list[float] = []
        self.parts: dict[str, float] = {}
        """Seconds of what is done once, or between steps."""
        self.reward: list[float] = []
        """Seconds that the reward took in each step."""
        self._peaks: dict[str, float] = {}
        self._last = 0.0

    def begins(self, step: int, steps: int) -> None:
        """Take the time since the last note, which tells that limits are learnt from here."""
        self.parts["learning"] = self._elapsed()
        self._note_peak("before")

    def stepped(self, step: int, steps: int, logged: Mapping[str, float]) -> None:
        """Take the time."""
        seconds = self._elapsed()
        if self.losses:
            self.steps.append(seconds)
        self.losses.append(logged["loss"])
        if step == steps:
            self._note_peak("training")

    def probed(self, sentinel: "Sentinel") -> None:
        """Take the time, which began with the end of a step."""
        self.parts["probe"] = self._elapsed()

    def alarmed(self, alarm: "Alarm", then: OnAlarm) -> None:
        """Not of interest."""

    def note(self, text: str) -> None:
        """Take the time from here."""
        self._elapsed()

    @property
    def measured(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        self._note_peak("after")
        return {
            "steps": self.steps,
            "losses": self.losses,
            "parts": self.parts,
            "reward": self.reward[1:],
            "training_gib": self._peaks["training"],
            "process_gib": max(self._peaks.values()),
        }

    def _elapsed(self) -> float:
        before, self._last = self._last, time.process_time()
        return self._last - before

    def _note_peak(self, name: str) -> None:
        """Keep the largest resident set since the last call, and forget it."""
        status = Path("/proc/self/status").read_text(encoding="ascii")
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
        self._peaks[name] = int(line.split()[1]) / GIB
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def our_sft(config: SftConfig, clock: Clock) -> None:
    """``train sft``."""
    sft.train(config, predicts_chat(), clock)


def our_grpo(config: GrpoConfig, clock: Clock) -> None:
    """``train grpo``."""
    grpo.train(config, predicts_chat(), clock)


def bare_sft(config: SftConfig, clock: Clock) -> None:
    """TRL's SFTTrainer."""
    from datasets import Dataset
    from trl import SFTConfig as Arguments
    from trl import SFTTrainer

    policy, rows = _loaded(config)
    dataset = {
        "input_ids": [[*row.prompt_ids, *row.completion_ids] for row in rows.train],
        "labels": [[-100] * len(row.prompt_ids) + [*row.completion_ids] for row in rows.train],
    }
    own = {"max_length": None, "packing": False, "shuffle_dataset": False}
    trainer = SFTTrainer(
        model=policy.model,
        args=Arguments(**arguments(config), **own),
        train_dataset=Dataset.from_dict(dataset),
        processing_class=policy.tokenizer,
        callbacks=[_callback(clock)],
    )
    trainer.train()


def bare_grpo(config: GrpoConfig, clock: Clock) -> None:
    """TRL's GRPOTrainer, with our reward."""
    from datasets import Dataset
    from trl import GRPOConfig as Arguments
    from trl import GRPOTrainer

    policy, rows = _loaded(config)
    different = list({row.prompt_ids: row for row in rows.train}.values())
    prompts = [policy.tokenizer.decode(row.prompt_ids) for row in different]
    [reward] = trl_functions(load_reward(config.reward, config.langs or None), policy.stop_ids)
    trainer = GRPOTrainer(
        model=policy.model,
        reward_funcs=[_timed(reward, clock)],
        args=Arguments(
            **arguments(config),
            use_vllm=False,
            num_generations=config.num_generations,
            max_completion_length=config.max_tokens,
            temperature=config.temperature,
            top_p=1.0,
            top_k=0,
            repetition_penalty=1.0,
            beta=config.beta,
            num_iterations=config.num_iterations,
            epsilon=config.epsilon,
            loss_type=config.loss_type,
            scale_rewards=config.scale_rewards,
            mask_truncated_completions=False,
            disable_dropout=True,
        ),
        train_dataset=Dataset.from_dict({"prompt": prompts, **columns(different)}),
        processing_class=policy.tokenizer,
        callbacks=[_callback(clock)],
    )
    trainer.train()


def _loaded(config: PolicyConfig) -> tuple[Policy, Rows]:
    import torch

    torch.set_num_threads(1)
    policy = load_policy(config, find_source(config), predicts_chat())
    return policy, read_rows(config, policy)


def _timed(reward: Callable[..., list[float]], clock: Clock) -> Callable[..., list[float]]:
    def joke_reward(*given: Any, **named: Any) -> list[float]:
        begun = time.process_time()
        values = reward(*given, **named)
        clock.reward.append(time.process_time() - begun)
        return values

    return joke_reward


def _callback(clock: Clock) -> Any:
    from transformers import TrainerCallback

    class Callback(TrainerCallback):  # type: ignore[misc]
        """Tells the clock of a step at the place where ours tells of it."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
            clock.note("nothing is learnt")
            clock.begins(0, state.max_steps)

        def on_log(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
            if "grad_norm" in parts["logs"]:
                clock.stepped(state.global_step, state.max_steps, parts["logs"])

    return Callback()


RUNS: Mapping[str, Callable[[Any, Clock], None]] = {
    "sft-bare": bare_sft,
    "sft-ours": our_sft,
    "grpo-bare": bare_grpo,
    "grpo-ours": our_grpo,
}


def run(name: str, pairs: Path, reward: Path) -> dict[str, Any]:
    """Train once in this process, in a folder that is deleted afterwards."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "pairs.parquet"
        wanted = [("lang", "==", "en"), ("split", "==", "train")]  # none whose loss is measured
        rows = pyarrow.parquet.read_table(pairs, filters=wanted).slice(0, ROWS)
        pyarrow.parquet.write_table(rows, few)
        values = {**SHARED, "pairs": [few], "out": Path(folder) / "out"}
        if name.startswith("sft"):
            once = {"every": SFT["steps"]}
            config: PolicyConfig = SftConfig.model_validate({**values, **SFT, "sentinel": once})
        else:
            told = {"reward": reward, "untested_reward": True, "langs": ["en"]}
            once = {"every": GRPO["steps"]}
            config = GrpoConfig.model_validate({**values, **GRPO, **told, "sentinel": once})
        RUNS[name](config, clock)
        return clock.measured


def in_process(name: str, pairs: Path, reward: Path) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--one", name, "--pairs", str(pairs)]
    process = subprocess.run(
        [*command, "--reward", str(reward)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )
    # TRL's trainers print what they log.
    (line,) = [line for line in process.stdout.splitlines() if line.startswith(MARK)]
    found: dict[str, Any] = json.loads(line.removeprefix(MARK))
    return found


def _median(runs: list[dict[str, Any]], name: str) -> float:
    return float(statistics.median(value for each in runs for value in each[name]))


def _part(runs: list[dict[str, Any]], name: str) -> float:
    return float(statistics.median(each["parts"][name] for each in runs))


def _most(runs: list[dict[str, Any]], name: str) -> float:
    return float(max(each[name] for each in runs))


def tables(record: dict[str, Any]) -> str:
    """The last run, for people."""
    steps, sentinel, same = [], [], []
    for kind in ("sft", "grpo"):
        bare, ours = (record["results"][f"{kind}-{who}"] for who in ("bare", "ours"))
        a_step = _median(bare, "steps")
        probe = _part(ours, "probe") / EVERY
        watched = _median(ours, "steps") + probe
        for name, runs, seconds in (
            (f"{kind.upper()}, bare TRL", bare, a_step),
            (f"`train {kind}`, without the sentinel's probes", ours, watched - probe),
            (f"`train {kind}`, a probe every {EVERY} steps", ours, watched),
        ):
            memory = [f"{_most(runs, part):.2f}" for part in ("training_gib", "process_gib")]
            steps.append([name, f"{seconds:.2f}", f"×{seconds / a_step:.3f}", *memory])
        sentinel.append(
            [
                kind.upper(),
                f"{_part(ours, 'learning'):.0f}",
                f"{_part(ours, 'probe'):.1f}",
                f"{probe:.2f}",
                f"{probe / a_step:.1%}",
                f"{_median(bare, 'reward'):.2f}" if kind == "grpo" else "–",
            ]
        )
        losses = [
            zip(a["losses"], b["losses"], strict=True) for a, b in zip(bare, ours, strict=True)
        ]
        same.append(f"{max(abs(a - b) for each in losses for a, b in each):.1g}")
    first = ["", "seconds a step", "of bare TRL", "GiB while training", "GiB in all"]
    second = ["seconds of", "learning the limits, once", "a probe", f"a probe / {EVERY}"]
    second += ["in shares of a bare step", "the reward, a step"]
    machine = record["hardware"]
    return (
        table(first, steps, align="lrrrr")
        + "\n"
        + table(second, sentinel, align="lrrrrr")
        + f"\nLosses of ours and bare differ by {same[0]} (SFT) and {same[1]} (GRPO) at most.\n"
        + f"\n{record['date'][:10]}, one of {machine['cores']} cores ({machine['processor']}); "
        + f"runs of each: {len(record['results']['grpo-ours'])}."
    )


def main() -> None:
    """Measure everything, or print the last result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, help="file that data label made, English")
    parser.add_argument("--reward", type=Path, help="a REWARD.toml for English")
    parser.add_argument("--one", choices=RUNS, help=argparse.SUPPRESS)
    parser.add_argument("--table", action="store_true", help="print the last result")
    arguments_ = parser.parse_args()
    if arguments_.one:
        found = run(arguments_.one, arguments_.pairs, arguments_.reward)
        print("\n" + MARK + json.dumps(found))
        return
    if not arguments_.table:
        results: dict[str, list[dict[str, Any]]] = {name: [] for name in RUNS}
        for turn in range(TURNS):
            for name, runs in results.items():
                runs.append(in_process(name, arguments_.pairs, arguments_.reward))
                print(f"{turn + 1}: {name}: {runs[-1]}", file=sys.stderr)
        record = {
            "benchmark": BENCHMARK,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "config": {"shared": SHARED, "sft": SFT, "grpo": GRPO, "every": EVERY},
            "items": ROWS,
            "versions": receipt.versions(),
            "hardware": receipt.hardware(),
            "results": results,
        }
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    print(tables([record for record in records if record["benchmark"] == BENCHMARK][-1]))


if __name__ == "__main__":
    main()
