"""Nothing finished is lost or done twice, whenever a process, a disk or a person breaks a run."""

import errno
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.errors import ConfigError, DataError, HumorError
from semeval_humor.journal import Journal, read_entries


@dataclass(frozen=True)
class Work:
    """An entry."""

    id: str
    sample: int
    text: str

    @property
    def key(self) -> tuple[str, int]:
        return self.id, self.sample


def decode(value: Mapping[str, Any]) -> Work:
    return Work(**value)


IDENTITY: dict[str, Any] = {
    "lang": "zh",
    "model": {"name": "笑话模型", "adapter": None},
    "sampling": {"temperature": 0.9, "seed": 0, "stop": ["\n"]},
}
WORK = [
    Work("en_1", 0, 'A "quoted" joke\u2028 with\x85 odd\r\nline ends\x1c'),
    Work("es_1", 0, "¿Un chiste? ¡Ñandú! 🤡"),
    Work("zh_1", 0, "“笑话”👨‍👩‍👧，完。"),
    Work("zh_1", 1, "half a pair \ud83d, as some servers send it"),
]


def open_journal(path: Path, identity: Mapping[str, Any] = IDENTITY) -> Journal[Work]:
    return Journal(path, identity, encode=asdict, decode=decode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "task-a-zh.candidates.jsonl"


@pytest.fixture
def written(path: Path) -> bytes:
    """A journal with all of WORK."""
    with open_journal(path) as journal:
        for work in WORK:
            journal.append(work)
    return path.read_bytes()


def test_entries_survive_whatever_they_hold(path: Path, written: bytes) -> None:
    assert written.count(b"\n") == len(WORK) + 1
    assert "“笑话”👨‍👩‍👧，完。" in written.decode("utf-8")
    assert read_entries(path, decode) == WORK
    with open_journal(path) as journal:
        assert journal.entries == {work.key: work for work in WORK}
    assert path.read_bytes() == written


def test_a_journal_torn_at_any_byte_loses_the_torn_line_only_and_goes_on(
    path: Path, written: bytes
) -> None:
    ends = [end + 1 for end, byte in enumerate(written) if byte == ord("\n")]
    for cut in range(ends[-3], len(written) + 1):
        path.write_bytes(written[:cut])
        whole = WORK[: sum(end <= cut for end in ends[1:])]
        assert read_entries(path, decode) == whole
        with open_journal(path) as journal:
            assert list(journal.entries.values()) == whole
            for work in WORK[len(whole) :]:
                journal.append(work)
        assert path.read_bytes() == written, cut


def test_a_journal_torn_in_its_first_line_begins_anew(path: Path, written: bytes) -> None:
    first = written[: written.index(b"\n") + 1]
    for cut in range(len(first)):
        path.write_bytes(first[:cut])
        assert read_entries(path, decode) == []
        with open_journal(path) as journal:
            assert journal.entries == {}
        assert path.read_bytes() == first, cut


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"lang": "es"}, "lang was 'zh', now 'es'"),
        ({"model": {"name": "gemma"}}, "model.name was '笑话模型', now 'gemma'"),
        (
            {"sampling": {"temperature": 0.7, "seed": 1, "stop": ["\n"]}},
            "sampling.seed was 0, now 1; sampling.temperature was 0.9, now 0.7",
        ),
        ({"task": "A"}, "task was None, now 'A'"),
    ],
)
def test_another_run_in_the_same_place_is_refused_with_the_difference_named(
    path: Path, written: bytes, change: dict[str, Any], difference: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        open_journal(path, IDENTITY | change)
    assert f"holds another run ({difference}); --force starts over" in str(refusal.value)
    assert path.read_bytes() == written


def test_identities_are_compared_as_json(path: Path, written: bytes) -> None:
    sampling = IDENTITY["sampling"] | {"stop": ("\n",)}
    with open_journal(path, IDENTITY | {"sampling": sampling, "new": None}) as journal:
        assert len(journal.entries) == len(WORK)


HOLD = """
import sys
from pathlib import Path
from semeval_humor.journal import Journal
with Journal(Path(sys.argv[1]), {}, encode=dict, decode=dict):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_until_the_first_one_is_gone(path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        with pytest.raises(ConfigError, match="another process is writing this run"):
            open_journal(path, {})
        first.kill()
    with open_journal(path, {}) as journal:
        assert journal.entries == {}


def test_a_file_system_without_locks_is_told_in_one_line(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(file: int, operation: int) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(HumorError, match=r"jsonl: cannot be locked: Function not implemented$"):
        open_journal(path)


Write = Callable[[int, bytes], int]
real_write: Write = os.write


def write_a_part(file: int, data: bytes) -> int:
    return real_write(file, data[: len(data) // 2])


def write_nothing(file: int, data: bytes) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("full", [write_a_part, write_nothing])
def test_a_full_disk_leaves_complete_lines_and_room_to_go_on(
    path: Path, written: bytes, monkeypatch: pytest.MonkeyPatch, full: Write
) -> None:
    more = Work("zh_2", 0, "新的")
    with open_journal(path) as journal:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(HumorError) as told:
            journal.append(more)
        assert str(told.value).casefold().endswith("cannot be written: no space left on device")
        assert path.read_bytes() == written
        assert more.key not in journal.entries
        monkeypatch.undo()
        journal.append(more)
    assert read_entries(path, decode) == [*WORK, more]


@pytest.mark.parametrize("full", [write_a_part, write_nothing])
def test_a_disk_that_is_full_from_the_start_leaves_nothing_in_the_way(
    path: Path, monkeypatch: pytest.MonkeyPatch, full: Write
) -> None:
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(HumorError, match="cannot be written"):
        open_journal(path)
    assert path.read_bytes() == b""
    monkeypatch.undo()
    with open_journal(path) as journal:
        assert journal.entries == {}


@pytest.mark.parametrize(
    "line",
    [b"\0\0\0", b'{"id": "zh_1"}', b'{"id": "a", "sample": 0, "text": "\xff"}', b"[]", b""],
)
def test_a_damaged_line_is_named_by_its_number(path: Path, written: bytes, line: bytes) -> None:
    lines = written.split(b"\n")
    path.write_bytes(b"\n".join([*lines[:2], line, *lines[3:]]))
    damaged = path.read_bytes()
    message = r"jsonl:3: damaged line \(.+\); delete this line to sample it again$"
    with pytest.raises(DataError, match=message):
        open_journal(path)
    with pytest.raises(DataError, match=message):
        read_entries(path, decode)
    assert path.read_bytes() == damaged


FOREIGN = [
    b"[]",
    b"[]\n",
    b"Dear diary,\ntoday I laughed.\n",
    b"no line end",
    b"\xff\xfe\0",
    b'{"prompt_id": "en_1"}',
    b'{"prompt_id": "en_1"}\n',
    b"\n",
]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_file_that_is_no_journal_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"jsonl:1: not a journal; move the file, or choose"):
        open_journal(path)
    with pytest.raises(DataError, match=r"jsonl:1: not a journal"):
        read_entries(path, decode)
    assert path.read_bytes() == content


@pytest.mark.parametrize("line", [b'{"run": 3}\n', b'{"run": []}\n', b'{"run": {"lang": "zh"\n'])
def test_a_damaged_identity_is_told_in_one_line(path: Path, line: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(line)
    with pytest.raises(DataError, match=r"jsonl:1: damaged line \(.+\); use --force to start o"):
        open_journal(path)
    assert path.read_bytes() == line


def test_what_cannot_be_opened_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HumorError, match="cannot be opened: Is a directory"):
        open_journal(tmp_path)
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_entries(tmp_path, decode)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_entries(tmp_path / "absent.jsonl", decode)
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="a file is in the way"):
        open_journal(blocked / "run.jsonl")


def test_the_identity_stands_in_the_first_line_for_people_to_read(written: bytes) -> None:
    assert json.loads(written.split(b"\n")[0]) == {"run": IDENTITY}
