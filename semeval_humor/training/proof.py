"""Proof that training changed a model: after the first step in memory, at the end on disk."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_humor.diff import Difference, History, Verdict, diff, likely_cause
from semeval_humor.errors import HumorError
from semeval_humor.training.pairs import Row
from semeval_humor.training.policy import Policy

if TYPE_CHECKING:
    import torch

WATCHED = 2**16
"""Values of each tensor that are compared after a step, evenly over it."""

TEXTS = 8
"""Rows whose probability is asked for at the end."""

ANSWERS = 3
"""Prompts that are answered greedily at the end."""

MAX_TOKENS = 24
"""Of each of these answers."""

STRAYED = 0.2
"""Share of the change by which saved files may answer otherwise than the model in memory."""

EXACT = 1e-4
"""Nats that mean nothing: sums are rounded in another order."""

FEW = 0.5
"""Share of the values with a gradient that moved, below which 16 bits have rounded steps away."""

HARDLY_ANY = 0.01
"""The same with 32 bits, where only the smallest gradients may move nothing."""


class NotLearningError(HumorError):
    """Training leaves the model as it is, or breaks it."""


@dataclass(slots=True)
class _Watched:
    """Some values of one tensor before a step, and which of them have a gradient."""

    name: str
    before: "torch.Tensor"
    pulled: "torch.Tensor"


@dataclass(slots=True)
class FirstSteps:
    """Looks at the first steps of an optimizer until one of them has changed the weights.

    A step at a learning rate of 0, as the first one of a warm-up, is let pass. A step without a
    gradient is, as often as ``patience`` allows: with rewards, all samples of a batch may be
    equally good.

    Attributes:
        model: in training.
        patience: steps in a row without a gradient that are let pass.
        gradients: they can be looked at, and the optimizer holds the model's own parameters;
            DeepSpeed's does not.
        done: a step has changed the weights as it should.
    """

    model: Any
    patience: int = 0
    gradients: bool = True
    done: bool = False
    _watched: list[_Watched] = field(default_factory=list)
    _rate: float = 0.0
    _coming: bool = False
    _idle: int = 0

    def before(self, optimizer: Any) -> None:
        """Look at weights and gradients when the optimizer is about to step.

        Where gradients are not to be seen, it may be called before they are computed.

        Raises:
            NotLearningError: nothing is trainable, or the optimizer holds other parameters.
        """
        import torch

        trainable = {
            name: value for name, value in self.model.named_parameters() if value.requires_grad
        }
        if not trainable:
            raise NotLearningError("no parameter is trainable: all of them are frozen")
        groups = optimizer.param_groups
        if self.gradients:
            # A critic may be trained by the same optimizer, at a rate of its own.
            mine = set(map(id, trainable.values()))
            groups = [each for each in groups if not mine.isdisjoint(map(id, each["params"]))]
        if not groups:
            raise NotLearningError(
                f"the optimizer holds none of the {len(trainable)} trainable tensors: it was made "
                "for another model, or before the adapter was"
            )
        self._rate = max(float(group["lr"]) for group in groups)
        self._coming = any(float(group.get("initial_lr", group["lr"])) > 0 for group in groups)
        self._watched = []
        for name, value in trainable.items():
            before, gradient = _some(value).clone(), value.grad
            if not self.gradients:
                pulled = torch.ones_like(before, dtype=torch.bool)
            elif gradient is None:
                pulled = torch.zeros(1, dtype=torch.bool)
            else:
                pulled = _some(gradient) != 0
            self._watched.append(_Watched(name, before, pulled))

    def after(self, history: History) -> None:
        """Look at the weights after the step.

        Args:
            history: what was logged so far; names the cause where the weights alone do not.

        Raises:
            NotLearningError: the step did not change the weights, or broke them; says why.
        """
        now = {name: _some(value) for name, value in self.model.named_parameters()}
        broken = [w.name for w in self._watched if not bool(now[w.name].isfinite().all())]
        if broken:
            raise NotLearningError(
                f"the first steps made {len(broken)} tensors NaN or infinite, the first is "
                f"{broken[0]}: the gradient was no number; lower the learning_rate, and train in "
                "float32 or bfloat16, never in float16"
            )
        if self._rate == 0:
            if not self._coming:
                raise NotLearningError("the learning rate is 0, and will stay so")
            return
        pulled = any(bool(w.pulled.any()) for w in self._watched)
        if not pulled or (not self.gradients and history.grad_norms[-1:] == (0.0,)):
            self._idle += 1
            if self._idle > self.patience:
                raise NotLearningError(_without_gradient(self._idle, history))
            return
        self._check_moved(now)
        self.done = True

    def _check_moved(self, now: Mapping[str, "torch.Tensor"]) -> None:
        moved = {w.name: now[w.name] != w.before for w in self._watched}
        kinds = {str(w.before.dtype).removeprefix("torch.") for w in self._watched}
        half = kinds & {"bfloat16", "float16"}
        pulled = sum(int(w.pulled.sum()) for w in self._watched)
        reached = sum(
            int((w.pulled & moved[w.name]).sum())
            for w in self._watched
            if w.pulled.shape == moved[w.name].shape
        )
        if reached < (FEW if half else HARDLY_ANY) * pulled:
            advice = "train in float32" if half else "raise the learning_rate"
            raise NotLearningError(
                f"the first step moved {reached:,} of {pulled:,} values that have a gradient: at a "
                f"learning rate of {self._rate:.2g} {', '.join(sorted(kinds))} rounds the others "
                f"away, or the optimizer does not step; {advice}"
            )
        b_matrices = [w.name for w in self._watched if ".lora_B." in w.name]
        if b_matrices and not any(bool(now[name].any()) for name in b_matrices):
            raise NotLearningError(
                "every lora_B is still zero after the first step: the adapter adds nothing"
            )


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
    if behaviour.shown < FEW:
        return (
            f"the saved files answer as the parent: they show {behaviour.shown:.0%} of what "
            "training changed"
        )
    return (
        f"the saved files answer like neither policy nor parent: log-probabilities differ by "
        f"{behaviour.strayed:.2g} from the policy, which differs by {behaviour.moved:.2g} from its "
        "parent"
    )


def _without_gradient(steps: int, history: History) -> str:
    from semeval_humor.diff.change import Change
    from semeval_humor.diff.difference import Traits

    nothing = Traits(
        adapter=False,
        dtype=None,
        placed=1,
        misfits=(),
        wrapped=(),
        moved=Change(),
        shrunk=0.0,
        survives=None,
    )
    cause = likely_cause(Difference(Verdict.IDENTICAL, (), (), (), nothing), history)
    return f"no gradient in {steps} steps: {cause or 'no token counts, or the loss is constant'}"


def _some(tensor: "torch.Tensor") -> "torch.Tensor":
    """Values of a tensor, evenly over it; of a sharded one, those that this process holds."""
    local = tensor.to_local() if hasattr(tensor, "to_local") else tensor
    values = local.detach().reshape(-1)
    return values[:: max(1, -(-len(values) // WATCHED))]


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
