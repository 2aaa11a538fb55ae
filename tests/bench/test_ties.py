"""Ties of identical texts."""

import pytest

from semeval_humor.bench.ties import with_same_texts
from semeval_humor.schema import Lang, Task, Vote, Winner
from tests.bench.handed_in import handed_in

TEXTS = {
    Lang.EN: ("My duck filed a bill.", "Coo."),
    Lang.ES: ("Mi pato pasó la cuenta.", "Cuac."),
    Lang.ZH: ("鸭子寄来了账单。", "嘎。"),
}


def tie(id_: str, left: str, right: str, lang: Lang = Lang.EN) -> Vote:
    return Vote(id_, lang, left, right, Winner.TIE, "same-text")


@pytest.mark.parametrize("lang", Lang)
def test_identical_texts_tie(lang: Lang) -> None:
    duck, other = TEXTS[lang]
    one, two, three = (f"{lang}_{number}" for number in (1, 2, 3))
    entries = [
        handed_in("ours", {one: duck, two: duck, three: other}, lang),
        handed_in("baseline", {one: f" {duck}\n", two: other}, lang),
        handed_in("copy", {one: duck, two: other, three: duck}, lang),
    ]
    given = [Vote(three, lang, "ours", "copy", Winner.LEFT, "ana")]
    found = with_same_texts(given, entries)
    assert found[0] is given[0]
    assert found[1:] == [
        tie(one, "baseline", "copy", lang),
        tie(one, "baseline", "ours", lang),
        tie(one, "copy", "ours", lang),
        tie(two, "baseline", "copy", lang),
    ]


def test_the_same_ties_are_not_given_twice() -> None:
    entries = [handed_in("a", {"en_1": "Coo.", "en_2": "Coo."}), handed_in("b", {"en_1": "Coo."})]
    asked = [Vote("en_1", Lang.EN, "b", "a", Winner.LEFT, "ana")]
    assert with_same_texts(asked, entries) == asked  # somebody did prefer one
    once = with_same_texts([Vote("en_2", Lang.EN, "a", "b", Winner.LEFT, "ana")], entries)
    assert once[1:] == [tie("en_1", "a", "b")]
    assert with_same_texts(once, entries) == once


def test_tasks_that_nobody_voted_on_get_no_ties() -> None:
    entries = [
        handed_in(name, {f"{prefix}_1": "Coo."}, lang, task)
        for name in ("a", "b")
        for prefix, lang, task in (
            ("en", Lang.EN, Task.A),
            ("es", Lang.ES, Task.A),
            ("img", Lang.EN, Task.B1),
        )
    ]
    votes = [Vote("es_1", Lang.ES, "a", "c", Winner.LEFT, "ana")]
    assert with_same_texts(votes, entries) == [*votes, tie("es_1", "a", "b", Lang.ES)]
    assert with_same_texts([], entries) == []
    assert with_same_texts(votes, []) == votes
