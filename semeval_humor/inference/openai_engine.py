"""Generation by servers that speak the OpenAI protocol: ``vllm serve``, SGLang, hosted APIs."""

import asyncio
import logging
import math
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from semeval_humor.errors import ConfigError, EngineError
from semeval_humor.inference import openai_wire as wire
from semeval_humor.inference.dispatch import Calls, Dispatcher, ServerFailed
from semeval_humor.inference.openai_client import (
    Connection,
    Garbled,
    Refused,
    checked_key,
    checked_url,
)
from semeval_humor.inference.openai_models import list_models, look_around
from semeval_humor.inference.servers import PAUSE_S, Server, ServerPool
from semeval_humor.schema import (
    Completion,
    Continuation,
    Finish,
    Message,
    ModelIdentity,
    Request,
    Sampling,
)

logger = logging.getLogger(__name__)

TIMEOUT_S = 600.0
"""For one answer, the client's retries included: a long answer of a busy server takes minutes. It
is also the time until the work of a server that hangs goes elsewhere."""

RETRIES = 3
"""Of the client after 408, 409, 429, 5xx, or a lost connection: 0.5, 1 and 2 seconds apart, or as
the server asks by Retry-After (two minutes at most). That smooths over hiccups; a server that
needs longer is given up to the pool, which lets the others go on."""

UNSUPPORTED = "where a server cannot tell log-probabilities: --engine vllm or transformers"

R = TypeVar("R")
J = TypeVar("J")


class OpenAIEngine:
    """An ``Engine`` on one or several servers that serve the same model.

    What a request does not say, the server decides; its seed in particular (see
    ``openai_wire.generate_body``). Requests of a server that fails go to the others.

    Args:
        model: name under which the servers serve it; None takes the first one that they serve.
        base_urls: for example ``http://127.0.0.1:8000/v1``.
        api_key: sent to every server, never shown; None where they ask for none.
        concurrency: most requests in flight on each server.
        timeout_s: seconds for one answer.
        retries: of the client, for one answer.
        pause_s: seconds until a server that failed is asked again; doubles each time.

    Raises:
        ConfigError: an address is none, or a server does not serve the model.
        EngineError: no server can be reached, one refuses the key or speaks another protocol.
    """

    def __init__(
        self,
        model: str | None,
        base_urls: Sequence[str],
        *,
        api_key: str | None,
        concurrency: int = 64,
        timeout_s: float = TIMEOUT_S,
        retries: int = RETRIES,
        pause_s: float = PAUSE_S,
    ) -> None:
        if concurrency < 1:
            raise ConfigError(f"concurrency {concurrency}: expected 1 or more")
        urls = list(dict.fromkeys(checked_url(url) for url in base_urls))
        if not urls:
            raise ConfigError("no server: add --base-url http://HOST:PORT/v1")
        self._key = checked_key(api_key)
        self._concurrency = concurrency
        self._timeout_s = timeout_s
        self._retries = retries
        self._pause_s = pause_s
        with asyncio.Runner() as runner:
            survey = runner.run(look_around(urls, model, self._key, retries=retries))
        self._model = survey.model
        self._parent = survey.parent
        self._dialects = survey.dialects
        self._down: set[str] = set()
        self._sent: set[str] = set()
        self._answered: set[str] = set()
        self._uncounted: set[str] = set()

    @classmethod
    def from_environment(
        cls,
        model: str | None,
        base_urls: Sequence[str],
        *,
        concurrency: int = 64,
    ) -> "OpenAIEngine":
        """Engine whose key is the environment variable OPENAI_API_KEY, if that is set."""
        key = os.environ.get("OPENAI_API_KEY")
        return cls(model, base_urls, api_key=key, concurrency=concurrency)

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """Servers, bounds, and the fields outside the standard that they accepted so far."""
        return {
            "engine": "openai",
            "base_urls": " ".join(self._dialects),
            "concurrency": self._concurrency,
            "timeout_s": self._timeout_s,
            "extensions": " ".join(sorted(self._sent)) or "none",
            "seed": "left to the server",
        }

    def identity(self) -> ModelIdentity:
        """Name of the model, and its parent if the server names one (vLLM does for adapters)."""
        return ModelIdentity(self._model, parent=self._parent)

    def generate(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Completion]:
        """Yield one completion per request as soon as it is finished, in any order.

        Where a server does not count tokens, ``tokens`` is 0 and a warning says so.

        Raises:
            EngineError: the key or the model was refused, or every server is gone.
        """
        pool, connections = self._open()

        async def ask(server: Server, request: Request) -> Completion:
            return await self._complete(connections[server.url], request, sampling)

        def give_up(request: Request, reason: str) -> Completion:
            return Completion(request.key, reason, 0, Finish.FAILED)

        calls = self._calls(pool, connections, ask, give_up)
        return Dispatcher(pool, requests, calls).results()

    def logprobs(
        self, continuations: Sequence[Continuation], *, adapted: bool = True
    ) -> list[tuple[float, ...]]:
        """Natural log-probability of each token of each text, after its conversation.

        The text is tokenized on its own, without special tokens, as the model would have written
        it; a first token that nothing stands before is NaN. Needs what only vLLM has:
        ``/tokenize`` for chats, and the echo of a prompt given as token ids.

        Raises:
            ConfigError: ``adapted`` is False: to a server an adapter is a model with its own name;
                or the end token is wanted after a text: a server tells only that of its chats.
            EngineError: the servers cannot do this, or are gone; or a text is longer than the
                model's context: there are no windows here.
        """
        if not adapted:
            raise ConfigError(
                f"{self._model}: a server cannot leave out an adapter: name its parent as the model"
            )
        if any(item.ends and isinstance(item.conversation, str) for item in continuations):
            raise ConfigError(
                f"{self._model}: a server does not tell the end token of texts, only of chats: "
                "score without the end token, or with --engine vllm or transformers"
            )
        pool, connections = self._open()

        async def ask(server: Server, at: int) -> tuple[int, tuple[float, ...]]:
            try:
                return at, await self._score(connections[server.url], continuations[at])
            except (Refused, Garbled) as problem:
                raise EngineError(
                    f"{server.url}: no log-probabilities for text {at + 1} of "
                    f"{len(continuations)} ({problem}); {UNSUPPORTED}"
                ) from problem

        def give_up(at: int, reason: str) -> tuple[int, tuple[float, ...]]:
            raise EngineError(f"text {at + 1} of {len(continuations)}: {reason}; {UNSUPPORTED}")

        calls = self._calls(pool, connections, ask, give_up)
        found = dict(Dispatcher(pool, range(len(continuations)), calls).results())
        return [found[at] for at in range(len(continuations))]

    async def _complete(
        self, server: Connection, request: Request, sampling: Sampling
    ) -> Completion:
        """Ask for one completion in the words that the server understands; learn them if needed."""
        url = server.url
        known = dialect = self._dialects[url]
        while True:
            try:
                path, body = wire.generate_body(self._model, request, sampling, dialect)
                answer = await server.call("POST", path, body)
                break
            except wire.Unanswerable as problem:
                return Completion(request.key, str(problem), 0, Finish.FAILED)
            except Refused as refusal:
                # A content filter may answer 403 as well; a key that worked before is not at fault.
                its_own_fault = (400, 413, 422, *([403] if url in self._answered else []))
                if refusal.status not in its_own_fault:
                    raise EngineError(f"{url}{path}: {refusal}; {refusal.advice}") from refusal
                simpler = dialect.simpler(body, str(refusal))
                if simpler is None:
                    return Completion(request.key, str(refusal), 0, Finish.FAILED)
                dialect = simpler
        completion, counted = wire.read_completion(request.key, answer)
        self._learn(url, known, dialect, body, counted)
        return completion

    def _learn(
        self,
        url: str,
        before: wire.Dialect,
        now: wire.Dialect,
        body: Mapping[str, Any],
        counted: bool,
    ) -> None:
        """Remember what a server understood; say once what it does not do."""
        self._answered.add(url)
        self._sent.update(wire.extensions_in(body))
        if before != now and self._dialects[url] == before:
            self._dialects[url] = now
            if before.extensions and not now.extensions:
                logger.warning(
                    "%s refuses fields outside the standard: top_k, min_p and repetition_penalty "
                    "have no effect there, and thinking cannot be switched off",
                    url,
                )
        if not counted and url not in self._uncounted:
            self._uncounted.add(url)
            logger.warning("%s does not count tokens: they are recorded as 0", url)

    async def _score(self, server: Connection, continuation: Continuation) -> tuple[float, ...]:
        """Log-probabilities of one text's tokens."""
        own = {"model": self._model, "prompt": continuation.text, "add_special_tokens": False}
        text = await self._tokens(server, own)
        if continuation.ends and not isinstance(continuation.conversation, str):
            text.append(await self._end_token(server, continuation.conversation))
        if not text:
            return ()
        asked = wire.tokenize_body(self._model, continuation.conversation)
        before = await self._tokens(server, asked)
        body = {
            "model": self._model,
            "prompt": [*before, *text],
            "echo": True,
            "logprobs": 0,
            "max_tokens": 0,
        }
        answer = await server.call("POST", "/completions", body)
        return wire.read_logprobs(answer, len(before) + len(text))[len(before) :]

    async def _end_token(self, server: Connection, chat: Sequence[Message]) -> int:
        """Token with which the chat template closes an answer."""
        open_end, closed = [
            await self._tokens(server, body)
            for body in wire.tokenize_answer_bodies(self._model, chat)
        ]
        if closed[: len(open_end)] != open_end or len(closed) == len(open_end):
            raise Garbled("its chat template closes an answer by no token of its own")
        return closed[len(open_end)]

    async def _tokens(self, server: Connection, body: Mapping[str, Any]) -> list[int]:
        tokenize = f"{server.url.removesuffix('/v1')}/tokenize"
        return wire.read_tokens(await server.call("POST", tokenize, body))

    async def _probe(self, server: Server) -> str | None:
        """Why a server that failed cannot be used again yet; None if it can."""
        try:
            models = await list_models(server.url, self._key)
        except (ServerFailed, EngineError) as problem:
            return str(problem)
        if models is not None and self._model not in models:
            return f"it no longer serves {self._model}"
        return None

    def _open(self) -> tuple[ServerPool, dict[str, Connection]]:
        """Pool and connections of one call, so that one begun within another cannot block.

        A server that was down at the end of the last call is asked at once whether it is back.
        """
        servers = [Server(url, self._concurrency) for url in self._dialects]
        for server in servers:
            if server.url in self._down:
                server.failures, server.resumes = 1, -math.inf
        connections = {
            url: Connection(url, self._key, timeout_s=self._timeout_s, retries=self._retries)
            for url in self._dialects
        }
        return ServerPool(servers, pause_s=self._pause_s), connections

    def _calls(
        self,
        pool: ServerPool,
        connections: Mapping[str, Connection],
        ask: Callable[[Server, J], Awaitable[R]],
        give_up: Callable[[J, str], R],
    ) -> Calls[J, R]:
        async def close() -> None:
            self._down = {server.url for server in pool.servers if server.resumes is not None}
            for connection in connections.values():
                await connection.close()

        return Calls(ask=ask, probe=self._probe, give_up=give_up, close=close)
