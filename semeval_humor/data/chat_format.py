"""Chats as the model to be trained writes them, each ending in its end token."""

from collections.abc import Callable, Sequence
from typing import Any

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.languages import LANGUAGES
from semeval_humor.models import Model
from semeval_humor.prompts import PromptBook
from semeval_humor.schema import Message, Prompt

Render = Callable[[Prompt, Sequence[Message]], str]
"""From a row of the task and the turns of its chat to one text."""


def chat_format(model: Model) -> Render:
    """How a model's chats are written; for a base model, the few-shot text and the joke.

    Raises:
        ConfigError: transformers is not installed, or the model's tokenizer has no end token.
    """
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise ConfigError(
            f"--for {model.name} needs transformers: pip install 'semeval-humor[train]'"
        ) from error
    tokenizer = AutoTokenizer.from_pretrained(model.path, local_files_only=True)
    if tokenizer.eos_token is None:
        raise ConfigError(f"{model.name}: its tokenizer has no end token, so it could never stop")
    book = PromptBook()

    def render(prompt: Prompt, turns: Sequence[Message]) -> str:
        if model.chat:
            written = _by_template(tokenizer, turns)
        else:
            asked = book.conversation(prompt, chat=False, seed=0, round_=0, sample=0)
            assert isinstance(asked, str)
            gap = " " if LANGUAGES[prompt.lang].spaced else ""
            written = f"{asked}{gap}{turns[-1].content}"
        return _ended(tokenizer, written, prompt.id)

    return render


def _by_template(tokenizer: Any, turns: Sequence[Message]) -> str:
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    # Templates write a newline after the end token, which a model never has to learn.
    return str(tokenizer.apply_chat_template(messages, tokenize=False)).rstrip()


def _ended(tokenizer: Any, text: str, where: str) -> str:
    """The text with the end token as its last one, once."""
    end: str = tokenizer.eos_token
    ended = text if text.endswith(end) else text + end
    last = tokenizer(ended, add_special_tokens=False)["input_ids"][-1]
    if last != tokenizer.eos_token_id:
        raise DataError(f"{where}: ends in token {last}, expected {tokenizer.eos_token_id} ({end})")
    return ended
