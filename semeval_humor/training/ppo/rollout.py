"""Samples of a policy."""

from collections.abc import Sequence
from dataclasses import dataclass

from semeval_humor.schema import Finish, Prompt
from semeval_humor.training.completions import bare, text_of
from semeval_humor.training.policy import Policy
from semeval_humor.training.sentinel.draw import NotANumberError

AT_ONCE = 64
"""Completions that are drawn side by side."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt, and its tokens, after which the completion begins."""

    prompt: Prompt
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rollout:
    """What a policy wrote.

    Attributes:
        asked: what it was asked.
        ids: its tokens, one or more; the end token is the last one if it ended.
        text: decoded, without special tokens and the spaces around it; what is rewarded.
        finish: stopped, or cut off after the most tokens allowed.
        logprobs: of its tokens, in nats, where another engine drew them; empty where the policy
            itself did.
    """

    asked: Asked
    ids: tuple[int, ...]
    text: str
    finish: Finish
    logprobs: tuple[float, ...] = ()

    @property
    def content(self) -> tuple[int, ...]:
        """Its tokens without the end token."""
        return self.ids[:-1] if self.finish is Finish.STOPPED else self.ids


def roll_out(policy: Policy, asked: Sequence[Asked], *, max_tokens: int) -> list[Rollout]:
    """Draw one completion for each prompt, with torch's random numbers.

    They are drawn from the whole distribution at temperature 1: what PPO compares are the
    probabilities of what was drawn.

    Raises:
        NotANumberError: the policy's output is no longer a number.
    """
    found: list[Rollout] = []
    for start in range(0, len(asked), AT_ONCE):
        some = asked[start : start + AT_ONCE]
        drawn = _drawn(policy, [each.ids for each in some], max_tokens)
        found += [_rollout(policy, each, ids) for each, ids in zip(some, drawn, strict=True)]
    return found


def _drawn(policy: Policy, prompts: Sequence[Sequence[int]], max_tokens: int) -> list[list[int]]:
    import torch
    from transformers import GenerationConfig

    model = bare(policy.model)
    width = max(map(len, prompts))
    stops = sorted(policy.stop_ids)
    ids = [[*[stops[0]] * (width - len(each)), *each] for each in prompts]
    mask = [[0] * (width - len(each)) + [1] * len(each) for each in prompts]
    wanted = GenerationConfig(
        max_new_tokens=max_tokens,
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        use_cache=True,
        eos_token_id=stops,
        pad_token_id=stops[0],
    )
    # What the model brings along, such as a penalty for repetitions, would be mixed in.
    brought, model.generation_config = model.generation_config, GenerationConfig()
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            output = model.generate(
                input_ids=torch.tensor(ids, device=model.device),
                attention_mask=torch.tensor(mask, device=model.device),
                generation_config=wanted,
            )
    except RuntimeError as error:
        if "probability tensor" in str(error):
            raise NotANumberError(
                "the policy's output is not a number: its weights are broken"
            ) from error
        raise
    finally:
        model.generation_config = brought
        model.train(training)
    answers: list[list[int]] = output[:, width:].tolist()
    return answers


def _rollout(policy: Policy, asked: Asked, drawn: Sequence[int]) -> Rollout:
    end = next((place for place, token in enumerate(drawn) if token in policy.stop_ids), None)
    finish = Finish.CUT_OFF if end is None else Finish.STOPPED
    text = text_of(policy.tokenizer, drawn[:end], finish)
    ids = tuple(drawn) if end is None else tuple(drawn[: end + 1])
    return Rollout(asked, ids, text, finish)
