r"""The task's files: inputs as the organisers write them, submissions as their ingester reads them.

Inputs are not CSV-quoted: a quotation mark in a headline is just a character. Submissions are
read by ``pandas.read_csv(path, delimiter="\\t", index_col="id")``, which takes quotation marks
for CSV quoting and words such as ``NA`` for missing values.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
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
        *["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"],
        *["1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"],
    ]
)
"""Texts that the organisers' reader takes for a missing value, however they are quoted."""

# As a spreadsheet writes a cell that it quotes: marks around it, those inside of it doubled.
_CSV_QUOTED = re.compile(r'"(?:[^"]|"")*"')
# The same with a mark inside: the official files hold nothing like it.
_CERTAINLY_CSV_QUOTED = re.compile(r'"(?:[^"]|"")*""(?:[^"]|"")*"')


def read_prompts(path: Path, task: Task, lang: Lang) -> list[Prompt]:
    """Rows of a task input, in the order of the file.

    A byte-order mark, CRLF, padding around cells, blank lines at the end and cells that were
    CSV-quoted by a spreadsheet are put right.

    Raises:
        DataError: the file is missing or not UTF-8, has other columns, a row without exactly
            one constraint, an id of another language or an id twice, or no row at all.
    """
    header, *rows = _rows(_lines(path))
    if tuple(header) != task.columns:
        found = ", ".join(header)[:80] or "nothing"
        expected = ", ".join(task.columns)
        raise DataError(f"{path}:1: columns: {found}; expected, divided by tabs: {expected}")
    prompts = list(_prompts(path, rows, task, lang))
    if not prompts:
        raise DataError(f"{path}: no rows below the header")
    return prompts


def write_jokes(path: Path, jokes: Sequence[Joke]) -> None:
    """Write a submission file: UTF-8, LF, CSV-quoted only where the reader needs it.

    The file is read back as the organisers do before it takes its place.

    Raises:
        DataError: the reader would not get exactly these jokes, e.g. because a text is ``NA``,
            or every text is a number.
    """
    with atomic_writer(path) as stream:
        stream.write("id\ttext\n")
        stream.writelines(f"{_field(joke.id)}\t{_field(joke.text)}\n" for joke in jokes)
        stream.flush()
        wanted = [(joke.id, joke.text) for joke in jokes]
        for want, got in zip_longest(wanted, _as_read(Path(stream.name))):
            if want != got:
                raise DataError(
                    f"{path}: the organisers' reader would get {str(got)[:80]} "
                    f"in place of {str(want)[:80]}; choose another text"
                )


def read_jokes(path: Path) -> list[Joke]:
    """Rows of a submission, exactly as the organisers' reader sees them.

    Raises:
        DataError: the file is missing, the reader fails or gets no columns id and text, or gets
            a missing value or a number in place of a text.
    """
    try:
        rows = _as_read(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (KeyError, ValueError) as error:
        reason = str(error).strip()
        raise DataError(
            f"{path}: cannot be read as tab-separated columns id and text: {reason}"
        ) from error
    jokes = []
    for id_, text in rows:
        if not isinstance(text, str):
            found = "a missing value" if text != text else f"the {type(text).__name__} {text}"
            raise DataError(f"{path}: the text of {id_!r} reads as {found}; choose another text")
        jokes.append(Joke(id_, text))
    return jokes


def _as_read(path: Path) -> list[tuple[str, object]]:
    """Ids and texts as the organisers' reader gets them: a text may be a number, or missing."""
    import pandas

    texts = pandas.read_csv(path, delimiter="\t", index_col="id")["text"]
    return [(str(id_), text) for id_, text in texts.items()]


def _field(value: str) -> str:
    if any(character in value for character in '"\t\n\r'):
        return '"' + value.replace('"', '""') + '"'
    return value


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
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    return lines


def _rows(lines: Iterable[str]) -> list[list[str]]:
    rows = [[cell.strip() for cell in line.split("\t")] for line in lines]
    # A spreadsheet that quotes at all quotes more than what shows it, e.g. cells with a comma.
    quoted = any(
        _CSV_QUOTED.fullmatch(row[0]) or any(map(_CERTAINLY_CSV_QUOTED.fullmatch, row))
        for row in rows
    )
    return [[_unquoted(cell) for cell in row] for row in rows] if quoted else rows


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"').strip() if _CSV_QUOTED.fullmatch(cell) else cell


def _prompts(path: Path, rows: Iterable[list[str]], task: Task, lang: Lang) -> Iterator[Prompt]:
    first: dict[str, int] = {}
    for number, cells in enumerate(rows, start=2):
        where = f"{path}:{number}"
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
