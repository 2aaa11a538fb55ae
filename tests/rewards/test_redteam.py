import math

import pytest

from semeval_humor.errors import DataError
from semeval_humor.rewards.perturbations import HELD_OUT, Family
from semeval_humor.rewards.redteam import STEPS, redteam
from semeval_humor.rewards.redteam_card import Card
from semeval_humor.rewards.redteam_search import Search
from semeval_humor.schema import Lang, Prompt
from tests.rewards.fake_reward import FakeReward
from tests.rewards.jokes import JOKES

F = Family


def is_joke(prompt: Prompt, text: str) -> float:
    return float(text in JOKES[prompt.lang])


def lost(card: Card, family: Family | Search) -> dict[Lang, float]:
    return {each.lang: each.lost for each in card.attacks if each.family is family}


def test_who_knows_all_jokes_loses_nothing() -> None:
    card = redteam(FakeReward(is_joke), JOKES)
    assert len(card.attacks) == 3 * (len(Family) + len(Search))
    assert {each.lost for each in card.attacks} == {0.0}
    assert {each.mean_gap for each in card.attacks} == {1.0}
    assert [(each.jokes, each.share) for each in card.clean] == [(6, 1.0)] * 3
    assert card.passed


def test_who_knows_nothing_loses_everything() -> None:
    card = redteam(FakeReward(lambda prompt, text: 0.7), JOKES)
    assert {each.lost for each in card.attacks} == {1.0}
    assert {each.mean_gap for each in card.attacks} == {0.0}
    assert {each.gain for each in card.attacks if each.gain is not None} == {0.0}
    assert not card.passed


@pytest.mark.parametrize("sign", [1, -1])
def test_who_loves_length_is_fooled_by_it(sign: int) -> None:
    card = redteam(FakeReward(lambda prompt, text: sign * len(text)), JOKES)
    longer: list[Family | Search] = [
        F.TEN_TIMES,
        F.FOREIGN_HEAD,
        F.TAIL_LOOP,
        F.STUFFING,
        F.CODE,
        Search.APPENDER,
    ]
    shorter: list[Family | Search] = [F.EMPTY, F.ONE_CHARACTER, F.TRUNCATED, F.DROPPED]
    for family in longer if sign > 0 else shorter:
        assert set(lost(card, family).values()) == {1.0}, family
    for family in shorter if sign > 0 else longer:
        assert set(lost(card, family).values()) == {0.0}, family
    # Words that have only changed places are as long as before.
    assert set(lost(card, F.SWAPPED).values()) == {1.0}


def test_the_same_seed_finds_the_same() -> None:
    reward = FakeReward(lambda prompt, text: hash_like(text))
    first, again = (redteam(reward, JOKES, seed=3) for _ in range(2))
    assert first == again
    assert redteam(reward, JOKES, seed=4) != first


def test_the_order_of_the_jokes_does_not_matter() -> None:
    reward = FakeReward(lambda prompt, text: hash_like(text))
    turned = {lang: jokes[::-1] for lang, jokes in JOKES.items()}
    first, again = (redteam(reward, jokes, pairs=3) for jokes in (JOKES, turned))
    # But where chance takes other jokes, they come in their order.
    assert worst(first, F.SHUFFLED) == worst(again, F.SHUFFLED)


def worst(card: Card, family: Family) -> list[str]:
    return [
        example.spoilt for each in card.attacks if each.family is family for example in each.worst
    ]


def hash_like(text: str) -> float:
    return sum(map(ord, text)) % 97


def test_pairs_are_as_many_as_are_wanted() -> None:
    reward = FakeReward(is_joke)
    card = redteam(reward, {Lang.EN: JOKES[Lang.EN]}, pairs=3)
    assert {each.pairs for each in card.attacks} == {3}
    assert card.clean[0].jokes == 4  # a quarter more, rounded up
    assert F.WRONG_LANGUAGE not in {each.family for each in card.attacks}  # no other language
    # One call for the clean jokes and each family; a search asks step by step.
    assert reward.calls[: len(Family)] == [4] + [3] * (len(Family) - 1)


def test_worst_pairs_come_first() -> None:
    card = redteam(FakeReward(lambda prompt, text: len(text)), {Lang.EN: JOKES[Lang.EN]})
    (attack,) = [each for each in card.attacks if each.family is F.EMPTY]
    assert [example.gap for example in attack.worst] == sorted(map(len, JOKES[Lang.EN]))[:5]
    assert {example.spoilt for example in attack.worst} == {""}
    # All six jokes, one character short of nothing: the mean is that of their lengths.
    assert attack.mean_gap == pytest.approx(sum(map(len, JOKES[Lang.EN])) / 6)


def test_jokes_that_gates_touch_are_counted_and_left_out() -> None:
    odd, odder = JOKES[Lang.ES][:2]
    factors = {odd: 0.99, odder: None}  # None: the gate does not apply
    reward = FakeReward(is_joke, gate=lambda text: factors.get(text, 1.0))
    card = redteam(reward, {Lang.ES: JOKES[Lang.ES]})
    (clean,) = card.clean
    assert (clean.jokes, clean.untouched, clean.punished) == (6, 5, ((odd, ("odd",)),))
    assert not clean.passed
    assert card.failures == ("es: gates touch 1 of 6 clean jokes (16.7%), at most 2%",)
    assert {each.pairs for each in card.attacks} == {5}
    assert odd not in {example.joke for each in card.attacks for example in each.worst}


def test_a_reward_whose_gates_touch_everything_has_no_pairs() -> None:
    card = redteam(FakeReward(is_joke, gate=lambda text: 0.5), {Lang.ZH: JOKES[Lang.ZH]})
    assert card.attacks == ()
    assert not card.passed


def test_families_are_marked() -> None:
    card = redteam(FakeReward(is_joke), {Lang.ZH: JOKES[Lang.ZH]})
    marked = {each.family: each.held_out for each in card.attacks}
    assert {family for family, held_out in marked.items() if held_out} == (
        HELD_OUT | {Search.APPENDER}
    ) - {F.WRONG_LANGUAGE}


def test_every_attack_is_announced() -> None:
    heard: list[tuple[Lang, str]] = []
    redteam(FakeReward(is_joke), JOKES, tell=lambda lang, attack: heard.append((lang, attack)))
    assert len(heard) == len(set(heard)) == 3 * STEPS
    assert heard[0] == (Lang.EN, "clean jokes")


@pytest.mark.parametrize("jokes", [(), ("", " "), ("Oh no.",)])
def test_no_joke_to_test_with(jokes: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=r"^redteam: no es joke of two longer words"):
        redteam(FakeReward(is_joke), {Lang.ES: jokes})


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("spoilt", [True, False])
def test_a_reward_that_is_no_number(value: float, spoilt: bool) -> None:
    def score(prompt: Prompt, text: str) -> float:
        return value if (text not in JOKES[Lang.EN]) is spoilt else 0.0

    with pytest.raises(DataError, match=r"^redteam: the reward of '.*' is (nan|inf), expected"):
        redteam(FakeReward(score), {Lang.EN: JOKES[Lang.EN]})
