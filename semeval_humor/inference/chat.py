"""From a conversation, and a text to be scored after it, to the tokens that a local model reads."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from semeval_humor.errors import ConfigError, first_line
from semeval_humor.schema import Continuation, Conversation, Message

_SAID = "joke 42"
"""Stands for an answer where only what a chat template writes after it is wanted."""


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens that a model reads at once.

    Attributes:
        tokens: what it reads.
        asked: how many of the last ones are asked for, 1 or more; each has a token before it.
    """

    tokens: tuple[int, ...]
    asked: int


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A text as the windows in which a model is asked for each of its tokens once.

    Attributes:
        windows: in the text's order; none where no token can be asked for.
        orphan: nothing stands before the text, so its first token has no probability.
        cut: conversation and text are longer than the model's context.
    """

    windows: tuple[Window, ...]
    orphan: bool
    cut: bool

    def joined(self, answers: Iterable[Sequence[float]]) -> tuple[float, ...]:
        """One value per token, from those of each window; NaN for a first token without one."""
        return (*([math.nan] if self.orphan else []), *chain.from_iterable(answers))


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
        raise ConfigError(f"{path}: its tokenizer cannot be read: {first_line(error)}") from error


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


def scored_text(tokenizer: Any, item: Continuation, context: int | None) -> ScoredText:
    """Windows of a text to be scored.

    The text is tokenised on its own, without special tokens, and set after the conversation's
    tokens, as the model would have written it: no token reaches over the boundary. What is longer
    than the context is read in windows of the whole context that end a stride, half of the
    context, further each time: every token has at least a stride of tokens before it, or all that
    there are.

    Args:
        tokenizer: of the model.
        item: the text and what stands before it.
        context: most tokens that the model reads at once; None for any number.

    Raises:
        ConfigError: the model has no chat template for the turns, or no end token.
    """
    before = prompt_tokens(tokenizer, item.conversation)
    text = list(tokenizer(item.text, add_special_tokens=False).input_ids)
    if item.ends:
        text.append(end_token(tokenizer, item.conversation))
    return ScoredText(
        windows=tuple(_windows(before, text, context)),
        orphan=bool(text) and not before,
        cut=context is not None and len(before) + len(text) > context,
    )


def stride_of(context: int) -> int:
    """Tokens by which the windows of a long text move on, 1 or more."""
    return max(1, context // 2)


def _windows(before: list[int], text: list[int], context: int | None) -> Iterable[Window]:
    tokens = (*before, *text)
    room = len(tokens) if context is None else context
    done = max(1, len(before))
    end = max(room, done + stride_of(room))
    while done < len(tokens):
        end = min(end, len(tokens))
        yield Window(tokens[max(0, end - room) : end], asked=end - done)
        done, end = end, end + stride_of(room)


def end_token(tokenizer: Any, conversation: Conversation) -> int:
    """Token with which the model ends what it says after a conversation.

    After chat turns, that by which the chat template closes a turn of the assistant, such as
    ``<|im_end|>``; after a text, and where the template closes turns by no token of their own, EOS.

    Raises:
        ConfigError: the model has no chat template for the turns, or no EOS token.
    """
    if not isinstance(conversation, str):
        turns = Message("user", "?"), Message("assistant", _SAID)
        _, _, closing = _render(tokenizer, turns, open_end=False).rpartition(_SAID)
        for token in tokenizer(closing, add_special_tokens=False).input_ids:
            if token in tokenizer.added_tokens_decoder:
                return int(token)
    if tokenizer.eos_token_id is None:
        raise ConfigError(
            f"{tokenizer.name_or_path}: found no end token, expected eos_token in "
            "tokenizer_config.json; score without the end token"
        )
    return int(tokenizer.eos_token_id)


def _render(tokenizer: Any, conversation: tuple[Message, ...], *, open_end: bool = True) -> str:
    from jinja2 import TemplateError

    if not tokenizer.chat_template:
        raise ConfigError(
            f"{tokenizer.name_or_path}: has no chat template, found chat turns, expected one text "
            "to continue; use a model tuned for chat, or prompts for base models"
        )
    try:
        return _written(tokenizer, conversation, open_end)
    except TemplateError as error:
        if (merged := _without_system(conversation)) != conversation:
            return _render(tokenizer, merged, open_end=open_end)
        roles = ", ".join(message.role for message in conversation)
        raise ConfigError(
            f"{tokenizer.name_or_path}: its chat template refuses the turns ({roles}): "
            f"{first_line(error)}"
        ) from error


def _written(tokenizer: Any, conversation: tuple[Message, ...], open_end: bool) -> str:
    text = tokenizer.apply_chat_template(
        [{"role": message.role, "content": message.content} for message in conversation],
        tokenize=False,
        add_generation_prompt=open_end,
        enable_thinking=False,
    )
    return str(text)


def _without_system(conversation: tuple[Message, ...]) -> tuple[Message, ...]:
    """The same turns with the system's words before the user's: some templates know no system."""
    match conversation:
        case (Message("system", rules), Message("user", wish), *rest):
            return Message("user", f"{rules}\n\n{wish}"), *rest
    return conversation
