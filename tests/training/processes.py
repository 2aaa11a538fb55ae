"""Starts a module in two processes that train together, and keeps what each of them ends with."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from semeval_humor.training.processes import processes
from semeval_humor.training.trl import fit


def in_two(module: str, *arguments: str, **environment: str) -> None:
    """Run ``python -m module`` in two processes, as torchrun starts them, until both have ended.

    Args:
        module: to run.
        arguments: of the module.
        environment: variables to set besides.
    """
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    command += ["--master_port", str(_free_port()), "-m", module, *arguments]
    result = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]


def kept(folder: Path) -> Callable[..., None]:
    """``fit``, which then writes the trained tensors of each process and their gradients."""
    from safetensors.torch import save_file

    def fit_and_keep(trainer: Any, *rest: Any) -> None:
        fit(trainer, *rest)
        named = trainer.accelerator.unwrap_model(trainer.model).named_parameters()
        trained = {name: value for name, value in named if value.requires_grad}
        tensors = {name: _whole(value.detach().clone()) for name, value in trained.items()}
        # Adam's first step is nearly the gradient's sign; its first moment is a tenth of it.
        state = getattr(trainer.optimizer, "optimizer", trainer.optimizer).state
        moments = {name: _whole(state[value]["exp_avg"]) for name, value in trained.items()}
        tensors |= {f"gradient of {name}": value * 10 for name, value in moments.items()}
        rank = trainer.accelerator.process_index
        save_file(tensors, folder / f"{processes()}-{rank}.safetensors")

    return fit_and_keep


def check_equal(folder: Path) -> None:
    """Two processes have ended with the same, and with what one process has made of the same."""
    from safetensors.torch import load_file

    one, *two = (load_file(folder / f"{name}.safetensors") for name in ("1-0", "2-0", "2-1"))
    for name, value in one.items():
        assert two[0][name].equal(two[1][name]), name
        assert two[0][name].allclose(value, atol=1e-5, rtol=0), name
    # What is compared is much larger than the tolerance.
    gradients = [value for name, value in one.items() if name.startswith("gradient of ")]
    assert max(float(value.abs().max()) for value in gradients) > 0.01


def _whole(tensor: Any) -> Any:
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
