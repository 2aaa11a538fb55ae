"""Judges made ready: a language model or a reward, with all that a receipt says of them."""

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_humor.bench.judge_config import JudgeConfig
from semeval_humor.bench.judging import Judge
from semeval_humor.cli.console import Console
from semeval_humor.schema import FileRecord, Lang, ModelIdentity


@dataclass(frozen=True, slots=True)
class Seat:
    """A judge that can be started.

    Attributes:
        model: the weights that speak.
        identity: whatever moves its answers, as JSON values.
        swaps: it is asked for both orders of each two jokes.
        engine: how it is run; a model fills this in when it is started.
        start: makes it ready for so many questions.
        records: the files that it was made from.
    """

    model: ModelIdentity
    identity: Mapping[str, Any]
    swaps: bool
    engine: dict[str, Any]
    start: Callable[[int], AbstractContextManager[Judge]]
    records: tuple[FileRecord, ...] = ()


def seat_of(config: JudgeConfig, langs: Collection[Lang], console: Console) -> Seat:
    """Find the model or the reward that a config names; no model is started yet.

    Args:
        config: the judge.
        langs: of the jokes.
        console: is told what happens.

    Raises:
        ConfigError: there is no such model or reward, or it does not know a language.
        DataError: a classifier of the reward cannot be read.
        EngineError: no server answers.
    """
    if config.reward is not None:
        return _reward_seat(config.reward, langs, console)
    return _model_seat(config, langs, console)


def _reward_seat(path: Path, langs: Collection[Lang], console: Console) -> Seat:
    from semeval_humor.bench.reward_judge import MARGIN, RewardJudge
    from semeval_humor.rewards.reward import load_reward

    console.note(f"loading {path} …")
    reward = load_reward(path, sorted(langs))  # what it is must not depend on their order
    return Seat(
        model=ModelIdentity(str(path), weights=reward.fingerprint),
        identity={"reward": reward.fingerprint, "margin": MARGIN},
        swaps=False,
        engine={"engine": "reward", "margin": MARGIN},
        start=lambda questions: nullcontext(RewardJudge(reward.scorer)),
        records=reward.records,
    )


def _model_seat(config: JudgeConfig, langs: Collection[Lang], console: Console) -> Seat:
    from semeval_humor.bench.model_judge import MAX_TOKENS, ModelJudge, Rubric
    from semeval_humor.errors import ConfigError
    from semeval_humor.inference.config import EngineConfig
    from semeval_humor.inference.engines import plan_engine
    from semeval_humor.json_proof import prove_json

    engine_keys = EngineConfig.model_fields.keys() & JudgeConfig.model_fields.keys()
    values = config.model_dump(include=set(engine_keys))
    plan = plan_engine(EngineConfig.model_validate(values))
    console.note(f"engine: {plan.name} ({plan.reason}); model: {plan.identity.name}")
    for lang in sorted(langs):
        if plan.langs is not None and lang not in plan.langs:
            spoken = ", ".join(plan.langs)
            raise ConfigError(
                f"{plan.identity.name} speaks {spoken}, not {lang}; use another model"
            )
    rubric = Rubric()
    engine: dict[str, Any] = {"engine": plan.name, "reason": plan.reason}

    @contextmanager
    def start(questions: int) -> Iterator[Judge]:
        console.engine_starts(plan)
        with plan.start(config.seed, questions * MAX_TOKENS) as running:
            console.engine_started(running)
            engine.update(running.settings)
            prove_json(running, chat=plan.chat)
            yield ModelJudge(running, rubric, chat=plan.chat)

    identity = {"model": dataclasses.asdict(plan.identity), "rubric": rubric.sha256}
    return Seat(plan.identity, identity, swaps=True, engine=engine, start=start)
