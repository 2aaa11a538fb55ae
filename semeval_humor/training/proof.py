"""Proof at the end of a training: what was saved is what was trained, and not the parent."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from operator import mul
from pathlib import Path
from typing import Any

from semeval_humor.diff import Difference, History, Verdict, diff, likely_cause
from semeval_humor.training.pairs import Row
from semeval_humor.training.policy import Policy
from semeval_humor.training.recorder import plain

TEXTS = 8
"""Rows whose probability is asked for at the end."""

ANSWERS = 3
"""Prompts that are answered greedily at the end."""

MAX_TOKENS = 24
"""Of each of these answers."""

STRAYED = 0.2
"""Share of the change by which saved files may answer otherwise than the model in memory."""

SHOWN = 0.5
"""Share of the change that saved files show, below which they answer as the parent."""

EXACT = 1e-4
"""Nats that mean nothing: sums are rounded in another order."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model says.

    Attributes:
        logprobs: of each token of some jokes, end tokens included, in nats.
        texts: its greedy answers.
    """

    logprobs: tuple[float, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a trained policy behaves beside its parent, and its saved files beside both.

    Attributes:
        moved: largest difference between policy and parent, of a token's log-probability in nats.
        noise: the same between two runs of the parent.
        strayed: the same between the policy in memory and its files, loaded again.
        shown: share of the change from parent to policy that the files show; about 1.
        answers: prompts answered greedily.
        answers_changed: of these, answered otherwise than by the parent.
    """

    moved: float
    noise: float
    strayed: float
    shown: float
    answers: int
    answers_changed: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What training did, seen at its end.

    Attributes:
        difference: of the saved weights from the parent's.
        behaviour: of both; None where the weights rule out that there is one.
        cause: what went wrong, in one line; None where nothing did.
    """

    difference: Difference
    behaviour: Behaviour | None
    cause: str | None


def document(proof: Proof) -> dict[str, Any]:
    """A proof as ``diff.json`` holds it."""
    return {
        "verdict": proof.difference.verdict,
        "groups": [asdict(group) for group in proof.difference.groups],
        "missing": list(proof.difference.missing),
        "extra": list(proof.difference.extra),
        "cause": proof.cause,
        "behaviour": plain(asdict(proof.behaviour)) if proof.behaviour else None,
    }


def prove(policy: Policy, result: Path, rows: Sequence[Row], history: History | None) -> Proof:
    """Compare a trained policy with its parent, and its saved files with what is in memory.

    The files are loaded as ``predict`` loads them. The policy's memory is given back on the way:
    nothing but its parts on disk is left afterwards.

    Args:
        policy: in memory, after training.
        result: folder to which it was saved.
        rows: of the training.
        history: what training logged.
    """
    difference = diff(policy.source.path, result)
    cause = likely_cause(difference, history)
    if difference.verdict is not Verdict.CHANGED:
        return Proof(difference, None, cause or f"the weights are {difference.verdict}")
    if cause:
        return Proof(difference, None, cause)
    behaviour = compare(policy, result, rows)
    return Proof(difference, behaviour, fault_of(behaviour))


def compare(policy: Policy, result: Path, rows: Sequence[Row]) -> Behaviour:
    """Ask policy, parent and the saved files the same."""
    asked = rows[:TEXTS]
    trained = _answers(policy.model, policy, asked)
    with policy.as_parent() as parent:
        before = _answers(parent, policy, asked)
        again = _answers(parent, policy, asked[:1])
    was_lora, device = policy.is_lora, policy.model.device
    bare = policy.release()
    saved = _answers(_loaded(result, bare, device, lora=was_lora), policy, asked)
    change = [b - a for a, b in zip(before.logprobs, trained.logprobs, strict=True)]
    shown = [c - a for a, c in zip(before.logprobs, saved.logprobs, strict=True)]
    square = math.fsum(value * value for value in change)
    return Behaviour(
        moved=_largest(before.logprobs, trained.logprobs),
        noise=_largest(before.logprobs[: len(again.logprobs)], again.logprobs),
        strayed=_largest(trained.logprobs, saved.logprobs),
        shown=math.fsum(map(mul, change, shown)) / square if square else math.nan,
        answers=len(before.texts),
        answers_changed=sum(a != b for a, b in zip(before.texts, trained.texts, strict=True)),
    )


def fault_of(behaviour: Behaviour) -> str | None:
    """What is wrong with how a policy or its files behave, in one line; None if nothing is."""
    if not behaviour.moved > max(EXACT, behaviour.noise):
        return (
            f"the policy answers as its parent (log-probabilities differ by "
            f"{behaviour.moved:.2g}, between two runs by {behaviour.noise:.2g}): the learning rate "
            "is far too small, or the trained layers are not in use"
        )
    if behaviour.strayed <= max(EXACT, STRAYED * behaviour.moved):
        return None
    if behaviour.shown < SHOWN:
        return (
            f"the saved files answer as the parent: they show {behaviour.shown:.0%} of what "
            "training changed"
        )
    return (
        f"the saved files answer like neither policy nor parent: log-probabilities differ by "
        f"{behaviour.strayed:.2g} from the policy, which differs by {behaviour.moved:.2g} from its "
        "parent"
    )


def _answers(model: Any, policy: Policy, rows: Sequence[Row]) -> Answers:
    import torch

    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            logprobs = [_logprobs(model, row) for row in rows]
            texts = [_greedy(model, policy, row) for row in rows[:ANSWERS]]
    finally:
        for module, mode in modes.items():
            module.training = mode
    return Answers(tuple(chain.from_iterable(logprobs)), tuple(texts))


def _logprobs(model: Any, row: Row) -> list[float]:
    import torch

    tokens = torch.tensor([[*row.prompt_ids, *row.completion_ids]], device=model.device)
    count = len(row.completion_ids)
    logits_T_V = model(input_ids=tokens, use_cache=False).logits[0, -count - 1 : -1].float()
    chosen = logits_T_V.log_softmax(-1).gather(1, tokens[0, -count:, None])[:, 0]
    values: list[float] = chosen.tolist()
    return values


def _greedy(model: Any, policy: Policy, row: Row) -> str:
    import torch
    from transformers import GenerationConfig

    tokens = torch.tensor([list(row.prompt_ids)], device=model.device)
    output = model.generate(
        input_ids=tokens,
        attention_mask=torch.ones_like(tokens),
        generation_config=GenerationConfig(
            max_new_tokens=MAX_TOKENS,
            do_sample=False,
            use_cache=True,
            eos_token_id=sorted(policy.stop_ids),
            pad_token_id=min(policy.stop_ids),
        ),
    )
    return str(policy.tokenizer.decode(output[0, tokens.shape[1] :], skip_special_tokens=True))


def _loaded(folder: Path, bare: Any, device: Any, *, lora: bool) -> Any:
    """The saved files as ``predict`` loads them; an adapter on the bare model at hand."""
    import torch
    from transformers import AutoModelForCausalLM

    if lora:
        from peft import PeftModel

        return PeftModel.from_pretrained(bare, str(folder))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    return model.to(device)


def _largest(left: Sequence[float], right: Sequence[float]) -> float:
    return max(abs(a - b) for a, b in zip(left, right, strict=True))
