"""What several processes of one training add up; a single one has the sum already."""

import math
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from semeval_humor.training.processes import processes

if TYPE_CHECKING:
    import torch


def meet() -> None:
    """Let the processes of a training find each other, once; a single one has nobody to find.

    Tensors on a GPU go through NCCL, others through gloo.
    """
    if processes() == 1:
        return
    import torch.distributed

    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group()


def wait() -> None:
    """Let no process go on before all have come here."""
    if processes() > 1:
        import torch.distributed

        torch.distributed.barrier()


def mean(values: Sequence[float]) -> float:
    """Of as many numbers as each process has, over all processes; the same in each."""
    import torch

    of_process = torch.tensor([math.fsum(values), len(values)], dtype=torch.float64)
    total, count = summed(of_process).tolist()
    return float(total / count)


def summed(values: "torch.Tensor") -> "torch.Tensor":
    """The sum of a tensor over all processes, the same in each."""
    if processes() == 1:
        return values
    import torch.distributed

    total = values.clone()
    torch.distributed.all_reduce(total)
    return total


def sum_gradients(parameters: Iterable["torch.nn.Parameter"]) -> None:
    """Add up the gradients of all processes, in place.

    All processes have to have the same parameters; one without a gradient counts as 0.
    """
    if processes() == 1:
        return
    import torch
    import torch.distributed

    for value in parameters:
        if value.grad is None:
            value.grad = torch.zeros_like(value)
        torch.distributed.all_reduce(value.grad)
