import io
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_humor.findings import Code
from semeval_humor.submission import zips
from semeval_humor.submission.kinds import KINDS
from semeval_humor.submission.zips import read_zip

EN = b"id\ttext\nen_1\tMy plant died. It left me its pot.\n"
ES = b"id\ttext\nes_1\tMi gato paga el alquiler con ratones.\n"
ZH = "id\ttext\nzh_1\t闹钟说它也想睡懒觉。\n".encode()
GOOD = {"task-a-en.tsv": EN, "task-a-es.tsv": ES, "task-a-zh.tsv": ZH}
BAD, FOLDER, NAME = Code.BAD_ZIP, Code.ZIP_FOLDER, Code.WRONG_FILE_NAME

CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"
# Offset of a field in the central header, offset in the local one, and size in bytes.
FLAGS, METHOD, CRC = (8, 6, 2), (10, 8, 2), (16, 14, 4)
PACKED, UNPACKED = (20, 18, 4), (24, 22, 4)


def packed(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, mode: int = 0) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two members of one name
        for name, content in members:
            member = zipfile.ZipInfo("x")
            member.filename, member.external_attr = name, mode << 16
            archive.writestr(member, content, method)
    return stream.getvalue()


def patched(data: bytes, field: tuple[int, int, int], value: int) -> bytes:
    """Write another value into both headers of every member."""
    changed = bytearray(data)
    size = field[2]
    for signature, offset in ((CENTRAL, field[0]), (LOCAL, field[1])):
        start = data.find(signature)
        while start >= 0:
            place = start + offset
            changed[place : place + size] = value.to_bytes(size, "little")
            start = data.find(signature, start + 1)
    return bytes(changed)


def read(tmp_path: Path, data: bytes) -> tuple[dict[str, bytes], list[tuple[str, Code, str]]]:
    path = tmp_path / "s.zip"
    path.write_bytes(data)
    contents, findings = read_zip(path)
    where = str(path)
    assert all(each.file.startswith(where) for each in findings)
    assert all(each.line is None and each.id is None for each in findings)
    return contents, [(each.file[len(where) + 1 :], each.code, each.message) for each in findings]


def test_sound_task_files_are_read(tmp_path: Path) -> None:
    whole = {kind.file_name: f"{kind.file_name} 笑\n".encode() for kind in KINDS}
    assert len(whole) == 5
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert read(tmp_path, packed(*whole.items(), method=method)) == (whole, [])
    assert read(tmp_path, packed(("task-b1.tsv", EN))) == ({"task-b1.tsv": EN}, [])
    # Python's unzip, and so the organisers, drop the dot, and pass over what precedes the zip.
    assert read(tmp_path, packed(("./task-b1.tsv", EN))) == ({"task-b1.tsv": EN}, [])
    assert read(tmp_path, b"#!/bin/sh\n" + packed(("task-b1.tsv", EN))) == ({"task-b1.tsv": EN}, [])
    # Older Pythons do not mind this lie, since what is unpacked has its length and its checksum;
    # those of 2024 and later see that it reaches into what follows.
    contents, findings = read(tmp_path, patched(packed(("task-b1.tsv", EN)), PACKED, 1000))
    assert (contents, findings) == ({"task-b1.tsv": EN}, []) or "zip bomb" in findings[0][2]


@pytest.mark.parametrize(
    "name",
    [
        *("__MACOSX/._task-a-en.tsv", "__MACOSX/", "._task-a-en.tsv", ".DS_Store", "Thumbs.db"),
        *("README.md", "task-a-en.run.json", "task-a-en.candidates.jsonl", "plots/", "plots/a.png"),
    ],
)
def test_what_nobody_takes_for_a_task_file_is_no_fault(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, packed(*GOOD.items(), (name, b""))) == (GOOD, [])
    (((where, code, message)),) = read(tmp_path, packed((name, b"")))[1]
    assert (where, code) == ("", BAD)
    assert message.startswith("no task file in it; expected one of task-a-en.tsv, task-a-es.tsv,")


@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [
        ("sub/task-a-en.tsv", FOLDER, "in the folder 'sub', expected task-a-en.tsv at the root"),
        ("a/b/Task_A_zh.csv", FOLDER, "in the folder 'a/b', expected task-a-zh.tsv at"),
        ("sub\\task-b1.tsv", FOLDER, "in the folder 'sub', expected task-b1.tsv at"),
        ("chistes/malos.tsv", FOLDER, "expected one of task-a-en.tsv, "),
        ("Task-A-en.TSV", NAME, "another name: task-a-en.tsv"),
        ("task_a_es.tsv", NAME, "another name: task-a-es.tsv"),
        ("task-a-zh (1).tsv", NAME, "another name: task-a-zh.tsv"),
        ("task-b2.csv", NAME, "another name: task-b2.tsv"),
        ("task-b2.tsv.txt", NAME, "another name: task-b2.tsv"),
        ("task-b2", NAME, "another name: task-b2.tsv"),
        ("task-a-fr.tsv", NAME, "another name: one of task-a-en.tsv, task-a-es.tsv, "),
        ("笑话.csv", NAME, "another name: one of task-a-en.tsv, "),
        ("../task-b1.tsv", BAD, "leads out of the folder"),
        ("a/../../task-b1.tsv", BAD, "leads out of the folder"),
        ("..\\task-b1.tsv", BAD, "leads out of the folder"),
        ("../", BAD, "leads out of the folder"),
        ("__MACOSX/../../x", BAD, "leads out of the folder"),
        ("/etc/passwd", BAD, "leads out of the folder"),
        ("\\\\server\\task-b1.tsv", BAD, "leads out of the folder"),
        ("C:\\task-b1.tsv", BAD, "leads out of the folder"),
        ("", BAD, "without a name"),
        ("inner.zip", BAD, "an archive inside of the zip; put"),
        ("sub/inner.RAR", BAD, "an archive inside of the zip; put"),
    ],
)
def test_misplaced_members_are_named_and_the_others_read(
    tmp_path: Path, name: str, code: Code, hint: str
) -> None:
    contents, [(where, found, message)] = read(tmp_path, packed(*GOOD.items(), (name, EN)))
    assert contents == GOOD
    assert (where, found) == (name, code)
    assert hint in message


def test_a_task_file_may_not_be_an_archive_a_link_or_there_twice(tmp_path: Path) -> None:
    inner = packed(("task-b1.tsv", EN))
    cases = {
        packed(("task-a-en.tsv", EN), ("task-a-en.tsv", ES)): "2 members have this name",
        packed(("task-a-en.tsv", inner), method=zipfile.ZIP_STORED): "an archive inside of the zip",
        packed(("task-a-en.tsv", b"/etc/passwd"), mode=0o120777): "a link or a device",
        packed(("task-a-en.tsv", b""), mode=0o010644): "a link or a device",
        packed(("task-a-en.tsv", EN)).replace(b"-en.tsv", b"-en\0tsv"): "leads out of the folder",
    }
    for data, hint in cases.items():
        contents, [(_, code, message)] = read(tmp_path, data)
        assert (contents, code) == ({}, BAD)
        assert hint in message


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "empty, expected a zip"),
        (EN, "not a zip"),
        (packed(*GOOD.items())[:-30], "cut off or damaged"),
        (b"\x1f\x8b\x08" + bytes(40), "a gzip file, expected a zip"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), "a 7z archive, expected a zip"),
        (b"Rar!\x1a\x07" + bytes(40), "a RAR archive, expected a zip"),
        (packed(), "no task file in it"),
    ],
)
def test_what_is_no_zip_or_an_empty_one(tmp_path: Path, content: bytes, hint: str) -> None:
    contents, [(where, code, message)] = read(tmp_path, content)
    assert (contents, where, code) == ({}, "", BAD)
    assert hint in message


def test_what_cannot_be_opened_is_unreadable(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "no.zip", "No such file"), (tmp_path, "Is a directory")):
        contents, [finding] = read_zip(path)
        assert (contents, finding.file, finding.code) == ({}, str(path), Code.UNREADABLE)
        assert reason in finding.message


STORED = packed(("task-a-en.tsv", EN), method=zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (patched(STORED, FLAGS, 0x1), "encrypted; make the zip without a password"),
        (patched(STORED, FLAGS, 0x20), "damaged: compressed patched data"),
        (patched(STORED, METHOD, 99), "packed with method 99, expected Deflate"),
        (packed(("task-a-en.tsv", EN), method=zipfile.ZIP_BZIP2), "packed with bzip2"),
        (packed(("task-a-en.tsv", EN), method=zipfile.ZIP_LZMA), "packed with LZMA"),
        (STORED.replace(b"plant", b"plAnt"), "damaged: Bad CRC-32"),
        (patched(STORED, CRC, 7), "damaged: Bad CRC-32"),
        (patched(STORED, UNPACKED, len(EN) - 1), "damaged: Bad CRC-32"),
        (patched(STORED, UNPACKED, len(EN) + 1), f"damaged: not the {len(EN) + 1} bytes"),
        (STORED.replace(b"-en.tsv", b"-es.tsv", 1), "damaged: File name in directory"),
        (STORED.replace(LOCAL, b"PK\0\0"), "damaged: Bad magic number"),
        (patched(packed(("task-a-en.tsv", EN)), METHOD, 0), "damaged"),
        (patched(STORED, METHOD, 8), "damaged: Error -3"),
    ],
)
def test_damaged_and_locked_members(tmp_path: Path, data: bytes, hint: str) -> None:
    contents, [(where, code, message)] = read(tmp_path, data)
    assert (contents, code) == ({}, BAD)
    assert where in {"task-a-en.tsv", "task-a-es.tsv"}
    assert hint in message


def test_one_broken_member_loses_the_archive_whatever_its_name(tmp_path: Path) -> None:
    data = packed(*GOOD.items(), ("README.md", b"plain words"), method=zipfile.ZIP_STORED)
    contents, findings = read(tmp_path, data.replace(b"plain words", b"plain sword"))
    assert contents == GOOD
    assert [(where, code) for where, code, _ in findings] == [("README.md", BAD)]


def test_a_sound_member_hides_no_other_of_its_name(tmp_path: Path) -> None:
    contents, [(_, code, message)] = read(tmp_path, packed(("a/b", EN), ("/a/b", EN)))
    assert (contents, code) == ({}, BAD)
    assert "leads out of the folder" in message


def test_every_fault_is_reported(tmp_path: Path) -> None:
    members = [("a/task-a-en.tsv", EN), ("en.tsv", EN), ("../x", EN), ("b.zip", EN)]
    contents, findings = read(tmp_path, packed(*members, *GOOD.items()))
    assert contents == GOOD
    assert [code for _, code, _ in findings] == [FOLDER, NAME, BAD, BAD]


@pytest.mark.parametrize(
    ("limit", "value", "hint"),
    [
        ("MAX_ARCHIVE", 200, "larger than 0 MiB"),
        ("MAX_MEMBERS", 2, "more than 2 members"),
        ("MAX_UNPACKED", len(EN + ES + ZH) - 1, "unpacks to more than 0 MiB"),
        ("MAX_FILE", len(EN) - 1, "0 MiB unpacked, expected at most 0 MiB"),
    ],
)
def test_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, hint: str
) -> None:
    data = packed(*GOOD.items())
    assert read(tmp_path, data)[1] == []
    monkeypatch.setattr(zips, limit, value)
    messages = [message for _, code, message in read(tmp_path, data)[1] if code is BAD]
    assert messages
    assert all(hint in message for message in messages)


BOMB = 48 * 2**20


def honest_bomb() -> bytes:
    return packed(("task-a-en.tsv", bytes(BOMB)))


def lying_bomb() -> bytes:
    """It says that it has 1,000 bytes."""
    return patched(packed(("task-a-en.tsv", bytes(BOMB))), UNPACKED, 1000)


def small_bomb() -> bytes:
    """Within the limit of a file, but 1,000 times its packed size."""
    return packed(("task-a-en.tsv", bytes(zips.MAX_FILE)))


def bzip2_bomb() -> bytes:
    """Like the lying one; zipfile would unpack it at one stroke."""
    data = packed(("README.md", bytes(BOMB)), method=zipfile.ZIP_BZIP2)
    return patched(data, UNPACKED, 1000)


def many_bombs() -> bytes:
    """Members that nobody reads, but that everybody unpacks: 6 times 48 MiB, by their word."""
    return patched(packed(*[(f"{number}.txt", b"!") for number in range(6)]), UNPACKED, BOMB)


@pytest.mark.parametrize(
    ("bomb", "hint"),
    [
        (honest_bomb, "48 MiB unpacked, expected at most 16 MiB"),
        (lying_bomb, "damaged"),
        (small_bomb, "bytes to 16 MiB, as no text does"),
        (bzip2_bomb, "packed with bzip2"),
        (many_bombs, "unpacks to more than 256 MiB"),
    ],
)
def test_bombs_do_not_go_off(tmp_path: Path, bomb: Callable[[], bytes], hint: str) -> None:
    data = bomb()
    tracemalloc.start()
    contents, findings = read(tmp_path, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert contents == {}
    assert all(code is BAD and hint in message for _, code, message in findings)
    assert findings
    assert peak < 4 * 2**20


def test_hostile_names_are_fit_for_a_terminal(tmp_path: Path) -> None:
    name = "\x1b[2J\n" + "x" * 500 + ".tsv"
    [(where, code, message)] = read(tmp_path, packed((name, EN)))[1]
    assert code is NAME
    assert where == "�[2J�" + "x" * 94 + "…"
    assert message.isprintable()
