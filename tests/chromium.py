"""A real headless browser for tests, spoken to through its debugging pipe.

Nothing is needed but the browser itself: messages of the DevTools protocol are JSON that ends with
a zero byte, on file descriptors 3 and 4 of the process.
"""

import base64
import contextlib
import itertools
import json
import os
import selectors
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BINARY = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(BINARY is None, reason="chromium is not installed")

TIMEOUT_S = 60.0


@contextlib.contextmanager
def chromium() -> Iterator["Chromium"]:
    """A browser with a profile of its own; ends with the block."""
    assert BINARY is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        command = [
            *("bash", "-c", f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}', BINARY),
            *("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
            *(f"--user-data-dir={profile}", "about:blank"),
        ]
        process = subprocess.Popen(
            command,
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Chromium(_Pipe(ours_in, ours_out))
        finally:
            process.terminate()
            process.wait(TIMEOUT_S)
            os.close(ours_in)
            os.close(ours_out)


class _Pipe:
    """Messages to and from a browser."""

    def __init__(self, source: int, sink: int) -> None:
        self._source, self._sink = source, sink
        self._read = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(source, selectors.EVENT_READ)

    def write(self, message: dict[str, Any]) -> None:
        left = json.dumps(message).encode() + b"\0"
        while left:
            left = left[os.write(self._sink, left) :]

    def read(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            assert self._selector.select(TIMEOUT_S), "the browser says nothing any more"
            more = os.read(self._source, 1 << 20)
            assert more, "the browser is gone"
            self._read += more
        message, _, self._read = self._read.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


class Chromium:
    """One browser with one tab.

    Attributes:
        complaints: whatever was written to the console, and what was thrown.
        requests: addresses that were asked for.
    """

    def __init__(self, pipe: _Pipe) -> None:
        self._pipe = pipe
        self._numbers = itertools.count(1)
        self._session: str | None = None
        self._events: list[str] = []
        self.complaints: list[str] = []
        self.requests: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        number = next(self._numbers)
        session = {"sessionId": self._session} if self._session else {}
        self._pipe.write({"id": number, "method": method, "params": parameters, **session})
        while True:
            message = self._pipe.read()
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                result: dict[str, Any] = message["result"]
                return result
            self._hear(message)

    def looks(self, *, width: int = 1200, height: int = 900, scheme: str = "light") -> None:
        """Set the size of the window in CSS pixels, and the colours that the user prefers."""
        phone = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride",
            **{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone},
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def open(self, address: str) -> None:
        """Go to a page and wait until it is loaded."""
        with self.loading():
            self.call("Page.navigate", url=address)

    @contextlib.contextmanager
    def loading(self) -> Iterator[None]:
        """Something in the block makes the browser go to another page: wait until it is loaded."""
        self._events.clear()
        yield
        while "Page.loadEventFired" not in self._events:
            self._hear(self._pipe.read())

    def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression, awaited if it is a promise."""
        found = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key: str, *, text: str = "", shift: bool = False) -> None:
        """Press and release a key by its DOM name; a letter is its own text."""
        typed = text or (key if len(key) == 1 else "")
        code = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40, "ArrowUp": 38}.get(key, 0)
        both = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        down = {"type": "keyDown" if typed else "rawKeyDown", "text": typed}
        self.call("Input.dispatchKeyEvent", **both, **down)
        self.call("Input.dispatchKeyEvent", type="keyUp", **both)

    def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        self.call("Input.insertText", text=text)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Write what is seen, or the whole page, as PNG."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def _hear(self, message: dict[str, Any]) -> None:
        method, said = message.get("method", ""), message.get("params", {})
        self._events.append(method)
        match method:
            case "Runtime.consoleAPICalled":
                self.complaints.append(f"{said['type']}: {said['args']}")
            case "Runtime.exceptionThrown":
                self.complaints.append(str(said["exceptionDetails"]))
            case "Log.entryAdded":
                self.complaints.append(f"{said['entry']['source']}: {said['entry']['text']}")
            case "Network.requestWillBeSent":
                self.requests.append(said["request"]["url"])
