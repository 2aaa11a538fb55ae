import math

import pytest

from semeval_humor.rewards.perturbations.source import join, pieces
from semeval_humor.rewards.redteam_search import Climb, Original, Search, climb
from semeval_humor.schema import Lang, Prompt
from tests.rewards.fake_reward import FakeReward
from tests.rewards.jokes import JOKES, prompt

WORDS = {
    Lang.EN: ("walnut mailbox",),
    Lang.ES: ("nuez buzón",),
    Lang.ZH: ("核桃信箱",),
}


def run(
    search: Search, lang: Lang, score: FakeReward, budget: int = 64, seed: int = 0
) -> list[Climb]:
    originals = [
        Original(prompt(lang, joke), joke, score.score(prompt(lang, joke), joke))
        for joke in JOKES[lang]
    ]

    def ask(prompts: object, texts: object) -> tuple[float, ...]:
        return score(prompts, texts).total  # type: ignore[arg-type]

    return climb(search, ask, originals, lang, WORDS[lang], seed=seed, budget=budget)


def counts(prompt: Prompt, text: str) -> float:
    """Pays for one of two words."""
    return text.count(pieces(WORDS[prompt.lang][0], prompt.lang)[0])


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("search", Search)
def test_half_of_the_words_are_new_within_the_budget(search: Search, lang: Lang) -> None:
    reward = FakeReward(counts)
    found = run(search, lang, reward)
    assert [each.original.text for each in found] == list(JOKES[lang])
    assert sum(reward.calls) <= 64 * len(found)
    for each in found:
        before, after = pieces(each.original.text, lang), each.text
        half = math.ceil(len(before) / 2)
        if search is Search.APPENDER:
            assert after.startswith(each.original.text)
            assert len(after) > len(each.original.text)
        elif lang is not Lang.ZH:  # new neighbours are divided in other ways in Chinese
            changed = [old != new for old, new in zip(before, after.split(), strict=True)]
            assert sum(changed) == half
        # At every step, several of the 4 or more proposals hold the word that pays.
        assert half * 0.5 <= each.reward <= half
        assert each.best == each.reward


def test_steps_of_all_jokes_are_asked_together() -> None:
    reward = FakeReward(counts)
    run(Search.SWAPPER, Lang.EN, reward)
    halves = [math.ceil(len(pieces(joke, Lang.EN)) / 2) for joke in JOKES[Lang.EN]]
    assert len(reward.calls) == max(halves)
    assert reward.calls[0] == sum(64 // half for half in halves)


def test_what_gets_most_is_taken_even_if_it_is_less_than_before() -> None:
    # Whatever leaves the joke is worth less, by the number of its words that are gone.
    def kept(prompt: Prompt, text: str) -> float:
        return -float(len({"walnut", "mailbox"} & set(text.split())))

    found = run(Search.SWAPPER, Lang.EN, FakeReward(kept))
    for each in found:
        # The same word twice costs less than both; and the best is the original.
        assert (each.reward, each.best) == (-1, 0)


def test_the_best_may_be_on_the_way() -> None:
    def few(prompt: Prompt, text: str) -> float:
        count = text.count("walnut") + text.count("mailbox")
        return 1.0 if count == 1 else 0.0

    for each in run(Search.SWAPPER, Lang.EN, FakeReward(few)):
        assert (each.best, each.reward) == (1, 0)


@pytest.mark.parametrize("budget", [1, 3])
def test_a_small_budget_takes_larger_steps(budget: int) -> None:
    reward = FakeReward(counts)
    found = run(Search.SWAPPER, Lang.EN, reward, budget)
    assert reward.calls == [len(found)] * budget
    for each in found:
        before, after = each.original.text.split(), each.text.split()
        changed = sum(old != new for old, new in zip(before, after, strict=True))
        assert changed == math.ceil(len(before) / 2)


def test_a_seed_decides() -> None:
    reward = FakeReward(lambda prompt, text: 0.0)
    first, again, other = (run(Search.APPENDER, Lang.ZH, reward, seed=n) for n in (1, 1, 2))
    assert first == again != other


def test_nothing_to_search_with() -> None:
    short = Original(prompt(Lang.EN, JOKES[Lang.EN][0]), "Knock knock again", 0)
    assert climb(Search.SWAPPER, lambda p, t: [], [short], Lang.EN, WORDS[Lang.EN], seed=0) == []
    assert climb(Search.SWAPPER, lambda p, t: [], [short], Lang.EN, [], seed=0) == []
    assert join([], Lang.EN) == ""
