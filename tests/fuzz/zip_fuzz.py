"""Broken and hostile archives by the million: ``python -m tests.fuzz.zip_fuzz 1000000 [SEED]``."""

import contextlib
import io
import os
import random
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from semeval_humor.findings import Code
from semeval_humor.submission import zips
from semeval_humor.submission.zips import read_zip

TASK_FILES = ("task-a-en.tsv", "task-a-es.tsv", "task-a-zh.tsv", "task-b1.tsv", "task-b2.tsv")
NAMES = (
    *TASK_FILES * 4,
    *("task-a-fr.tsv", "Task-A-en.TSV", "task-a-en.csv", "out/task-a-en.tsv", "out\\task-b1.tsv"),
    *("./task-b1.tsv", "../task-a-en.tsv", "/task-a-en.tsv", "C:\\task-a-en.tsv", "a/../../b.tsv"),
    *("__MACOSX/._task-a-en.tsv", ".DS_Store", "README.md", "inner.zip", "out/", "笑话.tsv"),
    *("", ".", "..", "/", "a//b", "x" * 300, "line\nbreak.tsv", "\x1b[2J.tsv"),
)
CONTENTS = (
    *(b"", b"id\ttext\nen_1\tA duck walks in.\n", "id\ttext\nzh_1\t鸭子来了。\n".encode() * 40),
    *(bytes(2**21), b"PK\x03\x04" + bytes(60), random.Random(0).randbytes(500)),
)
METHODS = (zipfile.ZIP_DEFLATED,) * 6 + (zipfile.ZIP_STORED,) * 3 + (zipfile.ZIP_BZIP2,)
MODES = (0o100644,) * 9 + (0o120777, 0o010644, 0o040755, 0)
SIGNATURES = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06")
REPORT_EVERY = 50_000
NUMBERS = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)


def archive(rng: random.Random) -> bytearray:
    """A well-formed archive of up to four members, whatever their names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members of one name
        for _ in range(rng.randrange(5)):
            member = zipfile.ZipInfo("x")
            member.filename = rng.choice(NAMES)
            member.external_attr = rng.choice(MODES) << 16
            # The large content is slow to pack, and once in a while is enough.
            content = rng.choice(CONTENTS if rng.random() < 0.02 else CONTENTS[:3])
            target.writestr(member, content, rng.choice(METHODS), compresslevel=1)
    return bytearray(stream.getvalue())


def flip(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def drop(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.randrange(1, 40)]


def repeat(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    data[start:start] = data[start : start + rng.randrange(1, 120)]


def splice(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    data[start:start] = archive(rng)


def lie(data: bytearray, rng: random.Random) -> None:
    """Put an extreme number into a field of a header."""
    start = data.find(rng.choice(SIGNATURES), rng.randrange(len(data)))
    if start >= 0:
        size = rng.choice((2, 4))
        place = start + rng.randrange(4, 46 - size)
        number = rng.choice(NUMBERS) % 2 ** (8 * size)
        data[place : place + size] = number.to_bytes(size, "little")


def rename(data: bytearray, rng: random.Random) -> None:
    """Change a name in both headers, or in one of them only."""
    old = rng.choice(TASK_FILES).encode()
    new = (rng.choice(NAMES).encode() + b"\0" * len(old))[: len(old)]
    data[:] = data.replace(old, new, rng.choice((1, -1)))


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(flip, flip, flip, cut, drop, repeat, splice),
    *(lie, lie, lie, rename),
)


def hostile(rng: random.Random) -> bytes:
    """An archive with up to three things done to it."""
    data = archive(rng)
    for _ in range(rng.randrange(4)):
        if data:
            rng.choice(MUTATIONS)(data, rng)
    return bytes(data)


def check(path: Path) -> None:
    """Read an archive; what is said of it must be short, true and complete."""
    contents, findings = read_zip(path)
    assert contents or findings
    assert len(findings) <= zips.MAX_MEMBERS
    for finding in findings:
        assert finding.code in {Code.BAD_ZIP, Code.ZIP_FOLDER, Code.WRONG_FILE_NAME}
        assert finding.file.startswith(str(path))
        assert (finding.file + finding.message).isprintable()
        assert len(finding.file) < len(str(path)) + 110
        assert len(finding.message) < 300
    assert contents.keys() <= set(TASK_FILES)
    assert all(len(content) <= zips.MAX_FILE for content in contents.values())
    if contents:
        with zipfile.ZipFile(path) as opened:
            for member in opened.infolist():
                name = os.path.normpath(member.filename)
                # Where all is well, every file can be unpacked; folders are only made.
                if (name in contents or not findings) and not member.filename.endswith("/"):
                    content = opened.read(member)
                    assert content == contents.get(name, content)


def run(seed: int, count: int) -> None:
    """Read so many archives in an empty place, and look whether it stays empty.

    Raises:
        AssertionError: something is not true of an archive, which a note names, or of the place.
    """
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for folder in ("outer/work", "temp"):
            (root / folder).mkdir(parents=True)
        stack.enter_context(contextlib.chdir(root / "outer" / "work"))
        stack.enter_context(mock.patch.object(tempfile, "tempdir", str(root / "temp")))
        path = root / "submission.zip"
        path.touch()
        before = sorted(root.rglob("*"))
        for number in range(1, count + 1):
            content = hostile(random.Random(f"{seed} {number}"))
            path.write_bytes(content)
            try:
                check(path)
            except BaseException as error:
                error.add_note(f"seed {seed}, archive {number}: {content[:2000]!r}")
                raise
            if number % REPORT_EVERY == 0:
                print(f"{number:,} archives", file=sys.stderr)  # noqa: T201
        assert sorted(root.rglob("*")) == before


if __name__ == "__main__":
    run(int(sys.argv[2]) if len(sys.argv) > 2 else 0, int(sys.argv[1]))
