"""Rows of Parquet files as dicts, a few thousand in memory at a time."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_humor.errors import DataError, first_line

if TYPE_CHECKING:
    import pyarrow

ROWS_AT_ONCE = 5_000


def read_rows(path: Path, columns: Collection[str], made_by: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file in order, with some of its columns.

    Args:
        path: the file.
        columns: names of those that are wanted.
        made_by: the command that writes such files, for messages.

    Raises:
        DataError: the file is missing, no Parquet file, or lacks a column.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with path.open("rb") as stream, pyarrow.parquet.ParquetFile(stream) as file:
            lacking = [name for name in columns if name not in file.schema_arrow.names]
            if lacking:
                raise DataError(f"{path}: no column {', '.join(lacking)}; run {made_by} again")
            for batch in file.iter_batches(ROWS_AT_ONCE, columns=list(columns)):
                yield from batch.to_pylist()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read: {error.strerror or error}; semeval-humor {made_by} writes it"
        ) from error
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"{path}: not a Parquet file: {first_line(error)}") from error


def write_rows(path: Path, schema: "pyarrow.Schema", rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as they come, and return their number. Same rows, same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    import pyarrow
    import pyarrow.parquet

    written = 0
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        left = iter(rows)
        while batch := list(islice(left, ROWS_AT_ONCE)):
            writer.write_batch(pyarrow.RecordBatch.from_pylist(batch, schema=schema))
            written += len(batch)
    return written
