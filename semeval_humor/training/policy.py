"""A policy: the model in training, its tokenizer, its frozen parent, and how it is saved."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_humor.errors import ConfigError, DataError, first_line
from semeval_humor.files import atomic_folder
from semeval_humor.prompts import BASE_MODEL_STOP, PromptBook
from semeval_humor.schema import Conversation, Prompt
from semeval_humor.training.config import PolicyConfig
from semeval_humor.training.loading import check_filled, load_model
from semeval_humor.training.processes import is_main
from semeval_humor.training.source import Source, copy_tokenizer

PARENT = "parent"
"""Name of the frozen copy of an adapter that is trained further."""

_TRAINED = "default"  # peft's name for the adapter that is trained


@dataclass(frozen=True, slots=True)
class Chat:
    """How ``predict`` speaks to a model, so that training asks the same and ends the same.

    Attributes:
        prompt_tokens: token ids of a conversation, after which the answer begins.
        end_token: the token by which an answer to a conversation ends.
        stop_tokens: every token at which ``predict`` stops, from a generation config and a
            tokenizer.
    """

    prompt_tokens: Callable[[Any, Conversation], list[int]]
    end_token: Callable[[Any, Conversation], int]
    stop_tokens: Callable[[Any, Any], frozenset[int]]


class Policy:
    """A model in training.

    Args:
        source: what it starts from.
        model: of transformers, or a PEFT model around it.
        tokenizer: of the model.
        chat: how it is spoken to.
        book: what it is asked.
        seed: chooses the angles of the prompts.
    """

    def __init__(
        self, source: Source, model: Any, tokenizer: Any, chat: Chat, book: PromptBook, seed: int
    ) -> None:
        self.source = source
        self.model = model
        self.tokenizer = tokenizer
        self.chat = chat
        self.book = book
        self.seed = seed
        bare = model.get_base_model() if self.is_lora else model
        stops = chat.stop_tokens(bare.generation_config, tokenizer)
        self.stop_ids = stops if source.model.chat else stops | _line_ends(tokenizer)
        """Tokens at which ``predict`` stops."""
        self.context: int | None = getattr(
            bare.config.get_text_config(), "max_position_embeddings", None
        )
        """Tokens that the model reads at most, if there is a limit."""
        self._frozen: Any = None

    @property
    def is_lora(self) -> bool:
        """Only added matrices are trained."""
        return hasattr(self.model, "peft_config")

    def conversation(self, prompt: Prompt) -> Conversation:
        """What ``predict`` asks for a row, with one of its angles, which the row's id decides."""
        return self.book.conversation(
            prompt, chat=self.source.model.chat, seed=self.seed, round_=0, sample=0
        )

    def render(self, prompt: Prompt) -> list[int]:
        """Token ids of a prompt, after which the answer begins."""
        return self.chat.prompt_tokens(self.tokenizer, self.conversation(prompt))

    @property
    def heard(self) -> tuple[Any, Any | None]:
        """Model and parent as a ``TransformersSpeaker`` takes them."""
        if not self.is_lora:
            return self.model, self._frozen_parent()
        if self.source.adapter is None:
            return self.model, None
        return _ParentInside(self.model), None

    @contextmanager
    def as_parent(self) -> Iterator[Any]:
        """Yield a model that answers as the parent; within the block the policy is not there."""
        model, parent = self.heard
        if parent is not None:
            yield parent
        else:
            trained = [value for value in self.model.parameters() if value.requires_grad]
            try:
                with model.disable_adapter():
                    yield self.model
            finally:
                # Putting an adapter back makes all of it trainable, and only that one.
                for value in self.model.parameters():
                    value.requires_grad_(False)
                for value in trained:
                    value.requires_grad_(True)

    def save(self, folder: Path) -> None:
        """Write what ``predict`` and ``diff`` need: weights, config, and the parent's tokenizer.

        The folder appears whole, in place of a former one.

        Raises:
            OSError: it cannot be written. What was there before is still there.
        """
        with atomic_folder(folder, replace=True) as partial:
            self._write(partial)

    def load(self, folder: Path) -> None:
        """Put weights from a folder that ``save`` or a checkpoint made into the model, in place.

        Raises:
            DataError: the folder lacks some of them.
        """
        if self.is_lora:
            self._load_adapter(folder)
        else:
            self._load_model(folder)

    def gather(self) -> None:
        """Put a whole model, on the CPU, in place of the first process's share of one.

        All processes have to call it, and none can train afterwards. Only for whole weights that
        FSDP has spread over the processes.
        """
        from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

        wanted = StateDictOptions(full_state_dict=True, cpu_offload=True)
        tensors = get_model_state_dict(self.model, options=wanted)
        if is_main():  # the others get nothing
            self.model = load_model(self.source.model, "float32")
            self.model.load_state_dict(tensors)

    def release(self) -> Any:
        """Give the memory of the parent and the adapters back; returns the bare model.

        For a LoRA policy that is the model without any adapter, as it was loaded.
        """
        self._frozen = None
        bare = self.model.unload() if self.is_lora else None
        self.model = None
        return bare

    def _write(self, folder: Path) -> None:
        if self.is_lora:
            self.model.peft_config[_TRAINED].base_model_name_or_path = self.source.lasting_name
            # Not "auto", which asks the hub for the vocabulary of the base.
            self.model.save_pretrained(
                str(folder), selected_adapters=[_TRAINED], save_embedding_layers=False
            )
            (folder / "README.md").unlink(missing_ok=True)  # peft's form to be filled in
        else:
            self.model.config.use_cache = True  # gradient checkpointing turns it off
            self.model.save_pretrained(str(folder))
        copy_tokenizer(self.source.model, folder)

    def _frozen_parent(self) -> Any:
        if self._frozen is None:
            self._frozen = load_model(self.source.model, "float32")
            self._frozen.requires_grad_(False).eval().to(self.model.device)
        return self._frozen

    def _load_adapter(self, folder: Path) -> None:
        from peft import set_peft_model_state_dict
        from safetensors.torch import load_file

        tensors = load_file(folder / "adapter_model.safetensors")
        result = set_peft_model_state_dict(self.model, tensors, adapter_name=_TRAINED)
        missing = [name for name in result.missing_keys if f".{_TRAINED}." in name]
        check_filled(folder, [*missing, *result.unexpected_keys])

    def _load_model(self, folder: Path) -> None:
        from safetensors.torch import load_file

        missing = set(self.model.state_dict())
        unexpected: list[str] = []
        for file in sorted(folder.glob("*.safetensors")):
            result = self.model.load_state_dict(load_file(file), strict=False)
            missing &= set(result.missing_keys)
            unexpected += result.unexpected_keys
        # Where head and embeddings are the same, they are stored once.
        tied = getattr(self.model, "all_tied_weights_keys", None) or {}
        check_filled(folder, [*sorted(missing - set(tied)), *unexpected])


def _line_ends(tokenizer: Any) -> frozenset[int]:
    """Tokens of nothing but ends of lines: at the first one, a base model has told its joke."""
    texts = [stop * count for stop in BASE_MODEL_STOP for count in (1, 2)]
    found = [tokenizer(text, add_special_tokens=False).input_ids for text in texts]
    return frozenset(tokens[0] for tokens in found if len(tokens) == 1)


class _ParentInside:
    """A PEFT model for those who take its adapter out to hear its parent.

    If training goes on from an adapter, the parent has an adapter too: a frozen copy.
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    @contextmanager
    def disable_adapter(self) -> Iterator[None]:
        self._model.set_adapter(PARENT, inference_mode=True)
        try:
            yield
        finally:
            self._model.set_adapter(_TRAINED)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def load_policy(config: PolicyConfig, source: Source, chat: Chat) -> Policy:
    """Load what training starts from: trained weights in float32, in any case.

    Raises:
        ConfigError: no layer has a name in ``lora.targets``, or QLoRA has no GPU.
        DataError: the weights do not fill the model or the adapter.
        EngineError: not enough memory, or transformers does not know such a model.
    """
    import torch
    from transformers import AutoTokenizer

    book = PromptBook(config.prompts)
    tokenizer = AutoTokenizer.from_pretrained(
        source.model.path, local_files_only=True, trust_remote_code=False
    )
    torch.manual_seed(config.seed)  # of the new matrices
    model = load_model(source.model, config.lora.base if config.method == "lora" else "float32")
    if config.method == "lora":
        model = _adapted(model, config, source)
    return Policy(source, model, tokenizer, chat, book, config.seed)


def _adapted(model: Any, config: PolicyConfig, source: Source) -> Any:
    from peft import LoraConfig, PeftModel, get_peft_model

    if source.adapter is None:
        lora = config.lora
        try:
            return get_peft_model(
                model,
                LoraConfig(
                    r=lora.rank,
                    lora_alpha=lora.alpha,
                    lora_dropout=lora.dropout,
                    target_modules=list(lora.targets),
                    task_type="CAUSAL_LM",
                ),
            )
        except ValueError as error:  # no layer has such a name
            reason = first_line(error)
            raise ConfigError(f"{source.model.name}: lora.targets: {reason}") from error
    path = source.adapter.path
    try:
        with warnings.catch_warnings():
            # The only sign that part of an adapter was not in its file.
            warnings.filterwarnings("error", message="Found missing adapter keys")
            adapted = PeftModel.from_pretrained(model, path, _TRAINED, is_trainable=True)
            adapted.load_adapter(path, PARENT, is_trainable=False)
    except UserWarning as warning:
        raise DataError(f"{path}: {first_line(warning)}") from warning
    return adapted
