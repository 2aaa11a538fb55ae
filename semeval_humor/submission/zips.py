"""Submission archives: read in memory, within limits, and judged as the organisers unpack them.

They unpack a whole archive with Python's ``zipfile``, so that one broken member loses all of it,
and then look for five file names at its root. Nothing here is ever written to disk.
"""

import io
import os
import re
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from semeval_humor.findings import Code, Finding
from semeval_humor.submission.kinds import KINDS

# By the task's limits all five files together have 20 MB at most; the baseline's have 0.9 MB.
MAX_ARCHIVE = 64 * 2**20
"""Largest archive that is read, in bytes."""
MAX_UNPACKED = 256 * 2**20
"""Largest sum of its members, in bytes unpacked."""
MAX_FILE = 16 * 2**20
"""Largest task file that is read, in bytes."""
MAX_MEMBERS = 1000
"""Most members of an archive."""
MAX_RATIO = 200
"""Most bytes that one packed byte may stand for, in members of ``MIN_BOMB`` bytes or more."""
MIN_BOMB = 2**20

_TASK_FILES = tuple(kind.file_name for kind in KINDS)
_EXPECTED = f"one of {', '.join(_TASK_FILES)}"
_ALPHANUMERIC = {re.sub(r"\W", "", Path(name).stem): name for name in _TASK_FILES}  # taskaen
_TABLES = (".tsv", ".csv")
_ARCHIVES = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".tar", ".7z", ".rar")
# macOS and Windows add these unasked. They are unpacked and never looked at: no fault.
_DEBRIS = re.compile(r"__MACOSX/.*|(?:.*/)?(?:\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)", re.S)
_UNSAFE = re.compile(r"[/\\]|[A-Za-z]:|(?:.*[/\\])?\.\.(?:[/\\].*)?\Z", re.S)

_LOCAL_ENTRY, _CENTRAL_ENTRY = b"PK\x03\x04", b"PK\x01\x02"
_MAGIC = {
    _LOCAL_ENTRY: "cut off or damaged; make or copy it again",
    b"\x1f\x8b": "a gzip file, expected a zip",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive, expected a zip",
    b"Rar!": "a RAR archive, expected a zip",
}
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}
_CHUNK = 2**16
_NAME_SHOWN = 100  # characters

# What zipfile raises on archives that lie or are damaged.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError),
    *(ValueError, RuntimeError),  # also UnicodeDecodeError and NotImplementedError
)


class _RefusedError(Exception):
    """An archive or a member that is not as it should be; the message says why."""

    def __init__(self, message: str, code: Code = Code.BAD_ZIP) -> None:
        super().__init__(message)
        self.code = code


def read_zip(path: Path) -> tuple[dict[str, bytes], list[Finding]]:
    """Contents of the task files at the root of a zip, by name, and what is wrong with the zip.

    Every fault of every member is reported, and all sound task files are read; of several with
    the same name none is. A file that the organisers do not look for, and that nobody takes for
    a task file, is no fault: a README, a receipt, what macOS adds. Nothing is written, and
    memory stays below twice ``MAX_ARCHIVE`` plus five times ``MAX_FILE``, whatever the archive
    says of itself.

    Args:
        path: need not be a zip, nor exist: that is a finding, too.
    """
    label = os.fsencode(path).decode("utf-8", "replace")
    try:
        archive = _opened(path)
    except _RefusedError as error:
        return {}, [Finding(label, error.code, str(error))]
    except OSError as error:
        return {}, [Finding(label, Code.UNREADABLE, f"cannot be read: {error.strerror}")]
    members: dict[str, list[zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        members.setdefault(_name(member), []).append(member)
    contents: dict[str, bytes] = {}
    findings: list[Finding] = []
    for name, same in members.items():
        try:
            _check_place(name, same)
            content = _content(archive, name, same)
            if name in _TASK_FILES:
                contents[name] = content
        except _RefusedError as error:
            where = f"{label}/{_printable(same[0].orig_filename)}"
            findings.append(Finding(where, error.code, str(error)))
    if not contents and not findings:
        findings.append(Finding(label, Code.BAD_ZIP, f"no task file in it; expected {_EXPECTED}"))
    return contents, findings


def _opened(path: Path) -> zipfile.ZipFile:
    """Open an archive that is within the limits by size, by members and by its own word."""
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        content = stream.read(min(size, MAX_ARCHIVE) + 1)
    if not content:
        raise _RefusedError("empty, expected a zip")
    if len(content) > MAX_ARCHIVE:
        raise _RefusedError(f"larger than {_mib(MAX_ARCHIVE)}; pack nothing but the task files")
    # zipfile makes an object of every entry that it finds, so they are counted first.
    if content.count(_CENTRAL_ENTRY) > MAX_MEMBERS:
        raise _RefusedError(f"more than {MAX_MEMBERS} members; pack nothing but the task files")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGE as error:
        what = next((what for magic, what in _MAGIC.items() if content.startswith(magic)), None)
        reason = f"not a zip, or a damaged one: {_printable(str(error))}"
        raise _RefusedError(what or reason) from error
    if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
        raise _RefusedError(f"unpacks to more than {_mib(MAX_UNPACKED)}, as no submission does")
    return archive


def _name(member: zipfile.ZipInfo) -> str:
    """Name of a member without what changes nothing: ``./a//b`` is ``a/b``."""
    parts = [part for part in member.filename.split("/") if part not in ("", ".")]
    return "/".join(parts) + "/" * member.filename.endswith("/")


def _check_place(name: str, same: list[zipfile.ZipInfo]) -> None:
    """Judge a member, or several of one name, by what the archive's directory says of it."""
    if not name:
        raise _RefusedError("a member without a name")
    for member in same:
        if _UNSAFE.match(member.filename) or "\0" in member.orig_filename:
            raise _RefusedError("the name leads out of the folder that the zip is unpacked to")
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _RefusedError("a link or a device, expected a plain file")
    if name.endswith("/") or _DEBRIS.fullmatch(name):
        return
    if name.casefold().endswith(_ARCHIVES):
        raise _RefusedError("an archive inside of the zip; put the files into the zip itself")
    *folder, base = re.split(r"[/\\]", name)
    if folder and _means_task_file(base):
        where = _printable("/".join(folder))
        message = f"in the folder {where!r}, expected {_meant(base)} at the root of the zip"
        raise _RefusedError(f"{message}: zip the files, not their folder", Code.ZIP_FOLDER)
    if name in _TASK_FILES:
        if len(same) > 1:
            raise _RefusedError(f"{len(same)} members have this name, expected one")
    elif not folder and _means_task_file(base):
        message = f"the organisers look for another name: {_meant(base)}"
        raise _RefusedError(message, Code.WRONG_FILE_NAME)


def _means_task_file(base: str) -> bool:
    """Whether people take a file for a task file: any table, or ``Task_A_EN.txt``."""
    path = PurePosixPath(base.casefold().strip())
    return path.suffix in _TABLES or _letters(path.stem).removesuffix("tsv") in _ALPHANUMERIC


def _meant(base: str) -> str:
    """Return the name that a misnamed task file should have, or all names if that is unknown."""
    letters = _letters(base.casefold())
    return next((name for key, name in _ALPHANUMERIC.items() if key in letters), _EXPECTED)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def _content(archive: zipfile.ZipFile, name: str, same: list[zipfile.ZipInfo]) -> bytes:
    """Unpack all members of one name, as the organisers do; return what a task file holds."""
    wanted = name in _TASK_FILES
    files = [member for member in same if not name.endswith("/")]
    return b"".join(_unpacked(archive, member, wanted) for member in files)


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, wanted: bool) -> bytes:
    """Unpack a member to its end, and keep it if it is wanted."""
    if member.flag_bits & 1:
        raise _RefusedError("encrypted; make the zip without a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # A few kB of bzip2 may hold gigabytes, and zipfile unpacks them at one stroke.
        method = _METHODS.get(member.compress_type, f"method {member.compress_type}")
        raise _RefusedError(f"packed with {method}, expected Deflate, the default everywhere")
    size, packed = member.file_size, member.compress_size
    if wanted and size > MAX_FILE:
        raise _RefusedError(f"{_mib(size)} unpacked, expected at most {_mib(MAX_FILE)}")
    if size >= MIN_BOMB and size > MAX_RATIO * packed:
        raise _RefusedError(f"unpacks {packed} bytes to {_mib(size)}, as no text does")
    kept, length = [], 0
    try:
        with archive.open(member) as stream:
            while length <= size and (chunk := stream.read(_CHUNK)):
                length += len(chunk)
                if wanted:
                    kept.append(chunk)
    except _DAMAGE as error:
        raise _RefusedError(f"damaged: {_printable(str(error)) or 'it ends too early'}") from error
    if length != size:
        raise _RefusedError(f"damaged: not the {size} bytes that the zip speaks of")
    content = b"".join(kept)
    if content.startswith(_LOCAL_ENTRY):
        raise _RefusedError("an archive inside of the zip under the name of a task file")
    return content


def _printable(text: str) -> str:
    """Return a name that a hostile archive chose, short and fit for a terminal."""
    short = text if len(text) <= _NAME_SHOWN else text[: _NAME_SHOWN - 1] + "…"
    return "".join(character if character.isprintable() else "�" for character in short)


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
