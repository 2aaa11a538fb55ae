"""From a conversation to the tokens that a local model reads."""

from typing import Any

from semeval_humor.errors import ConfigError
from semeval_humor.schema import Conversation, Message


def load_tokenizer(path: str) -> Any:
    """Load the tokenizer of a model directory. Runs no code from it and asks no hub.

    Raises:
        ConfigError: there is none, or it needs code from its repository.
    """
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise ConfigError(
            f"{path}: reading its tokenizer needs {error.name}: pip install 'semeval-humor[train]'"
        ) from error
    try:
        return AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{path}: its tokenizer cannot be read: {_first_line(error)}") from error


def prompt_tokens(tokenizer: Any, conversation: Conversation) -> list[int]:
    """Token ids after which the model's answer begins.

    Turns are written with the model's chat template, which ends where the assistant speaks; a
    model that can think aloud is told not to. The template alone decides about a BOS token. A text
    stands as it is, after the BOS token if the model has its texts begin with one; no EOS token
    follows, even if the tokenizer ends its texts so.

    Raises:
        ConfigError: the model has no chat template, or its template refuses the turns.
    """
    if not isinstance(conversation, str):
        text = _render(tokenizer, conversation)
        return list(tokenizer(text, add_special_tokens=False).input_ids)
    tokens = list(tokenizer(conversation, add_special_tokens=False).input_ids)
    bos = tokenizer.bos_token_id
    adds_bos = bos is not None and list(tokenizer("a").input_ids)[:1] == [bos]
    return [bos, *tokens] if adds_bos and tokens[:1] != [bos] else tokens


def _render(tokenizer: Any, conversation: tuple[Message, ...]) -> str:
    from jinja2 import TemplateError

    if not tokenizer.chat_template:
        raise ConfigError(
            f"{tokenizer.name_or_path}: has no chat template, found chat turns, expected one text "
            "to continue; use a model tuned for chat, or prompts for base models"
        )
    try:
        return _written(tokenizer, conversation)
    except TemplateError as error:
        if (merged := _without_system(conversation)) != conversation:
            return _render(tokenizer, merged)
        roles = ", ".join(message.role for message in conversation)
        raise ConfigError(
            f"{tokenizer.name_or_path}: its chat template refuses the turns ({roles}): "
            f"{_first_line(error)}"
        ) from error


def _written(tokenizer: Any, conversation: tuple[Message, ...]) -> str:
    text = tokenizer.apply_chat_template(
        [{"role": message.role, "content": message.content} for message in conversation],
        tokenize=False,
        add_generation_prompt=True,
        enable_thinking=False,
    )
    return str(text)


def _without_system(conversation: tuple[Message, ...]) -> tuple[Message, ...]:
    """The same turns with the system's words before the user's: some templates know no system."""
    match conversation:
        case (Message("system", rules), Message("user", wish), *rest):
            return Message("user", f"{rules}\n\n{wish}"), *rest
    return conversation


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
