from pathlib import Path

import pytest

from semeval_humor.errors import DataError
from semeval_humor.metrics.known import (
    KnownJokes,
    Resemblance,
    known_jokes,
    novelty,
    read_known,
    resemblances,
)
from semeval_humor.schema import Lang

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
KNOWN = KnownJokes(
    ("My cat opened a bank.", "Mi gato abrió un banco.", "我的猫开了银行。"), "abcdef0123"
)


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        (
            "known.txt",
            'One, "two"\r\n\r\n  Three \u2028 four\t5 \nid\ttext',
            ('One, "two"', "Three \u2028 four\t5", "id\ttext"),
        ),
        ("known", "\ufeff猫\n狗\n", ("猫", "狗")),
        (
            "known.csv",
            'humor,Text\nTrue,"A, ""b""\nc"\n\nFalse,\nTrue,¡Sí!\n',
            ('A, "b"\nc', "¡Sí!"),
        ),
        ("known.TSV", "id\tjoke\n1\t猫, 狗\n", ("猫, 狗",)),
        ("both.csv", "joke,text\na,b\n", ("b",)),
    ],
)
def test_read_known(tmp_path: Path, name: str, content: str, texts: tuple[str, ...]) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode())
    assert read_known(path).texts == texts
    assert len(read_known(path).sha256) == 64


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "known.csv",
            b"id,funny\n1,a\n",
            "known.csv:1: columns: id, funny; expected one named text",
        ),
        ("known.csv", b"", "known.csv:1: columns: nothing; expected one named text or joke"),
        ("known.csv", b"id,text\n1,a\n2,b,c\n", "known.csv:3: 3 columns, expected 2"),
        ("known.tsv", b'id\ttext\n1\t"a" b\n', "known.tsv:2: not well quoted"),
        ("known.tsv", b'id\ttext\n1\t"a b\n', "known.tsv:2: not well quoted"),
        ("known.txt", b"\n \n", "known.txt: no jokes, expected at least one"),
        ("known.csv", b"text\n", "known.csv: no jokes"),
        ("known.txt", b"caf\xe9\n", "known.txt: not UTF-8"),
    ],
)
def test_files_that_hold_no_known_jokes(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_known(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_known(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("lang", "texts", "nearest", "similarity"),
    [
        (EN, ["my cat opened a BANK", "…"], KNOWN.texts[0], 1),
        (ES, ["Mi gata abrió un banco", "…"], KNOWN.texts[1], 1 - 2 / 44),
        (ZH, ["我的貓開了大銀行", "…"], KNOWN.texts[2], 1 - 1 / 15),
    ],
)
def test_resemblances(lang: Lang, texts: list[str], nearest: str, similarity: float) -> None:
    found = resemblances(texts, KNOWN, lang)
    assert found[1] is None
    assert found[0] is not None
    assert found[0].known == nearest
    assert found[0].similarity == pytest.approx(similarity)
    score = novelty(found, KNOWN, lang)
    assert score.value == pytest.approx(1 - similarity)
    assert (score.items, score.settings) == (1, {"known": "abcdef01"})
    share = known_jokes(found, KNOWN, lang)
    assert (share.value, share.items) == (1, 1)
    assert share.settings == {"near": 0.8, "known": "abcdef01"}


def test_the_threshold_itself_is_near() -> None:
    found = [Resemblance("a", 0.8), Resemblance("a", 0.79)]
    assert known_jokes(found, KNOWN, EN).rows == (1, 0)


def test_nothing_to_compare() -> None:
    with pytest.raises(DataError, match=r"^novelty: none of the 1 texts, or no known joke"):
        novelty([None], KNOWN, EN)
    with pytest.raises(DataError, match=r"^known-jokes: none of the 1 texts, or no known joke"):
        known_jokes([None], KNOWN, EN)
