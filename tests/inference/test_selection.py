import random
from collections.abc import Sequence

import pytest

from semeval_humor.errors import EngineError
from semeval_humor.inference.selection import OPENING_ROWS, select
from semeval_humor.schema import Candidate, Finish, Headline, Lang, Prompt, Task


def prompts(count: int, lang: Lang = Lang.EN) -> list[Prompt]:
    return [Prompt(f"{lang}_{i}", Task.A, lang, Headline("Rain at last")) for i in range(count)]


def candidate(id_: str, sample: int, text: str, finish: Finish = Finish.STOPPED) -> Candidate:
    return Candidate(id_, 0, sample, text, text, 5, finish)


def by_length(prompts: Sequence[Prompt], texts: Sequence[str]) -> list[float]:
    return [float(len(text)) for text in texts]


def test_rules_come_before_the_scorer() -> None:
    good = candidate("en_0", 0, "Short but clean and honest.")
    cut = candidate("en_0", 1, "Long and very promising, but it never", Finish.CUT_OFF)
    refusal = candidate("en_0", 2, "I'm sorry, but I can't write a joke about this serious topic.")
    row = prompts(1)
    assert select(row, [cut, refusal, good], by_length)["en_0"].candidate == good
    least_bad = select(row, [cut, refusal], by_length)["en_0"]
    assert (least_bad.candidate, least_bad.faults) == (cut, ("truncated",))


def test_the_scorer_decides_among_equals_and_ties_go_to_the_first_sample() -> None:
    row = prompts(1)
    short, long = candidate("en_0", 0, "A tiny joke."), candidate("en_0", 1, "A far longer joke.")
    assert select(row, [short, long], by_length)["en_0"].candidate == long
    twins = [candidate("en_0", 1, "Joke number two."), candidate("en_0", 0, "Joke number one.")]
    assert select(row, twins, by_length)["en_0"].candidate.sample == 0


def test_empty_and_null_texts_are_never_chosen() -> None:
    nothing = [candidate("en_0", 0, ""), candidate("en_0", 1, "NA"), candidate("en_0", 2, "nan")]
    assert select(prompts(1), nothing, by_length) == {}


@pytest.mark.parametrize(
    ("lang", "common", "other"),
    [
        (Lang.EN, "Why did the cat {}?", "My cat has {} plans."),
        (Lang.ES, "¿Por qué el gato {}?", "Mi gato tiene {} planes."),
        (Lang.ZH, "为什么小猫要去{}？", "我家的猫又{}了。"),
    ],
)
def test_an_opening_is_used_in_a_few_rows_only(lang: Lang, common: str, other: str) -> None:
    deeds = {Lang.EN: "sing", Lang.ES: "canta", Lang.ZH: "唱歌"}
    rows = prompts(10, lang)
    pool = [candidate(row.id, 0, common.format(f"{deeds[lang]} {i}")) for i, row in enumerate(rows)]
    pool += [candidate(row.id, 1, other.format(f"{i}")) for i, row in enumerate(rows)]
    choices = select(
        rows, pool, lambda prompts, texts: [float(t.startswith(common[:3])) for t in texts]
    )
    favourites = [choice for choice in choices.values() if choice.candidate.sample == 0]
    # Three rows get the favourite; then the other opening is used up too, and the rest is crowded.
    assert len([choice for choice in favourites if not choice.crowded]) == OPENING_ROWS
    assert len([choice for choice in choices.values() if choice.crowded]) == 10 - 2 * OPENING_ROWS


def test_variety_never_outweighs_a_rule_and_a_text_is_used_once() -> None:
    rows = prompts(2)
    same = "One joke that fits everything."
    pool = [
        candidate("en_0", 0, same),
        candidate("en_1", 0, same),
        candidate("en_1", 1, "Another joke, but it never", Finish.CUT_OFF),
    ]
    second = select(rows, pool, by_length)["en_1"]
    assert (second.candidate.text, second.crowded) == (same, True)
    pool.append(candidate("en_1", 2, "Plain alternative."))
    assert select(rows, pool, by_length)["en_1"].candidate.text == "Plain alternative."


def test_the_order_of_candidates_does_not_matter() -> None:
    rows = prompts(8)
    pool = [candidate(row.id, s, f"Joke {s} about {row.id}.") for row in rows for s in range(4)]
    expected = select(rows, pool, by_length)
    for seed in range(5):
        shuffled = random.Random(seed).sample(pool, len(pool))
        assert select(rows, shuffled, by_length) == expected


def test_a_scorer_that_returns_no_number_is_an_error() -> None:
    with pytest.raises(EngineError, match="en_0: the scorer returned nan"):
        select(prompts(1), [candidate("en_0", 0, "A joke.")], lambda p, t: [float("nan")])
