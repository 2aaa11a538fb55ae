"""Several servers side by side: which one gets the next request, and which ones are down."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger(__name__)

PAUSE_S = 5.0
"""Rest of a server after its first failure; doubles with each further one. The client has by then
already retried for some seconds, so what is left is a restart, which takes a minute or so."""

LONGEST_PAUSE_S = 30.0
"""A server that comes back is found again within this time."""

FAILURES_TO_GIVE_UP = 10
"""Failures in a row after which a server counts as gone: 3.5 minutes of rest in all. ``vllm serve``
with a small model was back after 150 seconds on a busy machine of two cores."""


@dataclass(slots=True, eq=False)
class Server:
    """One server, as the pool sees it.

    Attributes:
        url: base URL.
        places: most requests in flight at a time.
        busy: requests in flight.
        failures: failures in a row; 0 after each answer.
        resumes: clock time at which a server that is down is asked again; None: it gets work.
        probing: it is being asked whether it is back.
        reason: of the last failure.
    """

    url: str
    places: int
    busy: int = 0
    failures: int = 0
    resumes: float | None = None
    probing: bool = False
    reason: str = ""

    @property
    def free(self) -> int:
        """Places for more requests. A server on trial after a failure has one place in all."""
        if self.resumes is not None:
            return 0
        return max(0, (1 if self.failures else self.places) - self.busy)


class ServerPool:
    """Chooses servers and remembers how they fare. Knows nothing of requests or of the network.

    Args:
        servers: in order of preference between equals.
        pause_s: seconds of rest after a first failure.
        clock: seconds that never run backwards.
    """

    def __init__(
        self,
        servers: list[Server],
        *,
        pause_s: float = PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.servers = servers
        self._pause_s = pause_s
        self._clock = clock

    def take(self, avoid: Server | None = None) -> Server | None:
        """Occupy a place on the server with most free ones; None where all are full or down.

        Args:
            avoid: taken only if no other server has a place.
        """
        free = [server for server in self.servers if server.free]
        if not free:
            return None
        chosen = min(free, key=lambda server: (server is avoid, -server.free, server.busy))
        chosen.busy += 1
        return chosen

    def answered(self, server: Server) -> None:
        """Free a place: the server did its work, or refused it with a reason. It lives."""
        server.busy -= 1
        if server.failures:
            logger.warning("%s answers again", server.url)
        server.failures, server.resumes = 0, None

    def cancelled(self, server: Server) -> None:
        """Free a place: we hung up, which says nothing about the server."""
        server.busy -= 1

    def failed(self, server: Server, reason: str) -> None:
        """Free a place: the server did not do its work. It gets none until it was probed.

        When a server dies, all its requests fail together: that is one failure.
        """
        server.busy -= 1
        if server.resumes is None:
            self._rest(server, reason)

    def due(self) -> list[Server]:
        """Return the servers whose rest is over; each must be reported to ``probed``."""
        now = self._clock()
        due = [s for s in self.servers if s.resumes is not None and s.resumes <= now]
        due = [server for server in due if not server.probing]
        for server in due:
            server.probing = True
        return due

    def probed(self, server: Server, problem: str | None) -> None:
        """Let a server without a problem have one request on trial, the others rest again."""
        server.probing = False
        if server.resumes is None:  # an old request was answered meanwhile
            return
        if problem is None:
            server.resumes = None
        else:
            self._rest(server, problem)

    def rest_s(self) -> float | None:
        """Seconds until a server is due; None where none rests."""
        now = self._clock()
        waits = [
            max(0.0, server.resumes - now)
            for server in self.servers
            if server.resumes is not None and not server.probing
        ]
        return min(waits, default=None)

    @property
    def gone(self) -> bool:
        """Whether every server is down and has failed too often to wait for it."""
        return all(
            server.resumes is not None and server.failures >= FAILURES_TO_GIVE_UP
            for server in self.servers
        )

    def _rest(self, server: Server, reason: str) -> None:
        pause = min(LONGEST_PAUSE_S, self._pause_s * 2**server.failures)
        server.failures += 1
        server.resumes = self._clock() + pause
        server.reason = reason
        logger.warning("%s is left out for %.0f s: %s", server.url, pause, reason)
