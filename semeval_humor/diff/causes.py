"""What probably went wrong in a training run, told from the weights and from its log."""

import math

from semeval_humor.diff.difference import Difference, Traits, Verdict
from semeval_humor.diff.history import History
from semeval_humor.diff.names import wrapper_in

MOSTLY = 0.8
"""Share of a change that has to lie along the weights to be called a mere shrinking. That of
weight decay is near 1, if steps below 1e-7 blur it; that of training near 0."""

FEW = 0.5
"""Share of the values that moved below which rounding may have kept the others in place."""

HALF_STEPS = {"BF16": 2.0**-8, "F16": 2.0**-11}
"""Relative distance of a number to the middle between it and the next one, at most."""

TOO_FAR = 10.0
"""Times the sum of the learning rates; under Adam a step is at most 3.2 learning rates long."""

TINY_RATE = 1e-5
"""Learning rate below which bfloat16 rounds steps of weights of usual size away."""

_NAMES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F64": "float64"}


def likely_cause(difference: Difference, history: History | None = None) -> str | None:
    """What probably made a checkpoint the way it is, in one line; None where nothing is striking.

    Args:
        difference: of the checkpoint from its base.
        history: what training logged, if it did. Without it, causes that leave the same weights
            behind cannot be told apart.
    """
    traits = difference.traits
    if traits.wrapped:
        return _wrapped(traits.wrapped)
    if difference.verdict is Verdict.INCOMPATIBLE:
        return _incompatible(difference)
    if traits.moved.broken:
        return f"{traits.moved.broken:,} values became NaN or infinite: training diverged"
    if difference.verdict is not Verdict.CHANGED:
        why = no_gradient(history) or _unchanged(difference, history)
        return why or _lost_tensors(difference)
    return _lost_tensors(difference) or _odd_change(difference, history)


def _wrapped(names: tuple[str, ...]) -> str:
    wrapper = wrapper_in(names[0])
    found = f"{len(names)} tensors are saved under names such as {names[0]}"
    if wrapper == "base_layer":
        return (
            f"{found}, as by get_base_model().save_pretrained on a live PEFT model: transformers "
            "fills these layers at random, and what LoRA learnt is left out; "
            "save the adapter, or merge_and_unload() first"
        )
    return (
        f"{found}: no loader knows {wrapper!r}, and fills these layers at random; "
        "unwrap the model before it is saved"
    )


def _incompatible(difference: Difference) -> str:
    traits = difference.traits
    if traits.misfits:
        more = f", and {len(traits.misfits) - 1} more" if len(traits.misfits) > 1 else ""
        return f"another architecture or vocabulary: {traits.misfits[0]}{more}"
    example = f", for example {difference.extra[0]}" if difference.extra else ""
    if traits.adapter:
        return (
            f"none of the adapter's tensors has a place in the base{example}: a loader skips them "
            "and answers as the base; save it again with save_pretrained of peft, or give the "
            "model that it was trained on"
        )
    return f"no tensor has a name that the base knows{example}: another model"


def no_gradient(history: History | None) -> str | None:
    """Why nothing was learnt, in one line, if there is a log and it shows that; else None."""
    if history is None:
        return None
    rates, norms = history.learning_rates, history.grad_norms
    flowed = any(norm > 0 for norm in norms)
    if rates and not any(rates):
        grew = f", while the gradient's norm was up to {_peak(norms):.3g}" if flowed else ""
        return f"the learning rate was 0 in each of {len(rates)} logged steps{grew}"
    if not norms or flowed:
        return None
    zero = f"the gradient was 0 or NaN in each of {len(norms)} logged steps"
    rewards = history.rewards
    if any(map(math.isnan, rewards)):
        return f"{zero}: the reward was NaN"
    steady = len(set(rewards)) == 1
    # Batches may have the same mean although their samples differ.
    if min(history.equal_rewards) == 1 if history.equal_rewards else steady:
        what = f"constant ({rewards[0]:.4g})" if steady else "the same for all samples of a prompt"
        return f"{zero}: the reward was {what}, so none was better"
    if history.cut_off and min(history.cut_off) == 1:
        return f"{zero}: every completion was cut off, and so masked; allow more tokens"
    return f"{zero}: no token counted (all masked?), or no parameter was trainable"


def _unchanged(difference: Difference, history: History | None) -> str | None:
    dtype = _NAMES.get(difference.traits.dtype or "")
    rate = _peak(history.learning_rates) if history else 0.0
    if difference.verdict is Verdict.ADAPTER_NOOP:
        return "the adapter adds exactly 0 (every lora_B is zero, as before the first step)"
    if difference.verdict is Verdict.WITHIN_ROUNDING and difference.traits.adapter:
        at = f": the learning rate was {rate:.2g} at most" if rate else ""
        return f"the adapter adds less than float32 rounds off the weights{at}"
    if difference.verdict is Verdict.WITHIN_ROUNDING:
        return f"the base, stored as {dtype}: not trained, or by less than the cast rounds away"
    if rate and history and history.steps:
        if dtype in ("bfloat16", "float16") and rate < TINY_RATE:
            return (
                f"steps at a learning rate of {rate:.2g} are too small for weights in {dtype}, and "
                "were rounded away; train in float32"
            )
        return (
            f"{history.steps} steps were taken at a learning rate up to {rate:.2g}, but not on "
            "these weights: another model was saved, or the optimizer held other parameters"
        )
    return None


def _lost_tensors(difference: Difference) -> str | None:
    if difference.traits.adapter and difference.extra:
        return (
            f"{len(difference.extra)} tensors of the adapter have no place in the base, for "
            f"example {difference.extra[0]}: a loader skips them"
        )
    if difference.missing:
        return (
            f"{len(difference.missing)} tensors of the base are not there, for example "
            f"{difference.missing[0]}: a loader fills them at random"
        )
    return None


def _odd_change(difference: Difference, history: History | None) -> str | None:
    traits = difference.traits
    moved = traits.moved
    why = no_gradient(history)
    if traits.shrunk >= MOSTLY and moved.along < 0:
        factor = 1 + moved.along / moved.base_square
        why = why or "weight decay without a gradient; was the reward constant?"
        return f"nothing was learnt, the weights only shrank, to {factor:.8g} times: {why}"
    if why and not traits.adapter:
        return f"{why}; yet the weights differ: is this the base that training started from?"
    if _is_rounded_away(traits):
        return _rounded_away(difference)
    reach = history.path_length if history else 0.0
    if reach and traits.dtype == "F32" and not traits.adapter and moved.largest > TOO_FAR * reach:
        return (
            f"values moved by up to {moved.largest:.2g}, but the learning rates add up to only "
            f"{reach:.2g}: is this the base that training started from?"
        )
    return None


def _is_rounded_away(traits: Traits) -> bool:
    """Whether few values moved, and by so little that a value of usual size would have stayed."""
    half_step = HALF_STEPS.get(traits.dtype or "", 0.0)
    moved = traits.moved
    if traits.adapter or moved.changed >= FEW * moved.values:
        return False
    distance = math.sqrt(moved.square / moved.changed)
    return distance < half_step * math.sqrt(moved.base_square / moved.values)


def _rounded_away(difference: Difference) -> str:
    dtype = _NAMES.get(difference.traits.dtype or "")
    moved = difference.traits.moved
    found = (
        f"only {moved.changed / moved.values:.2%} of the values in the changed tensors moved, all "
        f"by less than {dtype} tells apart at the usual size: smaller changes were rounded away"
    )
    touched = {group.name for group in difference.groups if group.tensors_changed}
    untouched = {group.name for group in difference.groups if not group.tensors_changed}
    if touched <= {"attention", "mlp"} and untouched & {"embeddings", "head"}:
        return f"{found}, as by merging a small LoRA adapter; merge it in float32"
    return f"{found}, as by training weights in {dtype}; train them in float32"


def _peak(values: tuple[float, ...]) -> float:
    return max((value for value in values if not math.isnan(value)), default=0.0)
