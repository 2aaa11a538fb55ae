"""How fast a humour classifier scores, and how often it agrees with people.

    python benchmarks/peers/reward.py --checkpoint DIR --jokes FILE.parquet [--votes FILE.json]
    python benchmarks/peers/reward.py --table               # the table of the last run

Speed: jokes of the test split, all different, in one call and one by one; one thread, in seconds of
processor time, the best of some passes. Agreement, of an English classifier: with the decisive
votes, beside what else could rank jokes. Scores that learn from votes do so by 5-fold
cross-validation over sessions: a linear layer on the classifier's mean token states.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import torch

from semeval_humor import receipt
from semeval_humor.markdown import table
from semeval_humor.rewards.classifier import Classifier, load_classifier
from semeval_humor.rewards.encoders import TransformersEncoder, load_encoder
from semeval_humor.rewards.votes import (
    PairVote,
    TextScore,
    agreement_with_votes,
    cross_validated_agreement,
    read_votes,
)
from semeval_humor.schema import Lang, Score
from semeval_humor.training.reward.losses import votes_loss

RESULTS = Path(__file__).parents[1] / "results.jsonl"
BENCHMARK = "peers/reward"
TEXTS = 512
PASSES = 3
PENALTY = 30.0  # on squared weights of what learns from votes; of 1, 3, 10 and 30 none is better


def jokes(path: Path, lang: Lang) -> list[str]:
    """Different jokes of the test split."""
    wanted = [("lang", "==", str(lang)), ("split", "==", "test"), ("label", "!=", "headline")]
    rows = pyarrow.parquet.read_table(path, columns=["text"], filters=wanted)
    return list(dict.fromkeys(rows["text"].to_pylist()))[:TEXTS]


def measure_speed(folder: Path, texts: Sequence[str]) -> dict[str, float]:
    """Texts that are scored in a second of one core, in one call and one by one."""
    torch.set_num_threads(1)
    encoder = load_encoder(folder, load_classifier(folder).card.max_length)

    def one_by_one() -> Any:
        return np.concatenate([encoder.logits([text]) for text in texts])

    together, batched = _best(lambda: encoder.logits(texts))
    alone, looped = _best(one_by_one)
    return {
        "texts": len(texts),
        "batched": len(texts) / batched,
        "looped": len(texts) / looped,
        "most_difference": float(np.abs(together - alone).max()),
    }


def measure_agreement(folder: Path, votes: Sequence[PairVote]) -> list[Score]:
    """Agreement of the classifier and of what stands beside it, each with its interval."""
    classifier = load_classifier(folder)
    states = _states(load_encoder(folder, classifier.card.max_length), votes)

    def learnt(seen: Sequence[PairVote]) -> TextScore:
        weights = _fit_votes(states, seen)
        return lambda texts: np.array([float(states[text] @ weights) for text in texts])

    return [
        agreement_with_votes(classifier.probabilities, votes, name="humour classifier"),
        agreement_with_votes(lambda texts: [len(text) for text in texts], votes, name="longer"),
        agreement_with_votes(lambda texts: [-len(text) for text in texts], votes, name="shorter"),
        cross_validated_agreement(learnt, votes, name="learnt from votes"),
        *_of_funniness(classifier, votes),
    ]


def _of_funniness(classifier: Classifier, votes: Sequence[PairVote]) -> list[Score]:
    if not classifier.card.funniness:
        return []
    return [agreement_with_votes(classifier.funniness, votes, name="funniness (saw the votes)")]


def _best(call: Callable[[], Any]) -> tuple[Any, float]:
    seconds = []
    for _ in range(PASSES):
        start = time.process_time()
        found = call()
        seconds.append(time.process_time() - start)
    return found, min(seconds)


def _states(encoder: TransformersEncoder, votes: Sequence[PairVote]) -> dict[str, torch.Tensor]:
    """Mean token state of each text, of length ten on average, and a constant 1."""
    texts = list(dict.fromkeys(text for vote in votes for text in (vote.left, vote.right)))
    found = []
    with torch.inference_mode():
        for text in texts:
            ids = torch.tensor(encoder.token_ids([text]))
            found.append(encoder.model["encoder"](input_ids=ids).last_hidden_state[0].mean(0))
    states = torch.stack(found)
    states = torch.cat([10 * states / states.norm(dim=1).mean(), torch.ones(len(texts), 1)], dim=1)
    return dict(zip(texts, states.clone(), strict=True))


def _fit_votes(states: dict[str, torch.Tensor], votes: Sequence[PairVote]) -> torch.Tensor:
    left = torch.stack([states[vote.left] for vote in votes])
    right = torch.stack([states[vote.right] for vote in votes])
    weights = torch.zeros(left.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss: torch.Tensor = votes_loss(left @ weights, right @ weights, votes)
        loss = loss + PENALTY / len(votes) * (weights[:-1] ** 2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach()


def tables(record: dict[str, Any]) -> str:
    """The last result, for people."""
    speed = record["results"]["speed"]
    rows = [
        ["one by one", f"{speed['looped']:,.0f}", "1.0"],
        ["in one call", f"{speed['batched']:,.0f}", f"{speed['batched'] / speed['looped']:.1f}"],
    ]
    text = table([f"{speed['texts']} jokes", "jokes/s of one core", "times"], rows, align="lrr")
    text += f"\nLargest difference between their logits: {speed['most_difference']:.1e}.\n"
    if record["results"]["agreement"]:
        rows = [
            [score["name"], f"{score['value']:.3f}", f"{score['low']:.3f} – {score['high']:.3f}"]
            for score in record["results"]["agreement"]
        ]
        items = record["results"]["agreement"][0]["items"]
        text += "\n" + table([f"{items} decisive votes", "agreement", "95 %"], rows, align="lrr")
    machine = record["hardware"]
    return text + f"\n{record['date'][:10]}, {machine['cores']} cores ({machine['processor']})."


def main() -> None:
    """Measure, or print the last result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, help="what train reward made")
    parser.add_argument("--jokes", type=Path, help="what data build made")
    parser.add_argument("--votes", type=Path, help="people's votes on English jokes")
    parser.add_argument("--table", action="store_true", help="print the last result")
    arguments = parser.parse_args()
    if not arguments.table:
        card = load_classifier(arguments.checkpoint).card
        votes = read_votes(arguments.votes) if arguments.votes else []
        scores = measure_agreement(arguments.checkpoint, votes) if votes else []
        record = {
            "benchmark": BENCHMARK,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "config": {"checkpoint": arguments.checkpoint.name, "parent": card.parent},
            "items": TEXTS,
            "versions": receipt.versions(),
            "hardware": receipt.hardware(),
            "results": {
                "speed": measure_speed(arguments.checkpoint, jokes(arguments.jokes, card.langs[0])),
                "agreement": [{**asdict(score), "rows": None} for score in scores],
            },
        }
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    print(tables([record for record in records if record["benchmark"] == BENCHMARK][-1]))


if __name__ == "__main__":
    main()
