"""What training starts from, on disk: a model, perhaps with an adapter on top of it."""

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from semeval_humor.adapters import Adapter
from semeval_humor.errors import ConfigError
from semeval_humor.models import KNOWN, Model, check_adapter, identity_of, parent_of, resolve
from semeval_humor.schema import ModelIdentity
from semeval_humor.training.config import PolicyConfig

# What predict reads of a model besides weights and config, taken over as the parent has it.
_TOKENIZER_FILES = (
    *("tokenizer*", "*.jinja", "chat_template.json", "special_tokens_map.json"),
    *("added_tokens.json", "vocab*", "merges.txt", "spiece.model", "generation_config.json"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """What training starts from, on disk.

    Attributes:
        model: the model with all weights.
        adapter: LoRA weights on top of it that are trained further, if any.
    """

    model: Model
    adapter: Adapter | None

    @property
    def path(self) -> Path:
        """Directory of the parent: what the result is compared with."""
        return Path(self.adapter.path if self.adapter else self.model.path)

    def identity(self) -> ModelIdentity:
        """Hashes of the weights."""
        return identity_of(self.model, self.adapter)

    @property
    def lasting_name(self) -> str:
        """Name of the model by which another command finds it, wherever that one is run."""
        path = Path(self.model.name).expanduser()
        if self.model.name not in KNOWN and path.exists():
            return str(path.resolve())
        return self.model.name


def find_source(config: PolicyConfig) -> Source:
    """What a config calls its model, on disk.

    Raises:
        ConfigError: there is none, or the settings do not fit an adapter.
    """
    folder = Path(config.model).expanduser()
    is_adapter = (folder / "adapter_config.json").exists() and not (folder / "config.json").exists()
    if config.model in KNOWN or not is_adapter:
        return Source(resolve(config.model, accepted_licenses=config.accept_license), None)
    base = parent_of(str(folder))
    if base is None:
        raise ConfigError(f"{folder}: the adapter does not say what model it was made for")
    if config.method == "full":
        raise ConfigError(
            f'{folder}: an adapter, and method = "full"; merge it first (train export), '
            'or train it further with method = "lora"'
        )
    given = sorted(config.lora.model_fields_set - {"base"})
    if given:
        raise ConfigError(
            f"{folder}: an adapter that is trained further keeps its settings; leave out "
            + ", ".join(f"lora.{name}" for name in given)
        )
    model = resolve(base, accepted_licenses=config.accept_license)
    return Source(model, check_adapter(str(folder), model))


def copy_tokenizer(model: Model, folder: Path) -> None:
    """Give weights the tokenizer and generation config of a model, byte for byte.

    Trainers change theirs: a token for padding, other end tokens.
    """
    for pattern in _TOKENIZER_FILES:
        for file in Path(model.path).glob(pattern):
            shutil.copyfile(file, folder / file.name)


def check_libraries() -> None:
    """Look for the libraries of a training, before anything is read or fetched for it.

    Raises:
        ConfigError: one is missing.
    """
    for module in ("torch", "transformers", "peft", "trl"):
        if importlib.util.find_spec(module) is None:
            raise ConfigError(f"training needs {module}: pip install 'semeval-humor[train]'")
