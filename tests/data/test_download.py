import hashlib
from pathlib import Path

import pytest

from semeval_humor.data.download import ATTEMPTS, download
from semeval_humor.errors import DataError, HumorError
from tests.data.file_server import Answer, serving

CONTENT = b"text,humor\n" + b"A sock walks into a bar and darns it,True\n" * 5_000
OTHER = CONTENT.replace(b"sock", b"shoe")
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def fetch(url: str, target: Path, sha256: str | None = SHA256) -> str:
    return download(url, target, sha256=sha256, watch=lambda have, total: None)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_whole_file(tmp_path: Path, sha256: str | None) -> None:
    seen: list[tuple[int, int | None]] = []
    with serving(Answer(CONTENT)) as server:
        target = tmp_path / "new" / "corpus.csv"
        watch = lambda have, total: seen.append((have, total))  # noqa: E731
        assert download(server.url, target, sha256=sha256, watch=watch) == SHA256
    assert target.read_bytes() == CONTENT
    assert left(target.parent) == ["corpus.csv"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_what_broke_off_is_continued_at_once(tmp_path: Path, sha256: str | None) -> None:
    with serving(Answer(CONTENT, cut=1_000), Answer(CONTENT, cut=500), Answer(CONTENT)) as server:
        assert fetch(server.url, tmp_path / "corpus.csv", sha256) == SHA256
    assert server.ranges == [None, "bytes=1000-", "bytes=1500-"]
    assert left(tmp_path) == ["corpus.csv"]


def test_what_stays_broken_is_continued_by_the_next_call(tmp_path: Path) -> None:
    target = tmp_path / "corpus.csv"
    with serving(Answer(CONTENT, cut=1_000)) as server:
        message = rf"the connection broke after {1_000 * ATTEMPTS} of {len(CONTENT)} bytes; run"
        with pytest.raises(DataError, match=message):
            fetch(server.url, target, None)
        assert left(tmp_path) == ["corpus.csv.etag", "corpus.csv.part"]
        server.answers = [Answer(CONTENT)]
        server.ranges.clear()
        assert fetch(server.url, target, None) == SHA256
    assert server.ranges == [f"bytes={1_000 * ATTEMPTS}-"]


@pytest.mark.parametrize(
    "second",
    [
        Answer(CONTENT, ignore_range=True),
        Answer(CONTENT, etag='"v2"'),  # changed in between: the server sends all of it
        Answer(CONTENT, etag=None),
    ],
)
def test_a_server_that_sends_all_again(tmp_path: Path, second: Answer) -> None:
    with serving(Answer(OTHER, cut=1_000), second) as server:
        assert fetch(server.url, tmp_path / "corpus.csv") == SHA256


@pytest.mark.parametrize("etag", [None, 'W/"v1"'])
def test_without_a_strong_mark_nothing_is_continued(tmp_path: Path, etag: str | None) -> None:
    with serving(Answer(OTHER, etag=etag, cut=1_000), Answer(CONTENT, etag=etag)) as server:
        assert fetch(server.url, tmp_path / "corpus.csv", None) == SHA256
    assert server.ranges == [None, None]


def test_the_rest_of_another_file_is_not_believed(tmp_path: Path) -> None:
    changed = Answer(CONTENT, etag='"v2"', ignore_if_range=True)
    with serving(Answer(OTHER, cut=1_000), changed) as server:
        assert fetch(server.url, tmp_path / "corpus.csv") == SHA256
    assert server.ranges == [None, "bytes=1000-", None]


def test_more_is_here_than_the_server_has(tmp_path: Path) -> None:
    (tmp_path / "corpus.csv.part").write_bytes(CONTENT + b"more")
    (tmp_path / "corpus.csv.etag").write_text('"v1"', encoding="utf-8")
    with serving(Answer(CONTENT)) as server:
        assert fetch(server.url, tmp_path / "corpus.csv") == SHA256


def test_a_changed_file_is_told_with_both_digests(tmp_path: Path) -> None:
    target = tmp_path / "corpus.csv"
    target.write_bytes(b"what was there")
    digest = hashlib.sha256(OTHER).hexdigest()
    with serving(Answer(OTHER)) as server:
        message = rf"corpus.csv: SHA-256 is {digest}, expected {SHA256}; the file has changed"
        with pytest.raises(DataError, match=message):
            fetch(server.url, target)
    assert target.read_bytes() == b"what was there"
    assert left(tmp_path) == ["corpus.csv"]


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_web_page_is_no_corpus(tmp_path: Path, sha256: str | None) -> None:
    message = "a web page came instead of the file; is there a log-in or a proxy"
    page = Answer(b"\n<!doctype html><title>Please log in</title>")
    with serving(page) as server, pytest.raises(DataError, match=message):
        fetch(server.url, tmp_path / "corpus.csv", sha256)
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(status=404), "the server says 404 Not Found"),
        (Answer(status=503), "the server says 503 Service Unavailable"),
        (Answer(status=302, headers={"Location": "http://example.com/x"}), "x: not HTTPS; files"),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "the server says 302"),
    ],
)
def test_what_a_server_refuses(tmp_path: Path, answer: Answer, message: str) -> None:
    with serving(answer) as server, pytest.raises(DataError, match=message) as caught:
        fetch(server.url, tmp_path / "corpus.csv")
    assert "\n" not in str(caught.value)
    assert left(tmp_path) == []


def test_a_redirection_on_this_machine_is_followed(tmp_path: Path) -> None:
    away = Answer(status=302)
    with serving(Answer(CONTENT)) as home, serving(away) as server:
        away.headers["Location"] = home.url
        assert fetch(server.url, tmp_path / "corpus.csv") == SHA256


def test_no_network_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        fetch("http://127.0.0.1:9/corpus.csv", tmp_path / "corpus.csv")
    assert str(caught.value) == (
        "http://127.0.0.1:9/corpus.csv: cannot be reached (Connection refused); check the "
        "network, or give local copies with --from"
    )


@pytest.mark.parametrize(
    "url", ["http://example.com/a", "ftp://example.com/a", "file:///etc/fstab"]
)
def test_only_https(tmp_path: Path, url: str) -> None:
    with pytest.raises(DataError, match="not HTTPS"):
        fetch(url, tmp_path / "corpus.csv")


def test_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "corpus.csv.etag").write_text('"v1"', encoding="utf-8")
    (tmp_path / "corpus.csv.part").symlink_to("/dev/full")
    # The part cannot be emptied: its place is taken by the device that is always full.
    with serving(Answer(CONTENT)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
        with pytest.raises(HumorError, match=r"\.part: cannot be written: No space left on device"):
            fetch(server.url, tmp_path / "corpus.csv")
    assert not (tmp_path / "corpus.csv").exists()
