"""A judge's card: how far it contradicts itself, what it goes by, and whether people agree.

All intervals are of 95 %.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semeval_humor.bench.judging import Verdict
from semeval_humor.errors import DataError
from semeval_humor.markdown import plain, table
from semeval_humor.metrics.intervals import wilson_interval
from semeval_humor.schema import Score, Winner
from semeval_humor.text.length import count_characters

COIN = 0.5

MEASURES: Mapping[str, str] = {
    "flip_rate": "battles in which the verdict changed when the jokes changed places (best: 0)",
    "tie_rate": "battles without a winner, those included in which the verdict changed",
    "first_rate": "answers for the joke shown first, of those for one joke (fair: 0.5)",
    "longer_rate": "wins of the joke with more characters, of wins between different lengths",
    "people": "decisive votes of people with which it agrees, its ties counting half (coin: 0.5)",
}
"""What is measured, and what it is a share of."""

_ONE_ORDER = "it reads one joke at a time, so their order cannot matter"


@dataclass(frozen=True, slots=True)
class Measure:
    """A share in [0, 1] with its interval; ``items`` is what it is a share of."""

    value: float
    low: float
    high: float
    items: int

    @property
    def holds_coin(self) -> bool:
        """Whether a toss of a coin would do as well."""
        return self.low <= COIN <= self.high

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def judge_card(
    judge: str,
    verdicts: Sequence[Verdict],
    *,
    asked: int,
    possible: int,
    swaps: bool,
    people: Score | None,
    no_people: str = "no file of people's pairs was given",
) -> dict[str, Any]:
    """Everything known of a judge, as JSON values.

    Args:
        judge: its name.
        verdicts: what it holds of the battles that it answered.
        asked: battles that it was asked about.
        possible: battles that there could have been.
        swaps: it was asked for both orders of each two jokes.
        people: its agreement with people; see ``agreement_of_gaps``. None where it is not known.
        no_people: why it is not known.

    Returns:
        ``judge``; ``battles`` with a verdict, ``unanswered`` ones, and ``possible`` ones; the
        MEASURES, each with value, low, high and items, or None; ``reasons`` why those are None, by
        name; ``says``: what it means, in sentences.
    """
    flip = _flip_rate(verdicts) if swaps else _ONE_ORDER
    first = _first_rate(verdicts) if swaps else _ONE_ORDER
    found: dict[str, Measure | str] = {
        "flip_rate": flip,
        "tie_rate": _tie_rate(verdicts),
        "first_rate": first,
        "longer_rate": _longer_rate(verdicts),
        "people": no_people if people is None else _measured(people),
    }
    known = {name: each for name, each in found.items() if isinstance(each, Measure)}
    return {
        "judge": judge,
        "battles": len(verdicts),
        "unanswered": asked - len(verdicts),
        "possible": possible,
        **{name: dataclasses.asdict(known[name]) if name in known else None for name in MEASURES},
        "reasons": {name: each for name, each in found.items() if isinstance(each, str)},
        "says": [*_of_people(known.get("people")), *_of_bias(known), *_of_gaps(asked, verdicts)],
    }


def measure_of(card: Mapping[str, Any], name: str) -> Measure | None:
    """One of the MEASURES of a card; None where it is not known."""
    return Measure(**card[name]) if card[name] else None


def markdown(card: Mapping[str, Any]) -> str:
    """A card as Markdown: what it means, and a table."""
    rows = []
    for name, meaning in MEASURES.items():
        measure = measure_of(card, name)
        if measure is None:
            rows.append([name, "–", "–", "–", plain(f"not known: {card['reasons'][name]}")])
        else:
            interval = f"{measure.low:.3f} – {measure.high:.3f}"
            rows.append([name, f"{measure.value:.3f}", interval, str(measure.items), meaning])
    says = "".join(f"- {plain(sentence)}\n" for sentence in card["says"])
    counts = f"{card['battles']} battles with a verdict, of {card['possible']} possible ones.\n"
    head = ["", "share", "95 %", "of", "what it says"]
    named = [[f"`{name}`", *cells] for name, *cells in rows]
    return (
        f"# Judge {plain(card['judge'])}\n\n{counts}\n{says}\n{table(head, named, align='lrrrl')}"
    )


def _flip_rate(verdicts: Sequence[Verdict]) -> Measure | str:
    flips = sum(verdict.flipped for verdict in verdicts)
    return _share(flips, len(verdicts)) if verdicts else "no battle has a verdict"


def _tie_rate(verdicts: Sequence[Verdict]) -> Measure | str:
    ties = sum(verdict.winner is Winner.TIE for verdict in verdicts)
    return _share(ties, len(verdicts)) if verdicts else "no battle has a verdict"


def _first_rate(verdicts: Sequence[Verdict]) -> Measure | str:
    """How often the joke shown first is named, each battle counting once.

    A judge that is not swayed names either joke once first and once second. The two answers of
    a battle depend on each other, so the interval is that of as many coins as there are battles,
    which is never too narrow: nothing in [0, 1] varies more than a coin with the same mean.
    """
    firsts: list[float] = []
    for verdict in verdicts:
        named = [answer for answer in verdict.answers if answer is not Winner.TIE]
        if named:
            firsts.append(named.count(Winner.LEFT) / len(named))
    if not firsts:
        return "it never preferred a joke"
    total, items = math.fsum(firsts), len(firsts)  # a whole number of halves
    low, _ = wilson_interval(math.floor(total), items)
    _, high = wilson_interval(math.ceil(total), items)
    return Measure(total / items, low, high, items)


def _longer_rate(verdicts: Sequence[Verdict]) -> Measure | str:
    longer = [
        (left > right) is (verdict.winner is Winner.LEFT)
        for verdict in verdicts
        if verdict.winner is not Winner.TIE
        for left in [count_characters(verdict.battle.left_text)]
        for right in [count_characters(verdict.battle.right_text)]
        if left != right
    ]
    return _share(sum(longer), len(longer)) if longer else "no joke beat one of another length"


def _share(found: int, items: int) -> Measure:
    return Measure(found / items, *wilson_interval(found, items), items)


def _measured(score: Score) -> Measure:
    if score.low is None or score.high is None:
        raise DataError(f"{score.name}: no interval")
    return Measure(score.value, score.low, score.high, score.items)


def _of_people(people: Measure | None) -> list[str]:
    if people is None:
        return ["It was not compared with people: what its votes are worth is not known."]
    found = f"agreement with people: {people}, {people.items} votes"
    if people.holds_coin:
        return [f"This judge is no better than a coin ({found})."]
    if people.high < COIN:
        return [f"This judge is worse than a coin ({found})."]
    return [f"This judge agrees with people more often than a coin does ({found})."]


def _of_bias(known: Mapping[str, Measure]) -> list[str]:
    found = []
    first, longer, flip = map(known.get, ("first_rate", "longer_rate", "flip_rate"))
    if first and not first.holds_coin:
        place = "first" if first.value > COIN else "second"
        found.append(f"It prefers the joke that is shown {place} (first_rate {first}).")
    if flip and flip.value > COIN:
        found.append(
            f"Most of its verdicts change when the jokes change places (flip_rate {flip})."
        )
    if longer and not longer.holds_coin:
        length = "longer" if longer.value > COIN else "shorter"
        found.append(f"The {length} of two jokes wins more often (longer_rate {longer}).")
    return found


def _of_gaps(asked: int, verdicts: Sequence[Verdict]) -> list[str]:
    missing = asked - len(verdicts)
    return [f"{missing} of {asked} battles have no verdict; run again to ask for them."] * bool(
        missing
    )
