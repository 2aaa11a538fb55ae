"""What is voted on, and what is not."""

import pytest

from semeval_humor.arena.contest import Pair, contest
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.schema import Gif, Lang, Prompt, Task
from tests.arena.contests import GIFS, made_up, one_pair, prompts


def test_tasks_in_the_official_order() -> None:
    asked = [*GIFS, *prompts(1, Lang.ZH), *prompts(1, Lang.ES), *prompts(2)]
    assert made_up(asked, ["ada", "bob"]).tasks == ("a-en", "a-es", "a-zh", "b1", "b2")


def test_identical_texts_are_no_rivals() -> None:
    (asked,) = prompts(1)
    texts = {"ada": "same", "bob": " same\n", "cid": "Same", "dan": "same"}
    found = contest([asked], {name: {asked.id: text} for name, text in texts.items()})
    assert found.rivals[asked.id] == {
        "ada": ("cid",),
        "bob": ("cid",),
        "cid": ("ada", "bob", "dan"),
        "dan": ("cid",),
    }


def test_prompts_without_two_different_jokes_are_left_out() -> None:
    first, second, third, fourth = prompts(4)
    texts = {
        "ada": {first.id: "one", second.id: "two", third.id: "same"},
        "bob": {first.id: "uno", third.id: "same"},
    }
    found = contest([first, second, third, fourth], texts)
    assert list(found.prompts) == [first.id]
    assert found.texts == {first.id: {"ada": "one", "bob": "uno"}}


@pytest.mark.parametrize("texts", [{}, {"ada": {"en_0001": "one"}}])
def test_nothing_to_vote_on(texts: dict[str, dict[str, str]]) -> None:
    with pytest.raises(ConfigError, match="nothing to vote on"):
        contest(prompts(1), texts)


def test_images_are_named_by_where_they_come_from() -> None:
    assert made_up(GIFS, ["ada", "bob"]).images == ("https://gifs.example", "https://more.example")
    assert made_up(prompts(1), ["ada", "bob"]).images == ()


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "//x.example/a.gif", "a.gif", "ftp://x.example/a.gif"),
        *("https://x.example;script-src */a.gif", "https://[x/a.gif", "https:///a.gif"),
        *("https://x.example 'unsafe-inline'/a.gif", "https://*/a.gif"),
    ],
)
def test_images_from_elsewhere_cannot_widen_the_policy(address: str) -> None:
    with pytest.raises(DataError, match="GIF at"):
        one_pair("one", "two", Prompt("img_0001", Task.B1, Lang.EN, Gif(address)))


def test_a_pair_is_the_same_from_both_sides() -> None:
    assert Pair("en_0001", "ada", "bob").key == Pair("en_0001", "bob", "ada").key
    assert Pair("en_0001", "ada", "bob").key != Pair("en_0002", "ada", "bob").key
