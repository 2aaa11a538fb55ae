"""A server of one file that misbehaves as it is told, one request after the other."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """How one request is answered.

    Attributes:
        content: the whole file as the server has it then.
        etag: mark of the file; None sends none.
        cut: so many bytes of the body are sent, then the connection is closed.
        ignore_range: send the whole file whatever is asked for.
        ignore_if_range: send the rest even if the mark is that of another file.
        status: in place of 200 or 206.
        headers: sent besides.
    """

    content: bytes = b""
    etag: str | None = '"v1"'
    cut: int | None = None
    ignore_range: bool = False
    ignore_if_range: bool = False
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """A running server.

    Attributes:
        url: of its file.
        answers: how the next requests are answered; the last one stays.
        ranges: the ``Range`` headers of the requests so far.
    """

    url: str
    answers: list[Answer]
    ranges: list[str | None] = field(default_factory=list)


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    """Serve on this machine until the block ends."""
    server = Server("", list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            server.ranges.append(asked)
            answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            _send(self, answer, asked)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        server.url = f"http://127.0.0.1:{http.server_port}/corpus.csv"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def _send(handler: BaseHTTPRequestHandler, answer: Answer, asked: str | None) -> None:
    start, total = 0, len(answer.content)
    found = re.fullmatch(r"bytes=(\d+)-", asked or "")
    same = answer.ignore_if_range or handler.headers.get("If-Range") == answer.etag
    if found and same and not answer.ignore_range:
        start = int(found[1])
    if start and start >= total:
        handler.send_response(416)
        handler.send_header("Content-Range", f"bytes */{total}")
        handler.end_headers()
        return
    body = answer.content[start:]
    handler.send_response(answer.status or (206 if start else 200))
    handler.send_header("Content-Length", str(len(body)))
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
    if answer.etag:
        handler.send_header("ETag", answer.etag)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body[: answer.cut])
