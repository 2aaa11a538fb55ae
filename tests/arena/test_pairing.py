"""Which pair comes next."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.arena.contest import Choice, Contest, Pair, contest
from semeval_humor.arena.pairing import Pairing
from tests.arena.contests import GIFS, made_up, one_pair, prompts, small


def pairing(voted_on: Contest, seed: int = 0) -> Pairing:
    return Pairing(voted_on, random.Random(seed))


def all_pairs(found: Pairing, voter: str, task: str = "a-en") -> list[Pair]:
    """Everything that one voter sees, who always votes for the left side."""
    pairs = []
    while (pair := found.choose(task, voter)) is not None:
        pairs.append(pair)
        found.count(voter, pair, Choice.LEFT)
    return pairs


def test_a_voter_sees_each_pair_once() -> None:
    pairs = all_pairs(pairing(small(4)), "v")
    assert len(pairs) == 12  # 4 prompts × 3 pairs of 3 systems
    assert len({pair.key for pair in pairs}) == 12


@settings(max_examples=40)
@given(st.data())
def test_never_twice_never_the_same_text_and_never_too_few(data: st.DataObject) -> None:
    asked = prompts(data.draw(st.integers(1, 4)))
    systems = "abcd"[: data.draw(st.integers(2, 4))]
    texts = {
        name: {each.id: data.draw(st.sampled_from("xyz")) for each in asked} for name in systems
    }
    expected = {
        (each.id, frozenset((one, other)))
        for each in asked
        for one in systems
        for other in systems
        if texts[one][each.id] != texts[other][each.id]
    }
    if not expected:
        return
    found = pairing(contest(asked, texts), data.draw(st.integers(0, 99)))
    pairs = all_pairs(found, "v")
    assert len(pairs) == len(expected)
    assert {pair.key for pair in pairs} == expected


@pytest.fixture
def uneven() -> Pairing:
    """Where cid has 3 votes, ada and bob 11, dan 21; and ada against bob has none."""
    found = pairing(small(40, ["ada", "bob", "cid", "dan"]))
    both = [("ada", "cid"), ("bob", "cid"), ("dan", "cid")]
    both += 10 * [("ada", "dan"), ("bob", "dan")]
    for number, (left, right) in enumerate(both, start=1):
        found.count("others", Pair(f"en_{number:04}", left, right), Choice.TIE)
    return found


def test_the_system_with_the_fewest_votes_comes_first(uneven: Pairing) -> None:
    for number in range(20):
        pair = uneven.choose("a-en", f"voter {number}")
        assert pair is not None
        assert "cid" in (pair.left, pair.right)


def test_then_the_prompt_with_the_fewest_votes() -> None:
    found = pairing(small(4, ["ada", "bob"]))
    for number in (1, 2, 4):
        found.count("others", Pair(f"en_{number:04}", "ada", "bob"), Choice.TIE)
    first = found.choose("a-en", "v")
    assert first is not None
    assert first.prompt_id == "en_0003"


def test_a_voter_goes_through_the_prompts_before_one_comes_again() -> None:
    pairs = all_pairs(pairing(small(6)), "v")
    assert len({pair.prompt_id for pair in pairs[:6]}) == 6


def test_votes_are_spread_evenly_over_many_voters() -> None:
    found = pairing(small(10, ["ada", "bob", "cid", "dan"]))
    draw = random.Random(1)
    systems: Counter[str] = Counter()
    both: Counter[frozenset[str]] = Counter()
    for _ in range(300):
        voter = f"voter {draw.randrange(20)}"
        pair = found.choose("a-en", voter)
        assert pair is not None
        found.count(voter, pair, Choice.LEFT)
        systems.update((pair.left, pair.right))
        both[pair.key[1]] += 1
    assert max(systems.values()) - min(systems.values()) <= 2  # 150 each
    assert max(both.values()) - min(both.values()) <= 12  # 50 each


def test_skips_are_not_votes_but_do_not_come_again() -> None:
    found = pairing(one_pair("one", "two"))
    pair = found.choose("a-en", "v")
    assert pair is not None
    found.count("v", pair, Choice.SKIP)
    assert found.choose("a-en", "v") is None
    assert (found.judged("a-en", "v"), found.votes("a-en")) == (1, 0)
    found.count("w", pair, Choice.TIE)
    assert (found.judged("a-en", "w"), found.votes("a-en")) == (1, 1)


def test_what_is_taken_back_comes_again() -> None:
    found = pairing(one_pair("one", "two"))
    pair = found.choose("a-en", "v")
    assert pair is not None
    found.count("v", pair, Choice.LEFT)
    found.count("v", pair, Choice.LEFT, by=-1)
    assert found.choose("a-en", "v") is not None
    assert (found.judged("a-en", "v"), found.votes("a-en")) == (0, 0)


def test_sides_are_drawn(uneven: Pairing) -> None:
    pairs = [uneven.choose("a-en", f"voter {number}") for number in range(400)]
    lefts = Counter(pair.left for pair in pairs if pair)
    assert 150 < lefts["cid"] < 250  # 200 ± 5 standard deviations of 10


def test_tasks_do_not_mix() -> None:
    found = pairing(made_up([*prompts(1), *GIFS], ["ada", "bob"]))
    assert [pair.prompt_id for pair in all_pairs(found, "v", "b2")] == ["img_2_0001"]
    assert found.choose("b2", "v") is None
    assert found.choose("b1", "v") is not None


@pytest.mark.parametrize("pair", [Pair("en_9999", "ada", "bob"), Pair("img_0001", "ada", "bob")])
def test_votes_on_what_is_no_longer_voted_on_do_not_count(pair: Pair) -> None:
    found = pairing(small(1))
    found.count("v", pair, Choice.LEFT)
    assert found.judged("a-en", "v") == 0
