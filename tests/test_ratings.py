"""Bradley–Terry ratings: by hand, against another implementation, and where there are none."""

import dataclasses
import itertools
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.ratings import Resampled, ranks, rate, resample
from semeval_humor.ratings import strengths as fit
from semeval_humor.schema import Lang, Vote, Winner
from tests.tournament import LEFT, RIGHT, TIE, tournament, votes

SCORES = sorted((Path(__file__).parents[2] / "shared/data/mwahaha/scores").glob("*.json"))


def ratings_of(votes: list[Vote], fewest: int = 1) -> dict[str, float]:
    return {row.system: row.rating for row in rate(votes, bootstraps=20, fewest=fewest).rows}


@pytest.mark.parametrize(
    ("wins", "ties", "losses", "difference"),
    [
        (15, 0, 15, 0.0),
        (0, 30, 0, 0.0),
        (20, 0, 10, 400 * math.log10(20 / 10)),  # 120.41
        (30, 0, 3, 400.0),  # ten wins for each loss
        (10, 10, 10, 0.0),
        (15, 10, 5, 400 * math.log10(20 / 10)),  # ties count ½: 15 + 5 against 5 + 5
        (29, 2, 0, 400 * math.log10(30)),  # 30 against 1: a tie is enough for a rating
    ],
)
def test_two_systems(wins: int, ties: int, losses: int, difference: float) -> None:
    found = ratings_of(votes(("a", wins, ties, losses, "b")))
    # The mean is 1000, so each is half of the difference away from it.
    assert found["a"] == pytest.approx(1000 + difference / 2, abs=1e-6)
    assert found["b"] == pytest.approx(1000 - difference / 2, abs=1e-6)


def test_a_chain_of_three() -> None:
    # a : b = 2 : 1 and b : c = 4 : 1; a and c never meet. So a is 120.41 above b, b 240.82 above c;
    # the mean of (120.41, 0, -240.82) is -40.14.
    some = votes(("b", 20, 0, 5, "c"), ("a", 10, 0, 20, "b"))
    assert [(row.system, row.battles) for row in rate(some).rows] == [
        ("b", 55),
        ("a", 30),
        ("c", 25),
    ]
    found = ratings_of(votes(("a", 20, 0, 10, "b"), ("b", 20, 0, 5, "c")))
    two, four = 400 * math.log10(2), 400 * math.log10(4)
    middle = 1000 - (two - four) / 3
    assert found == pytest.approx({"a": middle + two, "b": middle, "c": middle - four}, abs=1e-6)


def test_a_circle_makes_equals() -> None:
    found = ratings_of(votes(("a", 9, 0, 3, "b"), ("b", 9, 0, 3, "c"), ("c", 9, 0, 3, "a")))
    assert found == pytest.approx(dict.fromkeys("abc", 1000), abs=1e-6)


def test_wins_are_what_the_ratings_expect() -> None:
    """The condition for the maximum: for each system, Σ n · P(win) is its wins."""
    some = tournament([0.9, 0.1, -0.2, -0.8], 50, seed=3)
    found = ratings_of(some)
    wins, expected = dict.fromkeys(found, 0.0), dict.fromkeys(found, 0.0)
    for vote in some:
        won = {LEFT: 1.0, TIE: 0.5, RIGHT: 0.0}[vote.winner]
        chance = 1 / (1 + 10 ** ((found[vote.right] - found[vote.left]) / 400))
        for system, mine, hoped in ((vote.left, won, chance), (vote.right, 1 - won, 1 - chance)):
            wins[system] += mine
            expected[system] += hoped
    assert expected == pytest.approx(wins, abs=1e-6)
    assert np.mean(list(found.values())) == pytest.approx(1000, abs=1e-9)


def test_columns() -> None:
    found = rate(tournament([0.6, 0, -0.6], 100, seed=1), bootstraps=400)
    assert [row.system for row in found.rows] == ["0", "1", "2"]
    assert [row.battles for row in found.rows] == [200, 200, 200]
    assert [row.rank for row in found.rows] == ranks(
        [row.low for row in found.rows], [row.high for row in found.rows]
    )
    assert found.unrated == {}
    assert found.unbounded == {}
    for row in found.rows:
        assert row.low < row.rating < row.high
        # Of about normal resamples: 95 % are within 1.96 standard deviations.
        assert (row.high - row.low) / 2 == pytest.approx(1.96 * math.sqrt(row.variance), rel=0.15)


def test_quantiles_and_variance_are_those_of_the_resamples() -> None:
    some = tournament([0.3, 0, -0.3], 40, seed=1)
    drawn = resample(some, bootstraps=11)
    found = rate(some, bootstraps=11)
    for place, row in enumerate(found.rows):
        mine = np.sort(drawn.resampled_B_S[:, place])
        # 11 resamples: the 2.5th percentile is a quarter of the way from the lowest to the next.
        assert row.low == pytest.approx(mine[0] + (mine[1] - mine[0]) / 4)
        assert row.high == pytest.approx(mine[-1] - (mine[-1] - mine[-2]) / 4)
        assert row.variance == pytest.approx(((mine - mine.mean()) ** 2).sum() / 10)
    assert drawn.resampled_B_S.mean(axis=1) == pytest.approx([1000] * 11)


def test_resamples_scatter_as_theory_says() -> None:
    # 400 votes, 300 won: the variance of ln(p / q) is 1 / (n·p·q) = 1/75; the difference of the
    # two ratings is 173.72 times that logarithm, each rating half of it: 86.86² / 75 = 100.6.
    (first, _) = rate(votes(("a", 300, 0, 100, "b")), bootstraps=4000).rows
    assert first.variance == pytest.approx(100.6, rel=0.1)


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_and_sides_do_not_matter(chance: random.Random) -> None:
    some = tournament([0.4, 0.1, -0.5], 12, seed=5)
    sides = {LEFT: RIGHT, RIGHT: LEFT, TIE: TIE}
    other = [
        dataclasses.replace(
            vote, left=vote.right, right=vote.left, winner=sides[vote.winner], voter="bo"
        )
        if chance.random() < 0.5
        else vote
        for vote in chance.sample(some, len(some))
    ]
    assert rate(other, bootstraps=20) == rate(some, bootstraps=20)


def test_names_do_not_matter() -> None:
    some = tournament([0.4, 0.1, -0.5], 30, seed=5)
    names = {"0": "z", "1": "鸭子", "2": "ñandú"}
    other = [dataclasses.replace(v, left=names[v.left], right=names[v.right]) for v in some]
    assert {names[name]: value for name, value in ratings_of(some).items()} == pytest.approx(
        ratings_of(other)
    )


def test_a_win_never_lowers_the_winner() -> None:
    some = tournament([0.4, 0.1, 0, -0.5], 12, seed=5)
    before = ratings_of(some)
    after = ratings_of([*some, *votes(("3", 1, 0, 0, "0"))])
    assert after["3"] > before["3"]
    assert after["0"] < before["0"]


def test_seeds() -> None:
    some = tournament([0.4, 0.1, -0.5], 12, seed=5)
    first, again, other = (rate(some, bootstraps=50, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert [row.rating for row in first.rows] == [row.rating for row in other.rows]
    assert first.rows[0].low != other.rows[0].low


def test_blocks_are_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resamples are worked on in blocks, so that many systems fit into memory."""
    some = tournament([0.4, 0.1, -0.5], 12, seed=5)
    whole = rate(some, bootstraps=50)
    monkeypatch.setattr("semeval_humor.ratings.resampling._BLOCK", 70)  # 7 resamples of 3 × 3
    parts = rate(some, bootstraps=50)
    for row, same in zip(parts.rows, whole.rows, strict=True):
        assert dataclasses.astuple(row)[1:] == pytest.approx(dataclasses.astuple(same)[1:])


# Systems without a rating


CORE = [("a", 20, 5, 15, "b"), ("b", 20, 5, 15, "c"), ("c", 20, 5, 15, "a")]


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ([("x", 19, 0, 0, "a")], {"x": "19 votes, expected 20 or more"}),
        ([("x", 0, 1, 0, "a")], {"x": "1 vote, expected 20 or more"}),
        ([("x", 25, 0, 0, "a")], {"x": "undefeated: won all of its 25 votes"}),
        ([("x", 0, 0, 25, "a")], {"x": "winless: lost all of its 25 votes"}),
        (
            # Each of the first two beat somebody; nobody is below or above both.
            [("x", 15, 0, 15, "y"), ("x", 30, 0, 0, "a")],
            dict.fromkeys("xy", "disconnected: no rated system has beaten or tied it"),
        ),
        (
            [("x", 15, 0, 15, "y"), ("a", 30, 0, 0, "x")],
            dict.fromkeys("xy", "disconnected: it has beaten or tied no rated system"),
        ),
        ([("x", 15, 0, 15, "y")], dict.fromkeys("xy", "disconnected: no chain of votes")),
        # Undefeated once the undefeated one is left out.
        (
            [("x", 20, 0, 0, "y"), ("y", 20, 0, 0, "a")],
            {"x": "undefeated", "y": "disconnected: no rated system has beaten"},
        ),
        # Votes against a system that is left out do not count.
        (
            [("x", 9, 0, 1, "y"), ("x", 9, 0, 1, "z")],
            {"x": "no vote against a system that has 20", "y": "10 votes", "z": "10 votes"},
        ),
    ],
)
def test_systems_that_cannot_be_rated_are_named(
    more: list[tuple[str, int, int, int, str]], reasons: dict[str, str]
) -> None:
    found = rate(votes(*CORE, *more), bootstraps=50)
    assert found.unrated.keys() == reasons.keys()
    for system, reason in reasons.items():
        assert found.unrated[system].startswith(reason)
    # The others are rated as if those had never been there.
    assert found.rows == rate(votes(*CORE), bootstraps=50).rows
    assert all(math.isfinite(row.rating) for row in found.rows)


def test_19_votes_are_too_few_and_20_are_not() -> None:
    assert rate(votes(("a", 10, 0, 9, "b")), bootstraps=2).rows == ()
    assert len(rate(votes(("a", 10, 0, 10, "b")), bootstraps=2).rows) == 2


def test_where_nobody_can_be_rated() -> None:
    found = rate(votes(("a", 20, 0, 0, "b"), ("b", 20, 0, 0, "c")), bootstraps=2)
    assert found.rows == ()
    assert {name: reason.partition(":")[0] for name, reason in found.unrated.items()} == {
        **{"a": "undefeated", "b": "disconnected", "c": "winless"}
    }


def test_of_two_groups_the_larger_is_rated() -> None:
    apart = [("d", 20, 0, 20, "e"), ("e", 20, 0, 20, "f"), ("f", 21, 0, 20, "d")]
    smaller = votes(*CORE, *apart)  # three systems each, 120 votes against 121
    assert rate(smaller, bootstraps=2).unrated.keys() == set("abc")
    assert rate([*smaller, *votes(("a", 1, 0, 1, "b"))], bootstraps=2).unrated.keys() == set("def")


def test_a_resample_without_a_defeat_has_a_finite_rating() -> None:
    # One loss in 40: (39/40)^40 = 36 % of the resamples are without it.
    some = votes(("a", 39, 0, 1, "b"))
    drawn = resample(some, bootstraps=2000)
    share = drawn.unbounded["a"]
    assert share == drawn.unbounded["b"]
    assert share == pytest.approx((39 / 40) ** 40, abs=0.03)
    # There each of the two gets a vote more, 39/40 of it won: 41.95 wins against 0.05.
    highest = 200 * math.log10((40 + 2 * 39 / 40) / (2 / 40))
    assert drawn.resampled_B_S.max() == pytest.approx(1000 + highest, abs=1e-6)
    assert (drawn.resampled_B_S[:, 0] > 1000 + highest - 1).mean() == pytest.approx(share)
    found = rate(some, bootstraps=2000)
    assert found.unbounded == drawn.unbounded
    assert found.rows[0].high == pytest.approx(1000 + highest, abs=1e-6)


def gap(drawn: Resampled, first: str, second: str) -> NDArray[np.float64]:
    """How far one system is above another in each resample."""
    one, other = (drawn.resampled_B_S[:, drawn.systems.index(name)] for name in (first, second))
    difference: NDArray[np.float64] = one - other
    return difference


def test_a_resample_without_a_defeat_leaves_the_others_where_they_are() -> None:
    some = votes(*CORE, ("x", 39, 0, 1, "a"))
    drawn = resample(some, bootstraps=400)
    assert drawn.unbounded.keys() == {"x"}
    assert np.isfinite(drawn.resampled_B_S).all()
    # x is at most some 60 wins, drawn of 39, for 1/40 of a loss above a.
    assert gap(drawn, "x", "a").max() < 400 * math.log10(60 * 40)
    without = resample(votes(*CORE), bootstraps=400)
    for pair in itertools.combinations("abc", 2):
        assert gap(drawn, *pair).std() == pytest.approx(gap(without, *pair).std(), rel=0.1)


def test_rare_resamples_without_a_defeat_are_not_worth_a_word() -> None:
    found = rate(votes(("a", 35, 0, 5, "b")), bootstraps=400)  # (7/8)^40 = 0.5 %
    assert resample(votes(("a", 35, 0, 5, "b")), bootstraps=400).unbounded != {}
    assert found.unbounded == {}


def test_far_apart_systems_are_reached() -> None:
    # 3000 wins for each loss, twelve times over: 12 × 400 · log10(3000) from end to end.
    names = "abcdefghijklm"
    chain = [(a, 3000, 0, 1, b) for a, b in itertools.pairwise(names)]
    found = ratings_of(votes(*chain))
    assert found["a"] - found["m"] == pytest.approx(12 * 400 * math.log10(3000), abs=1e-3)


@pytest.mark.parametrize(
    ("some", "options", "error", "message"),
    [
        ([], {}, DataError, "no votes"),
        (votes(*CORE), {"bootstraps": 1}, ConfigError, "bootstraps 1, expected 2 or more"),
    ],
)
def test_undefined_ratings(
    some: list[Vote], options: dict[str, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        rate(some, **options)


def test_strengths_that_do_not_exist_are_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "MOST_STEPS", 30)
    always = np.array([[[0.0, 9.0], [0.0, 0.0]]])
    with pytest.raises(DataError, match="no likeliest strengths in 30 steps"):
        fit.strengths(always)


# Ranks


def test_ranks() -> None:
    # a 10–20, b 15–25 overlap; c 5–9 is below both, d 0–8 overlaps with c; e touches a.
    lower, upper = [10.0, 15.0, 5.0, 0.0, 20.0], [20.0, 25.0, 9.0, 8.0, 30.0]
    assert ranks(lower, upper) == [1, 1, 4, 4, 1]
    assert ranks([], []) == []


@pytest.mark.parametrize("path", SCORES or [None], ids=str)
def test_ranks_of_the_organisers(path: Path | None) -> None:
    if path is None:
        pytest.skip("the score files are not at hand")
    rows = json.loads(path.read_text(encoding="utf-8"))
    found = ranks([row["rating_q025"] for row in rows], [row["rating_q975"] for row in rows])
    assert found == [row["final_ranking"] for row in rows]
    assert len(set(found)) > 5


@pytest.mark.parametrize(
    ("lower", "upper", "message"),
    [
        ([1.0], [2.0, 3.0], "1 lower ends of intervals, but 2 upper ones"),
        ([1.0, 3.0], [2.0, 2.0], "interval 2 is from 3.0 to 2.0"),
        ([math.nan], [2.0], "interval 1 is from nan"),
    ],
)
def test_ranks_of_no_intervals(lower: list[float], upper: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        ranks(lower, upper)


# Against another implementation, and the truth


@pytest.mark.parametrize("seed", range(3))
def test_another_implementation_agrees(seed: int) -> None:
    evalica = pytest.importorskip("evalica")
    strengths = np.random.default_rng(seed).normal(0, 0.6, 25)
    some = tournament(strengths, 6, seed=seed)
    names = {LEFT: evalica.Winner.X, RIGHT: evalica.Winner.Y, TIE: evalica.Winner.Draw}
    theirs = evalica.bradley_terry(
        [vote.left for vote in some],
        [vote.right for vote in some],
        [names[vote.winner] for vote in some],
        tolerance=1e-12,
        limit=10_000,
    ).scores
    ours = resample(some, bootstraps=2)
    assert ours.unrated == {}
    mine = (ours.ratings_S - 1000) * math.log(10) / 400
    logs = np.log([theirs[name] for name in ours.systems])
    assert mine == pytest.approx(logs - logs.mean(), abs=1e-4)


def test_speed() -> None:
    generator = np.random.default_rng(0)
    some = [
        Vote(f"en_{number}", Lang.EN, f"s{left}", f"s{right}", winner, "ana")
        for number in range(13_000)
        for left, right in [generator.choice(40, 2, replace=False)]
        for winner in [Winner(generator.choice(list(Winner)))]
    ]
    start = time.process_time()
    assert len(rate(some, bootstraps=1000).rows) == 40
    assert time.process_time() - start < 3


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    """Of 8 systems with 406 votes each, in 200 tournaments, ties among them."""
    inside = []
    for seed in range(200):
        strengths = np.random.default_rng(seed).normal(0, 0.35, 8)
        found = rate(tournament(strengths, 58, seed=seed), bootstraps=1000)
        true = 1000 + 400 / math.log(10) * (strengths - strengths.mean())
        inside += [row.low <= true[int(row.system)] <= row.high for row in found.rows]
    assert len(inside) == 1600
    assert np.mean(inside) >= 0.92
