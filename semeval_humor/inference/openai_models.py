"""Which servers can be used, and for which model: asked before any work begins."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from semeval_humor.errors import ConfigError, EngineError
from semeval_humor.inference import openai_wire as wire
from semeval_humor.inference.dispatch import ServerFailed
from semeval_humor.inference.openai_client import Connection, Garbled, Refused

logger = logging.getLogger(__name__)

LIST_TIMEOUT_S = 10.0
"""For the list of models, which a living server sends at once."""

Models = dict[str, dict[str, Any]] | None
"""What a server says of each model that it serves, by name; None: it does not list them."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the servers said.

    Attributes:
        model: the one that all of them serve.
        parent: what the model was made from, in the servers' words.
        dialects: of each server that can be used, by base URL.
    """

    model: str
    parent: str | None
    dialects: dict[str, wire.Dialect]


async def look_around(urls: Sequence[str], model: str | None, key: str, *, retries: int) -> Survey:
    """Ask all servers at once; leave out, with a warning, those that do not answer.

    Raises:
        ConfigError: a server does not serve the model, or none was named where it must be.
        EngineError: no server answers, one refuses the key or speaks another protocol.
    """
    answers = await asyncio.gather(
        *(list_models(url, key, retries=retries) for url in urls), return_exceptions=True
    )
    served: dict[str, Models] = {}
    failures: dict[str, ServerFailed] = {}
    for url, answer in zip(urls, answers, strict=True):
        if isinstance(answer, ServerFailed):
            failures[url] = answer
        elif isinstance(answer, BaseException):
            raise answer
        else:
            served[url] = answer
    if not served:
        reasons = "; ".join(f"{url}: {failure}" for url, failure in failures.items())
        raise EngineError(
            f"no server answers: {reasons}; start it (vllm serve MODEL), or correct --base-url"
        )
    name = model or _first(served)
    cards = {url: _card(url, name, models) for url, models in served.items()}
    for url, failure in failures.items():
        logger.warning("%s is left out: %s", url, failure)
    parents = [card["parent"] for card in cards.values() if isinstance(card.get("parent"), str)]
    dialects = {
        url: wire.Dialect(complete=card.get("owned_by") in wire.SELF_HOSTED)
        for url, card in cards.items()
    }
    return Survey(name, next(iter(parents), None), dialects)


async def list_models(url: str, key: str, *, retries: int = 0) -> Models:
    """Ask a server for its models.

    Raises:
        EngineError: the server is no use, now and later.
        ServerFailed: it cannot be used now.
    """
    server = Connection(url, key, timeout_s=LIST_TIMEOUT_S, retries=retries)
    try:
        return wire.read_models(await server.call("GET", "/models"))
    except Refused as refusal:
        if refusal.status in (404, 405):
            return None
        raise EngineError(f"{url}/models: {refusal}; {refusal.advice}") from refusal
    except Garbled as problem:
        raise EngineError(
            f"{url}/models: {problem}; give the address of an OpenAI-compatible server: "
            "most end in /v1"
        ) from problem
    finally:
        await server.close()


def _first(served: dict[str, Models]) -> str:
    """First model of the first server that lists any."""
    for models in served.values():
        for name in models or ():
            return name
    raise ConfigError(f"{', '.join(served)}: no list of models: name one with --model")


def _card(url: str, name: str, models: Models) -> dict[str, Any]:
    """What a server says of a model; nothing if it lists none."""
    if models is None:
        return {}
    if name not in models:
        raise ConfigError(
            f"{url} does not serve {name}; it serves {', '.join([*models][:10]) or 'nothing'}: "
            "name one of these with --model"
        )
    return models[name]
