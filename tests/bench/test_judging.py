import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from semeval_humor.bench.judging import Answers, Lost, Question, Verdict, votes_of
from semeval_humor.bench.schedule import Battle
from semeval_humor.errors import ConfigError, EngineError
from semeval_humor.schema import Gif, Headline, Lang, Prompt, Task, Vote, Winner
from tests.bench.contest import JOKES, FakeJudge, always_first, battle, longer, prompt

LEFT, RIGHT, TIE = Winner.LEFT, Winner.RIGHT, Winner.TIE


class Watch:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.questions = self.answers = 0

    def asking(self, questions: int) -> None:
        self.questions += questions

    def answered(self) -> None:
        self.answers += 1


def run(
    folder: Path,
    battles: Sequence[Battle],
    judge: FakeJudge,
    *,
    swaps: bool = True,
    identity: str = "judge 1",
) -> tuple[list[Verdict | None], dict[str, int]]:
    with Answers(folder / "answers.jsonl", {"judge": identity}, swaps=swaps) as answers:
        lost = answers.ask(answers.missing(battles), judge, Watch())
        return answers.verdicts(battles), dict(lost)


@pytest.mark.parametrize(
    ("answers", "winner", "flipped"),
    [
        ((LEFT, RIGHT), LEFT, False),  # the left joke, shown first and then second
        ((RIGHT, LEFT), RIGHT, False),
        ((TIE, TIE), TIE, False),
        ((LEFT, LEFT), TIE, True),  # whichever is shown first
        ((RIGHT, RIGHT), TIE, True),
        ((LEFT, TIE), TIE, True),
        ((TIE, LEFT), TIE, True),
        ((LEFT,), LEFT, False),  # asked in one order
        ((TIE,), TIE, False),
    ],
)
def test_a_win_must_survive_the_swap(
    answers: tuple[Winner, ...], winner: Winner, flipped: bool
) -> None:
    verdict = Verdict(battle("a", "b"), answers)
    assert (verdict.winner, verdict.flipped) == (winner, flipped)


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize(("says", "winner"), [(longer, LEFT), (always_first, TIE)])
def test_each_battle_is_asked_in_both_orders(
    tmp_path: Path, lang: Lang, says: Callable[[Question], Winner], winner: Winner
) -> None:
    judge = FakeJudge(says)
    (verdict,), _ = run(tmp_path, [battle(*JOKES[lang], lang)], judge)
    assert {(each.first, each.second) for each in judge.asked} == {JOKES[lang], JOKES[lang][::-1]}
    assert verdict
    expected = Vote(f"{lang}_0001", lang, "ours", "theirs", winner, "me")
    assert votes_of([verdict], "me") == (expected,)


def test_one_order_is_enough_for_a_judge_without_orders(tmp_path: Path) -> None:
    (verdict,), _ = run(tmp_path, [battle("a", "bb")], judge := FakeJudge(longer), swaps=False)
    assert verdict == Verdict(battle("a", "bb"), (RIGHT,))
    assert len(judge.asked) == 1


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    first = [battle("a", "bb"), battle("a", "ccc")]
    found, _ = run(tmp_path, first, FakeJudge(longer))
    more = [*first, battle("bb", "ccc")]
    again, _ = run(tmp_path, more, judge := FakeJudge(longer))
    assert again[:2] == found
    assert {each.first for each in judge.asked} == {"bb", "ccc"}


def test_answers_are_known_by_content_alone(tmp_path: Path) -> None:
    first = battle("a", "bb")
    elsewhere = Prompt("en_0999", Task.A, Lang.EN, first.prompt.constraint)
    same = [first, Battle(elsewhere, "them", "us", "a", "bb"), battle("bb", "a")]
    found, _ = run(tmp_path, same, judge := FakeJudge(longer))
    assert len(judge.asked) == 2
    assert [each.winner for each in found if each] == [RIGHT, RIGHT, LEFT]


HEADLINE = prompt().constraint
assert isinstance(HEADLINE, Headline)


@pytest.mark.parametrize(
    ("other", "second"),
    [
        (prompt(), "b."),
        (prompt(number=2), "b"),
        (Prompt("en_0001", Task.A, Lang.ES, HEADLINE), "b"),
        (Prompt("en_0001", Task.B1, Lang.EN, HEADLINE), "b"),
        (Prompt("en_0001", Task.A, Lang.EN, Gif(HEADLINE.text)), "b"),
    ],
    ids=["text", "headline", "language", "task", "kind of constraint"],
)
def test_all_of_the_content_counts(tmp_path: Path, other: Prompt, second: str) -> None:
    run(tmp_path, [battle("a", "b")], FakeJudge(longer))
    run(tmp_path, [Battle(other, "ours", "theirs", "a", second)], judge := FakeJudge(longer))
    assert len(judge.asked) == 2


def test_another_judge_is_refused_with_the_difference_named(tmp_path: Path) -> None:
    run(tmp_path, [battle("a", "b")], FakeJudge(longer))
    with pytest.raises(ConfigError, match="judge was 'judge 1', now 'judge 2'"):
        run(tmp_path, [battle("a", "b")], FakeJudge(longer), identity="judge 2")


def test_the_judge_is_part_of_the_key(tmp_path: Path) -> None:
    for judge in ("1", "2"):
        run(tmp_path / judge, [battle("a", "b")], FakeJudge(longer), identity=judge)
    keys = [
        {json.loads(line)["question"] for line in path.read_text().splitlines()[1:]}
        for path in sorted(tmp_path.glob("*/answers.jsonl"))
    ]
    assert [len(each) for each in keys] == [2, 2]
    assert not keys[0] & keys[1]


def test_a_judge_that_died_goes_on_where_it_was(tmp_path: Path) -> None:
    fights = [battle("a", "b" * n) for n in range(1, 6)]
    dying = FakeJudge(lambda each: longer(each) if len(dying.asked) <= 4 else die())

    def die() -> Winner:
        raise EngineError("the engine died")

    with pytest.raises(EngineError, match="died"):
        run(tmp_path, fights, dying)
    found, _ = run(tmp_path, fights, judge := FakeJudge(longer))
    assert len(judge.asked) == 6
    assert None not in found


def test_lost_answers_are_no_verdict_and_are_asked_again(tmp_path: Path) -> None:
    fights = [battle("a", "bb"), battle("a", "ccc")]
    faulty = FakeJudge(lambda each: Lost("no JSON") if each.second == "bb" else longer(each))
    found, lost = run(tmp_path, fights, faulty)
    assert (found[0], lost) == (None, {"no JSON": 1})
    assert found[1] is not None
    found, lost = run(tmp_path, fights, judge := FakeJudge(longer))
    assert [(each.first, each.second) for each in judge.asked] == [("a", "bb")]
    assert (None in found, lost) == (False, {})


def test_a_judge_without_any_verdict_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no verdict on any of 2 questions: no JSON"):
        run(tmp_path, [battle("a", "b")], FakeJudge(lambda each: Lost("no JSON")))


def test_somebody_can_follow(tmp_path: Path) -> None:
    watch, fights = Watch(), [battle("a", "b"), battle("a", "c")]
    with Answers(tmp_path / "answers.jsonl", {}, swaps=True) as answers:
        faulty = FakeJudge(lambda each: Lost("?") if each.first == "b" else longer(each))
        answers.ask(answers.questions(fights), faulty, watch)
    assert (watch.questions, watch.answers) == (4, 4)
