"""Whether the longer joke wins, by hand."""

import pytest

from semeval_humor.bench.length_bias import longer_wins
from semeval_humor.errors import DataError
from semeval_humor.schema import Lang, Vote, Winner
from tests.bench.handed_in import handed_in

LEFT, RIGHT, TIE = Winner.LEFT, Winner.RIGHT, Winner.TIE

LONG = {Lang.EN: "A duck walks in.", Lang.ES: "Entra un pato.", Lang.ZH: "一只鸭子走进来。"}
SHORT = {Lang.EN: "Quack.", Lang.ES: "Cuac.", Lang.ZH: "嘎。"}


def vote(number: int, winner: Winner, lang: Lang, *, right: str = "terse") -> Vote:
    return Vote(f"{lang}_{number}", lang, "wordy", right, winner, "ana")


@pytest.mark.parametrize("lang", Lang)
def test_by_hand(lang: Lang) -> None:
    ids = [f"{lang}_{number}" for number in range(4)]
    entries = [
        handed_in("wordy", dict.fromkeys(ids, LONG[lang]), lang),
        handed_in("terse", {**dict.fromkeys(ids[:3], SHORT[lang]), ids[3]: LONG[lang]}, lang),
    ]
    votes = [
        *[vote(0, LEFT, lang), vote(0, LEFT, lang)],  # the longer one, twice
        vote(1, RIGHT, lang),  # the shorter one
        Vote(ids[2], lang, "terse", "wordy", RIGHT, "ana"),  # the longer one, on the right
        vote(2, TIE, lang),
        vote(3, LEFT, lang),  # equally long
        vote(9, LEFT, lang),  # no such texts
        vote(1, LEFT, lang, right="unknown"),
    ]
    score = longer_wins(votes, entries)
    assert score.value == 0.75  # 3 of 4
    assert list(score.rows or ()) == [1, 1, 0, 1]
    # Prompts: 2 of 2, 0 of 1, 1 of 1; the extreme draws have none of them, or all.
    assert (score.low, score.high) == (0, 1)
    assert score.items == 4
    assert score.lang is lang
    assert score.settings == {"prompts": 3, "seed": 0}


def test_votes_on_one_prompt_are_alike() -> None:
    ids = [f"en_{number}" for number in range(40)]
    entries = [
        handed_in("wordy", dict.fromkeys(ids, LONG[Lang.EN])),
        handed_in("terse", dict.fromkeys(ids, SHORT[Lang.EN])),
    ]
    # 400 votes, but no more than 40 opinions: half of the prompts are for each side.
    score = longer_wins(
        [vote(number, RIGHT if number % 2 else LEFT, Lang.EN) for number in range(40)] * 10, entries
    )
    assert score.value == 0.5
    assert score.low is not None
    assert score.high is not None
    # 1.96 · √(0.25 / 40) = 0.155, not the 0.049 of 400 votes
    assert score.high - score.low == pytest.approx(2 * 0.155, rel=0.1)
    assert longer_wins([vote(0, LEFT, Lang.EN)] * 3, entries).low is None


def test_undefined_bias() -> None:
    entries = [handed_in("wordy", {"en_0": LONG[Lang.EN]}), handed_in("terse", {"en_0": "Quack."})]
    spanish = [handed_in(each.system, {"es_0": each.texts["en_0"]}, Lang.ES) for each in entries]
    decided = vote(0, LEFT, Lang.EN)
    for votes, texts in (([], entries), ([vote(0, TIE, Lang.EN)], entries), ([decided], spanish)):
        with pytest.raises(DataError, match="longer-wins: no vote prefers one of two texts"):
            longer_wins(votes, texts)
    with pytest.raises(DataError, match="longer-wins: votes in en, es"):
        longer_wins([decided, vote(0, LEFT, Lang.ES)], [*entries, *spanish])
