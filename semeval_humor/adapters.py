"""LoRA adapters: whether one fits a model, read from names and shapes alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from semeval_humor.errors import ConfigError
from semeval_humor.weights import read_json, tensor_shapes

_WEIGHTS = "adapter_model.safetensors"
_PREFIX = "base_model.model."
_PART = re.compile(
    r"(?P<module>.+)\.(?P<part>lora_A|lora_B|lora_embedding_A|lora_embedding_B"
    r"|lora_magnitude_vector)(\.weight)?"
)

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter that fits its model.

    Attributes:
        path: local directory.
        rank: the largest of its matrices' ranks.
    """

    path: str
    rank: int


def read_adapter(directory: Path, model: Path, model_name: str) -> Adapter:
    """Return the adapter in a directory if each of its tensors has its place in the model.

    Loaders skip tensors that have none, and then the model answers as if it had no adapter. The
    name of the model on which the adapter was trained is not compared: paths differ.

    Args:
        directory: of the adapter.
        model: directory of the model.
        model_name: for messages.

    Raises:
        ConfigError: it is no adapter, is pickled, is no LoRA, or does not fit.
    """
    file = adapter_file(directory)
    config = read_json(directory / "adapter_config.json")
    if config.get("peft_type") != "LORA":
        raise ConfigError(f"{directory}: peft_type {config.get('peft_type')!r}, expected LORA")
    base = config.get("base_model_name_or_path") or None
    misfit = f"{directory} (made for {base or 'an unnamed model'}) does not fit {model_name}"
    matrices, whole = _sorted_out(tensor_shapes(file), directory)
    weights = tensor_shapes(model)
    for module, shape in whole.items():
        found = _weight(weights, module, misfit)
        if shape != found:
            raise ConfigError(f"{misfit}: {module} is {_times(shape)}, there {_times(found)}")
    flipped = bool(config.get("fan_in_fan_out"))
    ranks = [
        _rank(module, parts, _weight(weights, module, misfit), misfit, flipped=flipped)
        for module, parts in matrices.items()
    ]
    if not ranks:
        raise ConfigError(f"{file}: holds no LoRA matrices (lora_A, lora_B)")
    return Adapter(str(directory), max(ranks))


def adapter_file(directory: Path) -> Path:
    """The file with an adapter's weights.

    Raises:
        ConfigError: the directory is missing or holds no adapter, or only a pickled one.
    """
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such directory, expected a LoRA adapter")
    if not (directory / "adapter_config.json").exists():
        hint = (
            "; it holds a whole model: use --model" if (directory / "config.json").exists() else ""
        )
        raise ConfigError(f"{directory}: found no adapter_config.json, expected an adapter{hint}")
    file = directory / _WEIGHTS
    if not file.exists():
        pickled = (directory / "adapter_model.bin").exists()
        found = "adapter_model.bin, a pickle, which can run code" if pickled else "no weights"
        hint = "; load it with peft where you trust it, and save_pretrained it" if pickled else ""
        raise ConfigError(f"{directory}: found {found}, expected {_WEIGHTS}{hint}")
    return file


def adapter_part(tensor: str) -> tuple[str, str] | None:
    """Module and part that a tensor of an adapter belongs to; None where peft would skip it.

    The part is ``lora_A`` or its like, or what a module that was trained as a whole calls it:
    ``weight`` or ``bias``.
    """
    if not tensor.startswith(_PREFIX):
        return None
    place = tensor.removeprefix(_PREFIX)
    match = _PART.fullmatch(place)
    if match:
        return match["module"], match["part"]
    module, _, part = place.rpartition(".")
    # peft saves embeddings that have matrices as well, under the name of what they wrap.
    return (module.removesuffix(".base_layer"), part) if part in ("weight", "bias") else None


def _sorted_out(
    shapes: Mapping[str, Shape], directory: Path
) -> tuple[dict[str, dict[str, Shape]], dict[str, Shape]]:
    """Return the matrices by module and part, and the modules that were trained as a whole."""
    matrices: dict[str, dict[str, Shape]] = {}
    whole: dict[str, Shape] = {}
    for name, shape in shapes.items():
        if not name.startswith(_PREFIX):
            raise ConfigError(
                f"{directory}: tensor {name} does not begin with {_PREFIX} as peft writes it, "
                "so no loader would use it; save the adapter again with save_pretrained of peft"
            )
        match adapter_part(name):
            case (module, "weight"):
                whole[module] = shape
            case None | (_, "bias"):
                raise ConfigError(f"{directory}: tensor {name} is no part of a LoRA adapter")
            case (module, part):
                matrices.setdefault(module, {})[part] = shape
    return matrices, whole


def _weight(weights: Mapping[str, Shape], module: str, misfit: str) -> Shape:
    found = weights.get(f"{module}.weight")
    if found is None and module.rpartition(".")[2] == "lm_head":  # tied: stored once, as input
        found = next((s for n, s in weights.items() if n.endswith("embed_tokens.weight")), None)
    if found is None:
        found = _renamed(weights, module)
    if found is None:
        raise ConfigError(f"{misfit}: there is no {module}; give the model it was trained on")
    return found


def _renamed(weights: Mapping[str, Shape], module: str) -> Shape | None:
    # transformers renames what stands before the layers of some models when it loads them.
    tail = re.search(r"\blayers\.\d+\..+", module)
    if tail is None:
        return None
    found = [shape for name, shape in weights.items() if name.endswith(f".{tail[0]}.weight")]
    return found[0] if len(found) == 1 else None


def _rank(
    module: str, parts: Mapping[str, Shape], weight: Shape, misfit: str, *, flipped: bool
) -> int:
    kind = "lora_embedding" if "lora_embedding_A" in parts else "lora"
    a, b = parts.get(f"{kind}_A"), parts.get(f"{kind}_B")
    if a is None or b is None:
        raise ConfigError(f"{misfit}: {module} has only {', '.join(sorted(parts))} of A and B")
    # Embeddings, and the layers of GPT-2, hold their weight the other way round.
    outer, inner = reversed(weight) if flipped or kind == "lora_embedding" else weight
    if (b[0], a[1]) != (outer, inner) or a[0] != b[1]:
        raise ConfigError(
            f"{misfit}: {module} has B {_times(b)} and A {_times(a)}, "
            f"there it is {_times((outer, inner))}; give the model it was trained on"
        )
    return a[0]


def _times(shape: Shape) -> str:
    return "×".join(map(str, shape))
