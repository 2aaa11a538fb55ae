"""What is said to an OpenAI-compatible server, and how its answers are read."""

import base64
import math
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from semeval_humor.inference.openai_client import Garbled, glimpse
from semeval_humor.schema import Completion, Conversation, Finish, Message, Request, Sampling

SELF_HOSTED = frozenset({"vllm", "sglang"})
"""``owned_by`` in the list of models of the servers whose extensions are relied on."""


class Unanswerable(Exception):
    """The request cannot even be sent."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one server understands beyond the standard.

    Attributes:
        complete: it said that it is vLLM or SGLang. They fill what a request leaves out from the
            model's ``generation_config.json``, so they are told every setting.
        extensions: fields outside the standard may be sent. Others ignore or refuse them.
        limit: field for the number of tokens; newer hosted models refuse ``max_tokens``.
    """

    complete: bool = False
    extensions: bool = True
    limit: str = "max_tokens"

    def simpler(self, body: Mapping[str, Any], complaint: str) -> "Dialect | None":
        """Return the dialect to try after a refused body; None where the body is to blame."""
        if self.limit == "max_tokens" and "max_completion_tokens" in complaint:
            return replace(self, limit="max_completion_tokens")
        if self.extensions and not self.complete and extensions_in(body):
            return replace(self, extensions=False)
        return None


NO_THINKING = {"enable_thinking": False}
"""For chat templates that let the model think first; others ignore it."""

EXTENSIONS = ("top_k", "min_p", "repetition_penalty", "chat_template_kwargs")


def extensions_in(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields of a request that are no part of the standard."""
    return tuple(name for name in EXTENSIONS if name in body)


def generate_body(
    model: str, request: Request, sampling: Sampling, dialect: Dialect
) -> tuple[str, dict[str, Any]]:
    """Path and JSON body that ask for one completion.

    No seed is sent: with the same one, repeated requests would all get the same answer, and on a
    CPU a seeded request can end the vLLM engine. ``vllm serve --seed`` seeds a server.

    Raises:
        Unanswerable: an image cannot be read, or has no chat turn to stand in.
    """
    body: dict[str, Any] = {
        "model": model,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        dialect.limit: sampling.max_tokens,
    }
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if request.json_schema is not None:
        schema = {"name": "answer", "schema": dict(request.json_schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if dialect.extensions:
        # vLLM and SGLang agree only on -1 for "keep all tokens".
        own = {
            "top_k": sampling.top_k or -1,
            "min_p": sampling.min_p,
            "repetition_penalty": sampling.repetition_penalty,
        }
        neutral = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
        body |= {k: v for k, v in own.items() if dialect.complete or v != neutral[k]}
    if isinstance(request.conversation, str):
        if request.images:
            raise Unanswerable("an image needs a chat; this request is a plain text")
        return "/completions", body | {"prompt": request.conversation}
    if dialect.extensions:
        body["chat_template_kwargs"] = NO_THINKING
    body["messages"] = messages(request.conversation, request.images)
    return "/chat/completions", body


def messages(turns: Sequence[Message], images: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Chat turns as JSON, the images before the text of the last one."""
    said: list[dict[str, Any]] = [{"role": t.role, "content": t.content} for t in turns]
    if images:
        if not said:
            raise Unanswerable("an image needs a chat turn; this chat is empty")
        parts = [{"type": "image_url", "image_url": {"url": image_url(i)}} for i in images]
        said[-1]["content"] = [*parts, {"type": "text", "text": said[-1]["content"]}]
    return said


def image_url(image: str) -> str:
    """Return a URL as it is, and a local image as a ``data:`` URL.

    Raises:
        Unanswerable: the file cannot be read, or is no image by its name: a path in a task file
            must not send other files away.
    """
    if image.startswith(("http://", "https://", "data:image/")):
        return image
    kind, _ = mimetypes.guess_type(image)
    if kind is None or not kind.startswith("image/"):
        raise Unanswerable(f"{image}: not the name of an image file, nor an http address")
    try:
        content = Path(image).read_bytes()
    except OSError as error:
        raise Unanswerable(f"{image}: {error.strerror}") from error
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def read_completion(key: str, answer: object) -> tuple[Completion, bool]:
    """Completion in a server's answer, and whether the server counted its tokens.

    Without a count, ``tokens`` is 0: a number is never made up.

    Raises:
        Garbled: this is no answer to such a request.
    """
    match answer:
        case {"choices": [{"message": {**message}, **choice}, *_]}:
            text, refusal = message.get("content"), message.get("refusal")
        case {"choices": [{"text": str() as text, **choice}, *_]}:
            refusal = None
        case _:
            raise Garbled(f"expected a completion, found {glimpse(answer)}")
    if not isinstance(text, str | None):
        raise Garbled(f"expected a text, found {glimpse(text)}")
    match answer:
        case {"usage": {"completion_tokens": int() as tokens}}:
            counted = True
        case _:
            tokens, counted = 0, False
    match choice.get("finish_reason"):
        case _ if refusal:
            return Completion(key, f"refused: {glimpse(refusal)}", tokens, Finish.FAILED), counted
        case "stop":
            finish = Finish.STOPPED
        case "length":
            finish = Finish.CUT_OFF
        case other:
            return Completion(key, f"finish_reason {other}", tokens, Finish.FAILED), counted
    return Completion(key, text or "", tokens, finish), counted


def read_models(answer: object) -> dict[str, dict[str, Any]]:
    """Models in a server's list, by id, in order.

    Raises:
        Garbled: this is no list of models.
    """
    match answer:
        case {"data": [*cards]}:
            sound = [c for c in cards if isinstance(c, dict) and isinstance(c.get("id"), str)]
            return {card["id"]: card for card in sound}
    raise Garbled(f"expected a list of models, found {glimpse(answer)}")


def tokenize_body(model: str, conversation: Conversation) -> dict[str, Any]:
    """JSON body that asks vLLM for the token ids of what stands before a text."""
    if isinstance(conversation, str):
        return {"model": model, "prompt": conversation, "add_special_tokens": True}
    return _tokenize_chat(model, conversation, add_generation_prompt=True)


def tokenize_answer_bodies(model: str, chat: Sequence[Message]) -> tuple[dict[str, Any], ...]:
    """Two bodies that ask vLLM for the token ids of a chat that ends in an answer.

    In the first one the answer is open, in the second the chat template closes it: the token that
    only the second has after the others is the one that ends an answer.
    """
    answered = (*chat, Message("assistant", "A joke."))
    shared = {"add_generation_prompt": False}
    return (
        _tokenize_chat(model, answered, continue_final_message=True, **shared),
        _tokenize_chat(model, answered, **shared),
    )


def _tokenize_chat(model: str, chat: Sequence[Message], **how: bool) -> dict[str, Any]:
    return {
        "model": model,
        "messages": messages(chat),
        "chat_template_kwargs": NO_THINKING,
        **how,
    }


def read_tokens(answer: object) -> list[int]:
    """Token ids in an answer of vLLM's ``/tokenize``.

    Raises:
        Garbled: this is no such answer.
    """
    match answer:
        case {"tokens": [*tokens]} if all(isinstance(token, int) for token in tokens):
            return tokens
    raise Garbled(f"expected token ids, found {glimpse(answer)}")


def read_logprobs(answer: object, expected: int) -> tuple[float, ...]:
    """Natural log-probability of each of the expected number of echoed tokens.

    The first one, which nothing stands before, is NaN.

    Raises:
        Garbled: they are not there.
    """
    match answer:
        case {"choices": [{"logprobs": {"token_logprobs": [_, *values]}}]} if len(
            values
        ) == expected - 1 and all(isinstance(value, float | int) for value in values):
            return math.nan, *values
    raise Garbled(f"expected {expected} log-probabilities, found {glimpse(answer)}")
