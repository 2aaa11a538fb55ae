from pathlib import Path

import pytest

from semeval_humor.data.jokes import CorpusText, read_jokes, write_jokes
from semeval_humor.data.splits import Split
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


def test_no_rows_are_a_file_without_rows(tmp_path: Path) -> None:
    write_jokes(tmp_path / "jokes.parquet", [])
    assert list(read_jokes(tmp_path / "jokes.parquet")) == []
