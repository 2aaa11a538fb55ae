r"""What ``train sft``, ``grpo`` and ``ppo`` cost beside bare TRL, and what the sentinel costs.

    python benchmarks/peers/training.py sft grpo --pairs pairs-en.parquet --reward REWARD.toml
    python benchmarks/peers/training.py ppo --pairs pairs-en.parquet --reward REWARD.toml \
        --trl-ppo trl/bin/python               # an environment as trl_ppo.py asks for
    python benchmarks/peers/training.py --table        # the tables of the last runs, as Markdown

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
from semeval_humor.training.policy import Policy, load_policy
from semeval_humor.training.ppo import train as ppo
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.sentinel.config import SentinelConfig
from semeval_humor.training.sft import SftConfig
from semeval_humor.training.source import find_source
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
PPO = {"steps": 4, "rollouts": 8, "batch_size": 8, "max_tokens": 32, "num_iterations": 4}
KINDS: dict[str, dict[str, Any]] = {"sft": SFT, "grpo": GRPO, "ppo": PPO}
PARTS = ("rollout", "reward", "read", "credit", "forward", "backward")
"""Of a step of ``train ppo``; reading is what policy, parent and critic say of its samples."""


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
        self.shares: list[dict[str, float]] = []
        """Seconds by the clock of each part of a step of ``train ppo``."""
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
        if "seconds/rollout" in logged:
            self.shares.append({name: logged[f"seconds/{name}"] for name in PARTS})
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
            "shares": self.shares[1:],
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


def our_ppo(config: PpoConfig, clock: Clock) -> None:
    """``train ppo``."""
    ppo.train(config, predicts_chat(), clock)


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


def told_ppo(config: PpoConfig) -> dict[str, Any]:
    """What TRL's PPO is told, in its own environment."""
    policy, rows = _loaded(config)
    return {
        "model": str(policy.source.model.path),
        "prompts": [list(ids) for ids in dict.fromkeys(row.prompt_ids for row in rows.train)],
        "lora": {
            "r": config.lora.rank,
            "lora_alpha": config.lora.alpha,
            "target_modules": list(config.lora.targets),
        },
        "learning_rate": config.learning_rate,
        "seed": config.seed,
        **PPO,
    }


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
    "ppo-sequence": our_ppo,
    "ppo-offsets": our_ppo,
}
BARE_PPO = "ppo-bare"
VARIANTS = {
    "sft": ("sft-bare", "sft-ours"),
    "grpo": ("grpo-bare", "grpo-ours"),
    "ppo": (BARE_PPO, "ppo-sequence", "ppo-offsets"),
}


def configured(name: str, folder: Path, pairs: Path, reward: Path) -> PolicyConfig:
    """The config of a run whose files lie in a folder."""
    few = folder / "pairs.parquet"
    wanted = [("lang", "==", "en"), ("split", "==", "train")]  # none whose loss is measured
    rows = pyarrow.parquet.read_table(pairs, filters=wanted).slice(0, ROWS)
    pyarrow.parquet.write_table(rows, few)
    kind = name.split("-")[0]
    values = {**SHARED, **KINDS[kind], "pairs": [few], "out": folder / "out"}
    values["sentinel"] = {"every": KINDS[kind]["steps"]}
    if kind == "sft":
        return SftConfig.model_validate(values)
    values |= {"reward": reward, "untested_reward": True, "langs": ["en"]}
    if kind == "grpo":
        return GrpoConfig.model_validate(values)
    credit = "offsets" if name == "ppo-offsets" else "sequence"
    # TRL makes all its passes, however far they lead.
    return PpoConfig.model_validate({**values, "credit": credit, "stop_kl": 1e9})


def run(name: str, pairs: Path, reward: Path) -> dict[str, Any]:
    """Train once in this process, in a folder that is deleted afterwards."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        RUNS[name](configured(name, Path(folder), pairs, reward), clock)
        return clock.measured


def in_process(name: str, pairs: Path, reward: Path) -> dict[str, Any]:
    """The same in a process of its own."""
    files = ["--pairs", str(pairs), "--reward", str(reward)]
    return _measured([sys.executable, __file__, "--one", name, *files])


def in_trl(python: Path, pairs: Path, reward: Path) -> dict[str, Any]:
    """TRL's PPO, in a process of the environment that has it."""
    with tempfile.TemporaryDirectory() as folder:
        config = configured(BARE_PPO, Path(folder), pairs, reward)
        assert isinstance(config, PpoConfig)
        given = Path(folder) / "given.json"
        given.write_text(json.dumps(told_ppo(config)), encoding="utf-8")
        script = Path(__file__).with_name("trl_ppo.py")
        return _measured([str(python), str(script), str(given), "--mark", MARK])


def _measured(command: list[str]) -> dict[str, Any]:
    process = subprocess.run(
        command,
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


def tables(records: Mapping[str, dict[str, Any]]) -> str:
    """The last runs of each kind, for people."""
    steps, sentinel, notes = [], [], []
    for kind, record in records.items():
        runs = record["results"]
        first, *others = VARIANTS[kind]
        bare = runs[first]
        a_step = _median(bare, "steps")
        name = "PPO of TRL 1.12" if kind == "ppo" else f"{kind.upper()}, bare TRL"
        steps.append(_row(name, bare, a_step, a_step))
        for variant in others:
            ours = runs[variant]
            alone = _median(ours, "steps")
            probe = _part(ours, "probe") / EVERY
            credit = f", credit `{variant.removeprefix('ppo-')}`" if kind == "ppo" else ""
            title = f"`train {kind}`{credit}"
            steps.append(_row(f"{title}, without the sentinel's probes", ours, alone, a_step))
            watched = alone + probe
            steps.append(_row(f"{title}, a probe every {EVERY} steps", ours, watched, a_step))
            sentinel.append(
                [
                    f"{kind.upper()}{credit}",
                    f"{_part(ours, 'learning'):.0f}",
                    f"{_part(ours, 'probe'):.1f}",
                    f"{probe:.2f}",
                    f"{probe / alone:.1%}",
                ]
            )
        machine = record["hardware"]
        notes.append(
            f"{kind.upper()}: {record['date'][:10]}, one of {machine['cores']} cores "
            f"({machine['processor']}); runs of each: {len(bare)}."
        )
    heads = ["", "seconds a step", "of bare TRL", "GiB while training", "GiB in all"]
    second = ["seconds of", "learning the limits, once", "a probe", f"a probe / {EVERY}"]
    second += ["in shares of a step"]
    return "\n".join(
        [
            table(heads, steps, align="lrrrr"),
            table(second, sentinel, align="lrrrr"),
            *([_where_time_goes(records["ppo"])] if "ppo" in records else []),
            *notes,
        ]
    )


def _row(name: str, runs: list[dict[str, Any]], seconds: float, bare: float) -> list[str]:
    memory = [f"{_most(runs, part):.2f}" for part in ("training_gib", "process_gib")]
    return [name, f"{seconds:.2f}", f"×{seconds / bare:.3f}", *memory]


def _where_time_goes(record: dict[str, Any]) -> str:
    """Shares of a step of ``train ppo``, by the clock."""
    rows = []
    for name, runs in record["results"].items():
        shares = [share for each in runs for share in each.get("shares", [])]
        if shares:
            means = [statistics.mean(share[part] for share in shares) for part in PARTS]
            total = sum(means)
            rows.append([f"`{name}`", *(f"{mean / total:.0%}" for mean in means)])
    return table(["of a step", *PARTS], rows, align="l" + "r" * len(PARTS))


def main() -> None:
    """Measure everything, or print the last results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], help="of training")
    parser.add_argument("--pairs", type=Path, help="file that data label made, English")
    parser.add_argument("--reward", type=Path, help="a REWARD.toml for English")
    parser.add_argument("--trl-ppo", type=Path, help="Python of an environment with TRL 1.12")
    parser.add_argument("--one", choices=RUNS, help=argparse.SUPPRESS)
    parser.add_argument("--table", action="store_true", help="print the last results")
    asked = parser.parse_args()
    if asked.one:
        print("\n" + MARK + json.dumps(run(asked.one, asked.pairs, asked.reward)))
        return
    for kind in asked.kinds:
        results: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS[kind]}
        for turn in range(TURNS):
            for name, runs in results.items():
                if name == BARE_PPO:
                    runs.append(in_trl(asked.trl_ppo, asked.pairs, asked.reward))
                else:
                    runs.append(in_process(name, asked.pairs, asked.reward))
                print(f"{turn + 1}: {name}: {runs[-1]}", file=sys.stderr)
        record = {
            "benchmark": BENCHMARK,
            "kind": kind,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "config": {"shared": SHARED, kind: KINDS[kind], "every": EVERY},
            "items": ROWS,
            "versions": receipt.versions(),
            "hardware": receipt.hardware(),
            "results": results,
        }
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    mine = [record for record in records if record["benchmark"] == BENCHMARK]
    last = {
        kind: record
        for record in mine
        for kind, names in VARIANTS.items()
        if names[0] in record["results"]
    }
    print(tables({kind: last[kind] for kind in KINDS if kind in last}))


if __name__ == "__main__":
    main()
