"""Task inputs however people re-saved them, and submissions as the organisers' reader sees them."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from semeval_humor.errors import DataError
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
from semeval_humor.tsv import NULL_TEXTS, read_jokes, read_prompts, write_jokes

DATA = Path(__file__).parents[2] / "shared" / "data"
DEV = DATA / "mwahaha" / "dev"

CONSTRAINTS: dict[Lang, list[Constraint]] = {
    Lang.EN: [
        Headline('Mayor says "no", then "maybe", to a 5" pizza'),
        WordPair("scold", "cloud"),
        Headline('"We lost, says a coach who never ends his quotes'),
        Headline('Cat elected, "again"'),
        Headline("Bakery, bank and barber now share one door"),
    ],
    Lang.ES: [
        Headline('¿Llueve? El alcalde dice "mañana" y se va, sin más'),
        WordPair("regañar", "semáforo"),
        Headline('Un camión de "ñoquis' + "\u2028" + "vuelca en Cádiz"),
        Headline("La siesta, patrimonio de la oficina"),
    ],
    Lang.ZH: [
        Headline('"颱風來了，专家：先别慌'),
        WordPair("批评", "闹钟"),
        Headline("“无人”超市开业, 首日排队两小时"),
        Headline('他说"好"，又说"不好"'),
    ],
}


def table(lang: Lang) -> list[list[str]]:
    rows = [list(Task.A.columns)]
    for number, constraint in enumerate(CONSTRAINTS[lang], start=1):
        match constraint:
            case WordPair(word1, word2):
                rows.append([f"{lang}_{number:04}", word1, word2, "-"])
            case Headline(text):
                rows.append([f"{lang}_{number:04}", "-", "-", text])
    return rows


def prompts(lang: Lang) -> list[Prompt]:
    return [
        Prompt(f"{lang}_{number:04}", Task.A, lang, constraint)
        for number, constraint in enumerate(CONSTRAINTS[lang], start=1)
    ]


def plain(rows: Sequence[Sequence[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def quoted_by(quote: Callable[[str], bool], rows: Sequence[Sequence[str]]) -> str:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if quote(text) else text

    return plain([[cell(text) for text in row] for row in rows])


def with_csv_writer(rows: Sequence[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t", lineterminator="\n").writerows(rows)
    return stream.getvalue()


def spreadsheet(rows: Sequence[Sequence[str]]) -> str:
    return quoted_by(lambda text: '"' in text or "," in text, rows)


def all_quoted(rows: Sequence[Sequence[str]]) -> str:
    return quoted_by(lambda text: True, rows)


def padded(rows: Sequence[Sequence[str]]) -> str:
    return plain([[f" {text} \u3000" for text in row] for row in rows])


# What people and programs make of an official file. Each one must read as the original.
COPIES: dict[str, Callable[[list[list[str]]], bytes]] = {
    "as it is": lambda rows: plain(rows).encode(),
    "BOM": lambda rows: plain(rows).encode("utf-8-sig"),
    "CRLF, no final newline": lambda rows: plain(rows).strip().replace("\n", "\r\n").encode(),
    "CR": lambda rows: plain(rows).replace("\n", "\r").encode(),
    "minimal quoting": lambda rows: with_csv_writer(rows).encode(),
    "quoted as by a spreadsheet": lambda rows: spreadsheet(rows).encode(),
    "all quoted": lambda rows: all_quoted(rows).encode(),
    "all quoted, BOM, CRLF": lambda rows: (
        all_quoted(rows).replace("\n", "\r\n").encode("utf-8-sig")
    ),
    "padded": lambda rows: padded(rows).encode(),
    "blank lines at the end": lambda rows: (plain(rows) + "\n\t\t\t\n \n").encode(),
}


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("copy", COPIES)
def test_every_copy_of_an_input_reads_as_the_original(
    tmp_path: Path, copy: str, lang: Lang
) -> None:
    path = tmp_path / "input.tsv"
    path.write_bytes(COPIES[copy](table(lang)))
    assert read_prompts(path, Task.A, lang) == prompts(lang)


@pytest.mark.parametrize(
    ("task", "rows", "constraints"),
    [
        (Task.B1, [["img_0002", "https://a.b/c.gif"]], [Gif("https://a.b/c.gif")]),
        (
            Task.B2,
            [["img_2_0002", "u", "My boss said ______, so I left"], ["img_2_0001", "v", "_____"]],
            [GifPrompt("u", "My boss said ______, so I left"), GifPrompt("v", "_____")],
        ),
    ],
)
def test_gif_inputs_keep_the_order_of_the_file(
    tmp_path: Path, task: Task, rows: list[list[str]], constraints: list[Constraint]
) -> None:
    path = tmp_path / "input.tsv"
    path.write_text(plain([task.columns, *rows]), encoding="utf-8")
    read = read_prompts(path, task, Lang.EN)
    assert [prompt.constraint for prompt in read] == constraints
    assert [prompt.id for prompt in read] == [row[0] for row in rows]


@pytest.mark.parametrize(
    ("task", "lang", "rows"),
    [
        (Task.A, Lang.EN, 1200),
        (Task.A, Lang.ES, 1200),
        (Task.A, Lang.ZH, 1000),
        (Task.B1, Lang.EN, 1100),
        (Task.B2, Lang.EN, 500),
    ],
)
@pytest.mark.parametrize("copy", ["as it is", "minimal quoting", "all quoted, BOM, CRLF"])
def test_every_row_of_the_official_files_is_read(
    tmp_path: Path, task: Task, lang: Lang, rows: int, copy: str
) -> None:
    official = DEV / task.file_name(lang)
    if not official.exists():
        pytest.skip(f"no {official}")
    lines = official.read_text(encoding="utf-8").rstrip("\n").split("\n")
    path = tmp_path / "input.tsv"
    path.write_bytes(COPIES[copy]([line.split("\t") for line in lines]))
    read = read_prompts(path, task, lang)
    assert len(read) == rows
    assert read == read_prompts(official, task, lang)


HEADER = "id\tword1\tword2\theadline\n"
# Everything after the path, which a message begins with.
FAULTS = [
    ("", ":1: columns: nothing; expected, divided by tabs: id, word1, word2, headline"),
    ("id,word1,word2,headline\n", ":1: columns: id,word1,word2,headline; expected, divided by"),
    ("id\ttext\nen_1\ta joke\n", ":1: columns: id, text; expected"),
    ("{" + "9" * 5000, r":1: columns: \{9{79}; expected"),
    (HEADER, ": no rows below the header"),
    (HEADER + "{id}\t-\t-\n", r":2: 3 columns, expected 4 \(id, word1, word2, headline\)"),
    (HEADER + "{id}\ta\tb\t-\n\n{id}2\ta\tb\t-\n", ":3: 1 columns, expected 4"),
    (HEADER + "{id}\t-\t-\ta\rb\n", ":3: 1 columns, expected 4"),
    (HEADER + "{id}\ta\tb\tc\n", ":2: filled in: word1, word2, headline; expected either a h"),
    (HEADER + "{id}\ta\t-\tc\n", ":2: filled in: word1, headline; expected either"),
    (HEADER + "{id}\ta\t-\t-\n", ":2: filled in: word1; expected either"),
    (HEADER + "{id}\t-\tb\t \n", ":2: filled in: word2; expected either"),
    (HEADER + "{id}\t-\t\t-\n", ":2: filled in: nothing; expected either a headline or both w"),
    (HEADER + "{id}\ta\tb\t-\n{id}\tc\td\t-\n", ":3: id '.._1' is also on line 2"),
    (HEADER + " \ta\tb\t-\n", ":2: no id"),
    (HEADER + "-\ta\tb\t-\n", ":2: no id"),
]


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize(("content", "message"), FAULTS)
def test_a_faulty_input_gives_one_line_that_says_where_and_what(
    tmp_path: Path, content: str, message: str, lang: Lang
) -> None:
    path = tmp_path / "input.tsv"
    path.write_text(content.replace("{id}", f"{lang}_1"), encoding="utf-8", newline="")
    with pytest.raises(DataError) as failure:
        read_prompts(path, Task.A, lang)
    assert re.match(re.escape(str(path)) + message, str(failure.value))
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("task", "content", "message"),
    [
        (Task.B1, "id\turl\nimg_1\t-\n", ":2: filled in: nothing; expected a url"),
        (Task.B2, "id\turl\tprompt\nimg_2_1\tu\t-\n", ":2: filled in: url; expected a url and a"),
    ],
)
def test_a_gif_row_needs_all_its_cells(
    tmp_path: Path, task: Task, content: str, message: str
) -> None:
    path = tmp_path / "input.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_prompts(path, task, Lang.EN)


@pytest.mark.parametrize(
    ("lang", "encoding", "byte"),
    [(Lang.EN, "utf-16", "ff"), (Lang.ES, "cp1252", "bf"), (Lang.ZH, "gb18030", "ef")],
)
def test_another_encoding_is_named_by_line_and_byte(
    tmp_path: Path, lang: Lang, encoding: str, byte: str
) -> None:
    path = tmp_path / "input.tsv"
    path.write_text(plain(table(lang)[:2]), encoding=encoding)
    line = 1 if encoding == "utf-16" else 2
    with pytest.raises(DataError, match=rf":{line}: byte 0x{byte} is not UTF-8; save the file as"):
        read_prompts(path, Task.A, lang)


@pytest.mark.parametrize("name", ["absent.tsv", "."])
def test_a_missing_file_is_said_to_be_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"cannot be read: (No such file|Is a directory)"):
        read_prompts(tmp_path / name, Task.A, Lang.EN)


def test_a_file_of_another_language_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "input.tsv"
    path.write_text(plain(table(Lang.ZH)), encoding="utf-8")
    message = ":2: id 'zh_0001' is Chinese, .* asked for is es; use --lang zh, or the Spanish file"
    with pytest.raises(DataError, match=message):
        read_prompts(path, Task.A, Lang.ES)


def test_ids_of_ones_own_need_no_prefix(tmp_path: Path) -> None:
    path = tmp_path / "input.tsv"
    path.write_text(HEADER + "7\ta\tb\t-\nde_1\t-\t-\tc\n", encoding="utf-8")
    assert [prompt.id for prompt in read_prompts(path, Task.A, Lang.ES)] == ["7", "de_1"]


# Submissions


def jokes(*texts: str) -> list[Joke]:
    return [Joke(f"en_{2001 + number}", text) for number, text in enumerate(texts)]


def as_organisers_read(source: Path | io.StringIO) -> list[tuple[object, object]]:
    return list(pandas.read_csv(source, delimiter="\t", index_col="id")["text"].items())


def test_null_texts_are_those_of_pandas() -> None:
    from pandas._libs.parsers import STR_NA_VALUES  # type: ignore[import-not-found,unused-ignore]

    assert set(STR_NA_VALUES) == NULL_TEXTS


ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TRICKY = st.text('"\t\r\n\\ ,#\0\x0b\x0c\x1c\x85\u2028\ufeffa0.', max_size=8)
NULLS = st.sampled_from(sorted(NULL_TEXTS))
NUMBERS = st.sampled_from(["123", "1.0", "007", "1e5", "-inf", "+1", " 12", "9" * 30, "1.50", "0"])
BOOLEANS = st.sampled_from(["True", "False", "TRUE", "false"])


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.lists(st.one_of(ANYTHING, TRICKY), max_size=5),
        st.lists(st.one_of(ANYTHING, TRICKY, NULLS, NUMBERS, BOOLEANS), min_size=1, max_size=5),
        st.lists(NUMBERS, min_size=1, max_size=3),
        st.lists(BOOLEANS, min_size=1, max_size=3),
    )
)
@example(["123", "a joke, after a number"])
@example(['"', '"" "', "a\rb", "a\r\nb", "\n", " NA", "\0"])
def test_the_organisers_reader_gets_exactly_the_texts_or_no_file_is_written(
    texts: list[str],
) -> None:
    wanted = [(joke.id, joke.text) for joke in jokes(*texts)]
    everything_quoted = io.StringIO()
    writer = csv.writer(everything_quoted, delimiter="\t", quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "text"), *wanted])
    everything_quoted.seek(0)
    possible = as_organisers_read(everything_quoted) == wanted
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task-a-en.tsv"
        if possible:
            write_jokes(path, jokes(*texts))
            assert as_organisers_read(path) == wanted
            assert read_jokes(path) == jokes(*texts)
        else:
            with pytest.raises(DataError):
                write_jokes(path, jokes(*texts))
            assert list(Path(folder).iterdir()) == []


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["funny", "NA"], r"would get \('en_2002', nan\) in place of \('en_2002', 'NA'\)"),
        (["第一", "null"], r"would get \('en_2002', nan\) in place of \('en_2002', 'null'\)"),
        (["sí", ""], r"would get \('en_2002', nan\) in place of \('en_2002', ''\); choose anoth"),
        (["007"], r"would get \('en_2001', 7\) in place of \('en_2001', '007'\)"),
        (["42"], r"would get \('en_2001', 42\) in place of \('en_2001', '42'\)"),
        (["True", "False"], r"would get \('en_2001', True\) in place of \('en_2001', 'True'\)"),
        (["fine", "half \ud83d of it"], r"half a character in 'en_2002\\thalf \\ud83d'"),
    ],
)
def test_a_refused_text_is_named_and_the_old_file_stays(
    tmp_path: Path, texts: list[str], message: str
) -> None:
    path = tmp_path / "task-a-en.tsv"
    path.write_bytes(b"old")
    with pytest.raises(DataError, match=message) as failure:
        write_jokes(path, jokes(*texts))
    assert str(failure.value).startswith(f"{path}: ")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("A plain, 'dry' joke\\n …", "en_2001\tA plain, 'dry' joke\\n …\n"),
        ("¿Qué? «Nada»", "en_2001\t¿Qué? «Nada»\n"),
        ("“好”，他说。", "en_2001\t“好”，他说。\n"),
        (" spaces kept  ", "en_2001\t spaces kept  \n"),
        ("line\u2028separator", "en_2001\tline\u2028separator\n"),
        ('"No", she said', 'en_2001\t"""No"", she said"\n'),
        ('a 5" pizza', 'en_2001\t"a 5"" pizza"\n'),
        ("two\nlines", 'en_2001\t"two\nlines"\n'),
        ("two\r\nlines", 'en_2001\t"two\r\nlines"\n'),
        ("a lone\rreturn", 'en_2001\t"a lone\rreturn"\n'),
        ("a\ttab", 'en_2001\t"a\ttab"\n'),
    ],
)
def test_quotes_stand_only_where_the_reader_needs_them(tmp_path: Path, text: str, row: str) -> None:
    path = tmp_path / "task-a-en.tsv"
    write_jokes(path, jokes(text))
    assert path.read_bytes() == f"id\ttext\n{row}".encode()
    assert read_jokes(path) == jokes(text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "columns id and text: No columns to parse"),
        (b"id,text\nen_1,a\n", "columns id and text: "),
        (b"id\tgenerated_joke\nen_1\ta\n", "columns id and text: 'text'"),
        (b"id\ttext\nen_1\ta\nen_2\tb\tc\n", "Expected 2 fields in line 3, saw 3"),
        (b'id\ttext\nen_1\ta\nen_2\t"b\n', "EOF inside string starting at row 2"),
        ("id\ttext\nes_1\tmañana\n".encode("cp1252"), "'utf-8' codec can't decode byte 0xf1"),
        (b"id\ttext\nen_1\ta\nen_2\t\n", "the text of 'en_2' reads as a missing value"),
        (b'id\ttext\nen_1\ta\nen_2\t"NA"\n', "the text of 'en_2' reads as a missing value"),
        (b"id\ttext\nen_1\t7\n", "the text of 'en_1' reads as the int 7; choose another text"),
        (b"id\ttext\nen_1\tTrue\n", "the text of 'en_1' reads as the bool True"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_what_is_no_submission_gives_one_line(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "task-a-en.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as failure:
        read_jokes(path)
    assert str(failure.value).startswith(f"{path}: ")
    assert message in str(failure.value)
    assert "\n" not in str(failure.value)


def test_ids_of_ones_own_may_be_numbers(tmp_path: Path) -> None:
    path = tmp_path / "task-a-en.tsv"
    write_jokes(path, [Joke("1", "one"), Joke("2", "two")])
    assert read_jokes(path) == [Joke("1", "one"), Joke("2", "two")]


def test_dangling_quotes_of_a_real_submission_read_as_three_clean_rows() -> None:
    path = DATA / "submissions" / "dangling-quotes.tsv"
    if not path.exists():
        pytest.skip(f"no {path}")
    read = read_jokes(path)
    assert len(read) == 3
    assert not any('"' in joke.text[:1] + joke.text[-1:] for joke in read)
