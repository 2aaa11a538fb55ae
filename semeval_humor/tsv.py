r"""The task's files: inputs as the organisers write them, submissions as their ingester reads them.

Inputs are not CSV-quoted: a quotation mark in a headline is just a character. Submissions are
read by ``pandas.read_csv(path, delimiter="\\t", index_col="id")``, which takes quotation marks
for CSV quoting and words such as ``NA`` for missing values.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from semeval_humor.errors import DataError
from semeval_humor.files import atomic_writer
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import (
    Constraint,
    Gif,
    GifPrompt,
    Headline,
    Joke,
    Lang,
    Prompt,
    Task,
    WordPair,
)

UNUSED = "-"

NULL_TEXTS = frozenset(
    [
        *["", " ", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"],
        *["1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"],
    ]
)
"""Texts that the organisers' reader takes for a missing value, however they are quoted."""

# A cell that someone's spreadsheet quoted: its inner quotation marks are all doubled.
_CSV_QUOTED = re.compile(r'"(?:[^"]|"")*""(?:[^"]|"")*"')


def read_prompts(path: Path, task: Task, lang: Lang) -> list[Prompt]:
    """Rows of a task input, in the order of the file.

    A byte-order mark, CRLF, padding around cells, blank lines at the end and cells that were
    CSV-quoted by a spreadsheet are put right.

    Raises:
        DataError: the file is missing or not UTF-8, has other columns, a row without exactly
            one constraint, an id of another language or an id twice, or no row at all.
    """
    lines = _lines(path)
    header = _cells(lines[0]) if lines else []
    if tuple(header) != task.columns:
        found = ", ".join(header) or "nothing"
        raise DataError(f"{path}:1: columns {found}; expected {', '.join(task.columns)}")
    prompts = list(_prompts(path, lines[1:], task, lang))
    if not prompts:
        raise DataError(f"{path}: no rows below the header")
    return prompts


def write_jokes(path: Path, jokes: Sequence[Joke]) -> None:
    """Write a submission file: UTF-8, LF, CSV-quoted only where the reader needs it.

    The file is read back as the organisers do before it takes its place.

    Raises:
        DataError: the reader would not get exactly these jokes, e.g. because a text is ``NA``.
    """
    with atomic_writer(path) as stream:
        stream.write("id\ttext\n")
        stream.writelines(f"{_field(joke.id)}\t{_field(joke.text)}\n" for joke in jokes)
        stream.flush()
        _check_read_back(path, Path(stream.name), jokes)


def read_jokes(path: Path) -> list[Joke]:
    """Rows of a submission, exactly as the organisers' reader sees them.

    Raises:
        DataError: the reader fails, or has no columns id and text, or gets a missing value.
    """
    import pandas

    try:
        table = pandas.read_csv(path, delimiter="\t", index_col="id")
        texts = table["text"]
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path}: not a submission file: {error}") from error
    empty = texts.index[texts.isna()]
    if len(empty):
        raise DataError(f"{path}: the text of {empty[0]!r} reads as a missing value")
    return [Joke(str(id_), str(text)) for id_, text in texts.items()]


def _field(value: str) -> str:
    if any(character in value for character in '"\t\n\r'):
        return '"' + value.replace('"', '""') + '"'
    return value


def _check_read_back(path: Path, written: Path, jokes: Sequence[Joke]) -> None:
    wrong = [joke for joke in jokes if joke.text in NULL_TEXTS]
    if not wrong:
        read = read_jokes(written)
        wrong = [joke for joke, back in zip(jokes, read, strict=False) if joke != back]
        if not wrong and len(read) == len(jokes):
            return
    culprit = f" first at {wrong[0].id!r}: {wrong[0].text[:60]!r}" if wrong else ""
    raise DataError(f"{path}: the organisers' reader would not get these texts back{culprit}")


def _lines(path: Path) -> list[str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}:{line}: byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from error
    # Not splitlines(): a headline may hold U+2028 and the like.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in line.split("\t")]
    if all(cell.startswith('"') and cell.endswith('"') and len(cell) > 1 for cell in cells):
        return [cell[1:-1].replace('""', '"').strip() for cell in cells]
    return [
        cell[1:-1].replace('""', '"').strip() if _CSV_QUOTED.fullmatch(cell) else cell
        for cell in cells
    ]


def _prompts(path: Path, lines: Iterable[str], task: Task, lang: Lang) -> Iterator[Prompt]:
    first: dict[str, int] = {}
    for number, line in enumerate(lines, start=2):
        where = f"{path}:{number}"
        cells = _cells(line)
        if len(cells) != len(task.columns):
            expected = f"{len(task.columns)} ({', '.join(task.columns)})"
            raise DataError(f"{where}: {len(cells)} columns, expected {expected}")
        id_, *values = cells
        if id_ in first:
            raise DataError(f"{where}: id {id_!r} is also on line {first[id_]}")
        first[id_] = number
        _check_id(where, id_, task, lang)
        yield Prompt(id_, task, lang, _constraint(where, task, values))


def _check_id(where: str, id_: str, task: Task, lang: Lang) -> None:
    if not id_ or id_ == UNUSED:
        raise DataError(f"{where}: no id")
    prefix = id_.partition("_")[0]
    if task is Task.A and prefix != lang and prefix in tuple(Lang):
        other = LANGUAGES[Lang(prefix)].english_name
        raise DataError(
            f"{where}: id {id_!r} is {other}, but the language asked for is {lang}; "
            f"use --lang {prefix}, or the {LANGUAGES[lang].english_name} file"
        )


def _constraint(where: str, task: Task, values: list[str]) -> Constraint:
    used = ["" if value == UNUSED else value for value in values]
    match task, used:
        case Task.A, [word1, word2, ""] if word1 and word2:
            return WordPair(word1, word2)
        case Task.A, ["", "", headline] if headline:
            return Headline(headline)
        case Task.B1, [url] if url:
            return Gif(url)
        case Task.B2, [url, text] if url and text:
            return GifPrompt(url, text)
    filled = [name for name, value in zip(task.columns[1:], used, strict=True) if value]
    expected = {
        Task.A: "either a headline or both words",
        Task.B1: "a url",
        Task.B2: "a url and a prompt",
    }[task]
    raise DataError(f"{where}: filled in: {', '.join(filled) or 'nothing'}; expected {expected}")
