"""Cards by hand; intervals are Wilson's, computed here from the closed form."""

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest

from semeval_humor.bench.judge_card import MEASURES, Measure, judge_card, markdown, measure_of
from semeval_humor.bench.judging import Verdict
from semeval_humor.errors import DataError
from semeval_humor.schema import Lang, Score, Winner
from tests.bench.contest import battle

L, R, T = Winner.LEFT, Winner.RIGHT, Winner.TIE


def verdict(*answers: Winner, left: str = "long joke", right: str = "joke") -> Verdict:
    return Verdict(battle(left, right), answers)


def card(
    verdicts: Sequence[Verdict],
    *,
    asked: int | None = None,
    swaps: bool = True,
    people: Score | None = None,
) -> dict[str, Any]:
    return judge_card(
        "Judge_1",
        verdicts,
        asked=len(verdicts) if asked is None else asked,
        possible=1000,
        swaps=swaps,
        people=people,
    )


def agreement(value: float, low: float | None, high: float | None) -> Score:
    return Score("agreement", value, 60, Lang.EN, low, high)


def wilson(share: float, items: int) -> tuple[float, float]:
    z = 1.959964
    middle = (share + z * z / (2 * items)) / (1 + z * z / items)
    reach = z * math.sqrt(share * (1 - share) / items + z * z / (4 * items**2))
    reach /= 1 + z * z / items
    return middle - reach, middle + reach


EIGHT = [
    verdict(L, R),  # the left, longer one wins
    verdict(L, R),
    verdict(R, L),  # the right, shorter one wins
    verdict(L, R, left="same", right="size"),
    verdict(L, L),  # first twice
    verdict(L, T),  # first, and a tie
    verdict(R, R),  # second twice
    verdict(T, T),
]


@pytest.mark.parametrize(
    ("name", "value", "items"),
    [
        ("flip_rate", 3 / 8, 8),  # LL, LT and RR
        ("tie_rate", 4 / 8, 8),  # those, and TT
        ("first_rate", (4 * 0.5 + 1 + 1 + 0) / 7, 7),  # all but TT name a joke
        ("longer_rate", 2 / 3, 3),  # of four wins one is between equal lengths
    ],
)
def test_shares_by_hand(name: str, value: float, items: int) -> None:
    found = measure_of(card(EIGHT), name)
    assert found is not None
    assert found.value == pytest.approx(value)
    assert found.items == items
    assert found.low <= found.value <= found.high


def test_intervals_are_those_of_a_share() -> None:
    found = card([verdict(L, R)] * 30 + [verdict(L, L)] * 10)
    for name, share, items in (
        ("flip_rate", 0.25, 40),
        ("tie_rate", 0.25, 40),
        ("longer_rate", 1, 30),
        ("first_rate", 0.625, 40),  # (30 halves + 10) / 40
    ):
        low, high = wilson(share, items)
        assert found[name]["low"] == pytest.approx(low)
        assert found[name]["high"] == pytest.approx(min(high, 1))


def test_half_a_joke_shown_first_widens_the_interval() -> None:
    found = card([verdict(L, R)] * 3)["first_rate"]  # 1.5 of 3
    assert found["value"] == 0.5
    assert found["low"] == pytest.approx(wilson(1 / 3, 3)[0])
    assert found["high"] == pytest.approx(wilson(2 / 3, 3)[1])


def test_a_judge_that_looks_at_places_only_is_seen() -> None:
    found = card([verdict(L, L)] * 30)
    assert found["flip_rate"]["value"] == found["tie_rate"]["value"] == 1
    assert found["first_rate"]["value"] == 1
    assert found["first_rate"]["low"] == pytest.approx(wilson(1, 30)[0])
    assert found["longer_rate"] is None
    assert found["reasons"]["longer_rate"] == "no joke beat one of another length"
    assert found["says"][1].startswith("It prefers the joke that is shown first (first_rate 1.000 ")
    assert found["says"][2].startswith("Most of its verdicts change when the jokes change places")
    assert "shown second" in card([verdict(R, R)] * 30)["says"][1]


@pytest.mark.parametrize(
    ("answers", "word"), [((L, R), "The longer of two jokes"), ((R, L), "The shorter of two jokes")]
)
def test_length_is_seen(answers: tuple[Winner, Winner], word: str) -> None:
    assert any(word in sentence for sentence in card([verdict(*answers)] * 20)["says"])
    assert not any(word in sentence for sentence in card([verdict(*answers)] * 2)["says"])


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ((0.52, 0.45, 0.59), "This judge is no better than a coin (agreement with people: 0.520 ["),
        ((0.56, 0.5, 0.62), "This judge is no better than a coin"),
        ((0.5, 0.5, 0.5), "This judge is no better than a coin"),  # nothing but ties
        ((0.6, 0.51, 0.69), "This judge agrees with people more often than a coin does"),
        ((0.4, 0.31, 0.49), "This judge is worse than a coin"),
    ],
)
def test_a_coin_is_called_one(people: tuple[float, float, float], sentence: str) -> None:
    found = card(EIGHT, people=agreement(*people))
    assert found["people"] == dict(
        zip(("value", "low", "high", "items"), (*people, 60), strict=True)
    )
    assert found["says"][0].startswith(sentence)
    assert found["says"][0].endswith(", 60 votes).")


def test_a_judge_that_nobody_compared_says_so() -> None:
    found = card(EIGHT)
    assert found["people"] is None
    assert found["reasons"] == {"people": "no file of people's pairs was given"}
    assert found["says"] == [
        "It was not compared with people: what its votes are worth is not known."
    ]


def test_what_cannot_be_measured_has_a_reason() -> None:
    found = card([verdict(L), verdict(T)], swaps=False)
    assert found["flip_rate"] is found["first_rate"] is None
    assert found["reasons"]["flip_rate"].startswith("it reads one joke at a time")
    empty = card([], asked=3)
    assert [empty[name] for name in MEASURES] == [None] * 5
    assert empty["reasons"].keys() == MEASURES.keys()
    assert (empty["battles"], empty["unanswered"]) == (0, 3)
    assert card([verdict(T, T)])["reasons"]["first_rate"] == "it never preferred a joke"


def test_battles_without_a_verdict_are_counted() -> None:
    found = card(EIGHT, asked=10)
    assert (found["battles"], found["unanswered"], found["possible"]) == (8, 2, 1000)
    assert found["says"][-1] == "2 of 10 battles have no verdict; run again to ask for them."


def test_agreement_without_an_interval_is_refused() -> None:
    with pytest.raises(DataError, match="agreement: no interval"):
        card(EIGHT, people=agreement(1.0, None, None))


def test_a_card_is_json_and_markdown() -> None:
    found = card(EIGHT, people=agreement(0.52, 0.45, 0.59), asked=10)
    assert json.loads(json.dumps(found)) == found
    page = markdown(found)
    assert page.startswith("# Judge Judge\\_1\n\n8 battles with a verdict, of 1000 possible ones.")
    assert "- This judge is no better than a coin" in page
    assert "| `flip_rate` | 0.375 | 0.137 – 0.694 | 8 | battles in which the verdict" in page
    bare = markdown(card([verdict(L)], swaps=False))
    assert "| `flip_rate` | – | – | – | not known: it reads one joke at a time" in bare


def test_measures_print_themselves() -> None:
    assert str(Measure(0.5, 0.25, 0.75, 4)) == "0.500 [0.250, 0.750]"
