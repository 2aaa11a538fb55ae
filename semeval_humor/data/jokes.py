"""``jokes.parquet``: texts with what is known of them, for whoever trains on them."""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from semeval_humor.data.splits import Split
from semeval_humor.errors import DataError, first_line
from semeval_humor.schema import Lang

if TYPE_CHECKING:
    import pyarrow

ROWS_AT_ONCE = 5_000
"""Rows that are held in memory, and written as one row group."""


@dataclass(frozen=True, slots=True)
class CorpusText:
    """One row of ``jokes.parquet``, in the order of its columns.

    Attributes:
        id: source and number of the row in it; the same in every build.
        lang: language.
        text: repaired.
        is_humor: whether it is meant or taken as humour; None where nobody said so.
        rating: mean of people's ratings, from 1 (best forgotten) to 5; None where there is none.
        label: what the source's label says, in words; None where the row has none.
        source: file that it is from.
        split: the same for all tellings of a joke.
        licence: as its publishers state it.
    """

    id: str
    lang: Lang
    text: str
    is_humor: bool | None
    rating: float | None
    label: str | None
    source: str
    split: Split
    licence: str


def write_jokes(path: Path, rows: Iterable[CorpusText]) -> None:
    """Write rows as they come, holding a few thousand at a time. Same rows, same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    import pyarrow.parquet

    schema = _schema()
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        left = iter(rows)
        while batch := list(islice(left, ROWS_AT_ONCE)):
            columns = zip(*map(astuple, batch), strict=True)
            arrays = [
                pyarrow.array(column, field.type)
                for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))


def read_jokes(path: Path) -> Iterator[CorpusText]:
    """Yield the rows of a ``jokes.parquet`` in order, holding a few thousand at a time.

    Raises:
        DataError: the file is missing, no Parquet file, or lacks a column.
    """
    import pyarrow
    import pyarrow.parquet

    names = [field.name for field in fields(CorpusText)]
    try:
        with path.open("rb") as stream, pyarrow.parquet.ParquetFile(stream) as file:
            missing = [name for name in names if name not in file.schema_arrow.names]
            if missing:
                raise DataError(f"{path}: no column {', '.join(missing)}; run data build again")
            for batch in file.iter_batches(ROWS_AT_ONCE, columns=names):
                for row in batch.to_pylist():
                    lang, split = Lang(row.pop("lang")), Split(row.pop("split"))
                    yield CorpusText(**row, lang=lang, split=split)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read: {error.strerror or error}; semeval-humor data build writes it"
        ) from error
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"{path}: not a Parquet file: {first_line(error)}") from error


def _schema() -> "pyarrow.Schema":
    import pyarrow

    types = {"is_humor": pyarrow.bool_(), "rating": pyarrow.float64()}
    names = [field.name for field in fields(CorpusText)]
    return pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in names])
