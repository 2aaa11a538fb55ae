"""How fast a reward is, what it costs a training step, and how often it agrees with people.

    python benchmarks/peers/reward.py --reward REWARD.toml --jokes FILE.parquet
    python benchmarks/peers/reward.py --reward REWARD.toml --votes FILE.json
    python benchmarks/peers/reward.py --table               # the tables of the last runs

With jokes, of the test split: how many are scored in a second in one call and one by one, best of
some passes with all cores, for which the machine must be idle; what the classifier and the gates
cost a step of 64 completions that are all new; and ranking, the area under the ROC curve of jokes
against other texts, for the classifier and for what gates make of it.

With votes: the agreement of the English classifier with the decisive ones, beside what else could
rank jokes. Scores that learn from votes do so by 5-fold cross-validation over sessions: a linear
layer on the classifier's mean token states.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import torch

from semeval_humor import receipt
from semeval_humor.configs import checked, read_toml
from semeval_humor.inference.config import EngineConfig
from semeval_humor.inference.engines import plan_engine
from semeval_humor.markdown import table
from semeval_humor.rewards.classifier import Classifier, load_classifier
from semeval_humor.rewards.components import Row
from semeval_humor.rewards.encoders import TransformersEncoder, load_encoder
from semeval_humor.rewards.human_votes import (
    PairVote,
    TextScore,
    agreement_of_gaps,
    agreement_with_votes,
    read_human_votes,
)
from semeval_humor.rewards.profiles import read_profile
from semeval_humor.rewards.reward import Reward, RewardFile
from semeval_humor.schema import (
    Continuation,
    Engine,
    Headline,
    Lang,
    Message,
    Prompt,
    Score,
    Task,
)
from semeval_humor.training.reward.losses import votes_loss
from semeval_humor.training.reward.report import auc

RESULTS = Path(__file__).parents[1] / "results.jsonl"
SPEED, AGREEMENT = "peers/reward", "peers/reward-agreement"
TEXTS = 512
COMPLETIONS = 64  # of a step: 8 prompts of 8 completions
PASSES = 3
FOLDS = 5
SEED = 0
PENALTY = 30.0  # on squared weights of what learns from votes; of 1, 3, 10 and 30 none is better
HEADLINE = Headline("Mayor opens a bridge that nobody had asked for")
QUESTION = "Which joke is funnier?\nA: {}\nB: {}\nAnswer with A or B."


def jokes(path: Path, lang: Lang) -> list[str]:
    """Different jokes of the test split."""
    wanted = [("lang", "==", str(lang)), ("split", "==", "test"), ("label", "!=", "headline")]
    rows = pyarrow.parquet.read_table(path, columns=["text"], filters=wanted)
    return list(dict.fromkeys(rows["text"].to_pylist()))[:TEXTS]


def measure_speed(folder: Path, texts: Sequence[str]) -> dict[str, float]:
    """Texts that are scored in a second, in one call and one by one."""
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


def measure_step(folder: Path, lang: Lang, texts: Sequence[str]) -> dict[str, float]:
    """Milliseconds that completions of one step cost, by part."""
    encoder = load_encoder(folder, load_classifier(folder).card.max_length)
    profile = read_profile("guarded")
    rows = [
        Row(Prompt(str(number), Task.A, lang, HEADLINE), text, 0.5, 0.0, True)
        for number, text in enumerate(texts[:COMPLETIONS])
    ]
    chosen = [row.text for row in rows]
    _, classifier = _best(lambda: (encoder.logits(chosen), encoder.unknown_rates(chosen)))
    _, gates = _best(lambda: [profile.judge(row) for row in rows])
    return {"completions": len(rows), "classifier": 1000 * classifier, "gates": 1000 * gates}


def measure_ranking(folder: Path, lang: Lang, path: Path) -> dict[str, float] | None:
    """Area under the ROC curve of jokes against other texts, without the gates and with them.

    None for Chinese, whose corpus says of no text that it is no joke.
    """
    wanted = [("lang", "==", str(lang)), ("split", "==", "test"), ("is_humor", "in", [True, False])]
    rows = pyarrow.parquet.read_table(path, columns=["text", "is_humor"], filters=wanted)
    texts, is_joke = rows["text"].to_pylist(), np.array(rows["is_humor"].to_pylist())
    if not texts:
        return None
    classifier = load_classifier(folder)
    guarded = Reward(read_profile("guarded"), {lang: classifier})
    prompts = [Prompt("", Task.A, lang, HEADLINE)] * len(texts)
    return {
        "jokes": int(is_joke.sum()),
        "others": int((~is_joke).sum()),
        "classifier": auc(np.array(classifier.probabilities(texts)), is_joke),
        "guarded": auc(np.array(guarded(prompts, texts).total), is_joke),
    }


def measure_agreement(folder: Path, votes: Sequence[PairVote]) -> list[Score]:
    """Agreement of the classifier and of what stands beside it, each with its interval."""
    classifier = load_classifier(folder)
    states = _states(load_encoder(folder, classifier.card.max_length), votes)

    def learnt(seen: Sequence[PairVote]) -> TextScore:
        weights = _fit_votes(states, seen)
        return lambda texts: np.array([float(states[text] @ weights) for text in texts])

    with plan_engine(EngineConfig(engine="transformers")).start(0, 0) as engine:
        return [
            agreement_with_votes(classifier.probabilities, votes, name="humour classifier"),
            agreement_with_votes(_rewarded("guarded", classifier, votes), votes, name="guarded"),
            agreement_with_votes(_rewarded("summed", classifier, votes), votes, name="summed"),
            agreement_with_votes(lambda texts: [len(text) for text in texts], votes, name="longer"),
            agreement_with_votes(_likelihood(engine), votes, name="likelier (SmolLM2-135M)"),
            agreement_of_gaps(_judged(engine, votes), votes, name="judge (SmolLM2-135M)"),
            _cross_validated(learnt, votes, name="learnt from votes"),
            *_of_funniness(classifier, votes),
        ]


def _cross_validated(
    fit: Callable[[Sequence[PairVote]], TextScore], votes: Sequence[PairVote], name: str
) -> Score:
    """Agreement of a score that learns from votes, each session judged by one that never saw it.

    Some jokes occur in several sessions, so a score may have seen one of a pair before, in other
    company.
    """
    fold_of = _folds(votes)
    scores = [
        fit([vote for vote in votes if fold_of[vote.session] != fold]) for fold in range(FOLDS)
    ]
    gaps = []
    for vote in votes:
        left, right = scores[fold_of[vote.session]]([vote.left, vote.right])
        gaps.append(float(left - right))
    score = agreement_of_gaps(gaps, votes, name=name)
    return replace(score, settings={**score.settings, "folds": FOLDS, "seed": SEED})


def _folds(votes: Sequence[PairVote]) -> dict[str, int]:
    """Fold of each session, from 0 on: the largest first, each goes where the fewest votes are."""
    sizes = Counter(vote.session for vote in votes)
    order = np.random.default_rng(SEED).permutation(sorted(sizes)).tolist()
    filled, fold_of = [0] * FOLDS, {}
    for session in sorted(order, key=lambda session: -sizes[session]):
        fold_of[session] = filled.index(min(filled))
        filled[fold_of[session]] += sizes[session]
    return fold_of


def _rewarded(profile: str, classifier: Classifier, votes: Sequence[PairVote]) -> TextScore:
    """A profile, with the theme of a joke in the place of its headline."""
    themes = {text: vote.theme for vote in votes for text in (vote.left, vote.right)}
    reward = Reward(read_profile(profile), {Lang.EN: classifier})
    return lambda texts: (
        reward([Prompt("", Task.A, Lang.EN, Headline(themes[text])) for text in texts], texts).total
    )


def _likelihood(engine: Engine) -> TextScore:
    """Mean log-probability of a character."""

    def score(texts: Sequence[str]) -> list[float]:
        found = engine.logprobs([Continuation("", text, ends=True) for text in texts])
        return [float(np.nansum(each)) / len(text) for each, text in zip(found, texts, strict=True)]

    return score


def _judged(engine: Engine, votes: Sequence[PairVote]) -> list[float]:
    """How much a model prefers the left joke, in nats; asked in both orders."""
    asked = [
        Continuation((Message("user", QUESTION.format(first, second)),), letter)
        for vote in votes
        for first, second in ((vote.left, vote.right), (vote.right, vote.left))
        for letter in "AB"
    ]
    found = np.array([sum(each) for each in engine.logprobs(asked)]).reshape(-1, 2, 2)
    preferred_first = found[:, :, 0] - found[:, :, 1]
    return list(map(float, preferred_first[:, 0] - preferred_first[:, 1]))


def _of_funniness(classifier: Classifier, votes: Sequence[PairVote]) -> list[Score]:
    if not classifier.card.funniness:
        return []
    return [agreement_with_votes(classifier.funniness, votes, name="funniness (saw the votes)")]


def _best(call: Callable[[], Any]) -> tuple[Any, float]:
    seconds = []
    for _ in range(PASSES):
        start = time.perf_counter()
        found = call()
        seconds.append(time.perf_counter() - start)
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


def speed_table(record: dict[str, Any]) -> str:
    """Speed, cost and ranking, for people."""
    rows = []
    for lang, found in record["results"].items():
        speed, step, ranking = found["speed"], found["step"], found["ranking"]
        looped, batched = speed["looped"], speed["batched"]
        rows.append(
            [
                f"{lang}, {found['parent']}",
                f"{looped:,.0f}",
                f"{batched:,.0f}",
                f"{batched / looped:.1f}",
                f"{speed['most_difference']:.0e}",
                f"{step['classifier']:.0f}",
                f"{step['gates']:.0f}",
                *(f"{ranking[name]:.3f}" if ranking else "–" for name in ("classifier", "guarded")),
            ]
        )
    heads = ["", "jokes/s one by one", "in one call", "times", "largest difference"]
    heads += [f"ms for {COMPLETIONS}: classifier", "gates", "ranking: classifier", "guarded"]
    machine = record["hardware"]
    where = f"{record['date'][:10]}, {machine['cores']} cores of {machine['processor']}.\n"
    return table(heads, rows, align="lrrrrrrrr") + "\n" + where


def agreement_table(record: dict[str, Any]) -> str:
    """Agreement with votes, for people."""
    scores = record["results"]
    rows = [
        [score["name"], f"{score['value']:.3f}", f"{score['low']:.3f} – {score['high']:.3f}"]
        for score in scores
    ]
    head = [f"{scores[0]['items']} decisive votes, English", "agreement", "95 %"]
    return table(head, rows, align="lrr")


def main() -> None:
    """Measure, or print the last results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reward", type=Path, help="a REWARD.toml")
    parser.add_argument("--jokes", type=Path, help="what data build made")
    parser.add_argument("--votes", type=Path, help="people's votes on English jokes")
    parser.add_argument("--table", action="store_true", help="print the last results")
    arguments = parser.parse_args()
    if not arguments.table:
        path: Path = arguments.reward
        config = checked(RewardFile, read_toml(path), str(path))
        classifiers = {lang: path.parent / each for lang, each in config.classifiers.items()}
        if arguments.jokes:
            _record(SPEED, TEXTS, _of_jokes(classifiers, arguments.jokes))
        if arguments.votes:
            votes = read_human_votes(arguments.votes)
            scores = measure_agreement(classifiers[Lang.EN], votes)
            _record(AGREEMENT, len(votes), [{**asdict(score), "rows": None} for score in scores])
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    for benchmark, shown in ((SPEED, speed_table), (AGREEMENT, agreement_table)):
        found = [record for record in records if record["benchmark"] == benchmark]
        print(shown(found[-1]) if found else f"{benchmark}: not measured yet")


def _of_jokes(classifiers: Mapping[Lang, Path], path: Path) -> dict[Lang, dict[str, Any]]:
    found = {}
    for lang, folder in classifiers.items():
        texts = jokes(path, lang)
        found[lang] = {
            "parent": load_classifier(folder).card.parent,
            "speed": measure_speed(folder, texts),
            "step": measure_step(folder, lang, texts),
            "ranking": measure_ranking(folder, lang, path),
        }
    return found


def _record(benchmark: str, items: int, results: Any) -> None:
    record = {
        "benchmark": benchmark,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "items": items,
        "versions": receipt.versions(),
        "hardware": receipt.hardware(),
        "results": results,
    }
    with RESULTS.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
