"""Hostile submission files: whatever their bytes, ``ingest`` agrees with pandas and never fails.

Run ``python -m tests.fuzz.tsv_fuzz 1000000`` for a million of them, with a seed as the second
argument if you like.
"""

import io
import random
import sys
import warnings
from collections.abc import Iterator

from semeval_humor.findings import Code, Level
from semeval_humor.submission.ingest import ingest
from semeval_humor.submission.kinds import KINDS
from semeval_humor.submission.structure import check_ids, check_sizes

REPORT_EVERY = 50_000

HEADERS = (
    *(b"id\ttext",) * 80,
    *(b"text\tid", b'"id"\t"text"', b"id\ttext\t", b"id\ttext\textra", b"id\ttext\ttext"),
    *(b"id\tid\ttext", b"\tid\ttext", b"id\tjoke", b"ID\tText", b"id ", b"id", b"text", b""),
    *(
        b"id,text",
        b"id;text",
        b'id\t"text',
        b'"id\ttext',
        b"id\tte\0xt",
        b" \tid\ttext",
        b"en_0001\tid\ttext",
    ),
)
IDS = (
    *(b"en_0001", b"en_0002", b"es_0001", b"zh_0003", b"img_0001", b"img_2_0001", b"en_0001"),
    *(b"1", b"2", b"007", b"1.5", b"1e5", b"9" * 25, b"True", b"NA", b"", b" ", b"-", b"a", b"\0"),
    *(b'"en_0004"', b'"en_0005', b" en_0006", b"en_0007 ", b"\xc3\xb1_1", b"nan", b"inf"),
)
TEXTS = (
    *(b"a joke", b"una broma m\xc3\xa1s", "一个笑话".encode(), b"don't", b"#1", b"a, b; c | d"),
    *(b"NA", b"null", b"None", b"n/a", b"<NA>", b"nan", b"", b" ", b"  ", b"-", b"-nan", b"#N/A"),
    *(b"7", b"007", b"1.50", b"1e400", b"-inf", b"1_000", b"0x1f", b"True", b"FALSE", b"1+2j"),
    *(b'"quoted"', b'"a ""b"" c"', b'"open', b'""', b'"""', b'"tail" x', b'x "in" y', b'5"'),
    *(b'"two\nlines"', b'"two\r\nlines"', b'"a\ttab"', b'"x\nen_0002\ty"', b'"x\r"', b"a\rb"),
    *(b"a\0b", b"\0", "a\u2028b\u0085c".encode(), b"\x0b\x0c\x1c\x1a", b"\xef\xbb\xbfx", b"\\"),
    *("😀".encode(), "“不”".encode(), b"it's", b"a joke"),
)
NOT_UTF8 = (b"ma\xf1ana", b"\xff\xfe", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xe2\x80")
ENDS = (
    *(b"\n",) * 12,
    b"\r\n",
    b"\r\n",
    b"\r",
    b"\n\n",
    b"\r\r\n",
    b"\n \n",
    b"\r\t",
    b"\n \r\t",
    b"",
)
NOISE = (b'"', b"\t", b"\n", b"\r", b"\0", b" ", b"a", b"1", b",", b"\xff", b"\xe4\xb8", b"\xbb")


def hostile_files(seed: int, count: int) -> Iterator[bytes]:
    """Files with all that can go wrong in one, mixed at random."""
    chance = random.Random(seed)
    for _ in range(count):
        if chance.random() < 0.1:
            yield b"".join(chance.choices(NOISE, k=chance.randrange(40)))
        else:
            yield hostile_file(chance)


def hostile_file(chance: random.Random) -> bytes:
    # Few kinds of cells in one file, so that whole columns of numbers or nulls come about.
    ids = chance.choices(IDS, k=chance.randint(1, 4))
    texts = chance.choices(TEXTS, k=chance.randint(1, 4))
    end = chance.choice(ENDS) or b"\n"
    parts = [chance.choice((b"", b"", b"", b"\xef\xbb\xbf", b"\n", b" \n", b"\r"))]
    parts += [chance.choice(HEADERS), end]
    for _ in range(chance.randrange(8)):
        cells = [chance.choice(ids), chance.choice(texts)]
        if chance.random() < 0.05:
            cells.pop()
        if chance.random() < 0.02:
            cells.append(chance.choice((*TEXTS, *NOT_UTF8)))
        if chance.random() < 0.001:
            cells[-1] += chance.choice((b"x", b'"', b"\t", b"\n")) * chance.randrange(300_000)
        parts += [b"\t".join(cells), end if chance.random() < 0.8 else chance.choice(ENDS)]
    content = b"".join(parts)
    if chance.random() < 0.2:
        at = chance.randrange(len(content) + 1)
        content = content[:at] + chance.choice(NOISE) + content[at + chance.randrange(2) :]
    return content[: chance.randrange(len(content) + 1)] if chance.random() < 0.1 else content


def surviving_rows(content: bytes) -> list[tuple[str, str | None]] | None:
    """Ids and texts that the organisers' reader gets; None where it fails."""
    import pandas

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            texts = pandas.read_csv(io.BytesIO(content), delimiter="\t", index_col="id")["text"]
    except Exception:  # noqa: BLE001 - whatever pandas says, the organisers lose the file
        return None
    return [
        ("" if pandas.isna(id_) else str(id_), None if pandas.isna(text) else str(text))
        for id_, text in zip(texts.index.tolist(), texts.tolist(), strict=True)
    ]


def check(content: bytes) -> None:
    """Hold a file against what must be true of every file.

    Raises:
        AssertionError: it is not.
    """
    ingested = ingest("task-a-en.tsv", content)
    errors = [finding for finding in ingested.findings if finding.level is Level.ERROR]
    codes = {finding.code for finding in errors}
    survive = surviving_rows(content)
    if survive is None:
        assert errors, "pandas fails, and no finding says so"
    else:
        assert [(row.id, row.text) for row in ingested.rows] == survive
        assert not codes & {Code.NOT_TSV, Code.MISSING_COLUMN}, "pandas reads the file"
        refused = (" cells, expected", "never ends")
        assert not any(part in error.message for error in errors for part in refused)
    if Code.NOT_UTF8 not in codes:  # else pandas may mend a character, which a mark divided
        assert not any("reader fails" in error.message for error in errors), "unexplained"
        assert not any("the file has" in error.message for error in errors), "rows differ"
        assert not any("reader gets '" in error.message for error in errors), "texts differ"
    lines = [row.line for row in ingested.rows]
    assert lines == sorted(lines)
    assert all(1 <= line <= content.count(b"\n") + content.count(b"\r") + 1 for line in lines)
    for kind in KINDS:
        list(check_ids("f", ingested.rows, ["en_0001", "7"], kind))
        list(check_ids("f", ingested.rows, None, kind))
    list(check_sizes("f", ingested.rows))


def run(seed: int, count: int) -> None:
    """Check so many files.

    Raises:
        AssertionError: names the first file for which something is not true.
    """
    for number, content in enumerate(hostile_files(seed, count), start=1):
        try:
            check(content)
        except BaseException as error:
            error.add_note(f"seed {seed}, file {number}: {content[:2000]!r}")
            raise
        if number % REPORT_EVERY == 0:
            print(f"{number:,} files", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    run(int(sys.argv[2]) if len(sys.argv) > 2 else 0, int(sys.argv[1]))
