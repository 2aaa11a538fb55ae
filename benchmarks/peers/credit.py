"""Why it matters which tokens get a reward: steps until a reward is reached, by kind of credit.

    python benchmarks/peers/credit.py              # a toy reward, a few minutes on one core
    python benchmarks/peers/credit.py FOLDER...    # of finished runs of train ppo: reads their logs
    python benchmarks/peers/credit.py --table      # the tables of the last runs, as Markdown

The reward is 1 if one certain word stands at one certain place of a text, else 0; the other words
do not matter. ``train ppo`` learns it with all credit on the last token (``sequence``), and with
the credit on the word that earned it (``offsets``), with the same settings and seeds, from the same
small model with random weights and a vocabulary of few words. Counted are the steps until the mean
reward of three steps in a row is as high as it should be.

For jokes, it reads trainings with both kinds of credit and several seeds that were otherwise told
the same, over as many steps as the shortest of them has, and counts in the same way.
"""

import argparse
import json
import math
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semeval_humor import receipt
from semeval_humor.cli.train_policy import predicts_chat
from semeval_humor.markdown import table
from semeval_humor.rewards.reward import Rewards
from semeval_humor.schema import FileRecord, Lang, Prompt
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.credit import Piece
from semeval_humor.training.ppo.train import train_with
from semeval_humor.training.recorder import read_progress
from semeval_humor.training.watch import Nobody

RESULTS = Path(__file__).parents[1] / "results.jsonl"
BENCHMARK = "peers/credit"
JOKES = "peers/credit, jokes"

WORDS = "the a mayor pigeon vote cat bank paid left won lost said why so then never twice again"
WORD, PLACE, LENGTH = "pigeon", 5, 16
GOAL, IN_A_ROW = 0.8, 3
SEEDS = (0, 1, 2, 3, 4, 5)
MOST_STEPS = 120
JOKES_GOAL, JOKES_IN_A_ROW = 0.75, 10

# Student's t for the middle 95 %, by degrees of freedom.
T_95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}

SETTINGS: dict[str, Any] = {
    "method": "full",
    "learning_rate": 3e-3,
    "value_learning_rate": 1e-2,
    "schedule": "constant",
    "warmup": 0.0,
    "steps": MOST_STEPS,
    "rollouts": 64,
    "batch_size": 64,
    "max_tokens": LENGTH,
    "max_length": 64,
    "num_iterations": 4,
    "stop_kl": 0.1,
    "beta": 0.0,
    "untested_reward": True,
    "reward": "none.toml",
    "sentinel": False,
    "threads": 1,
    "save_every": MOST_STEPS + 1,
}

PROMPTS = """[en]
system = "the"
headline = "{headline}"
words = "{word1} {word2} {angle}"
angles = ["so"]
base_headline = "{headline}"
base_words = "{word1} {word2}"
examples = [{ joke = "the cat", headline = "a vote" }]
"""


@dataclass(frozen=True, slots=True)
class OneWord:
    """A reward for one word at one place, and what has earned it."""

    langs: tuple[Lang, ...] = (Lang.EN,)
    records: tuple[FileRecord, ...] = ()
    fingerprint: str = "one word"

    def __call__(
        self,
        prompts: Sequence[Prompt],
        texts: Sequence[str],
        *,
        stopped: Sequence[bool] | None = None,
    ) -> Rewards:
        """1 or 0 for each text."""
        return Rewards(
            tuple(float(text.split()[PLACE : PLACE + 1] == [WORD]) for text in texts), {}
        )


def where(
    prompts: Sequence[Prompt], texts: Sequence[str], rewards: Rewards
) -> list[tuple[Piece, ...]]:
    """The attribution: the word at the place has earned the reward, whatever it was."""
    found: list[tuple[Piece, ...]] = []
    for text, total in zip(texts, rewards.total, strict=True):
        words = text.split(" ")
        start = len(" ".join(words[:PLACE])) + 1
        found.append(
            (Piece(start, start + len(words[PLACE]), total),) if words[PLACE + 1 :] else ()
        )
    return found


class ReachedError(Exception):
    """The goal is reached, and the rest of a training would show nothing."""


@dataclass
class Until(Nobody):
    """A watch that ends a training at the goal."""

    rewards: list[float] = field(default_factory=list)

    def stepped(self, step: int, steps: int, logged: Mapping[str, float]) -> None:
        """Look at the last steps."""
        self.rewards.append(logged["reward"])
        if len(self.rewards) >= IN_A_ROW and statistics.mean(self.rewards[-IN_A_ROW:]) >= GOAL:
            raise ReachedError


def make_model(folder: Path, seed: int) -> Path:
    """A Llama of two layers, with random weights, whose tokens are words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokens = ["<pad>", "<s>", "</s>", "?", *WORDS.split()]
    vocabulary = {word: place for place, word in enumerate(tokens)}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="?"
    )
    tokenizer.chat_template = (
        "{% for m in messages %}<s> {{ m['content'] }} </s> {% endfor %}"
        "{% if add_generation_prompt %}<s>{% endif %}"
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokens),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=128,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def curve(place: Path, seed: int, *, offsets: bool) -> list[float]:
    """Mean reward of each step until the goal, or of all steps if it is not reached."""
    import pyarrow
    import pyarrow.parquet

    place.mkdir()
    (place / "prompts.toml").write_text(PROMPTS, encoding="utf-8")
    row = {"lang": "en", "word1": "cat", "word2": "bank", "headline": "", "joke": "the cat paid"}
    rows = [{"id": str(n), **row, "split": "dev" if n == 9 else "train"} for n in range(10)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), place / "pairs.parquet")
    config = PpoConfig.model_validate(
        {
            **SETTINGS,
            "model": str(make_model(place / "model", seed)),
            "pairs": [place / "pairs.parquet"],
            "prompts": place / "prompts.toml",
            "out": place / "out",
            "seed": seed,
        }
    )
    until = Until()
    with suppress(ReachedError):
        train_with(OneWord(), where if offsets else None, config, predicts_chat(), until)
    return until.rewards


def measure() -> dict[str, Any]:
    """Curves of all seeds, by credit."""
    curves: dict[str, list[list[float]]] = {"sequence": [], "offsets": []}
    for seed in SEEDS:
        for name, found in curves.items():
            with tempfile.TemporaryDirectory() as folder:
                found.append(curve(Path(folder) / "run", seed, offsets=name == "offsets"))
            print(f"seed {seed}, {name}: {len(found[-1])} steps, {found[-1][-1]:.2f}", flush=True)
    return {
        "benchmark": BENCHMARK,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": receipt.versions(),
        "hardware": receipt.hardware(),
        "settings": {
            **SETTINGS,
            "word": WORD,
            "place": PLACE,
            "words": len(WORDS.split()),
            "goal": GOAL,
            "in_a_row": IN_A_ROW,
            "seeds": SEEDS,
        },
        "curves": {
            name: [[round(reward, 4) for reward in each] for each in found]
            for name, found in curves.items()
        },
    }


def read_trainings(folders: Sequence[Path]) -> dict[str, Any]:
    """The same of finished trainings of ``train ppo``.

    Raises:
        ValueError: they were not told the same but for credit and seed, or one is missing.
    """
    told: dict[tuple[str, int], dict[str, Any]] = {}
    curves: dict[tuple[str, int], list[float]] = {}
    for folder in folders:
        kept = receipt.read_receipt(folder / "train-ppo.run.json").config
        config = PpoConfig.model_validate(kept).model_dump(mode="json")
        key = config.pop("credit"), config.pop("seed")
        told[key] = {name: config[name] for name in config if name not in ("out", "steps")}
        found = read_progress(folder).logged["reward"]
        curves[key] = [round(value, 4) for _, value in found]
    first = next(iter(told.values()))
    if any(each != first for each in told.values()):
        raise ValueError("the trainings differ in more than credit and seed")
    seeds = sorted({seed for _, seed in curves})
    steps = min(map(len, curves.values()))
    return {
        "benchmark": JOKES,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": receipt.versions(),
        "hardware": receipt.hardware(),
        "settings": {
            **first,
            "goal": JOKES_GOAL,
            "in_a_row": JOKES_IN_A_ROW,
            "most_steps": steps,
            "seeds": seeds,
        },
        "curves": {
            credit: [curves[credit, seed][:steps] for seed in seeds]
            for credit in ("sequence", "offsets")
        },
    }


def interval(values: Sequence[float], digits: int = 1) -> str:
    """Mean and 95 % interval, by Student's t over the seeds."""
    mean = statistics.mean(values)
    half = T_95[len(values) - 1] * statistics.stdev(values) / math.sqrt(len(values))
    low, high = mean - half, mean + half
    return f"{mean:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def steps_of(curve: Sequence[float], goal: float, in_a_row: int) -> int | None:
    """Steps to the goal; None if it was not reached."""
    for step in range(in_a_row, len(curve) + 1):
        if statistics.mean(curve[step - in_a_row : step]) >= goal:
            return step
    return None


def show(record: Mapping[str, Any]) -> str:
    """The table: steps of each seed, their mean, and the difference."""
    settings = record["settings"]
    seeds, most = settings["seeds"], settings.get("most_steps", MOST_STEPS)
    steps = {
        name: [steps_of(each, settings["goal"], settings["in_a_row"]) for each in found]
        for name, found in record["curves"].items()
    }
    rows = [
        [
            name,
            *(str(each or f"not in {most}") for each in found),
            interval([each for each in found if each]) if all(found) else "–",
        ]
        for name, found in steps.items()
    ]
    pairs = list(zip(steps["sequence"], steps["offsets"], strict=True))
    known = [(a, b) for a, b in pairs if a and b]
    if len(known) == len(pairs):
        ratios = [math.log(a / b) for a, b in known]
        mean = statistics.mean(ratios)
        half = T_95[len(ratios) - 1] * statistics.stdev(ratios) / math.sqrt(len(ratios))
        low, middle, high = (math.exp(value) for value in (mean - half, mean, mean + half))
        rows.append(
            [
                "times as many with sequence",
                *(f"{a / b:.2f}" for a, b in known),
                f"{middle:.2f} [{low:.2f}, {high:.2f}]",
            ]
        )
    if record["benchmark"] == JOKES:
        for name, found in record["curves"].items():
            means = [statistics.mean(each) for each in found]
            rows.append(
                [
                    f"{name}: mean reward of steps 1 to {most}",
                    *(f"{mean:.3f}" for mean in means),
                    interval(means, digits=3),
                ]
            )
    heads = ["credit", *(f"seed {seed}" for seed in seeds), "mean [95 %]"]
    what = "tokens" if record["benchmark"] == JOKES else "words"
    note = (
        f"{record['date'][:10]}; steps of {settings['rollouts']} samples with at most "
        f"{settings['max_tokens']} {what} until the mean reward of {settings['in_a_row']} steps is "
        f"{settings['goal']}"
    )
    if record["benchmark"] == BENCHMARK:
        note += f"; the word is one of {settings['words']}, at place {settings['place'] + 1}"
    return f"{table(heads, rows, align='l' + 'r' * (len(seeds) + 1))}\n{note}."


def main() -> None:
    """Measure, or print the last tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*", help="of finished runs of train ppo")
    parser.add_argument("--table", action="store_true", help="print the last results")
    asked = parser.parse_args()
    if not asked.table:
        record = read_trainings(asked.folders) if asked.folders else measure()
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    last = {each["benchmark"]: each for each in records}
    print("\n\n".join(show(last[name]) for name in (BENCHMARK, JOKES) if name in last))


if __name__ == "__main__":
    main()
