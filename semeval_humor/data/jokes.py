"""``jokes.parquet``: texts with what is known of them, for whoever trains on them."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from semeval_humor.data.splits import Split
from semeval_humor.parquet import read_rows, write_rows
from semeval_humor.schema import Lang

if TYPE_CHECKING:
    import pyarrow


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
    write_rows(path, _schema(), map(asdict, rows))


def read_jokes(path: Path) -> Iterator[CorpusText]:
    """Yield the rows of a ``jokes.parquet`` in order, holding a few thousand at a time.

    Raises:
        DataError: the file is missing, no Parquet file, or lacks a column.
    """
    for row in read_rows(path, [field.name for field in fields(CorpusText)], "data build"):
        lang, split = Lang(row.pop("lang")), Split(row.pop("split"))
        yield CorpusText(**row, lang=lang, split=split)


def _schema() -> "pyarrow.Schema":
    import pyarrow

    types = {"is_humor": pyarrow.bool_(), "rating": pyarrow.float64()}
    names = [field.name for field in fields(CorpusText)]
    return pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in names])
