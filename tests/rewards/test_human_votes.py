"""Agreement with people's votes, by hand."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from semeval_humor.errors import DataError
from semeval_humor.rewards.human_votes import (
    FunnySide,
    PairVote,
    agreement_of_gaps,
    agreement_with_votes,
    read_human_votes,
)
from semeval_humor.schema import Lang

SHARED = Path(__file__).parents[3] / "shared/data/votes/human_votes_dev.json"


def vote(session: str, left: str, right: str, winner: str) -> PairVote:
    return PairVote(session, "pigeon", left, right, FunnySide(winner))


def length(texts: Sequence[str]) -> list[float]:
    return [float(len(text)) for text in texts]


def write(path: Path, rows: object) -> Path:
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


ROW = {
    "session_id": "s",
    "winner": "LEFT",
    "theme": "pigeon",
    "left_joke": "The pigeon won.",
    "right_joke": "The pigeon lost.",
}


def test_read(tmp_path: Path) -> None:
    same = {**ROW, "left_joke": "Coo.", "right_joke": "Coo.", "winner": "BOTH"}
    found = read_human_votes(write(tmp_path / "votes.json", [ROW, {**ROW, "winner": "NONE"}, same]))
    assert found == [
        vote("s", "The pigeon won.", "The pigeon lost.", winner) for winner in ("LEFT", "NONE")
    ]
    assert [one.decisive for one in found] == [True, False]
    everything = read_human_votes(tmp_path / "votes.json", identical=True)
    assert everything == [*found, vote("s", "Coo.", "Coo.", "BOTH")]


@pytest.mark.parametrize(
    ("winner", "funny"),
    [
        ("LEFT", (True, False)),
        ("RIGHT", (False, True)),
        ("BOTH", (True, True)),
        ("NONE", (False, False)),
    ],
)
def test_who_was_found_funny(winner: str, funny: tuple[bool, bool]) -> None:
    assert vote("s", "a", "b", winner).funny == funny


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "expected a list of votes"),
        ({"votes": [ROW]}, "expected a list of votes"),
        ([ROW, {**ROW, "winner": "TIE"}], "vote 2: winner 'TIE', expected one of LEFT, RIGHT"),
        ([{**ROW, "left_joke": None}], "vote 1: expected the texts session_id, winner"),
        (["LEFT"], "vote 1: expected the texts"),
    ],
)
def test_files_of_another_form(tmp_path: Path, rows: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_human_votes(write(tmp_path / "votes.json", rows))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_human_votes(tmp_path / "nothing.json")
    (tmp_path / "half.json").write_text("[", encoding="utf-8")
    with pytest.raises(DataError, match="not JSON"):
        read_human_votes(tmp_path / "half.json")


VOTES = [
    vote("s", "long", "ab", "LEFT"),  # right
    vote("s", "long", "ab", "RIGHT"),  # wrong
    vote("t", "ab", "abc", "RIGHT"),  # right
    vote("t", "ab", "cd", "LEFT"),  # equal: one half
    vote("u", "a", "longer", "BOTH"),  # does not count
    vote("u", "longer", "a", "NONE"),
]


def test_agreement() -> None:
    score = agreement_with_votes(length, VOTES)
    # (1 + 0 + 1 + ½) / 4 = 0.625; sessions: s ½, t ¾
    assert score.value == 0.625
    assert list(score.rows or ()) == [1, 0, 1, 0.5]
    assert [score.low, score.high] == [0.5, 0.75]
    assert score.items == 4
    assert score.lang is Lang.EN
    assert score.settings == {"sessions": 2}


def test_agreement_does_not_depend_on_sides_or_scale() -> None:
    sides = {FunnySide.LEFT: FunnySide.RIGHT, FunnySide.RIGHT: FunnySide.LEFT}
    swapped = [
        PairVote(one.session, one.theme, one.right, one.left, sides.get(one.winner, one.winner))
        for one in VOTES
    ]
    assert agreement_with_votes(length, swapped).value == 0.625
    assert agreement_with_votes(lambda texts: [-1 / len(t) for t in texts], VOTES).value == 0.625
    assert agreement_with_votes(lambda texts: [-len(t) for t in texts], VOTES).value == 0.375
    assert agreement_with_votes(lambda texts: [1.0] * len(texts), VOTES).value == 0.5


def test_gaps_of_what_compares_two_jokes() -> None:
    gaps = [float(len(each.left) - len(each.right)) for each in VOTES]
    assert agreement_of_gaps(gaps, VOTES, name="longer").value == 0.625
    gaps[0] = float("nan")
    with pytest.raises(DataError, match="longer: a gap is no number"):
        agreement_of_gaps(gaps, VOTES, name="longer")


def test_undefined_agreement() -> None:
    with pytest.raises(DataError, match="no decisive vote"):
        agreement_with_votes(length, VOTES[4:])
    with pytest.raises(DataError, match="the score of 'long' is nan"):
        agreement_with_votes(lambda texts: [float("nan")] * len(texts), VOTES)


@pytest.mark.skipif(not SHARED.exists(), reason="the votes are not at hand")
def test_real_votes() -> None:
    votes = read_human_votes(SHARED)
    assert len(votes) == 1458  # two of 1,460 are on identical texts
    assert sum(one.decisive for one in votes) == 696
    score = agreement_with_votes(length, votes)
    assert score.low is not None
    assert score.high is not None
    assert score.low < 0.5 < score.high  # the longer joke is not the funnier one
