"""Who can be told apart, and how many votes it takes."""

import math

import numpy as np
import pytest

from semeval_humor.bench.power import gap, gaps
from semeval_humor.errors import ConfigError
from semeval_humor.ratings import Resampled, resample
from tests.tournament import tournament, votes


def resampled(ratings: dict[str, float], *drawn: tuple[float, ...]) -> Resampled:
    """Ratings as given, with resamples that are above them by so much."""
    values = np.array(list(ratings.values()))
    battles = np.full(len(ratings), 100)
    return Resampled(
        tuple(ratings), values, battles, values + np.array(drawn), {"odd": "1 vote"}, {}
    )


def test_by_hand() -> None:
    found = gap(
        resampled({"a": 1020, "b": 980}, *[(25.0, -25.0), (-25.0, 25.0)] * 2), system="a", other="b"
    )
    assert (found.system, found.other, found.difference) == ("a", "b", 40)
    assert (found.low, found.high) == (-10, 90)  # 40 ± 50
    # (1.959964 + 0.841621)² / 40² = 0.0049055 is wanted of 1 / variance, and there are
    # 1 / (4 · 50² / 3) = 0.0003. A vote adds p · (1 − p) / 173.718² for p = 1 / (1 + 10^−0.1) =
    # 0.557312: 0.246715 / 30177.9 = 8.17537e-06. 0.0046055 / 8.17537e-06 = 563.3
    assert found.more_votes == 564


def test_those_that_are_told_apart_need_no_votes() -> None:
    both = resampled({"a": 1020, "b": 980}, (5, -5), (-5, 5))
    above, below = gap(both, "a", "b"), gap(both, "b", "a")
    assert (above.more_votes, below.more_votes) == (0, 0)
    assert (above.low, above.high) == (-below.high, -below.low)


def test_equal_ratings_are_never_told_apart() -> None:
    assert gap(resampled({"a": 1000, "b": 1000}, (5, -5), (-5, 5)), "a", "b").more_votes is None
    even = gap(resample(votes(("a", 30, 0, 30, "b")), bootstraps=50), "a", "b")
    assert even.more_votes is None
    assert even.low < 0 < even.high


def test_a_lopsided_interval_takes_one_vote_at_least() -> None:
    # 100 in 77 of 80 resamples, and -1 in the others, so the variance is 371: less than the
    # 100² / 2.8016² = 1274 that is asked for, but more than 2.5 % are below 0.
    drawn = [(0.0, 0.0)] * 77 + [(-50.5, 50.5)] * 3
    found = gap(resampled({"a": 1050, "b": 950}, *drawn), "a", "b")
    assert found.low < 0
    assert found.more_votes == 1


@pytest.mark.parametrize("share", [0.55, 0.52])
def test_so_many_votes_do_tell_two_systems_apart(share: float) -> None:
    first = round(100 * share)
    found = gap(resample(votes(("a", first - 5, 10, 95 - first, "b"))), "a", "b")
    # The textbook's sample size for a share of ½ against another: 2.8016² · p · q / (p − ½)²;
    # ties scatter less, so the resamples have a smaller variance than that of 100 decided votes.
    textbook = 2.8016**2 * share * (1 - share) / (share - 0.5) ** 2
    assert found.more_votes == pytest.approx(textbook - 100, rel=0.1)


def test_more_votes_on_the_two_do_among_others_as_well() -> None:
    some = tournament([0.15, 0.05, 0.0, -0.1, -0.1], 30, seed=2, ties=0)
    before = gap(resample(some), "0", "2")
    assert before.more_votes
    wins = 1 / (1 + 10 ** (-before.difference / 400))
    won = round(wins * before.more_votes)
    after = resample([*some, *votes(("0", won, 0, before.more_votes - won, "2"))])
    places = [after.systems.index(name) for name in "02"]
    drawn = after.resampled_B_S[:, places[0]] - after.resampled_B_S[:, places[1]]
    found = gap(after, "0", "2")
    assert found.difference == pytest.approx(before.difference, abs=2)
    assert abs(found.difference) / drawn.std() == pytest.approx(2.8016, rel=0.1)


def test_ties_of_identical_texts_do_not_ask_for_more_votes() -> None:
    # 12 of 20 votes were won: a share of 0.6. Beside 80 ties it is one of 0.52, which would take 25
    # times as many votes; but further votes are never on identical texts.
    cast = votes(("a", 12, 0, 8, "b"))
    with_ties = resample([*cast, *votes(("a", 0, 80, 0, "b"))])
    alone = gap(resample(cast), "a", "b")
    found = gap(with_ties, "a", "b", resample(cast, fewest=1))
    assert found.difference == pytest.approx(400 * math.log10(0.52 / 0.48))
    among_ties = gap(with_ties, "a", "b").more_votes
    assert found.more_votes == alone.more_votes
    assert alone.more_votes
    assert among_ties
    assert among_ties > 20 * alone.more_votes


def test_all_against_one() -> None:
    found = gaps(resample(tournament([1.0, 0.05, 0.0, -1.0], 60, seed=2)), "2")
    assert [each.system for each in found] == ["0", "1", "3"]
    assert [each.more_votes == 0 for each in found] == [True, False, True]
    assert [math.copysign(1, each.difference) for each in found] == [
        1,
        found[1].difference > 0 or -1,
        -1,
    ]


def test_systems_without_a_rating() -> None:
    both = resampled({"a": 1020, "b": 980}, (5, -5), (-5, 5))
    with pytest.raises(ConfigError, match="odd has no rating: 1 vote"):
        gaps(both, "odd")
    with pytest.raises(ConfigError, match="no votes on 'c'; systems: a, b"):
        gap(both, "c", "a")
