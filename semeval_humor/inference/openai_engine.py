"""Generation by servers that speak the OpenAI protocol: ``vllm serve``, SGLang, hosted APIs."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from semeval_humor.errors import ConfigError, DataError, EngineError
from semeval_humor.inference import openai_wire as wire
from semeval_humor.inference.dispatch import Calls, Dispatcher, ServerFailed
from semeval_humor.inference.openai_client import (
    Connection,
    Garbled,
    Refused,
    checked_key,
    checked_url,
    glimpse,
)
from semeval_humor.inference.servers import PAUSE_S, Server, ServerPool
from semeval_humor.schema import Completion, Continuation, Finish, ModelIdentity, Request, Sampling

logger = logging.getLogger(__name__)

TIMEOUT_S = 600.0
"""For one answer, the client's retries included: a long answer of a busy server takes minutes. It
is also the time until the work of a server that hangs goes elsewhere."""

LIST_TIMEOUT_S = 10.0
"""For the list of models, which a living server sends at once."""

RETRIES = 3
"""Of the client after 408, 409, 429, 5xx, or a lost connection: 0.5, 1 and 2 seconds apart, or as
the server asks by Retry-After (two minutes at most). That smooths over hiccups; a server that
needs longer is given up to the pool, which lets the others go on."""

UNSUPPORTED = "use --engine vllm or --engine transformers for log-probabilities"

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
        self._dialects: dict[str, wire.Dialect] = {}
        self._sent: set[str] = set()
        self._answered: set[str] = set()
        self._uncounted: set[str] = set()
        self._parent: str | None = None
        self._model = model or ""
        with asyncio.Runner() as runner:
            alive = runner.run(self._preflight(urls))
        self._pool = ServerPool([Server(url, concurrency) for url in alive], pause_s=pause_s)

    @classmethod
    def from_environment(
        cls,
        model: str | None,
        base_urls: Sequence[str],
        *,
        concurrency: int = 64,
        timeout_s: float = TIMEOUT_S,
    ) -> "OpenAIEngine":
        """Engine whose key is the environment variable OPENAI_API_KEY, if that is set."""
        key = os.environ.get("OPENAI_API_KEY")
        return cls(model, base_urls, api_key=key, concurrency=concurrency, timeout_s=timeout_s)

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """Servers, bounds, and the fields outside the standard that they accepted so far."""
        return {
            "engine": "openai",
            "base_urls": " ".join(server.url for server in self._pool.servers),
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
        connections = self._connect()

        async def ask(server: Server, request: Request) -> Completion:
            return await self._complete(connections[server.url], request, sampling)

        def give_up(request: Request, reason: str) -> Completion:
            return Completion(request.key, reason, 0, Finish.FAILED)

        return Dispatcher(self._pool, requests, self._calls(connections, ask, give_up)).results()

    def logprobs(
        self, continuations: Sequence[Continuation], *, adapted: bool = True
    ) -> list[tuple[float, ...]]:
        """Natural log-probability of each token of each text, after its conversation.

        The text is tokenized on its own, without special tokens, as the model would have written
        it. Needs what only vLLM has: ``/tokenize`` for chats, and the echo of a prompt given as
        token ids.

        Raises:
            ConfigError: ``adapted`` is False: to a server an adapter is a model with its own name.
            DataError: nothing stands before a text, so its first token has no probability.
            EngineError: the servers cannot do this, or are gone.
        """
        if not adapted:
            raise ConfigError(
                f"{self._model}: a server cannot leave out an adapter: name its parent as the model"
            )
        connections = self._connect()

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

        calls = self._calls(connections, ask, give_up)
        found = dict(Dispatcher(self._pool, range(len(continuations)), calls).results())
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
        tokenize = f"{server.url.removesuffix('/v1')}/tokenize"
        own = {"model": self._model, "prompt": continuation.text, "add_special_tokens": False}
        text = wire.read_tokens(await server.call("POST", tokenize, own))
        if not text:
            return ()
        asked = wire.tokenize_body(self._model, continuation.conversation)
        before = wire.read_tokens(await server.call("POST", tokenize, asked))
        body = {
            "model": self._model,
            "prompt": [*before, *text],
            "echo": True,
            "logprobs": 0,
            "max_tokens": 0,
        }
        answer = await server.call("POST", "/completions", body)
        values = wire.read_logprobs(answer, len(before) + len(text))[len(before) :]
        found = tuple(value for value in values if value is not None)
        if len(found) != len(text):
            raise DataError(
                f"{glimpse(continuation.text)}: nothing stands before this text, so its "
                "first token has no probability; put a conversation before it"
            )
        return found

    async def _preflight(self, urls: Sequence[str]) -> list[str]:
        """Addresses of the servers that can be used. Settles the model and their dialects."""
        answers = await asyncio.gather(*map(self._models, urls), return_exceptions=True)
        served: dict[str, dict[str, dict[str, Any]] | None] = {}
        failures: dict[str, ServerFailed] = {}
        for url, answer in zip(urls, answers, strict=True):
            if isinstance(answer, ServerFailed):
                failures[url] = answer
            elif isinstance(answer, BaseException):
                raise answer
            else:
                served[url] = answer
        if not served:
            raise EngineError(
                f"no server answers: {'; '.join(f'{u}: {e}' for u, e in failures.items())}; "
                "start it (vllm serve MODEL), or correct --base-url"
            )
        for url, models in served.items():
            self._settle_model(url, models)
        for url, failure in failures.items():
            logger.warning("%s is left out: %s", url, failure)
        return list(served)

    def _settle_model(self, url: str, models: dict[str, dict[str, Any]] | None) -> None:
        """Check that a server serves the model, and note what it said about it."""
        if models is None:
            if not self._model:
                raise ConfigError(f"{url} does not list its models: name one with --model")
            self._dialects[url] = wire.Dialect()
            return
        self._model = self._model or next(iter(models), "")
        if self._model not in models:
            raise ConfigError(
                f"{url} does not serve {self._model or 'any model'}; it serves "
                f"{', '.join([*models][:10]) or 'nothing'}: name one of these with --model"
            )
        card = models[self._model]
        self._dialects[url] = wire.Dialect(complete=card.get("owned_by") in wire.SELF_HOSTED)
        parent = card.get("parent")
        self._parent = parent if isinstance(parent, str) else self._parent

    async def _models(self, url: str) -> dict[str, dict[str, Any]] | None:
        """Models that a server serves, by name; None where it does not list them.

        Raises:
            EngineError: the server is no use, now and later.
            ServerFailed: it cannot be used now.
        """
        server = Connection(url, self._key, timeout_s=LIST_TIMEOUT_S, retries=0)
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

    async def _probe(self, server: Server) -> str | None:
        """Why a server that failed cannot be used again yet; None if it can."""
        try:
            models = await self._models(server.url)
        except (ServerFailed, EngineError) as problem:
            return str(problem)
        if models is not None and self._model not in models:
            return f"it no longer serves {self._model}"
        return None

    def _connect(self) -> dict[str, Connection]:
        return {
            server.url: Connection(
                server.url, self._key, timeout_s=self._timeout_s, retries=self._retries
            )
            for server in self._pool.servers
        }

    def _calls(
        self,
        connections: Mapping[str, Connection],
        ask: Callable[[Server, J], Awaitable[R]],
        give_up: Callable[[J, str], R],
    ) -> Calls[J, R]:
        async def close() -> None:
            for connection in connections.values():
                await connection.close()

        return Calls(ask=ask, probe=self._probe, give_up=give_up, close=close)
