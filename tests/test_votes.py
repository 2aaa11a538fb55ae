"""Votes as everybody writes them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from semeval_humor.errors import DataError, HumorError
from semeval_humor.schema import Lang, Vote, Winner
from semeval_humor.votes import read_votes, write_votes

LEFT, RIGHT, TIE = Winner.LEFT, Winner.RIGHT, Winner.TIE

VOTES = [
    Vote("en_2001", Lang.EN, "ours", "baseline", LEFT, "ana"),
    Vote("es_2002", Lang.ES, "baseline", "ñandú", RIGHT, "ana"),
    Vote("zh_2003", Lang.ZH, "鸭子", "ours", TIE, "bo"),
    Vote("img_2_2004", Lang.EN, "ours", "baseline", TIE, "bo"),
]

SITE_HEADER = [
    *("prompt_id", "system_id_a", "system_id_b", "session_id", "vote", "date"),
    *("is_offensive_a", "is_offensive_b"),
]
SITE_ROWS = [
    [vote.prompt_id, vote.left, vote.right, vote.voter, letter, "2026-01-31 10:00:00", "0", "1"]
    for vote, letter in zip(VOTES, "abtt", strict=True)
]
SKIPPED = ["en_2009", "ours", "baseline", "ana", "n", "2026-01-31 10:00:00", "0", "0"]
SCORING = [
    {
        "question_id": vote.prompt_id,
        "model_a": vote.left,
        "model_b": vote.right,
        "winner": {LEFT: "model_a", RIGHT: "model_b", TIE: "tie"}[vote.winner],
        "judge": vote.voter,
        "conversation_a": "",
        "turn": 0,
        "anony": True,
        "language": {Lang.EN: "English", Lang.ES: "Spanish", Lang.ZH: "Chinese"}[vote.lang],
        "tstamp": 1769853600,
    }
    for vote in VOTES
]


def table(delimiter: str, newline: str = "\n") -> str:
    return newline.join(map(delimiter.join, [SITE_HEADER, *SITE_ROWS[:2], SKIPPED, *SITE_ROWS[2:]]))


def lines(rows: Sequence[Mapping[str, object]]) -> str:
    return "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


SITE = [dict(zip(SITE_HEADER, row, strict=True)) for row in [SKIPPED, *SITE_ROWS]]


@pytest.mark.parametrize(
    "text",
    [
        table(","),
        "\ufeff" + table(",", "\r\n") + "\r\n\r\n",
        table("\t"),
        table(",").replace("ours", '"ours"'),
        json.dumps(SITE),
        lines(SITE),
        json.dumps(SCORING, indent=1),
        lines(SCORING),
    ],
    ids=["csv", "bom-crlf", "tsv", "quoted", "json", "jsonl", "scoring", "scoring-jsonl"],
)
def test_the_organisers_forms(tmp_path: Path, text: str) -> None:
    path = tmp_path / "votes"
    path.write_text(text, encoding="utf-8", newline="")
    assert read_votes(path) == VOTES


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "votes.jsonl"
    write_votes(path, VOTES)
    assert read_votes(path) == VOTES
    assert json.loads(path.read_text("utf-8").splitlines()[2]) == {
        **{"prompt_id": "zh_2003", "lang": "zh", "left": "鸭子", "right": "ours"},
        **{"winner": "tie", "voter": "bo"},
    }
    write_votes(path, VOTES[:1])
    assert read_votes(path) == VOTES[:1]


def test_votes_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HumorError, match="cannot be written"):
        write_votes(tmp_path / "file" / "votes.jsonl", VOTES)
    half = Vote("en_1", Lang.EN, "\ud83e", "ours", TIE, "ana")
    with pytest.raises(DataError, match="not UTF-8"):
        write_votes(tmp_path / "votes.jsonl", [half])
    assert not (tmp_path / "votes.jsonl").exists()


GOOD = {
    **{"prompt_id": "en_1", "lang": "en", "left": "a", "right": "b"},
    **{"winner": "left", "voter": "ana"},
}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "votes: no votes$"),
        ("[]", "votes: no votes$"),
        (",".join(SITE_HEADER), "votes: no votes$"),
        (json.dumps([SITE[0]]), "votes: no votes but skipped ones"),
        ("[{]", "votes: not JSON"),
        (lines([GOOD]) + '\n{"prompt_id"', "votes:2: not JSON"),
        ("[" * 100_000, "votes: not JSON"),
        ("[3]", "vote 1: no vote: found no object; expected prompt_id, left, right, winner"),
        (json.dumps([GOOD, "x"]), "vote 2: no object, expected prompt_id"),
        ('{"session_id": "s", "theme": "pigeon"}', "votes:1: no vote: found session_id, theme"),
        ("id,text\nen_1,Coo", "votes:2: no vote: found id, text; expected .*question_id"),
        (table(",") + "\nen_1,a,b", "votes:7: 3 columns, expected 8"),
        ('prompt_id,vote\n"en_1', "votes:2: not CSV"),
        (lines([GOOD, {**GOOD, "voter": None}]), "votes:3: voter is None, expected a text"),
        (lines([{**GOOD, "left": " "}]), "left is ' ', expected a text"),
        (lines([{**GOOD, "left": 7}]), "left is 7, expected a text"),
        (lines([GOOD, SITE[1]]), "votes:3: left is None"),
        (lines([{**GOOD, "right": "a"}]), "'a' against itself"),
        (lines([{**GOOD, "winner": "a"}]), "winner 'a', expected one of left, right, tie"),
        (table(",").replace(",a,", ",x,"), "votes:2: vote 'x', expected one of a, b, t, n"),
        (lines([{**GOOD, "lang": "fr"}]), "lang 'fr', expected one of en, es, zh, English"),
        (
            table(",").replace("en_2001", "q1"),
            "votes:2: prompt_id 'q1', expected one that begins with en_, es_, zh_, img_",
        ),
    ],
)
def test_files_of_another_form(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "votes"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_votes(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing: cannot be read: No such file"):
        read_votes(tmp_path / "nothing")
    (tmp_path / "latin").write_bytes(b"prompt_id,\xf1")
    with pytest.raises(DataError, match="latin: not UTF-8"):
        read_votes(tmp_path / "latin")
