"""What several processes of one training add up; a single one has the sum already."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from semeval_humor.training.run import processes

if TYPE_CHECKING:
    import torch


def rank() -> int:
    """The number of this process, from 0."""
    return int(os.environ.get("RANK", "0"))


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
