"""``train ppo``: a policy learns from rewards for its own samples, token by token."""

import math
import random
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semeval_humor.errors import ConfigError, EngineError
from semeval_humor.rewards.reward import Rewards
from semeval_humor.schema import Finish
from semeval_humor.training import online
from semeval_humor.training.callback import Next, Watch
from semeval_humor.training.online import PATIENCE, load_tested, usable_prompts
from semeval_humor.training.policy import Chat
from semeval_humor.training.ppo.attribution import load_attribution
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.credit import Attribution, Piece, credited
from semeval_humor.training.ppo.experience import experience, read
from semeval_humor.training.ppo.learner import computing, make_learner
from semeval_humor.training.ppo.metrics import measured
from semeval_humor.training.ppo.rewarding import Judge, rewarded
from semeval_humor.training.ppo.rollout import Asked, Rollout, roll_out
from semeval_humor.training.ppo.together import rank
from semeval_humor.training.ppo.update import update
from semeval_humor.training.run import agreed, interruptible, is_main, processes, writing
from semeval_humor.training.sentinel.build import make_sentinel
from semeval_humor.training.train import Course, MakeSentinel, train_policy
from semeval_humor.training.trl import KEPT


def train(
    config: PpoConfig,
    chat: Chat,
    watch: Watch,
    *,
    sentinel: online.MakeSentinel = make_sentinel,
    force: bool = False,
) -> Path:
    """Train a policy with PPO on the reward of a config; see ``train_with``, also for its errors.

    Raises:
        ConfigError: the reward does not pass its tests, or cannot be loaded.
    """
    reward, doubts = load_tested(config)
    for doubt in doubts:
        watch.note(f"untested_reward: {doubt}")
    attribution = load_attribution(config.reward, reward) if config.credit == "offsets" else None
    return train_with(
        reward,
        attribution,
        config,
        chat,
        watch,
        sentinel=lambda config, policy, rows: sentinel(config, policy, rows, reward),
        force=force,
    )


def train_with(
    reward: Judge,
    attribution: Attribution | None,
    config: PpoConfig,
    chat: Chat,
    watch: Watch,
    *,
    sentinel: MakeSentinel | None = None,
    force: bool = False,
) -> Path:
    """Train a policy with PPO on any reward for texts; see ``train_policy``, also for its errors.

    Args:
        reward: says what texts are worth.
        attribution: says which parts of them have earned it; None gives all to the last token.
        config: how; its own reward is not looked at.
        chat: how ``predict`` speaks to models.
        watch: is told how it goes.
        sentinel: makes what watches the samples.
        force: delete a training that is in the folder.

    Raises:
        ConfigError: the settings do not fit the number of processes.
        RewardError: the reward fails for a sample, or is no number.
    """
    if config.rollouts % (processes() * config.batch_size * config.accumulation):
        raise ConfigError(
            f"rollouts is {config.rollouts}, expected a multiple of processes × batch_size × "
            f"accumulation ({processes() * config.batch_size * config.accumulation})"
        )

    def work(course: Course) -> Mapping[str, Any]:
        training = Training(course, config, reward, attribution)
        training.run()
        return {"reward": {"fingerprint": reward.fingerprint}, "ppo": training.counts}

    return train_policy(
        "ppo",
        config,
        chat,
        watch,
        work,
        sentinel=sentinel,
        patience=PATIENCE,
        inputs=reward.records,
        force=force,
    )


class Training:
    """The loop: draw samples, reward them, learn from them, and tell the follower.

    Args:
        course: policy, rows and folder.
        config: how.
        reward: says what texts are worth.
        attribution: says which parts of them have earned it, if any.
    """

    def __init__(
        self,
        course: Course,
        config: PpoConfig,
        reward: Judge,
        attribution: Attribution | None,
    ) -> None:
        self.course = course
        self.config = config
        self.counts = {"samples": 0, "tokens": 0, "empty": 0, "cut_off": 0}
        """What was drawn since training was last begun."""
        self._reward = reward
        self._attribution = attribution
        self._prompts = [
            Asked(row.prompt, row.prompt_ids)
            for row in usable_prompts(course, reward.langs, config.max_tokens)
        ]
        self._learner = make_learner(course.policy, config)
        per_epoch = -(-len(self._prompts) // config.rollouts)
        self._steps = config.steps or max(1, round(config.epochs * per_epoch))

    def run(self) -> None:
        """Train until it is done, interrupted, or stopped by an alarm.

        Raises:
            EngineError: out of memory.
            HumorError: the folder cannot be written, or training does not change the policy.
            RewardError: the reward fails for a sample, or is no number.
        """
        import torch

        follower, out = self.course.follower, self.course.run.out
        try:
            with interruptible() as follower.interrupt, writing(out):
                self._run()
        except torch.OutOfMemoryError as error:
            raise EngineError(
                "out of memory; lower batch_size and raise accumulation, or set "
                "gradient_checkpointing or lora.base"
            ) from error

    def _run(self) -> None:
        follower, checkpoint = self.course.follower, agreed(self.course.run.checkpoint)
        log, done = self._learner.load(checkpoint) if checkpoint else ([], 0)
        follower.begins(self._steps, log, done, self._learner)
        for step in range(done + 1, self._steps + 1):
            then = follower.after_step(step, self.step(step))
            if then is Next.STOP:
                return
            if then is Next.SAVE_AND_STOP or step % self.config.save_every == 0:
                self._save(step)
            if then is Next.SAVE_AND_STOP:
                return

    def step(self, step: int) -> dict[str, float]:
        """Draw samples and learn from them; returns what is logged.

        All random numbers come from the seed and the number of the step, so that a run that is
        continued draws what it would have drawn.
        """
        import torch

        config, learner = self.config, self._learner
        learner.set_rates(rate_share(config, step, self._steps))
        torch.manual_seed(random.Random(f"{config.seed}/{step}/{rank()}").getrandbits(63))
        clock = Clock()
        with computing(config):
            rollouts = roll_out(self.course.policy, self.asked(step), max_tokens=config.max_tokens)
        clock.passed("rollout")
        rewards, credits = self._rewarded(rollouts)
        clock.passed("reward")
        if step == 1:
            learner.critic.expect(math.fsum(rewards.total) / len(rewards.total))
        with computing(config):
            heard = read(self.course.policy, learner.critic, rollouts, batch_size=config.batch_size)
        clock.passed("read")
        found = experience(
            rollouts,
            heard,
            credits,
            beta=learner.penalty.beta,
            discount=config.discount,
            decay=config.decay,
        )
        done = update(learner, config, found, self.course.follower.before_step)
        for rollout in rollouts:
            self._count(rollout)
        logged = {
            **measured(found, rewards),
            **done.logged(config),
            "learning_rate": float(learner.optimizer.param_groups[0]["lr"]),
            "beta": learner.penalty.beta,
            **clock.seconds,
        }
        learner.penalty.adapt(logged["kl"], config.rollouts)
        return logged

    def asked(self, step: int) -> list[Asked]:
        """The prompts of a step for this process; all are asked once before one is asked again."""
        total = len(self._prompts)
        share = self.config.rollouts // processes()
        begin = (step - 1) * self.config.rollouts + rank() * share
        found = []
        for place in range(begin, begin + share):
            turn, number = divmod(place, total)
            order = random.Random(f"{self.config.seed}/{turn}").sample(range(total), total)
            found.append(self._prompts[order[number]])
        return found

    def _rewarded(self, rollouts: Sequence[Rollout]) -> tuple[Rewards, list[list[float]]]:
        """What texts get, and which of their tokens."""
        rewards = rewarded(self._reward, rollouts)
        pieces: Sequence[Sequence[Piece]] = [()] * len(rollouts)
        if self._attribution is not None:
            prompts = [each.asked.prompt for each in rollouts]
            pieces = self._attribution(prompts, [each.text for each in rollouts], rewards)
        tokenizer = self.course.policy.tokenizer
        return rewards, [
            credited(each, total, some, tokenizer)
            for each, total, some in zip(rollouts, rewards.total, pieces, strict=True)
        ]

    def _count(self, rollout: Rollout) -> None:
        self.counts["samples"] += 1
        self.counts["tokens"] += len(rollout.ids)
        self.counts["empty"] += not rollout.text
        self.counts["cut_off"] += rollout.finish is Finish.CUT_OFF

    def _save(self, step: int) -> None:
        run, follower = self.course.run, self.course.follower
        if is_main():
            self._learner.save(run.folder(step), follower.log, step)
            follower.saved(step)
            for folder in sorted(run.out.glob("checkpoint-*"), key=_number)[:-KEPT]:
                shutil.rmtree(folder)


class Clock:
    """Seconds since it was last asked."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def passed(self, name: str) -> None:
        """What was done since then has a name."""
        now = time.perf_counter()
        self.seconds[f"seconds/{name}"], self._last = now - self._last, now


def rate_share(config: PpoConfig, step: int, steps: int) -> float:
    """Share of the peak learning rates in a step, in (0, 1].

    They rise evenly over the warm-up and reach the peak in the step behind it; then they stay, or
    fall evenly or like a cosine, so that the step after the last one would have 0. Unlike in
    transformers the first step has more than 0: samples are too dear to be drawn for nothing.

    Args:
        config: schedule and warm-up.
        step: from 1.
        steps: of the whole training.
    """
    warm = math.ceil(config.warmup * steps)
    if step <= warm:
        return step / (warm + 1)
    done = (step - warm - 1) / (steps - warm)
    match config.schedule:
        case "constant":
            return 1.0
        case "linear":
            return 1.0 - done
        case "cosine":
            return 0.5 + 0.5 * math.cos(math.pi * done)


def _number(folder: Path) -> int:
    return int(folder.name.rpartition("-")[2])
