"""The processes that train together: which one this is, what all agree on, and its cores."""

import os
from typing import Any

# How long cores are watched.
LOOK_S = 0.5


def rank() -> int:
    """The number of this process among those that train together, from 0."""
    return int(os.environ.get("RANK", "0"))


def is_main() -> bool:
    """Whether this is the only process of a training, or the first one of several."""
    return rank() == 0


def processes() -> int:
    """How many processes train together, as torchrun and accelerate say it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def sharded() -> bool:
    """Whether accelerate spreads the weights over the processes, by FSDP: none has all of them."""
    return os.environ.get("ACCELERATE_USE_FSDP", "false").lower() == "true"


def steps_unseen() -> bool:
    """Whether DeepSpeed steps within the backward pass, so that gradients are never to be seen."""
    return os.environ.get("ACCELERATE_USE_DEEPSPEED", "false").lower() == "true"


def agreed(value: Any) -> Any:
    """What the first process has, in all processes that train together."""
    import torch.distributed

    if processes() == 1 or not torch.distributed.is_initialized():
        return value
    box = [value]
    torch.distributed.broadcast_object_list(box, src=0)
    return box[0]


def wanted_by_any(flag: bool) -> bool:
    """Whether a flag is set in any of the processes that train together."""
    import torch.distributed

    if processes() == 1 or not torch.distributed.is_initialized():
        return flag
    flags = [False] * processes()
    torch.distributed.all_gather_object(flags, flag)
    return any(flags)


def idle_cores() -> int:
    """Cores of this process that nobody uses at the moment, at least one.

    Threads that share a core wait for each other at every step: with busy cores one thread is
    faster than two. Looks for half a second: the load of the last minute would count what has just
    ended, such as the stage before.
    """
    import psutil

    mine = os.sched_getaffinity(0)
    busy = psutil.cpu_percent(LOOK_S, percpu=True)
    idle: float = sum(1 - busy[core] / 100 for core in mine)
    return max(1, round(idle))
