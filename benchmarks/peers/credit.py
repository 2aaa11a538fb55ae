"""Why it matters which tokens get a reward: steps until a toy reward is reached, by kind of credit.

    python benchmarks/peers/credit.py              # measures, a few minutes on one core
    python benchmarks/peers/credit.py --table      # the table of the last run, as Markdown

The reward is 1 if one certain word stands at one certain place of a text, else 0; the other words
do not matter. ``train ppo`` learns it with all credit on the last token (``sequence``), and with
the credit on the word that earned it (``offsets``), with the same settings and seeds, from the same
small model with random weights and a vocabulary of few words. Counted are the steps until the mean
reward of three steps in a row is as high as it should be.
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
from semeval_humor.training.callback import Nobody
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.credit import Piece
from semeval_humor.training.ppo.train import train_with

RESULTS = Path(__file__).parents[1] / "results.jsonl"
BENCHMARK = "peers/credit"

WORDS = "the a mayor pigeon vote cat bank paid left won lost said why so then never twice again"
WORD, PLACE, LENGTH = "pigeon", 5, 16
GOAL, IN_A_ROW = 0.8, 3
SEEDS = (0, 1, 2, 3, 4, 5)
MOST_STEPS = 120

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
        self, prompts: Sequence[Prompt], texts: Sequence[str], *, stopped: Sequence[bool]
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


def interval(values: Sequence[float]) -> str:
    """Mean and 95 % interval, by Student's t over the seeds."""
    mean = statistics.mean(values)
    half = T_95[len(values) - 1] * statistics.stdev(values) / math.sqrt(len(values))
    return f"{mean:.1f} [{mean - half:.1f}, {mean + half:.1f}]"


def steps_of(curve: Sequence[float]) -> int | None:
    """Steps to the goal; None if it was not reached."""
    return len(curve) if statistics.mean(curve[-IN_A_ROW:]) >= GOAL else None


def show(record: Mapping[str, Any]) -> str:
    """The table: steps of each seed, their mean, and the difference."""
    seeds = record["settings"]["seeds"]
    steps = {name: [steps_of(each) for each in found] for name, found in record["curves"].items()}
    rows = [
        [
            name,
            *(str(each or f"not in {MOST_STEPS}") for each in found),
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
    heads = ["credit", *(f"seed {seed}" for seed in seeds), "mean [95 %]"]
    settings = record["settings"]
    note = (
        f"{record['date'][:10]}; steps of {settings['rollouts']} samples with "
        f"{settings['max_tokens']} words until the mean reward of {settings['in_a_row']} steps is "
        f"{settings['goal']}; the word is one of {settings['words']}, at place "
        f"{settings['place'] + 1}."
    )
    return f"{table(heads, rows, align='l' + 'r' * (len(seeds) + 1))}\n{note}"


def main() -> None:
    """Measure, or print the last table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true", help="print the last result")
    if not parser.parse_args().table:
        record = measure()
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    print(show([each for each in records if each["benchmark"] == BENCHMARK][-1]))


if __name__ == "__main__":
    main()
