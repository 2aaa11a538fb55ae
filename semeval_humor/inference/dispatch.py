"""Many requests over several servers, from a plain generator: asyncio stays inside."""

import asyncio
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from semeval_humor.errors import EngineError, HumorError
from semeval_humor.inference.servers import Server, ServerPool

MOST_TRIES = 3
"""Servers that may fail on one request before the request is taken for the cause."""

J = TypeVar("J")
R = TypeVar("R")


class ServerFailed(Exception):
    """A server did not do its work. The request goes to another one.

    Attributes:
        innocent: the request cannot be the cause: the server has too much to do.
    """

    def __init__(self, reason: str, *, innocent: bool = False) -> None:
        super().__init__(reason)
        self.innocent = innocent


@dataclass(slots=True)
class _Job(Generic[J]):
    """Something to be asked, how often servers failed on it, and which one did last."""

    what: J
    tries: int = 0
    last: Server | None = None


@dataclass(frozen=True, slots=True)
class Calls(Generic[J, R]):
    """What the dispatcher does with the network.

    Attributes:
        ask: gets one result from a server; raises ServerFailed, or a HumorError to end it all.
        probe: why a server cannot be used, or None where it can.
        give_up: the result for something on which ``MOST_TRIES`` servers failed, and the reason.
        close: frees connections at the end.
    """

    ask: Callable[[Server, J], Awaitable[R]]
    probe: Callable[[Server], Awaitable[str | None]]
    give_up: Callable[[J, str], R]
    close: Callable[[], Awaitable[None]]


class Dispatcher(Generic[J, R]):
    """Keeps every living server full, and brings what failed on one server to another.

    Args:
        pool: the servers; nothing else may use it meanwhile.
        jobs: read lazily: one more for each place that is free.
        calls: the network.
    """

    def __init__(self, pool: ServerPool, jobs: Iterable[J], calls: Calls[J, R]) -> None:
        self._pool = pool
        self._jobs = iter(jobs)
        self._calls = calls
        self._exhausted = False
        self._again: deque[_Job[J]] = deque()
        self._asking: dict[asyncio.Task[R], tuple[Server, _Job[J]]] = {}
        self._probing: dict[asyncio.Task[str | None], Server] = {}
        self._fatal: HumorError | None = None
        self._runner: asyncio.Runner | None = None

    def results(self) -> Iterator[R]:
        """Iterate over one result for each job, as soon as it is there, in any order.

        The event loop runs only while the caller waits for a result. Closing this generator hangs
        up on whatever is in flight.

        Raises:
            EngineError: every server is gone, or one said that nothing can work. What was
                finished was yielded before.
        """
        stream = self._stream()
        # For a generator that is forgotten until the interpreter ends: afterwards it is too late.
        weakref.finalize(stream, self._shut_down, at_exit=True)
        return stream

    def _stream(self) -> Iterator[R]:
        self._runner = asyncio.Runner()
        try:
            while finished := self._runner.run(self._next()):
                yield from finished
        finally:
            self._shut_down()

    def _shut_down(self, *, at_exit: bool = False) -> None:
        """Hang up and close the event loop; does nothing the second time."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        try:
            runner.run(self._close())
        finally:
            # A runner closes with the help of a thread; at exit none can start any more.
            (runner.get_loop() if at_exit else runner).close()

    async def _next(self) -> list[R]:
        """Wait for at least one result; none means that there is nothing left to do."""
        while True:
            if self._fatal is not None:
                raise self._fatal
            self._fill()
            if not self._asking and not self._again:
                return []
            if not self._asking and self._pool.gone:
                reasons = "; ".join(f"{s.url}: {s.reason}" for s in self._pool.servers)
                raise EngineError(
                    f"every server is gone: {reasons}; start them again, then repeat the command"
                )
            # A server that rests matters only to work that waits: otherwise this would spin.
            rest_s = self._pool.rest_s() if self._again or not self._exhausted else None
            running: set[asyncio.Task[R] | asyncio.Task[str | None]] = {
                *self._asking,
                *self._probing,
            }
            if running:
                await asyncio.wait(running, timeout=rest_s, return_when=asyncio.FIRST_COMPLETED)
            elif rest_s is not None:
                await asyncio.sleep(rest_s)
            finished = self._settle()
            if finished:
                return finished

    def _fill(self) -> None:
        """Start as much as there are places, failed work first; probe servers that have rested."""
        if not self._asking and not self._again:
            self._pull()  # with every server down, this tells whether anything is left to wait for
        while self._again or not self._exhausted:
            server = self._pool.take(avoid=self._again[0].last if self._again else None)
            if server is None:
                break
            if not self._again and not self._pull():
                self._pool.cancelled(server)
                break
            job = self._again.popleft()
            task = asyncio.ensure_future(self._calls.ask(server, job.what))
            self._asking[task] = (server, job)
        if self._again or not self._exhausted:
            for server in self._pool.due():
                self._probing[asyncio.ensure_future(self._calls.probe(server))] = server

    def _pull(self) -> bool:
        """Move one job from the caller's iterable to the work that waits, if there is one."""
        if not self._exhausted:
            try:
                self._again.append(_Job(next(self._jobs)))
            except StopIteration:
                self._exhausted = True
        return bool(self._again)

    def _settle(self) -> list[R]:
        """Take the results of all tasks that are done, and note how their servers fared."""
        for probe in [task for task in self._probing if task.done()]:
            self._pool.probed(self._probing.pop(probe), probe.result())
        finished: list[R] = []
        for task in [task for task in self._asking if task.done()]:
            server, job = self._asking.pop(task)
            try:
                finished.append(task.result())
            except ServerFailed as error:
                self._pool.failed(server, str(error))
                finished.extend(self._lost(server, job, error))
            except HumorError as error:
                self._pool.cancelled(server)
                self._fatal = error
            else:
                self._pool.answered(server)
        return finished

    def _lost(self, server: Server, job: _Job[J], error: ServerFailed) -> list[R]:
        """Keep the job for another server, or give it up."""
        job.last = server
        job.tries += not error.innocent
        if job.tries < MOST_TRIES:
            self._again.append(job)
            return []
        try:
            return [self._calls.give_up(job.what, f"{job.tries} tries failed, the last: {error}")]
        except HumorError as fatal:
            self._fatal = fatal
            return []

    async def _close(self) -> None:
        """Hang up on what is in flight, and wait until it is really over."""
        tasks = [*self._asking, *self._probing]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for server, _ in self._asking.values():
            self._pool.cancelled(server)
        self._asking.clear()
        self._probing.clear()
        await self._calls.close()
