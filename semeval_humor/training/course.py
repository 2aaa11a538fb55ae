"""What a trainer works with."""

from dataclasses import dataclass

from semeval_humor.training.config import PolicyConfig
from semeval_humor.training.follower import Follower
from semeval_humor.training.pairs import Rows
from semeval_humor.training.policy import Policy
from semeval_humor.training.run import Run
from semeval_humor.training.watch import Watch


@dataclass(frozen=True, slots=True)
class Course:
    """What a trainer works with.

    Attributes:
        config: what was asked for.
        policy: loaded, ready to be trained.
        rows: to train on.
        run: the folder.
        follower: is told of every step.
        watch: is told what people should see.
    """

    config: PolicyConfig
    policy: Policy
    rows: Rows
    run: Run
    follower: Follower
    watch: Watch
