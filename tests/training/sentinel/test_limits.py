import math

import numpy as np
import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.training.sentinel.config import SetLimit
from semeval_humor.training.sentinel.hacking import hacking
from semeval_humor.training.sentinel.limits import (
    Breach,
    Limit,
    Source,
    learn_limits,
    of_rounds,
    of_texts,
)
from semeval_humor.training.sentinel.signals import Heard, Signal

SET = SetLimit


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, Breach.NONE),
        (1.0, Breach.NONE),
        (1.1, Breach.NEAR),
        (2.1, Breach.FAR),
        (-0.1, Breach.NEAR),
        (-math.inf, Breach.FAR),
        (math.inf, Breach.FAR),
    ],
)
def test_breach(value: float, expected: Breach) -> None:
    assert Limit(0, 1, -1, 2).breach(value) is expected
    assert Limit().breach(value) is Breach.NONE


@pytest.mark.parametrize(
    ("signal", "parent", "human", "limit"),
    [
        # constant: 1.5 of 12 samples is the margin, 0.125, more than the fixed 0.05
        (Signal.PURITY, (1, 1, 0), None, Limit(low=0.875, far_low=0.75)),
        # two spreads of 0.1 are more than the fixed 0.15
        (Signal.DISTINCT, (0.8, 0.9, 0.1), None, Limit(low=0.6, far_low=0.4)),
        # people are healthy too, and so is everything between: 0.7 - 0.15
        (Signal.DISTINCT, (0.8, 0.9, 0), (0.7, 0.75, 0), Limit(low=0.55, far_low=0.4)),
        # 0.3 - 0.15 would be less than half of 0.4
        (Signal.DISTINCT, (0.3, 0.9, 0.1), None, Limit(low=0.15, far_low=-0.05)),
        # half way from 0.75 to 1, though 0.75 + 2.5/12 is 0.958; far by a margin of 0.208
        (Signal.CUT_OFF, (0.25, 0.75, 0), None, Limit(high=0.875, far_high=0.875 + 2.5 / 12)),
        # a quarter and twice of what was seen
        (Signal.LENGTH, (20, 40, 1), (10, 15, 1), Limit(2.5, 80, -5, 120)),
        # two spreads are more than three quarters of the least
        (Signal.LENGTH, (20, 40, 9), None, Limit(2, 80, -16, 120)),
    ],
)
def test_learnt_limits(
    signal: Signal,
    parent: tuple[float, float, float],
    human: tuple[float, float, float] | None,
    limit: Limit,
) -> None:
    people: dict[str, Source] = {signal: Source(*human)} if human else {}
    found = learn_limits({str(signal): Source(*parent)}, people, 12, {})[signal]
    assert (found.low, found.high) == pytest.approx((limit.low, limit.high))
    assert (found.far_low, found.far_high) == pytest.approx((limit.far_low, limit.far_high))


def test_what_people_write_says_how_far_entropy_and_kl_may_go() -> None:
    parent: dict[str, Source] = {
        Signal.ENTROPY: Source(1.0, 1.2, 0),
        Signal.KL: Source(0, 0, 0),
        Signal.PARENT_NLL: Source(1.0, 1.2, 0),
    }
    # As entropy the largest that was seen and a quarter; as kl the same less the parent's 1.0.
    alone = learn_limits(parent, {}, 12, {})
    assert (alone[Signal.KL].high, alone[Signal.ENTROPY].high) == pytest.approx((1.2, 1.5))
    both = learn_limits(parent, {Signal.PARENT_NLL: Source(3, 4, 0.1)}, 12, {})
    assert (both[Signal.KL].high, both[Signal.ENTROPY].high) == pytest.approx((3.2, 5))
    assert both[Signal.ENTROPY].low == pytest.approx(0.5)
    assert both[Signal.PARENT_NLL].high == pytest.approx(6)


def test_limits_that_are_set() -> None:
    parent = {Signal.LENGTH: Source(20, 40, 1), "reward/gate": Source(0, 1, 0.1)}
    own = {"length": SET(high=50), "kl": SET(high=0.2), "reward/gate": SET(low=0.4)}
    found = learn_limits(parent, {}, 12, own)
    assert found["length"] == Limit(5, 50, -10, 90)  # the other side and the margin as learnt
    assert found["kl"] == Limit(high=0.2)  # nothing was learnt: two probes in a row
    assert found["reward/gate"] == Limit(low=0.4)
    never = learn_limits(parent, {}, 12, {"length": SET(low=-math.inf)})
    assert never["length"].breach(0) is Breach.NONE


def test_a_limit_for_no_signal_is_refused() -> None:
    with pytest.raises(ConfigError, match="no signal lenght, did you mean length"):
        learn_limits({}, {}, 12, {"lenght": SET(low=1)})
    with pytest.raises(ConfigError, match="there are empty, script-purity"):
        learn_limits({}, {}, 12, {"§": SET(low=1)})


def test_limits_that_leave_nothing_healthy_are_refused() -> None:
    parent: dict[str, Source] = {Signal.LENGTH: Source(20, 40, 1)}  # learnt: 5 to 80
    with pytest.raises(ConfigError, match=r"limits\.length: low 5 is above high 4.*set both"):
        learn_limits(parent, {}, 12, {"length": SET(high=4)})
    assert learn_limits(parent, {}, 12, {"length": SET(low=1, high=4)})["length"].high == 4
    for faulty in ({"low": 2, "high": 1}, {"low": math.nan}):
        with pytest.raises(ValueError, match=r"is above high 1|nan is no limit"):
            SET(**faulty)


def heard(values: list[float]) -> Heard:
    rows = np.array(values)
    return Heard(len(rows), {"x": rows}, {"largest": lambda chosen: float(rows[chosen].max())})


def test_rounds_are_mixed_but_no_sample_meets_itself() -> None:
    # Three prompts, two rounds. Sets of three whose prompts have 0 or 1, 2 or 3, 4 or 5.
    found = of_rounds(heard([0, 2, 4, 1, 3, 5]), rounds=2, seed=0)
    assert (found["x"].low, found["x"].high) == (2, 3)
    assert (found["largest"].low, found["largest"].high) == (4, 5)
    # A mean of three coins of ½ ± ½ has a variance of ¼/3; as two answers know only half of it: 2.
    assert found["x"].spread == pytest.approx((2 * 0.25 / 3) ** 0.5, rel=0.15)


def test_the_spread_is_that_of_new_answers() -> None:
    generator = np.random.default_rng(1)
    spreads = [
        of_rounds(heard(list(generator.normal(size=48))), rounds=4, seed=0)["x"].spread
        for _ in range(60)
    ]
    assert np.sqrt(np.mean(np.square(spreads))) == pytest.approx((1 / 12) ** 0.5, rel=0.1)
    spreads = [
        of_texts(heard(list(generator.normal(size=48))), 12, seed=0)["x"].spread for _ in range(60)
    ]
    assert np.sqrt(np.mean(np.square(spreads))) == pytest.approx((1 / 12) ** 0.5, rel=0.1)


def test_few_texts_are_taken_as_they_are() -> None:
    assert of_texts(heard([1, 3]), 12, 0)["x"] == Source(2, 2, 0)
    assert of_texts(heard([1, 3, 5]), 2, 0)["x"] == Source(2, 2, 0)  # the first two


@pytest.mark.parametrize(
    ("rewards", "held_out", "expected"),
    [
        ([1], [1], 0),
        ([0, 0, 5, 5], [0, 0, -3, -3], 3),  # up by 5 spreads, down by 3
        ([0, 0, 2, 2], [0, 0, -3, -3], 2),
        ([0, 0, 5, 5], [0, 0, 3, 3], 0),  # both rise
        ([5, 5, 0, 0], [0, 0, -3, -3], 0),  # both fall
        # first both rise, then one falls: since the middle, up by 4 and down by 6
        ([0, 0, 4, 4, 8, 8], [0, 0, 6, 6, 0, 0], 4),
        ([0, 0, 0, 9], [0, 0, 0, -9], 4.5),  # one probe counts half
    ],
)
def test_hacking(rewards: list[float], held_out: list[float], expected: float) -> None:
    assert hacking(rewards, held_out, 1, 1) == expected
    doubled = [2 * value for value in rewards], [3 * value for value in held_out]
    assert hacking(*doubled, 2, 3) == pytest.approx(expected)
