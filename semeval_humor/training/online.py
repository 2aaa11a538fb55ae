"""What GRPO and RLOO share: prompts, the policy's own samples of them, and a reward for these."""

import math
import time
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from semeval_humor.errors import ConfigError, DataError, EngineError, HumorError, first_line
from semeval_humor.rewards.redteam_card import read_verdict
from semeval_humor.rewards.redteam_pages import card_path
from semeval_humor.rewards.reward import Reward, load_reward
from semeval_humor.rewards.trl import trl_functions
from semeval_humor.schema import Lang
from semeval_humor.training.config import PolicyConfig
from semeval_humor.training.course import Course
from semeval_humor.training.online_config import OnlineConfig, VllmSettings
from semeval_humor.training.pairs import Row, Rows, columns
from semeval_humor.training.policy import Chat, Policy
from semeval_humor.training.processes import is_main, processes
from semeval_humor.training.train import train_policy
from semeval_humor.training.trl import arguments, fit, keep_quiet
from semeval_humor.training.watch import Watch

if TYPE_CHECKING:
    import datasets

    from semeval_humor.training.sentinel.sentinel import Sentinel

NO_PENALTY = 1e-8
"""What a beta of 0 becomes: TRL would not even measure the KL divergence."""

PATIENCE = 4
"""Steps in a row in which no sample may be better than another, before training is given up."""

GRAIN = 2.0**-16
"""Rewards are multiples of this. Sums of equal ones are then exact in float32, and none of them is
above their mean; else Adam would make whole steps out of errors of rounding."""

RAISED = (HumorError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)
"""What a reward of any make may raise. Memory that is short is told elsewhere."""

_COLUMNS = ("id", "lang", "word1", "word2", "headline")


class RewardError(HumorError):
    """A reward cannot say what a text is worth."""


class Rewarded(Protocol):
    """Settings of a training that has a reward."""

    @property
    def reward(self) -> Path:
        """REWARD.toml."""

    @property
    def untested_reward(self) -> bool:
        """Whether it may be one that redteam has not tested, or has fooled."""

    @property
    def langs(self) -> tuple[Lang, ...]:
        """Languages of the training; none: all that the reward has."""


Config = TypeVar("Config", bound=OnlineConfig)

Make = Callable[[Config, dict[str, Any]], tuple[type, Any]]
"""From a config, and the arguments that all online trainers get, to a trainer and its own."""

MakeSentinel = Callable[[PolicyConfig, Policy, Rows, Reward], "Sentinel"]
"""Makes what watches the samples, and what their reward is made of."""


def train_online(
    kind: str,
    config: Config,
    chat: Chat,
    watch: Watch,
    make: Make[Config],
    *,
    sentinel: MakeSentinel,
    force: bool = False,
) -> Path:
    """Train a policy on rewards for its own samples; see ``train_policy``, also for its errors.

    Raises:
        ConfigError: the reward does not pass its tests, or the batches hold no whole groups.
        EngineError: the vLLM server does not answer.
        RewardError: the reward fails for a sample, or is no number.
    """
    size = processes() * config.batch_size * config.accumulation
    if size % config.num_generations:
        raise ConfigError(
            f"batch_size × accumulation × processes is {size}, expected a multiple of "
            f"num_generations ({config.num_generations}), so that all samples of a prompt meet"
        )
    reward, doubts = load_tested(config)
    if is_main():
        _warn(config, doubts, watch)

    def work(course: Course) -> Mapping[str, Any]:
        _train(config, course, reward, make)
        return {"reward": {"fingerprint": reward.fingerprint, "doubts": list(doubts)}}

    return train_policy(
        kind,
        config,
        chat,
        watch,
        work,
        sentinel=lambda config, policy, rows: sentinel(config, policy, rows, reward),
        patience=PATIENCE,
        inputs=reward.records,
        force=force,
    )


def _warn(config: OnlineConfig, doubts: Sequence[str], watch: Watch) -> None:
    for doubt in doubts:
        watch.note(f"untested_reward: {doubt}")
    if not config.beta:
        watch.note(
            f"beta = 0: nothing holds the policy near its parent; {NO_PENALTY:g} is used, so that "
            "the KL divergence is measured at least"
        )


def load_tested(config: Rewarded) -> tuple[Reward, tuple[str, ...]]:
    """The reward of a config, and what speaks against training on it.

    Raises:
        ConfigError: something does, and the config does not say that it may; or the reward cannot
            be loaded.
    """
    reward = load_reward(config.reward, config.langs or None)
    try:
        verdict = read_verdict(card_path(config.reward))
        refusals = [verdict.refusal(reward.records, lang) for lang in reward.langs]
        doubts = tuple(dict.fromkeys(refusal for refusal in refusals if refusal))
    except DataError as error:
        doubts = (str(error),)
    if doubts and not config.untested_reward:
        raise ConfigError(f"{doubts[0]}; or say untested_reward = true to train on it anyway")
    return reward, doubts


def reward_function(reward: Reward, stop_ids: frozenset[int]) -> Callable[..., list[float]]:
    """A reward as TRL calls it, which fails with the row's name, and never with a number.

    Logs its components, and as ``reward_time`` the seconds that it took.
    """
    import torch

    [inner] = trl_functions(reward, stop_ids)

    def joke_reward(
        prompts: Sequence[Any],
        completions: Sequence[str],
        completion_ids: Sequence[Sequence[int]],
        **given: Any,
    ) -> list[float]:
        begun = time.perf_counter()
        try:
            values = inner(prompts, completions, completion_ids, **given)
        except torch.OutOfMemoryError:
            raise
        except RAISED as error:
            one = partial(_one, inner, prompts, completions, completion_ids, given)
            where = next((place for place in range(len(prompts)) if not one(place)), None)
            row = "a batch" if where is None else described(given["id"][where], completions[where])
            raise RewardError(f"reward: {row}: {first_line(error)}") from error
        for id_, text, value in zip(given["id"], completions, values, strict=True):
            if not math.isfinite(value):
                raise RewardError(f"reward: {described(id_, text)}: {value}, expected a number")
        given["log_metric"]("reward_time", time.perf_counter() - begun)
        return [round(value / GRAIN) * GRAIN for value in values]

    return joke_reward


def _one(
    inner: Callable[..., list[float]],
    prompts: Sequence[Any],
    completions: Sequence[str],
    completion_ids: Sequence[Sequence[int]],
    given: Mapping[str, Any],
    place: int,
) -> bool:
    """Whether a reward has a value for one sample of a batch."""
    cells = {name: given[name][place : place + 1] for name in _COLUMNS}
    some = slice(place, place + 1)
    try:
        inner(prompts[some], completions[some], completion_ids[some], **cells)
    except RAISED:
        return False
    return True


def described(id_: str, text: str) -> str:
    """A sample, as errors name it."""
    return f"row {id_}, {text[:60]!r}"


def _train(config: Config, course: Course, reward: Reward, make: Make[Config]) -> None:
    keep_quiet()
    policy = course.policy
    rows = usable_prompts(course, reward.langs, config.max_tokens)
    texts = [policy.tokenizer.decode(row.prompt_ids) for row in rows]
    # TRL takes the end tokens from here, and stops and counts by them.
    policy.model.generation_config.eos_token_id = sorted(policy.stop_ids)
    shared = _arguments(config, policy.stop_ids)
    with warnings.catch_warnings():
        if config.vllm is None:  # whose version then does not matter
            warnings.filterwarnings("ignore", message="TRL currently supports vLLM")
        kind, own = make(config, shared)
    tokens = {text: row.prompt_ids for text, row in zip(texts, rows, strict=True)}
    try:
        trainer = _asking(kind, tokens)(
            model=policy.model,
            reward_funcs=[reward_function(reward, policy.stop_ids)],
            args=own,
            train_dataset=_dataset(texts, rows),
            processing_class=policy.tokenizer,
        )
    except ConnectionError as error:
        raise EngineError(f"vllm: no server: {first_line(error)}") from error
    fit(trainer, course.follower, course.run)


def usable_prompts(course: Course, langs: Collection[Lang], max_tokens: int) -> list[Row]:
    """Each different prompt once, if there is room for an answer.

    Args:
        course: its rows are looked through, and its watch is told.
        langs: that the reward has a classifier for.
        max_tokens: of an answer.

    Raises:
        ConfigError: a prompt is in another language.
        DataError: no prompt is left.
    """
    most = course.config.max_length
    room = min(most, course.policy.context or most) - max_tokens
    different = {row.prompt_ids: row for row in course.rows.train}
    for row in different.values():
        if row.prompt.lang not in langs:
            raise ConfigError(
                f"the reward has no classifier for {row.prompt.lang}, as row {row.prompt.id} "
                "needs; add one, or name other langs"
            )
    kept = [row for row in different.values() if len(row.prompt_ids) <= room]
    left_out = len(different) - len(kept)
    why = f"{left_out} are longer than {room} tokens, with no room for {max_tokens} more"
    if not kept:
        raise DataError(f"no prompt is left: {why}; raise max_length or lower max_tokens")
    course.watch.note(f"{len(kept)} different prompts" + (f"; {why}" if left_out else ""))
    return kept


def _dataset(texts: Sequence[str], rows: Sequence[Row]) -> "datasets.Dataset":
    from datasets import Dataset

    return Dataset.from_dict({"prompt": list(texts), **columns(rows)})


def _asking(kind: type, tokens: Mapping[str, Sequence[int]]) -> type:
    """A trainer of TRL that asks in the tokens in which ``predict`` asks.

    TRL would write the chat template anew, with its own idea of thinking and of BOS tokens.
    """

    class Asking(kind):  # type: ignore[misc]
        def _tokenize_prompts(
            self, prompts: list[str]
        ) -> tuple[list[list[int]], None, dict[str, Any]]:
            return [list(tokens[prompt]) for prompt in prompts], None, {}

    return Asking


def _arguments(config: OnlineConfig, stop_ids: frozenset[int]) -> dict[str, Any]:
    """Arguments of all online trainers. Those of which TRL changes the defaults are given too."""
    return {
        **arguments(config),
        **(_vllm_arguments(config, config.vllm, stop_ids) if config.vllm else {"use_vllm": False}),
        "num_generations": config.num_generations,
        "max_completion_length": config.max_tokens,
        "temperature": config.temperature,
        "top_p": 1.0,
        "top_k": 0,
        "min_p": None,
        "repetition_penalty": 1.0,
        "beta": config.beta or NO_PENALTY,
        "num_iterations": config.num_iterations,
        "epsilon": config.epsilon,
        "mask_truncated_completions": False,
        "disable_dropout": True,
        # A table of every step in completions/, with what each component of the reward said.
        "log_completions": True,
        "num_completions_to_print": 0,
    }


def _vllm_arguments(
    config: OnlineConfig, vllm: VllmSettings, stop_ids: frozenset[int]
) -> dict[str, Any]:
    import torch

    if not torch.cuda.is_available():
        raise ConfigError("vllm: needs a CUDA GPU; leave the table out to sample on the CPU")
    return {
        "use_vllm": True,
        "vllm_mode": vllm.mode,
        "vllm_gpu_memory_utilization": vllm.memory,
        "vllm_enable_sleep_mode": vllm.sleep,
        "vllm_max_model_length": config.max_length,
        "vllm_server_host": vllm.host,
        "vllm_server_port": vllm.port,
        "generation_kwargs": {"stop_token_ids": sorted(stop_ids)},
    }
