"""Parquet files are written and read in pieces, and what is none is named with a way out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from semeval_humor.errors import DataError
from semeval_humor.parquet import ROWS_AT_ONCE, read_rows, write_rows

pyarrow = pytest.importorskip("pyarrow")
SCHEMA = pyarrow.schema([("id", pyarrow.string()), ("words", pyarrow.list_(pyarrow.string()))])
ROWS = [
    {"id": "en", "words": ["a", "sock"]},
    {"id": "es", "words": ["un", "calcetín"]},
    {"id": "zh", "words": []},
]


def test_rows_come_back_and_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    assert write_rows(one, SCHEMA, ROWS) == write_rows(other, SCHEMA, iter(ROWS)) == 3
    assert list(read_rows(one, ["id", "words"], "data build")) == ROWS
    assert list(read_rows(one, ["id"], "data build")) == [{"id": row["id"]} for row in ROWS]
    assert one.read_bytes() == other.read_bytes()


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "jokes.parquet"

    def rows() -> Iterator[dict[str, object]]:
        for number in range(2 * ROWS_AT_ONCE):
            if number == ROWS_AT_ONCE + 1:  # the first group is on disk by now
                assert path.stat().st_size > 1_000
            yield {"id": f"c-{number}", "words": []}

    assert write_rows(path, SCHEMA, rows()) == 2 * ROWS_AT_ONCE
    found = [row["id"] for row in read_rows(path, ["id"], "data build")]
    assert found == [f"c-{number}" for number in range(2 * ROWS_AT_ONCE)]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "jokes.parquet"
    absent = r"jokes\.parquet: cannot be read: No such file.*; semeval-humor data build writes it$"
    with pytest.raises(DataError, match=absent):
        list(read_rows(path, ["id"], "data build"))
    path.write_bytes(b"text,humor\n" * 9)
    with pytest.raises(DataError, match=r"jokes\.parquet: not a Parquet file"):
        list(read_rows(path, ["id"], "data build"))
    write_rows(path, SCHEMA, ROWS)
    with pytest.raises(DataError, match=r"no column text, lang; run data build again$"):
        list(read_rows(path, ["id", "text", "lang"], "data build"))
