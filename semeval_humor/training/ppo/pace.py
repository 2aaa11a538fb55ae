"""How fast a training learns, and how long it takes."""

import math
import time

from semeval_humor.training.ppo.config import PpoConfig


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
