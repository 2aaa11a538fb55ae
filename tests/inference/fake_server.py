"""A server on loopback that speaks the OpenAI protocol, and misbehaves as it is told."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What the server sends. ``cut`` hangs up in the middle of it."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


Behaviour = Callable[["FakeServer", dict[str, Any], int], Reply | None]
"""(server, body of the request, its number from 1 on) → what to send; None: a sound answer."""


def said(body: dict[str, Any]) -> str:
    """The text that a request shows last."""
    if "prompt" in body:
        return str(body["prompt"])
    content = body["messages"][-1]["content"]
    return str(content if isinstance(content, str) else content[-1]["text"])


def completion(text: str | None, finish: str | None = "stop", tokens: int | None = 3) -> Reply:
    """A sound answer, readable by both kinds of request."""
    choice = {"index": 0, "finish_reason": finish, "message": {"content": text}, "text": text}
    usage = {} if tokens is None else {"usage": {"completion_tokens": tokens}}
    return Reply({"choices": [choice], **usage})


def error(status: int, message: str, **headers: str) -> Reply:
    return Reply({"error": {"message": message}}, status, headers)


class FakeServer:
    """Echoes what it is asked, unless ``behave`` says otherwise.

    Attributes:
        bodies: JSON of every request but those for the list of models, in order of arrival.
        keys: Authorization headers that came.
        peak: most requests that were in work at once.
    """

    def __init__(
        self,
        behave: Behaviour | None = None,
        *,
        models: Sequence[str] = ("fake",),
        owned_by: str = "vllm",
        listing: Reply | None = None,
    ) -> None:
        self.behave = behave
        cards = [{"id": name, "owned_by": owned_by, "parent": None} for name in models]
        self.listing = listing or Reply({"data": cards})
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: set[str] = set()
        self.peak = 0
        self.released = threading.Event()
        self._busy = 0
        self._lock = threading.Lock()
        self._sockets: set[Any] = set()
        self._port = 0
        self._http: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> None:
        """Listen, on the same port as before if it has died."""
        self._http = _Listener(("127.0.0.1", self._port), _handler(self))
        self._port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def die(self) -> None:
        """Stop listening and hang up on everybody, as a killed process does."""
        http, self._http = self._http, None
        if http is None:
            return
        http.shutdown()
        http.server_close()
        for connection in list(self._sockets):
            hang_up(connection)

    def stop(self) -> None:
        self.released.set()
        self.die()

    def answer(self, path: str, body: dict[str, Any]) -> Reply:
        with self._lock:
            self.bodies.append(body)
            self.paths.append(path)
            number = len(self.bodies)
            self._busy += 1
            self.peak = max(self.peak, self._busy)
        try:
            reply = self.behave(self, body, number) if self.behave else None
            return reply or completion(f"re: {said(body)}")
        finally:
            with self._lock:
                self._busy -= 1


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


def hang_up(connection: Any) -> None:
    try:
        connection.shutdown(2)
    except OSError:
        return


def _handler(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            server._sockets.add(self.connection)

        def finish(self) -> None:
            server._sockets.discard(self.connection)
            super().finish()

        def do_GET(self) -> None:
            server.keys.add(self.headers.get("Authorization", ""))
            self.send(server.listing)

        def do_POST(self) -> None:
            server.keys.add(self.headers.get("Authorization", ""))
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send(server.answer(self.path, body))

        def send(self, reply: Reply) -> None:
            raw = isinstance(reply.body, str)
            content = reply.body if raw else json.dumps(reply.body, ensure_ascii=False)
            data = content.encode("utf-8")
            self.send_response(reply.status)
            headers = {"Content-Type": "text/html" if raw else "application/json"} | reply.headers
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if reply.cut else data)
            if reply.cut:
                self.wfile.flush()
                hang_up(self.connection)
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def serving(*servers: FakeServer) -> Iterator[tuple[FakeServer, ...]]:
    try:
        yield servers
    finally:
        for server in servers:
            server.stop()
