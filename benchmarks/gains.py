"""What trainings with a reward have gained: parent and result, asked the same unseen prompts.

    python benchmarks/gains.py FOLDER...     # of finished runs of train grpo or ppo: measures
    python benchmarks/gains.py --table       # the table of the last measurement, as Markdown

The reward that a training logs is of other prompts in each step, and of a policy that changes. Here
the parent and the result each answer every prompt of the dev split once, as in training, and the
answers are scored by the reward that was trained on. Intervals are 95 %; differences are paired by
prompt, by permutation and bootstrap.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semeval_humor import receipt
from semeval_humor.cli.train_policy import predicts_chat
from semeval_humor.markdown import table
from semeval_humor.metrics.comparison import compare_rows
from semeval_humor.metrics.intervals import mean_score
from semeval_humor.metrics.suite import METRICS, Sample
from semeval_humor.rewards.reward import load_reward
from semeval_humor.schema import Lang
from semeval_humor.training.config import LoraSettings, PolicyConfig
from semeval_humor.training.grpo import GrpoConfig
from semeval_humor.training.pairs import read_rows
from semeval_humor.training.policy import load_policy
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.rewarding import rewarded
from semeval_humor.training.ppo.rollout import Asked, Rollout, roll_out
from semeval_humor.training.source import find_source

RESULTS = Path(__file__).parent / "results.jsonl"
BENCHMARK = "gains"
KINDS: dict[str, type[GrpoConfig] | type[PpoConfig]] = {
    "train grpo": GrpoConfig,
    "train ppo": PpoConfig,
}
SEED = 0


def answers(config: PolicyConfig, max_tokens: int) -> list[Rollout]:
    """One answer of a model to each prompt of the dev split."""
    import torch

    policy = load_policy(config, find_source(config), predicts_chat())
    rows = {row.prompt_ids: row for row in read_rows(config, policy).dev}
    torch.manual_seed(SEED)
    asked = [Asked(row.prompt, row.prompt_ids) for row in rows.values()]
    return roll_out(policy, asked, max_tokens=max_tokens)


def gained(folder: Path, parents: dict[str, list[Rollout]]) -> dict[str, Any]:
    """What a training has gained; ``parents`` remembers the answers of parents."""
    account = receipt.read_receipt(next(folder.glob("train-*.run.json")))
    config = KINDS[account.command].model_validate(account.config)
    # An adapter that is read again keeps its own settings.
    bare = config.model_copy(update={"lora": LoraSettings()})
    if config.model not in parents:
        parents[config.model] = answers(bare, config.max_tokens)
    before = parents[config.model]
    after = answers(bare.model_copy(update={"model": str(folder)}), config.max_tokens)
    reward = load_reward(config.reward, [Lang.EN])
    first, last = rewarded(reward, before).total, rewarded(reward, after).total
    difference = compare_rows("reward", first, last)
    return {
        "name": folder.name,
        "steps": account.counts["steps"],
        "prompts": len(before),
        "parent": _with_interval(first),
        "result": _with_interval(last),
        "difference": [difference.difference, difference.low, difference.high, difference.p],
        "distinct-2": [_distinct(before), _distinct(after)],
        "script-purity": [_purity(before), _purity(after)],
    }


def _with_interval(values: tuple[float, ...]) -> list[float | None]:
    score = mean_score("reward", values, Lang.EN, undefined="no answer")
    return [score.value, score.low, score.high]


def _sample(rollouts: list[Rollout]) -> Sample:
    return Sample(tuple(each.text for each in rollouts), Lang.EN)


def _distinct(rollouts: list[Rollout]) -> float:
    return METRICS["distinct-2"](_sample(rollouts)).value


def _purity(rollouts: list[Rollout]) -> float:
    return METRICS["script-purity"](_sample(rollouts)).value


def show(record: dict[str, Any]) -> str:
    """The table, for people."""
    heads = ["training", "steps", "reward of the parent", "of the result", "difference [95 %]"]
    heads += ["p", "distinct-2", "script purity"]
    rows = []
    for run in record["results"]:
        value, low, high, p = run["difference"]
        rows.append(
            [
                f"`{run['name']}`",
                str(run["steps"]),
                *("{:.3f} [{:.3f}, {:.3f}]".format(*run[name]) for name in ("parent", "result")),
                f"{value:+.3f} [{low:+.3f}, {high:+.3f}]",
                f"{p:.4f}",
                *("{:.3f} → {:.3f}".format(*run[name]) for name in ("distinct-2", "script-purity")),
            ]
        )
    prompts = record["results"][0]["prompts"]
    note = f"{record['date'][:10]}; one answer to each of {prompts} unseen prompts, seed {SEED}."
    return f"{table(heads, rows, align='lrrrrrrr')}\n{note}"


def main() -> None:
    """Measure trainings, or print the last table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*", help="of finished trainings")
    parser.add_argument("--table", action="store_true", help="print the last result")
    asked = parser.parse_args()
    if asked.folders:
        parents: dict[str, list[Rollout]] = {}
        results = []
        for folder in asked.folders:
            results.append(gained(folder, parents))
            print(results[-1], file=sys.stderr)
        record = {
            "benchmark": BENCHMARK,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": receipt.versions(),
            "hardware": receipt.hardware(),
            "results": results,
        }
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    print(show([record for record in records if record["benchmark"] == BENCHMARK][-1]))


if __name__ == "__main__":
    main()
