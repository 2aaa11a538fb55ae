from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from semeval_humor.data.jokes import ROWS_AT_ONCE, CorpusText, read_jokes, write_jokes
from semeval_humor.data.splits import Split
from semeval_humor.errors import DataError
from semeval_humor.schema import Lang

ROWS = [
    CorpusText("c-1", Lang.EN, "A sock\nwalks.", True, None, "joke", "c", Split.TRAIN, "MIT"),
    CorpusText("h-1", Lang.ES, "¿Sí?", False, 2.5, "voted", "h", Split.DEV, "none stated"),
    CorpusText("z-1", Lang.ZH, "猫说喵", None, None, None, "z", Split.TEST, "none stated"),
]


def test_rows_are_read_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "jokes.parquet"
    write_jokes(path, ROWS)
    assert list(read_jokes(path)) == ROWS


def test_datasets_reads_it(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    path = tmp_path / "jokes.parquet"
    write_jokes(path, ROWS)
    found = datasets.Dataset.from_parquet(str(path), cache_dir=str(tmp_path))
    assert found[0]["text"] == "A sock\nwalks."
    assert found["is_humor"][:] == [True, False, None]
    assert found["rating"][:] == [None, 2.5, None]
    assert found["split"][:] == ["train", "dev", "test"]


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    asked = 0

    def rows() -> Iterator[CorpusText]:
        nonlocal asked
        for number in range(2 * ROWS_AT_ONCE):
            asked += 1
            if asked == ROWS_AT_ONCE + 1:  # the first group is on disk by now
                assert path.stat().st_size > 1_000
            yield replace(ROWS[0], id=f"c-{number}")

    path = tmp_path / "jokes.parquet"
    write_jokes(path, rows())
    assert sum(1 for _ in read_jokes(path)) == asked


def test_no_rows_are_a_file_without_rows(tmp_path: Path) -> None:
    write_jokes(tmp_path / "jokes.parquet", [])
    assert list(read_jokes(tmp_path / "jokes.parquet")) == []


def test_what_is_no_jokes_parquet(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "jokes.parquet"
    with pytest.raises(DataError, match=r"jokes\.parquet: cannot be read: No such file"):
        list(read_jokes(path))
    path.write_bytes(b"text,humor\n" * 9)
    with pytest.raises(DataError, match=r"jokes\.parquet: not a Parquet file"):
        list(read_jokes(path))
    pyarrow.parquet.write_table(pyarrow.table({"id": ["a"], "text": ["b"]}), path)
    with pytest.raises(DataError, match=r"no column lang, is_humor, .*; run data build again"):
        list(read_jokes(path))
