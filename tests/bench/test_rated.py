"""Votes to ratings by task file, with the ties of identical texts."""

from collections.abc import Sequence

import pytest

from semeval_humor.bench.rated import by_judge, by_people
from semeval_humor.errors import DataError
from semeval_humor.schema import Lang, Task, Vote, Winner
from semeval_humor.submission.entries import Entry
from semeval_humor.submission.kinds import Kind
from tests.bench.handed_in import handed_in

DRAWS = {"bootstraps": 20, "seed": 0}


def rivals(lang: Lang, differing: int, same: int) -> list[Entry]:
    """Two systems with so many different and so many identical texts."""
    ids = [f"{lang}_{number:04}" for number in range(differing + same)]
    ours = {id_: f"joke {id_}" for id_ in ids}
    theirs = {**ours, **{id_: f"other {id_}" for id_ in ids[:differing]}}
    return [handed_in("ours", ours, lang), handed_in("theirs", theirs, lang)]


def battles(lang: Lang, wins: int, losses: int) -> list[Vote]:
    winners = [Winner.LEFT] * wins + [Winner.RIGHT] * losses
    return [
        Vote(f"{lang}_{number:04}", lang, "ours", "theirs", winner, "someone")
        for number, winner in enumerate(winners)
    ]


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize(
    ("differing", "same", "votes", "ties"),
    [
        (60, 0, 30, 0),
        (60, 30, 60, 30),  # all that differ were judged: all ties count
        (60, 30, 30, 15),  # half of them: half of the ties
        (60, 31, 30, 16),  # 15.5, rounded to the even number
        (50, 1, 20, 0),  # 0.4
    ],
)
def test_a_judge_sees_as_large_a_share_of_the_ties_as_of_the_battles(
    lang: Lang, differing: int, same: int, votes: int, ties: int
) -> None:
    entries = rivals(lang, differing, same)
    cast = battles(lang, votes - 5, 5)
    found = by_judge(cast, entries, **DRAWS)
    assert list(found) == [Kind(Task.A, lang)]
    standing = found[Kind(Task.A, lang)]
    assert (standing.votes, standing.same) == (votes, ties)
    assert standing.ratings.rows[0].system == "ours"
    assert standing.ratings.rows[0].battles == votes + ties
    # People are not asked about a sample: all identical texts tie, as the organisers have it.
    assert by_people(cast, entries, **DRAWS)[Kind(Task.A, lang)].same == same


def test_systems_that_never_met_get_no_ties_from_a_judge() -> None:
    ours, theirs = rivals(Lang.EN, 40, 40)
    third = handed_in("third", {id_: f"third {id_}" for id_ in ours.texts})
    cast = [
        Vote(vote.prompt_id, vote.lang, vote.left, "third", vote.winner, vote.voter)
        for vote in battles(Lang.EN, 20, 20)
    ]
    (standing,) = by_judge(cast, [ours, theirs, third], **DRAWS).values()
    assert standing.same == 0
    (standing,) = by_people(cast, [ours, theirs, third], **DRAWS).values()
    assert standing.same == 40


def test_each_task_file_is_rated_by_itself() -> None:
    entries = [*rivals(Lang.EN, 40, 0), *rivals(Lang.ZH, 40, 0)]
    found = by_people([*battles(Lang.EN, 30, 10), *battles(Lang.ZH, 10, 30)], entries, **DRAWS)
    best = {str(kind.lang): each.ratings.rows[0].system for kind, each in found.items()}
    assert best == {"en": "ours", "zh": "theirs"}


def one_vote(prompt_id: str) -> Sequence[Vote]:
    return [Vote(prompt_id, Lang.EN, "ours", "theirs", Winner.LEFT, "someone")]


def test_the_systems_own_ids_tell_the_task_before_official_ones_do() -> None:
    entries = [handed_in(name, {"first": name}) for name in ("ours", "theirs")]
    (standing,) = by_people(one_vote("first"), entries, **DRAWS).values()
    why = "1 vote, expected 20 or more"
    assert standing.ratings.unrated == {"ours": why, "theirs": why}
    assert list(by_people(one_vote("img_0001"), [], **DRAWS)) == [Kind(Task.B1, Lang.EN)]


@pytest.mark.parametrize("rated", [by_people, by_judge])
def test_a_vote_on_a_prompt_of_no_task_is_refused(rated: object) -> None:
    assert callable(rated)
    with pytest.raises(DataError, match="a vote of someone on prompt 'umbrella', which is of no"):
        rated(one_vote("umbrella"), [], **DRAWS)
