"""Submission files as the organisers' reader sees them, and what is wrong in which line."""

import io
import re
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

import pandas
import pytest

from semeval_humor.findings import Code, Level
from semeval_humor.submission.ingest import Ingested, Row, ingest
from semeval_humor.tsv import NULL_TEXTS

OFFICIAL = Path(__file__).parents[2] / "../shared/data/mwahaha"

HEADER = b"id\ttext\n"


def read(content: bytes) -> Ingested:
    return ingest("task-a-en.tsv", content)


def told(ingested: Ingested) -> list[tuple[str, int | None, str | None]]:
    """Code, line and id of each finding."""
    return [(str(finding.code), finding.line, finding.id) for finding in ingested.findings]


def message(content: bytes, code: Code) -> str:
    return next(finding.message for finding in read(content).findings if finding.code is code)


def rows(*expected: tuple[int, str, str | None]) -> tuple[Row, ...]:
    return tuple(Row(*row) for row in expected)


# What is fine


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"en_1\tOh, no\nen_2\tWell\n", [(2, "en_1", "Oh, no"), (3, "en_2", "Well")]),
        ("es_1\t¿Qué?\r\nes_2\t«Nada»".encode(), [(2, "es_1", "¿Qué?"), (3, "es_2", "«Nada»")]),
        (
            "zh_1\t“好”\nzh_2\t好\u2028的\n".encode(),
            [(2, "zh_1", "“好”"), (3, "zh_2", "好\u2028的")],
        ),
        (b'en_1\t"a ""b"" c"\nen_2\td\n', [(2, "en_1", 'a "b" c'), (3, "en_2", "d")]),
        (b'en_1\tsays "no"\nen_2\t5" wide\n', [(2, "en_1", 'says "no"'), (3, "en_2", '5" wide')]),
        (b'en_1\t"No" she said\n', [(2, "en_1", "No she said")]),
        (b'en_1\t"two\nlines"\nen_2\td\n', [(2, "en_1", "two\nlines"), (4, "en_2", "d")]),
        (b'en_1\t"a\ttab"\nen_2\td\n', [(2, "en_1", "a\ttab"), (3, "en_2", "d")]),
        (
            b'en_1\t"a\nword\tand a tab"\nen_2\td\n',
            [(2, "en_1", "a\nword\tand a tab"), (4, "en_2", "d")],
        ),
        # Ids without a number are not told from words.
        (b'q\t"a\nw\tb"\nw\tc\n', [(2, "q", "a\nw\tb"), (4, "w", "c")]),
        (b"\nen_1\ta\n\n  \nen_2\tb\n\n", [(3, "en_1", "a"), (6, "en_2", "b")]),
        (b"en_1\t  a  \n", [(2, "en_1", "  a  ")]),
        (b"en_1\t7\nen_2\t42\n", [(2, "en_1", "7"), (3, "en_2", "42")]),
        (b"en_1\t007\nen_2\tB\n", [(2, "en_1", "007"), (3, "en_2", "B")]),
        (b"1\ta\n2\tb\n", [(2, "1", "a"), (3, "2", "b")]),
        (b"en_1\ta\0b\n", [(2, "en_1", "a\0b")]),
        (b"en_1\t\\ ' # ,\n", [(2, "en_1", "\\ ' # ,")]),
    ],
)
def test_rows_come_with_the_lines_on_which_they_begin(
    content: bytes, expected: list[tuple[int, str, str]]
) -> None:
    assert read(HEADER + content) == Ingested(rows(*expected), ())


def test_the_columns_may_be_turned_round() -> None:
    found = read(b'text\tid\n"a\nb"\ten_1\nc\ten_2\n')
    assert found == Ingested(rows((2, "en_1", "a\nb"), (4, "en_2", "c")), ())


def test_a_file_may_end_its_lines_with_carriage_returns() -> None:
    content = 'id\ttext\rzh_1\t"好\r坏"\r\rzh_2\t行\r'.encode()
    assert read(content) == Ingested(rows((2, "zh_1", "好\r坏"), (5, "zh_2", "行")), ())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b" \r\ten_1\n", [(2, "en_1", None)]),
        (b" \r\t \nen_1\ta\n", [(3, "en_1", "a")]),
        (b" \r\t x\n", [(2, "", " x")]),
        (b"en_1\ta\r\tb\n", [(2, "en_1", "a"), (2, "", "b")]),
    ],
)
def test_a_tab_after_a_carriage_return_is_what_pandas_makes_of_it(
    content: bytes, expected: list[tuple[int, str, str]]
) -> None:
    assert read(HEADER + content).rows == rows(*expected)


def test_a_byte_order_mark_is_a_warning() -> None:
    found = read(b"\xef\xbb\xbf" + HEADER + b"en_1\ta\n")
    assert found.rows == rows((2, "en_1", "a"))
    assert told(found) == [("bom", 1, None)]
    assert found.findings[0].level is Level.WARNING


@pytest.mark.parametrize("name", ["task-a-en.tsv", "task-a-es.tsv", "task-a-zh.tsv", "task-b1.tsv"])
def test_every_row_of_the_official_baselines_is_read_without_a_finding(name: str) -> None:
    path = OFFICIAL / "baseline-dev" / name
    if not path.exists():
        pytest.skip(f"no {path}")
    found = ingest(name, path.read_bytes())
    texts = pandas.read_csv(path, delimiter="\t", index_col="id")["text"]
    assert [(row.id, row.text) for row in found.rows] == list(texts.items())
    assert found.findings == ()
    lines = path.read_bytes().split(b"\n")
    assert all(lines[row.line - 1].startswith(row.id.encode()) for row in found.rows)


# Texts that get lost


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (b"en_1\t", "empty-text"),
        (b"en_1", "empty-text"),
        (b'en_1\t""', "empty-text"),
        (b"en_1\tNA", "null-text"),
        (b'en_1\t"null"', "null-text"),
    ],
)
def test_missing_texts_are_told(row: bytes, code: str) -> None:
    found = read(HEADER + b"en_0\ta\n" + row + b"\nen_2\tb\n")
    assert found.rows[1] == Row(3, "en_1", None)
    assert told(found) == [(code, 3, "en_1")]


def test_blank_texts_count_as_empty_though_the_reader_gets_them() -> None:
    found = read(HEADER + "en_1\t \u3000\n".encode())
    assert found.rows == rows((2, "en_1", " \u3000"))
    assert told(found) == [("empty-text", 2, "en_1")]


def test_all_words_that_mean_a_missing_value_are_known() -> None:
    words = sorted(NULL_TEXTS - {""})
    content = "".join(f"en_{number}\t{word}\n" for number, word in enumerate(words))
    found = read(HEADER + content.encode())
    assert {row.text for row in found.rows} == {None}
    assert {code for code, _, _ in told(found)} == {"null-text"}
    assert len(found.findings) == len(words)


def test_a_missing_id_is_an_empty_one() -> None:
    found = read(HEADER + b"\ta\nNA\tb\nen_3\tc\n")
    assert found == Ingested(rows((2, "", "a"), (3, "", "b"), (4, "en_3", "c")), ())


@pytest.mark.parametrize(
    ("texts", "got", "messages"),
    [
        (["7", "007"], ["7", "7"], ["gets the int 7 in place of '007'"]),
        (["7", "NA"], ["7.0", None], ["gets the float 7.0 in place of '7'", "missing value"]),
        (["1.50"], ["1.5"], ["gets the float 1.5 in place of '1.50'"]),
        (["1e400"], ["inf"], ["gets the float inf in place of '1e400'"]),
        # The database stores 1 for it.
        (["True"], ["True"], ["gets the bool True in place of 'True'"]),
    ],
)
def test_texts_that_are_all_numbers_are_no_texts_any_more(
    texts: list[str], got: list[str | None], messages: list[str]
) -> None:
    content = "".join(f"en_{number}\t{text}\n" for number, text in enumerate(texts))
    found = read(HEADER + content.encode())
    assert [row.text for row in found.rows] == got
    assert len(found.findings) == len(messages)
    for finding, part in zip(found.findings, messages, strict=True):
        assert part in finding.message
        assert finding.level is Level.ERROR


def test_ids_that_are_all_numbers_lose_their_zeros() -> None:
    assert read(HEADER + b"007\ta\n8\tb\n").rows == rows((2, "7", "a"), (3, "8", "b"))


def test_a_long_file_with_numbers_at_its_end_is_read_as_pandas_does_and_without_a_warning() -> None:
    # pandas reads long files in parts, and may find another type in each of them.
    texts = ["a longer joke"] * 20_000 + ["007"] * 20_000
    content = HEADER + "".join(f"en_{n}\t{text}\n" for n, text in enumerate(texts)).encode()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read(content)
    frame = pandas.read_csv(io.BytesIO(content), delimiter="\t", index_col="id")
    assert [row.text for row in found.rows] == [str(text) for text in frame["text"]]


# Quotation marks


def test_an_unclosed_quotation_that_swallows_rows_is_told_with_each_of_them() -> None:
    found = read(HEADER + 'zh_1\t"你好\nzh_2\t他说"好"\nzh_3\t行\n'.encode())
    assert found.rows == rows((2, "zh_1", '你好\nzh_2\t他说好"'), (4, "zh_3", "行"))
    assert told(found) == [("unclosed-quote", 2, "zh_1"), ("swallowed-row", 3, "zh_2")]
    assert "swallows 1 row;" in found.findings[0].message
    assert "begins on line 2" in found.findings[1].message


def test_a_quotation_without_an_end_is_told_and_the_rest_is_read_all_the_same() -> None:
    found = read(HEADER + b'en_1\ta\nen_2\t"b\tc\r\nen_3\tNA\nen_4\td ""e""\nno row\n')
    # What the organisers would have read of it: nothing. What is in it for the further checks:
    assert found.rows == rows(
        (2, "en_1", "a"),
        (3, "en_2", "b\tc"),
        (4, "en_3", None),
        (5, "en_4", 'd ""e""'),
        (6, "no row", None),
    )
    assert told(found) == [
        ("unclosed-quote", 3, "en_2"),
        ("swallowed-row", 4, "en_3"),
        ("swallowed-row", 5, "en_4"),
        ("null-text", 4, "en_3"),
        ("empty-text", 6, "no row"),
    ]
    assert "never ends" in found.findings[0].message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'id\ttext\nen_1\t"a', [("unclosed-quote", 2, "en_1")]),
        (b'id\ttext\n"en_1\ta\n', [("unclosed-quote", 2, "en_1")]),
        (b'id\t"text\nen_1\ta\n', [("unclosed-quote", 1, None), ("swallowed-row", 2, "en_1")]),
        # Ids of one's own are known by their form.
        (
            b'id\ttext\nq7\t"a\nq8\tb"\nq9\tc\n',
            [("unclosed-quote", 2, "q7"), ("swallowed-row", 3, "q8")],
        ),
        (
            b'id\ttext\n7\t"a\n8\tb\n\n9\tc"\n10\td\n',
            [("unclosed-quote", 2, "7"), ("swallowed-row", 3, "8"), ("swallowed-row", 5, "9")],
        ),
        (
            b'text\tid\n"a\ten_1\nb\ten_2\n"\ten_3\n',
            [("unclosed-quote", 2, "en_3"), ("swallowed-row", 3, "en_2")],
        ),
    ],
)
def test_where_quotations_go_wrong(
    content: bytes, expected: list[tuple[str, int | None, str | None]]
) -> None:
    assert told(read(content)) == expected


def test_a_carriage_return_inside_of_a_line_cuts_a_text_off() -> None:
    found = read(HEADER + b"en_1\ta\rb\nen_2\tc\r\nen_3\td\ren_4\te\n")
    assert found.rows == rows(
        (2, "en_1", "a"), (2, "b", None), (3, "en_2", "c"), (4, "en_3", "d"), (4, "en_4", "e")
    )
    assert told(found) == [("unreadable", 2, "b"), ("empty-text", 2, "b")]


# Columns


@pytest.mark.parametrize(
    ("content", "expected", "parts"),
    [
        (b"", [("unreadable", 1)], ["the file is empty; expected the columns id and text"]),
        (b"\n \n\r\n", [("unreadable", 1)], ["the file is empty"]),
        (b"id\ttext\n", [("unreadable", 1)], ["no row below the header"]),
        (
            b"\n\nid\tgenerated_joke\nen_1\ta\n",
            [("missing-column", 3)],
            ["no column 'text', found 'generated_joke', which is read in its place"],
        ),
        (
            b"ID\tText \nen_1\ta\n",
            [("missing-column", 1), ("missing-column", 1)],
            ["no column 'id', found 'ID'", "no column 'text', found 'Text '"],
        ),
        (b"prompt\ttext\nen_1\ta\n", [("missing-column", 1)], ["no column 'id', found 'prompt'"]),
        (b"id\nen_1\n", [("missing-column", 1)], ["no column 'text', found 'id'; expected"]),
        (b"text\na\n", [("missing-column", 1)], ["no column 'id', found 'text'; expected"]),
        (
            b"id\tword1\tword2\theadline\nen_1\t-\t-\ta\n",
            [("missing-column", 1), *[("extra-column", 1)] * 3],
            ["'headline', which is the input of a task", "column 'word1', expected id and text"],
        ),
        (
            b"id\tprompt\tjoke\nen_1\ta\tb\n",
            [("missing-column", 1), ("extra-column", 1)],
            ["found 'joke', which is read", "column 'prompt', expected id and text only"],
        ),
        (
            b"id\ttext\t\ttext\nen_1\ta\t\tb\n",
            [("extra-column", 1), ("extra-column", 1)],
            ["column 3 has no name", "column 'text' is there twice"],
        ),
        (b"en_1\tid\ttext\nx\ten_2\ta\n", [("extra-column", 1)], ["column 'en_1', expected"]),
        (
            b"en_1\ta\nen_2\tb\n",
            [("missing-column", 1)],
            ["no header: the first line is a row already"],
        ),
        (
            b"Sure, here they are:\nen_1\ta\n",
            [("not-tsv", 1)],
            ["no tab in the first line, found 'Sure, here they are:'"],
        ),
        (b"id,text\nen_1,a\n", [("not-tsv", 1)], ["divided by ','; expected"]),
        (b'"id";"text"\nen_1;"a;b"\n', [("not-tsv", 1)], ["divided by ';'"]),
        (
            b"id|joke\nen_1|a\n",
            [("not-tsv", 1), ("missing-column", 1)],
            ["divided by '|'", "found 'joke'"],
        ),
        (
            b'{"id": "en_1", "text": "a"}\n{"id": "en_2", "text": "b"}\n',
            [("not-tsv", 1), ("empty-text", 2)],
            ['no tab in the first line, found \'{"id"', "no text"],
        ),
    ],
)
def test_what_is_wrong_with_the_header(
    content: bytes, expected: list[tuple[str, int]], parts: list[str]
) -> None:
    found = read(content)
    assert [(code, line) for code, line, _ in told(found)] == expected
    for part in parts:
        assert any(part in finding.message for finding in found.findings)


@pytest.mark.parametrize(
    "content",
    [
        b"id\tjoke\nen_1\ta\nen_2\tNA\n",
        b"id,joke\nen_1,a\nen_2,NA\n",
        b"ID;TEXT\nen_1;a\nen_2;NA\n",
        b"Here you are\nen_1\ta\nen_2\tNA\n",
    ],
)
def test_rows_are_read_however_the_header_looks(content: bytes) -> None:
    found = read(content)
    assert found.rows == rows((2, "en_1", "a"), (3, "en_2", None))
    assert told(found)[-1] == ("null-text", 3, "en_2")


def test_a_file_without_a_header_loses_no_row() -> None:
    assert read(b"en_1\ta\nen_2\tb\n").rows == rows((1, "en_1", "a"), (2, "en_2", "b"))


def test_the_texts_of_a_task_input_are_not_taken_for_jokes() -> None:
    found = read(b"id\tword1\tword2\theadline\nen_1\t-\t-\tRain again\n")
    assert found.rows == rows((2, "en_1", None))


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (b"en_1\ta\nen_2\tb\tc\nen_3\td\n", ["en_2"]),
        (b"en_1\ta\t\nen_2\tb\t\n", ["en_1", "en_2"]),
        (b'en_1\t"a"\t"b"\n', ["en_1"]),
    ],
)
def test_every_row_with_too_many_cells_is_told(content: bytes, ids: list[str]) -> None:
    found = read(HEADER + content)
    assert [id_ for code, _, id_ in told(found) if code == "extra-column"] == ids
    assert len(found.findings) == len(ids)
    assert "3 cells, expected 2" in found.findings[0].message


def test_a_text_with_a_tab_is_kept_whole_for_the_further_checks() -> None:
    assert read(HEADER + b"en_1\ta\tb\tc\n").rows == rows((2, "en_1", "a\tb\tc"))


# Encodings


def encoded(lang: str, text: str, encoding: str) -> bytes:
    return f"id\ttext\n{lang}_1\tok\n{lang}_2\t{text}\n{lang}_3\tok\n".encode(encoding)


@pytest.mark.parametrize(
    ("lang", "text", "encoding", "line", "named"),
    [
        ("en", "naïve “jokes” cost £5", "cp1252", 3, "byte 0xef is not UTF-8.*looks like cp1252"),
        ("es", "¿Mañana? Qué ilusión", "cp1252", 3, "byte 0xbf is not UTF-8.*looks like cp1252"),
        ("zh", "上班第一天，老板说先别急", "gb18030", 3, "looks like gb18030"),
        ("en", "plain", "utf-16", 1, "looks like UTF-16"),
        ("en", "plain", "utf-16-le", 1, "looks like UTF-16"),
        ("en", "plain", "utf-16-be", 1, "looks like UTF-16"),
        ("zh", "上班第一天", "utf-16", 1, "looks like UTF-16"),
    ],
)
def test_other_encodings_are_named_and_read(
    lang: str, text: str, encoding: str, line: int, named: str
) -> None:
    found = read(encoded(lang, text, encoding))
    ((code, at, id_),) = told(found)
    assert (code, at, id_) == ("not-utf8", line, f"{lang}_2" if line == 3 else None)
    assert found.rows[1] == Row(3, f"{lang}_2", text)
    assert re.search(named, found.findings[0].message)


def test_single_broken_lines_of_a_utf8_file_are_told_one_by_one() -> None:
    content = "id\ttext\nzh_1\t好笑的\nzh_2\t坏".encode() + b"\xe4\xb8\nzh_3\tx\xffy\nzh_4\tNA\n"
    found = read(content)
    assert told(found) == [
        ("not-utf8", 3, "zh_2"),
        ("not-utf8", 4, "zh_3"),
        ("null-text", 5, "zh_4"),
    ]
    assert [row.text for row in found.rows] == ["好笑的", "坏\ufffd", "x\ufffdy", None]


def test_what_is_no_text_is_told_once() -> None:
    found = read(b"\x89PNG\r\n\x81\n\xff\xfe\x8d\x8f\n\x90\x9d" * 50)
    assert told(found)[0] == ("not-utf8", 1, None)
    assert "further lines, in no known encoding" in found.findings[0].message
    assert [code for code, _, _ in told(found)].count("not-utf8") == 1


# When pandas and the plain reading do not agree, which no known file brings about


class _Reader:
    """In place of pandas.read_csv."""

    def __init__(self, texts: Iterable[object]) -> None:
        self.texts = list(texts)

    def __call__(self, *_: object, **__: object) -> pandas.DataFrame:
        ids = [f"en_{number}" for number in range(1, len(self.texts) + 1)]
        return pandas.DataFrame({"text": self.texts}, index=pandas.Index(ids, name="id"))


def test_a_difference_in_the_number_of_rows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pandas, "read_csv", _Reader(["a"]))
    found = read(HEADER + b"en_1\ta\nen_2\tb\n")
    assert [row.text for row in found.rows] == ["a", "b"]
    ((code, line, _),) = told(found)
    assert (code, line) == ("unreadable", None)
    assert found.findings[0].message == "the organisers' reader gets 1 rows, but the file has 2"


def test_a_difference_in_a_text_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # As pandas before version 3 read a NUL.
    monkeypatch.setattr(pandas, "read_csv", _Reader(["a", "b"]))
    found = read(HEADER + b"en_1\ta\nen_2\tb\0c\n")
    assert [row.text for row in found.rows] == ["a", "b"]
    assert told(found) == [("unreadable", 3, "en_2")]
    assert found.findings[0].message == r"the organisers' reader gets 'b' in place of 'b\x00c'"


def test_a_failure_that_nothing_explains_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> pandas.DataFrame:
        raise pandas.errors.ParserError("out\nof memory")

    monkeypatch.setattr(pandas, "read_csv", failing)
    found = read(HEADER + b"en_1\ta\nen_2\tNA\n")
    assert found.rows == rows((2, "en_1", "a"), (3, "en_2", None))
    assert told(found) == [("unreadable", None, None), ("null-text", 3, "en_2")]
    assert found.findings[0].message == "the organisers' reader fails: out of memory"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'"\t' * 50_000, "extra-column"),
        (b"\t" * 100_000, "extra-column"),
        (b'en_1\t"\n' + b"en_2\ta\n" * 5_000, "swallowed-row"),
        (b'en_1\t"' + b'""' * 500_000, "unclosed-quote"),
        (b'en_1\t"""x\n' * 20_001, "unclosed-quote"),
    ],
)
def test_no_file_takes_longer_than_its_length(content: bytes, code: str) -> None:
    started = time.process_time()
    assert code in {code for code, _, _ in told(read(HEADER + content))}
    assert time.process_time() - started < 2


def test_a_header_of_very_many_columns_is_not_given_to_pandas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(pandas, "read_csv")
    found = read(b"id\ttext" + b"\tx" * 1_000 + b"\nen_1\ta\n")
    assert found.rows == rows((2, "en_1", "a"))
    assert told(found) == [("extra-column", 1, None)] * 1_000
