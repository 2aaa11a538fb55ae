import dataclasses
from collections import Counter
from collections.abc import Sequence

import pytest

from semeval_humor.bench.schedule import Battle, battles, possible
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.schema import Headline, Lang, Prompt, Task
from semeval_humor.submission.entries import Entry
from tests.bench.contest import entry, prompt, system

ALL = 10_000


def all_pairs(entries: Sequence[Entry], budget: int, seed: int = 0) -> list[Battle]:
    return battles(entries, schedule="all-pairs", baseline=None, budget=budget, seed=seed)


def meeting(battle: Battle) -> tuple[str, ...]:
    """Who meets over what, whatever the sides."""
    return (battle.prompt.id, *sorted((battle.left, battle.right)))


FIVE = [system(name, 12) for name in "abcde"]  # 10 pairs, 120 battles


def test_all_battles_are_found_and_none_twice() -> None:
    found = all_pairs(FIVE, ALL)
    assert len(found) == 120 == possible(FIVE, schedule="all-pairs", baseline=None)
    assert len({meeting(each) for each in found}) == 120
    for each in found:
        assert each.left_text == f"{each.left} on {each.prompt.id}"
        assert each.right_text == f"{each.right} on {each.prompt.id}"


@pytest.mark.parametrize("budget", [1, 7, 10, 35, 119])
def test_battles_are_spread_evenly_over_pairs_and_prompts(budget: int) -> None:
    found = all_pairs(FIVE, budget)
    assert len(found) == budget
    pairs = Counter(meeting(each)[1:] for each in found)
    prompts = Counter(each.prompt.id for each in found)
    for counts, kinds in ((pairs, 10), (prompts, 12)):
        assert max(counts.values()) <= -(-budget // kinds)  # rounded up
        assert min(counts.values()) >= budget // kinds or len(counts) < kinds


def test_a_pair_in_several_languages_is_spread_over_them() -> None:
    entries = [system(name, 4, lang) for name in ("ours", "theirs") for lang in Lang]
    assert Counter(each.prompt.lang for each in all_pairs(entries, 6)) == dict.fromkeys(Lang, 2)


def test_a_greater_budget_only_adds_and_the_seed_decides() -> None:
    assert all_pairs(FIVE, 50)[:20] == all_pairs(FIVE, 20)
    assert all_pairs(FIVE[::-1], 50) == all_pairs(FIVE, 50)
    assert all_pairs(FIVE, 50, seed=1) != all_pairs(FIVE, 50)


def test_a_further_system_leaves_the_battles_of_the_others_as_they_were() -> None:
    before = {meeting(each): each for each in all_pairs(FIVE[:2], 12)}
    after = {meeting(each): each for each in all_pairs(FIVE[:3], 9)}
    shared = before.keys() & after.keys()
    assert len(shared) == 3  # a third of the nine
    assert all(before[each] == after[each] for each in shared)


def test_sides_are_drawn_by_lot() -> None:
    left = Counter(each.left for each in all_pairs([system("a", 400), system("b", 400)], ALL))
    assert 160 < left["a"] < 240  # 200 ± 4 standard deviations of 10


def test_only_the_baseline_is_met() -> None:
    found = battles(FIVE, schedule="baseline", baseline="b", budget=ALL, seed=0)
    assert len(found) == 48 == possible(FIVE, schedule="baseline", baseline="b")
    assert all("b" in (each.left, each.right) for each in found)


@pytest.mark.parametrize("lang", Lang)
def test_identical_and_missing_texts_do_not_meet(lang: Lang) -> None:
    rows = [prompt(lang, number) for number in range(4)]
    ours = entry("ours", {rows[0].id: "x", rows[1].id: "y", rows[2].id: "z"}, rows, lang)
    theirs = entry("theirs", {rows[0].id: " x", rows[1].id: "Y", "xx_1": "?"}, rows, lang)
    assert [each.prompt for each in all_pairs([ours, theirs], ALL)] == [rows[1]]


def test_prompts_may_be_known_to_one_system_only() -> None:
    unknown = entry("theirs", system("theirs", 3).texts, [])
    assert len(all_pairs([system("ours", 3), unknown], ALL)) == 3


ONE = system("ours", 2)
OTHER_PROMPT = Prompt("en_0000", Task.A, Lang.EN, Headline("Clock repaired"))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([ONE], "no two systems that are to meet have a file for the same task"),
        ([ONE, system("theirs", 2, Lang.ES)], "have a file for the same task"),
        ([ONE, dataclasses.replace(ONE, system="theirs")], "have different texts for one prompt"),
        ([entry(name, {"en_1": name}, []) for name in "ab"], "task-a-en.tsv: its prompts are not"),
        ([ONE, entry("theirs", {}, [OTHER_PROMPT])], "theirs/task-a-en.tsv: en_0000 answers anot"),
    ],
)
def test_nothing_to_judge_is_told(entries: list[Entry], message: str) -> None:
    with pytest.raises(DataError, match=message):
        all_pairs(entries, 10)


@pytest.mark.parametrize(
    ("baseline", "message"), [(None, "no baseline is named"), ("f", "no system f")]
)
def test_a_baseline_must_be_there(baseline: str | None, message: str) -> None:
    with pytest.raises(ConfigError, match=f"{message}; it may be one of a, b, c, d, e"):
        battles(FIVE, schedule="baseline", baseline=baseline, budget=1, seed=0)
