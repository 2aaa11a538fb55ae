import io
from pathlib import Path

import pytest

from semeval_humor.data.corpora import CCL, COLBERT, HAHA, THUCNEWS, Corpus, Meaning
from semeval_humor.data.read import NO_LABEL, SourceRow, read_rows
from semeval_humor.errors import DataError

JOKE, HEADLINE = Meaning("joke", True), Meaning("headline", False)


def rows(content: bytes, corpus: Corpus, source: int = 0) -> list[SourceRow]:
    stream = io.BytesIO(content)
    return list(read_rows(Path("f.csv"), stream, corpus, corpus.sources[source]))


def test_english_with_a_byte_order_mark_crlf_and_a_quoted_comma() -> None:
    content = '\ufefftext,humor\r\n"Tea, please",True\r\n\r\nRain today,False\r\n'.encode()
    assert rows(content, COLBERT) == [
        SourceRow(1, "Tea, please", JOKE, None),
        SourceRow(2, "Rain today", HEADLINE, None),
    ]


def test_spanish_keeps_line_breaks_and_ratings() -> None:
    content = 'id,text,is_humor,humor_rating\nt1,"—¿Sí?\r\n\n—""No"".",1,2.5\nt2,Ay,0,NULL\n'
    first, second = rows(content.encode(), HAHA)
    assert first == SourceRow(1, '—¿Sí?\r\n\n—"No".', Meaning("voted humorous", True), 2.5)
    assert second == SourceRow(2, "Ay", Meaning("voted not humorous", False), None)


def test_chinese_labels_say_who_wrote_a_joke_and_not_whether_it_is_funny() -> None:
    content = "id,joke,label\n0,猫说喵,1\n1,狗是一种动物,0\n2,鱼,\n".encode()
    assert [row.label for row in rows(content, CCL)] == [
        Meaning("human-written joke", None),
        Meaning("machine-made joke", None),
        NO_LABEL,
    ]
    assert [row.label for row in rows("id,joke\n0,猫说喵\n".encode(), CCL, 2)] == [NO_LABEL]
    # The test file has no name for its first column.
    assert rows(",joke,label\n0,猫说喵,1\n".encode(), CCL, 1)[0].text == "猫说喵"


def test_headlines_without_a_header_quote_nothing() -> None:
    content = '"新桥通车\t5\n今天下雨"\t3\n'.encode()
    assert [row.text for row in rows(content, THUCNEWS)] == ['"新桥通车', '今天下雨"']
    assert {row.label for row in rows(content, THUCNEWS)} == {HEADLINE}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text,label\nTea,True\n", r"f.csv:1: no column humor; found text, label"),
        (b"", r"f.csv:1: no column text, humor; found nothing"),
        (b"text,humor\n", r"f.csv: no rows below the header"),
        (b"text,humor\nTea\n", r"f.csv:2: 1 columns, expected 2 \(text, humor\)"),
        (b"text,humor\nTea,True,x\n", r"f.csv:2: 3 columns, expected 2"),
        (b"text,humor\nTea,maybe\n", r"f.csv:2: label 'maybe', expected one of True, False"),
        (b'text,humor\nTea,True\n"cut off in the mid', r"f.csv:3: not CSV, or cut off: unexpected"),
        (b"text,humor\nTea,True\nCaf\xe9,True\n", r"f.csv:3: byte 0xe9 is not UTF-8"),
        ("text,humor\nTea,True\n".encode("utf-16"), r"f.csv: UTF-16, expected UTF-8"),
        ("text,humor\n今天,True\n".encode("gb18030"), r"f.csv:2: byte 0xbd is not UTF-8"),
        (b"\n<!DOCTYPE html>\n<html>", r"f.csv: a web page, expected CSV"),
        (b"\xef\xbb\xbf<html lang='en'>", r"f.csv: a web page, expected CSV"),
        (b"version https://git-lfs.github.com/spec/v1\n", r"no column text, humor; found version"),
    ],
)
def test_what_is_no_corpus_is_said_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        rows(content, COLBERT)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rating", ["0.5", "5.1", "high", "nan"])
def test_a_rating_is_from_1_to_5(rating: str) -> None:
    content = f"id,text,is_humor,humor_rating\nt1,Ay,1,{rating}\n".encode()
    with pytest.raises(DataError, match=rf"f.csv:2: rating '{rating}', expected a number"):
        rows(content, HAHA)


def test_rows_come_before_the_file_is_read_to_its_end() -> None:
    stream = io.BytesIO(b"text,humor\n" + b"Tea,True\n" * 100_000)
    reading = read_rows(Path("f.csv"), stream, COLBERT, COLBERT.sources[0])
    assert next(reading).text == "Tea"
    assert stream.tell() < 100_000
    del reading
    assert not stream.closed
