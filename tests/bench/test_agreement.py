"""Krippendorff's α, by hand and against another implementation."""

import random

import numpy as np
import pytest

from semeval_humor.bench.agreement import voter_agreement
from semeval_humor.errors import DataError
from semeval_humor.schema import Lang, Vote, Winner

LEFT, RIGHT, TIE = Winner.LEFT, Winner.RIGHT, Winner.TIE


def votes(*pairs: str, lang: Lang = Lang.EN) -> list[Vote]:
    """Votes on pairs of jokes: ``>`` for the first system, ``<`` for the second, ``=`` a tie."""
    winners = {">": LEFT, "<": RIGHT, "=": TIE}
    return [
        Vote(f"{lang}_{number}", lang, "a", "b", winners[verdict], f"voter {place}")
        for number, verdicts in enumerate(pairs)
        for place, verdict in enumerate(verdicts)
    ]


@pytest.mark.parametrize(
    ("pairs", "alpha"),
    [
        ([">>", "<<", "=="], 1.0),
        # 9 votes: 3 >, 4 <, 2 =. Of ordered pairs that differ, [><] has 2 / 1 and [<==] 4 / 2;
        # by chance there are (81 − 9 − 16 − 4) / 8 = 6.5. 1 − 4 / 6.5
        ([">>", "><", "<<", "<=="], 1 - 4 / 6.5),
        ([">>", "><", "<<", "<==", ">", "="], 1 - 4 / 6.5),  # single votes do not count
        # 4 votes, 2 and 2: all differ, 2 + 2; by chance (16 − 8) / 3. 1 − 4 · 3 / 8
        (["><", "<>"], -0.5),
    ],
)
@pytest.mark.parametrize("lang", Lang)
def test_by_hand(pairs: list[str], alpha: float, lang: Lang) -> None:
    score = voter_agreement(votes(*pairs, lang=lang))
    assert score.value == pytest.approx(alpha)
    counted = [pair for pair in pairs if len(pair) > 1]
    assert score.items == len(counted)
    assert score.settings == {"alpha": "nominal", "votes": sum(map(len, counted)), "seed": 0}
    assert score.lang is lang
    assert score.low is not None
    assert score.high is not None
    assert score.low <= score.value <= score.high


def some(number: int, faithful: float) -> list[Vote]:
    """Votes on so many pairs by 2 to 4 voters, who see what is true with some probability."""
    chance = random.Random(0)
    pairs = []
    for _ in range(number):
        true = chance.choice("<>=")
        pairs.append(
            "".join(
                true if chance.random() < faithful else chance.choice("<>=")
                for _ in range(chance.randint(2, 4))
            )
        )
    return votes(*pairs)


def test_order_sides_and_names_do_not_matter() -> None:
    given = some(40, 0.5)
    sides = {LEFT: RIGHT, RIGHT: LEFT, TIE: TIE}
    turned = [
        Vote(vote.prompt_id, vote.lang, "b", "a", sides[vote.winner], "x") for vote in given[::-1]
    ]
    assert voter_agreement(turned) == voter_agreement(given)


def test_the_interval_narrows_and_has_the_truth() -> None:
    # Two voters who both see the truth half of the time agree beyond chance in 0.5² of the pairs.
    few, many = voter_agreement(some(60, 0.5)), voter_agreement(some(1500, 0.5))
    for score in (few, many):
        assert score.low is not None
        assert score.high is not None
        assert score.low < 0.25 < score.high
    assert few.high - few.low > 3 * (many.high - many.low)  # type: ignore[operator]
    noise = voter_agreement(some(300, 0.0))
    assert noise.low < 0 < noise.high  # type: ignore[operator]


def test_seeds() -> None:
    first, other = (voter_agreement(some(60, 0.5), seed=seed) for seed in (0, 1))
    assert first.value == other.value
    assert first.low != other.low


def test_resamples_whose_votes_are_all_alike_are_left_out() -> None:
    score = voter_agreement(votes(">>", ">>", "<<"))
    assert (score.low, score.value, score.high) == (1, 1, 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "pairs of jokes with two votes: 0, expected two or more"),
        (votes(">", "<"), "pairs of jokes with two votes: 0"),
        (votes("><>", "<"), "pairs of jokes with two votes: 1"),  # α of one pair is always 0
        (votes(">>", ">>>"), "all votes are alike"),
        ([*votes(">>", "<<"), *votes("><", lang=Lang.ZH)], "votes in en, zh"),
    ],
)
def test_undefined_agreement(given: list[Vote], message: str) -> None:
    with pytest.raises(DataError, match=f"voter-agreement: {message}"):
        voter_agreement(given)


def test_another_implementation_agrees() -> None:
    evalica = pytest.importorskip("evalica")
    pandas = pytest.importorskip("pandas")
    given = some(200, 0.4)
    units = sorted({vote.prompt_id for vote in given})
    table = np.full((4, len(units)), np.nan)
    for vote in given:
        verdict = list(Winner).index(vote.winner)
        table[int(vote.voter[-1]), units.index(vote.prompt_id)] = verdict
    theirs = evalica.alpha(pandas.DataFrame(table), distance="nominal").alpha
    assert voter_agreement(given).value == pytest.approx(theirs, abs=1e-9)
