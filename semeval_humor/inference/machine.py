"""What this machine can hold and how many cores it lends us."""

import os
from pathlib import Path

from semeval_humor.errors import EngineError

GIB = 2**30


def cores() -> list[int]:
    """Processor cores that this process may use, by number."""
    return sorted(os.sched_getaffinity(0))


def has_cuda() -> bool:
    """Whether a CUDA device is usable. Loads torch."""
    import torch

    return torch.cuda.is_available()


def available_memory() -> int:
    """Bytes that can be allocated now: of the first GPU if there is one, else of the machine."""
    if has_cuda():
        import torch

        return torch.cuda.mem_get_info()[0]
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise EngineError("/proc/meminfo: no line MemAvailable")


def has_amx() -> bool:
    """Whether the processor multiplies bfloat16 matrices in hardware."""
    return "amx_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")


def weights_size(path: str) -> int:
    """Bytes of a model's weight files."""
    return sum(file.stat().st_size for file in Path(path).glob("*.safetensors"))


def check_fits(path: str, *, growth: float = 1.0) -> None:
    """Refuse a model that cannot be loaded, before a library dies trying.

    Args:
        path: directory of the model.
        growth: size in memory relative to the files, e.g. 2 for bf16 loaded as float32.

    Raises:
        EngineError: the weights alone need more memory than there is.
    """
    needed, available = weights_size(path) * growth, available_memory()
    if needed > available:
        raise EngineError(
            f"{path}: out of memory: the weights need {needed / GIB:.1f} GiB, "
            f"{available / GIB:.1f} GiB are free; use a smaller model or a server (--base-url)"
        )
