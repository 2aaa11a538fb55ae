"""``train ppo``: a policy learns from rewards for its own samples, token by token."""

import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_humor.errors import ConfigError
from semeval_humor.rewards.reward import Rewards
from semeval_humor.schema import Finish
from semeval_humor.training import online
from semeval_humor.training.course import Course
from semeval_humor.training.follower import Next
from semeval_humor.training.online import PATIENCE, load_tested, usable_prompts
from semeval_humor.training.policy import Chat
from semeval_humor.training.ppo.attribution import load_attribution
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.credit import Attribution, Piece, credited
from semeval_humor.training.ppo.experience import Experience, Read, experience, read
from semeval_humor.training.ppo.heatmap import heats, write_heats
from semeval_humor.training.ppo.learner import computing, make_learner
from semeval_humor.training.ppo.metrics import measured
from semeval_humor.training.ppo.pace import Clock, rate_share
from semeval_humor.training.ppo.rewarding import RecordedReward, rewarded
from semeval_humor.training.ppo.rollout import Asked, Rollout, roll_out
from semeval_humor.training.ppo.server import RolloutServer
from semeval_humor.training.ppo.together import mean, meet
from semeval_humor.training.ppo.update import update
from semeval_humor.training.processes import agreed, is_main, processes, rank
from semeval_humor.training.run import KEPT, enough_memory, interruptible, writing
from semeval_humor.training.sentinel.build import make_sentinel
from semeval_humor.training.train import MakeSentinel, train_policy
from semeval_humor.training.watch import Watch

SERVED = "served"
"""Folder in which adapters lie for a server, while training runs."""


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
    for doubt in doubts if is_main() else ():
        watch.note(f"untested_reward: {doubt}")
    attribution = load_attribution(config.reward, reward) if config.credit == "offsets" else None
    return train_with(
        reward,
        attribution,
        config,
        chat,
        watch,
        sentinel=lambda config, policy, rows: sentinel(config, policy, rows, reward),
        doubts=doubts,
        force=force,
    )


def train_with(
    reward: RecordedReward,
    attribution: Attribution | None,
    config: PpoConfig,
    chat: Chat,
    watch: Watch,
    *,
    sentinel: MakeSentinel | None = None,
    doubts: Sequence[str] = (),
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
        doubts: what speaks against the reward, for the receipt.
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
        meet()
        training = Training(course, config, reward, attribution)
        training.run()
        told = {"fingerprint": reward.fingerprint, "doubts": list(doubts)}
        return {"reward": told, "ppo": training.counts}

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


@dataclass(frozen=True, slots=True)
class Drawn:
    """The samples of a step, before it is said which tokens get their rewards.

    Attributes:
        rollouts: the completions.
        rewards: of each.
        pieces: what parts of each have earned; none without an attribution.
        heard: what was thought of each token.
        beta: what a token's reward loses for each nat of divergence from the parent.
    """

    rollouts: Sequence[Rollout]
    rewards: Rewards
    pieces: Sequence[Sequence[Piece]]
    heard: Read
    beta: float


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
        reward: RecordedReward,
        attribution: Attribution | None,
    ) -> None:
        self.course = course
        self.config = config
        self._last: Drawn | None = None
        self._reward = reward
        self._attribution = attribution
        self._prompts = [
            Asked(row.prompt, row.prompt_ids)
            for row in usable_prompts(course, reward.langs, config.max_tokens)
        ]
        self._learner = make_learner(course.policy, config)
        per_epoch = -(-len(self._prompts) // config.rollouts)
        served = course.run.out / SERVED
        self._server = RolloutServer(config.vllm_url, served) if config.vllm_url else None
        self._steps = config.steps or max(1, round(config.epochs * per_epoch))

    @property
    def counts(self) -> dict[str, int]:
        """What this process has drawn, before a restart too."""
        return self._learner.counts

    def run(self) -> None:
        """Train until it is done, interrupted, or stopped by an alarm.

        Raises:
            EngineError: out of memory.
            HumorError: the folder cannot be written, or training does not change the policy.
            RewardError: the reward fails for a sample, or is no number.
        """
        follower, out = self.course.follower, self.course.run.out
        with enough_memory(), interruptible(follower.note) as follower.interrupt, writing(out):
            try:
                self._run()
            finally:
                if self._server is not None:
                    self._server.close()
            self._show_credit()

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
        drawn = self._drawn(step, clock)
        self._last = drawn
        found = self._experience(drawn, drawn.pieces)
        clock.passed("credit")
        done = update(learner, config, found, self.course.follower.before_step)
        logged = {
            **measured(found, drawn.rewards),
            **done.logged(config),
            "learning_rate": float(learner.optimizer.param_groups[0]["lr"]),
            "beta": drawn.beta,
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

    def _drawn(self, step: int, clock: Clock) -> Drawn:
        config, policy, critic = self.config, self.course.policy, self._learner.critic
        with computing(config):
            rollouts = self._sampled(step)
        for rollout in rollouts:
            self._count(rollout)
        clock.passed("rollout")
        rewards = rewarded(self._reward, rollouts)
        pieces: Sequence[Sequence[Piece]] = [()] * len(rollouts)
        if self._attribution is not None:
            prompts = [each.asked.prompt for each in rollouts]
            pieces = self._attribution(prompts, [each.text for each in rollouts], rewards)
        clock.passed("reward")
        if step == 1:
            critic.expect(mean(rewards.total))
        with computing(config):
            heard = read(policy, critic, rollouts, batch_size=config.batch_size)
        clock.passed("read")
        return Drawn(rollouts, rewards, pieces, heard, self._learner.penalty.beta)

    def _sampled(self, step: int) -> list[Rollout]:
        policy, asked, most = self.course.policy, self.asked(step), self.config.max_tokens
        if self._server is None:
            return roll_out(policy, asked, max_tokens=most)
        self._server.publish(policy, step)
        return self._server.draw(policy, asked, max_tokens=most)

    def _experience(self, drawn: Drawn, pieces: Sequence[Sequence[Piece]]) -> Experience:
        """What is learnt from samples, if parts of them have earned so much."""
        tokenizer = self.course.policy.tokenizer
        credits = [
            credited(each, total, some, tokenizer)
            for each, total, some in zip(drawn.rollouts, drawn.rewards.total, pieces, strict=True)
        ]
        return experience(
            drawn.rollouts,
            drawn.heard,
            credits,
            beta=drawn.beta,
            discount=self.config.discount,
            decay=self.config.decay,
        )

    def _show_credit(self) -> None:
        """Write the page of the last step's advantages; all processes have to whiten them."""
        drawn = self._last
        if drawn is None:  # a training that was gone on with after its last step
            return

        def advantages(pieces: Sequence[Sequence[Piece]]) -> list[list[float]]:
            values: list[list[float]] = self._experience(drawn, pieces).advantages_B_T.tolist()
            return values

        sequence = advantages([()] * len(drawn.rollouts))
        offsets = None if self._attribution is None else advantages(drawn.pieces)
        if is_main():
            tokenizer = self.course.policy.tokenizer
            found = heats(drawn.rollouts, drawn.rewards.total, tokenizer, sequence, offsets)
            write_heats(self.course.run.out, found)

    def _count(self, rollout: Rollout) -> None:
        counts = self._learner.counts
        counts["samples"] += 1
        counts["tokens"] += len(rollout.ids)
        counts["empty"] += not rollout.text
        counts["cut_off"] += rollout.finish is Finish.CUT_OFF

    def _save(self, step: int) -> None:
        run, follower = self.course.run, self.course.follower
        if is_main():
            self._learner.save(run.folder(step), follower.log, step)
            follower.saved(step)
            for folder in sorted(run.out.glob("checkpoint-*"), key=_number)[:-KEPT]:
                shutil.rmtree(folder)


def _number(folder: Path) -> int:
    return int(folder.name.rpartition("-")[2])
