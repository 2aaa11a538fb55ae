"""Trainings of one process or of two, as torchrun starts them, each in a folder of its own."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.training.follower import Follower
from semeval_humor.training.processes import is_main, processes, sharded
from semeval_humor.training.sft import train
from semeval_humor.training.train import AlarmError
from tests.training.fake_sentinel import FakeSentinel
from tests.training.processes import kept
from tests.training.tiny_policy import CHAT, Told, settings

STEADY: dict[str, Any] = {"schedule": "constant", "warmup": 0.0}
FULL: dict[str, Any] = {**STEADY, "method": "full", "learning_rate": 1e-3}
ALARMED: dict[str, Any] = {**STEADY, "steps": 6, "sentinel": {"every": 2}}

UPDATES: Mapping[str, Mapping[str, Any]] = {
    "lora": {**STEADY, "steps": 1},
    "full": {**FULL, "steps": 1, "accumulation": 2},
}
"""Settings of trainings that one process and two should do alike."""

SHARDED: Mapping[str, Mapping[str, Any]] = {
    "sharded": {**FULL, "steps": 1, "accumulation": 2},
    "sharded-interrupt-0": {**FULL, "steps": 4},
    "sharded-interrupt-none": {**FULL, "steps": 4},
}
"""The same for weights that are spread over the processes."""

ENDED: Mapping[str, Mapping[str, Any]] = {
    "interrupt-0": STEADY,
    "interrupt-1": STEADY,
    "stop": ALARMED,
    "rollback": {**ALARMED, "on_alarm": "rollback"},
}
"""Settings of trainings that something happens to."""

ROWS = 8
"""Rows of a step and accumulated batch, in all processes together."""


def run(folder: Path, name: str, **changes: Any) -> None:
    """Train, and write what the process was told and how it ended."""
    place = folder / name
    place.mkdir(exist_ok=True)
    rank = int(os.environ.get("RANK", "0"))
    config = settings(
        place / f"{processes()}-{rank}",  # the same pairs, without a race for their file
        str(folder / "tiny"),
        batch_size=ROWS // processes(),
        out=place / f"out-{processes()}",
        **changes,
    )
    shared = {"pairs": (folder / "pairs.parquet",), "prompts": folder / "prompts.toml"}
    config = config.model_copy(update=shared)
    told, steps = Told(), []
    after_step = Follower.after_step

    def spy(self: Follower, step: int, logged: Mapping[str, Any]) -> Any:
        steps.append((step, logged["learning_rate"]))
        if len(steps) == 2 and steps[0][0] == 1 and name.endswith(f"interrupt-{rank}"):
            os.kill(os.getpid(), signal.SIGTERM)
        return after_step(self, step, logged)

    def sentinel(*parts: Any) -> Any:
        return FakeSentinel(every=2, alarms=(4,))

    end = "done"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("semeval_humor.training.sft.fit", kept(place))
        patch.setattr(Follower, "after_step", spy)
        try:
            train(config, CHAT, told, sentinel=sentinel)
        except (KeyboardInterrupt, AlarmError) as error:
            end = type(error).__name__
    document = {"end": end, "steps": steps, "heard": len(told.notes), "main": is_main()}
    (place / f"{processes()}-{rank}.json").write_text(json.dumps(document))


def stand_for_gpus() -> None:
    """Have accelerate take CPU processes for GPUs: only over these would it spread weights."""
    import torch.distributed
    from accelerate.state import PartialState  # type: ignore[import-untyped]
    from accelerate.utils import DistributedType  # type: ignore[import-untyped]

    def backend(self: Any, *rest: Any, **options: Any) -> tuple[str, DistributedType]:
        return "gloo", DistributedType.MULTI_GPU

    def device(self: Any) -> None:
        self.device = torch.device("cpu")

    torch.distributed.init_process_group("gloo")
    PartialState._prepare_backend = backend
    PartialState.set_device = device


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if sharded():
        stand_for_gpus()
        for name, changes in SHARDED.items():
            run(place, name, **changes)
        run(place, "sharded-interrupt-0", **SHARDED["sharded-interrupt-0"])  # goes on
    else:
        for name, changes in {**UPDATES, **ENDED}.items():
            run(place, name, **changes)
