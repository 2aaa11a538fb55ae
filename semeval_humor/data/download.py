"""One file over HTTPS: continued where it broke off, and never half there."""

import contextlib
import http.client
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from semeval_humor.data.read import looks_like_html
from semeval_humor.errors import DataError, HumorError
from semeval_humor.files import sha256_of_file

TIMEOUT_S = 30.0
"""How long a server may keep silent."""
ATTEMPTS = 4
"""How often a download that breaks off is taken up again by itself."""

_AT_ONCE = 1 << 16
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")

Watch = Callable[[int, int | None], None]
"""Told how many bytes are there, and how many there will be, if the server says so."""


class _BrokenOffError(Exception):
    """The server stopped in the middle; what came is kept."""


def download(url: str, target: Path, *, sha256: str | None, watch: Watch) -> str:
    """Fetch a file, and put it in its place once it is whole.

    Until then it lies beside it as ``NAME.part``, from which the next call goes on, if the
    server still has the same file.

    Args:
        url: HTTPS; plain HTTP only of this machine.
        target: where the file goes; replaced if it is there.
        sha256: what the file must have; None if nobody knows it.
        watch: told of progress.

    Returns:
        SHA-256 of the file.

    Raises:
        DataError: the address is not HTTPS; the server cannot be reached, does not have the file,
            sends a web page or another file, or breaks off again and again.
        HumorError: the file cannot be written, e.g. because the disk is full.
    """
    _check_url(url)
    part = _Part.of(target)
    digest = _complete(url, part, sha256, watch)
    if sha256 is not None and digest != sha256:
        part.delete()
        raise DataError(
            f"{url}: SHA-256 is {digest}, expected {sha256}; the file has changed at its home"
        )
    with _written(target):
        part.path.replace(target)
    part.delete()
    return digest


@dataclass(frozen=True, slots=True)
class _Part:
    """A file that is still coming, and the mark (ETag) by which its server knows it."""

    path: Path
    mark_path: Path

    @classmethod
    def of(cls, target: Path) -> "_Part":
        return cls(target.with_name(target.name + ".part"), target.with_name(target.name + ".etag"))

    @property
    def size(self) -> int:
        with contextlib.suppress(FileNotFoundError):
            return self.path.stat().st_size
        return 0

    @property
    def mark(self) -> str | None:
        with contextlib.suppress(FileNotFoundError):
            return self.mark_path.read_text(encoding="utf-8")
        return None

    def begin(self, mark: str | None) -> None:
        """Forget what came, and remember the mark of what comes."""
        self.delete()
        with _written(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if mark is not None:
                self.mark_path.write_text(mark, encoding="utf-8")

    def delete(self) -> None:
        self.path.unlink(missing_ok=True)
        self.mark_path.unlink(missing_ok=True)


def _complete(url: str, part: _Part, sha256: str | None, watch: Watch) -> str:
    """Fetch what is missing of a part, and return the digest of the whole."""
    continued = part.size > 0
    for attempt in range(ATTEMPTS):
        before = part.size
        try:
            _go_on(url, part, watch)
            break
        except _BrokenOffError as error:
            if attempt + 1 == ATTEMPTS:
                raise DataError(f"{url}: {error}; run the command again to go on") from error
            if part.size <= before:  # nothing came: perhaps what is here is of no use
                part.delete()
            continued = True
    digest = sha256_of_file(part.path)
    if continued and sha256 is not None and digest != sha256:
        # The rest may have been that of another file, whatever the server said.
        part.delete()
        return _complete(url, part, sha256, watch)
    return digest


def _go_on(url: str, part: _Part, watch: Watch) -> None:
    have, mark = part.size, part.mark
    headers = {"User-Agent": "semeval-humor", "Accept-Encoding": "identity"}
    if have and mark:
        headers |= {"Range": f"bytes={have}-", "If-Range": mark}
    with _opened(url, headers) as response:
        start, total = _extent(response)
        if start not in (0, have):
            raise _BrokenOffError(
                f"the bytes from {have} on were asked for, those from {start} came"
            )
        if start == 0:  # nothing was here, or another file, or this server sends whole files only
            part.begin(_strong_mark(response))
        _append(url, response, part, start, total, watch)


def _append(
    url: str,
    response: http.client.HTTPResponse,
    part: _Part,
    have: int,
    total: int | None,
    watch: Watch,
) -> None:
    with _written(part.path), part.path.open("ab") as stream:
        while block := _read(response, have, total):
            if not have and looks_like_html(block):
                part.delete()
                raise DataError(
                    f"{url}: a web page came instead of the file; is there a log-in or a proxy "
                    "in between? Give local copies with --from"
                )
            stream.write(block)
            have += len(block)
            watch(have, total)
    if total is not None and have < total:
        raise _BrokenOffError(f"the connection broke after {have} of {total} bytes")


def _read(response: http.client.HTTPResponse, have: int, total: int | None) -> bytes:
    try:
        return response.read(_AT_ONCE)
    except (OSError, http.client.HTTPException) as error:
        of = "" if total is None else f" of {total}"
        raise _BrokenOffError(f"the connection broke after {have}{of} bytes") from error


def _opened(url: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers=headers)
    try:
        response = urllib.request.build_opener(_SafeRedirects).open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise _BrokenOffError("the file is not as long as what is here of it") from error
            raise DataError(f"{url}: the server says {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise DataError(
            f"{url}: cannot be reached ({getattr(reason, 'strerror', None) or reason}); check the "
            "network, or give local copies with --from"
        ) from error
    assert isinstance(response, http.client.HTTPResponse)
    return response


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirection only to where a download may begin."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _check_url(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_url(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise DataError(f"{url}: not HTTPS; files are fetched over HTTPS only")


def _extent(response: http.client.HTTPResponse) -> tuple[int, int | None]:
    """Where the body begins in the file, and how long the file is, if the server says so."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if response.status == http.HTTPStatus.PARTIAL_CONTENT and found and found[1]:
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _strong_mark(response: http.client.HTTPResponse) -> str | None:
    # Weak marks say that files mean the same, not that their bytes are equal.
    mark = response.headers.get("ETag")
    return mark if mark and mark.startswith('"') else None


@contextlib.contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HumorError(f"{path}: cannot be written: {error.strerror or error}") from error
