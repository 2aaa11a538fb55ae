import math

import numpy as np
import pytest

from semeval_humor.rewards.reward import Rewards
from semeval_humor.schema import Finish, Headline, Lang, Prompt, Task
from semeval_humor.training.sentinel.signals import Signal, hear
from semeval_humor.training.sentinel.speaker import Sample

EN, ES, ZH = Lang


def sample(
    text: str,
    lang: Lang = EN,
    finish: Finish = Finish.STOPPED,
    logprobs: tuple[float, ...] = (-1.0,),
    parent: tuple[float, ...] = (-1.0,),
    entropies: tuple[float, ...] = (2.0,),
) -> Sample:
    prompt = Prompt("p", Task.A, lang, Headline("News"))
    return Sample(prompt, text, finish, logprobs, parent, entropies)


@pytest.mark.parametrize(
    ("lang", "texts", "signal", "expected"),
    [
        (EN, ["A goat.", " \n", "", "\u200b\x08", "x"], Signal.EMPTY, 3 / 5),
        (EN, ["goat", "goat коза"], Signal.PURITY, (1 + 4 / 8) / 2),
        (EN, ["goat", "...", "5"], Signal.PURITY, 1.0),  # two have no letter and no value
        (ES, ["cabra", "cabra и коза"], Signal.FOREIGN, 1 / 2),
        (ZH, ["山羊", "山羊 iPhone"], Signal.FOREIGN, 0.0),  # a name may stay
        (EN, ["so it goes", "no " * 9], Signal.LOOPS, 1 / 2),
        # a b c d a b c d has the 4-grams abcd bcda cdab dabc abcd: 1 of 5 is not new
        (EN, ["a b c d a b c d", "one two three four"], Signal.REPETITION, (1 / 5 + 0) / 2),
        (EN, ["a b c", "a b d"], Signal.DISTINCT, 3 / 4),  # ab bc ab bd
        (ZH, ["好猫", "好猫", "坏猫"], Signal.DISTINCT, 2 / 3),
        (ES, ["La cabra canta.", "La cabra canta!", "Nada."], Signal.TWINS, 2 / 3),
        (EN, ["two words", "one"], Signal.LENGTH, 1.5),
        (ZH, ["三个字", "字"], Signal.LENGTH, 2.0),
    ],
)
def test_signals_of_texts(lang: Lang, texts: list[str], signal: Signal, expected: float) -> None:
    heard = hear([sample(text, lang) for text in texts])
    assert heard.signals()[signal] == pytest.approx(expected)


def test_signals_of_tokens() -> None:
    samples = [
        sample("a", logprobs=(-1.0, -2.0), parent=(-1.5, -4.0), entropies=(1.0, 2.0)),
        sample("b", Lang.EN, Finish.CUT_OFF, (-3.0,), (-3.0,), (0.5,)),
    ]
    found = hear(samples).signals()
    # log ratios ½ and 2: e^-½ - 1 + ½ = 0.10653, e^-2 - 1 + 2 = 1.13534, mean 0.62093; and 0
    assert found[Signal.KL] == pytest.approx(0.62093 / 2, abs=1e-5)
    assert found[Signal.KL_SEQUENCE] == pytest.approx((2.5 + 0) / 2)
    assert found[Signal.ENTROPY] == pytest.approx((1.5 + 0.5) / 2)
    assert found[Signal.PARENT_NLL] == pytest.approx((2.75 + 3) / 2)
    assert found[Signal.CUT_OFF] == 0.5


def test_one_token_does_not_decide_the_distance() -> None:
    # The policy draws what only its parent finds likely: e^9 would be 8103, and e^3 is 20.0855.
    logprobs, parent = (-10.0, *[-1.0] * 99), (-1.0, *[-1.0] * 99)
    found = hear([sample("a", logprobs=logprobs, parent=parent)]).signals()
    assert found[Signal.KL] == pytest.approx((20.0855 - 1 - 3) / 100, abs=1e-5)
    assert found[Signal.KL_SEQUENCE] == -9.0


def test_undefined_signals_are_left_out() -> None:
    found = hear([sample(""), sample("?!", logprobs=(), parent=(), entropies=())]).signals()
    for signal in (Signal.PURITY, Signal.REPETITION, Signal.DISTINCT, Signal.TWINS):
        assert signal not in found
    assert found[Signal.EMPTY] == 0.5
    assert found[Signal.ENTROPY] == 2.0


def test_languages_are_measured_apart() -> None:
    # As Chinese, an English text has a foreign letter in every place; here each is at home.
    samples = [sample("a goat sings", EN), sample("山羊唱歌", ZH), sample("山羊唱歌", ZH)]
    found = hear(samples).signals()
    assert found[Signal.PURITY] == 1.0
    # 2 of 2 in English, one text; 3 of 6 in Chinese, two texts
    assert found[Signal.DISTINCT] == pytest.approx((1 * 1 + 0.5 * 2) / 3)
    only = hear(samples).signals(np.array([0, 2]))
    assert only[Signal.DISTINCT] == 1.0


class Paid:
    """A reward of the text's length, with a component that does not apply to every row."""

    def __call__(self, prompts: object, texts: list[str], *, stopped: list[bool]) -> Rewards:
        gates = tuple(1.0 if stop else None for stop in stopped)
        return Rewards(tuple(float(len(text)) for text in texts), {"gate": gates})


def test_rewards_are_measured_with_their_components() -> None:
    samples = [sample("abc"), sample("a", finish=Finish.CUT_OFF)]
    heard = hear(samples, reward=Paid(), held_out=lambda _, texts: [-len(t) for t in texts])  # type: ignore[arg-type]
    found = heard.signals()
    assert (found[Signal.REWARD], found[Signal.HELD_OUT]) == (2.0, -2.0)
    assert found["reward/gate"] == 1.0
    assert math.isnan(heard.rows["reward/gate"][1])
