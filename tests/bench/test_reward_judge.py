from collections.abc import Sequence

import pytest

from semeval_humor.bench.judging import Question
from semeval_humor.bench.reward_judge import MARGIN, RewardJudge
from semeval_humor.errors import EngineError
from semeval_humor.schema import Lang, Prompt, Winner
from tests.bench.contest import JOKES, prompt


class FakeScorer:
    """Scores by a table, and remembers what it was asked."""

    def __init__(self, scores: dict[str, float]) -> None:
        self.scores = scores
        self.asked: list[tuple[Prompt, str]] = []

    def __call__(self, prompts: Sequence[Prompt], texts: Sequence[str]) -> Sequence[float]:
        self.asked += zip(prompts, texts, strict=True)
        return [self.scores[text] for text in texts]


def ask(one: float, other: float, *, margin: float = MARGIN) -> Winner:
    judge = RewardJudge(FakeScorer({"one": one, "other": other}), margin=margin)
    ((_, winner),) = judge([Question(prompt(), "one", "other")])
    assert isinstance(winner, Winner)
    return winner


@pytest.mark.parametrize(
    ("one", "other", "winner"),
    [
        (0.75, 0.25, Winner.LEFT),
        (0.25, 0.75, Winner.RIGHT),
        (0.5, 0.5, Winner.TIE),
        (0.5, 0.625, Winner.TIE),  # exactly the margin
        (0.625, 0.5, Winner.TIE),
        (0.5, 0.626, Winner.RIGHT),
        (-0.1, 0.1, Winner.RIGHT),
    ],
)
def test_the_higher_score_wins_unless_they_are_close(
    one: float, other: float, winner: Winner
) -> None:
    assert ask(one, other, margin=0.125) is winner


@pytest.mark.parametrize("lang", Lang)
def test_each_joke_is_scored_for_its_prompt(lang: Lang) -> None:
    one, other = JOKES[lang]
    scorer = FakeScorer({one: 0.9, other: 0.1})
    list(RewardJudge(scorer)([Question(prompt(lang), one, other)]))
    assert scorer.asked == [(prompt(lang), one), (prompt(lang), other)]


def test_the_order_is_nothing() -> None:
    scores = {str(n): (n * 37 % 101) / 101 for n in range(200)}
    judge = RewardJudge(FakeScorer(scores))
    pairs = [(str(n), str(n + 1)) for n in range(199)]
    one_way = [said for _, said in judge([Question(prompt(), *pair) for pair in pairs])]
    other = [said for _, said in judge([Question(prompt(), *pair[::-1]) for pair in pairs])]
    turned = {Winner.LEFT: Winner.RIGHT, Winner.RIGHT: Winner.LEFT, Winner.TIE: Winner.TIE}
    assert other == [turned[said] for said in one_way if isinstance(said, Winner)]
    assert len(set(one_way)) > 1


def test_questions_are_answered_in_blocks_as_they_are_done() -> None:
    scorer = FakeScorer({"one": 1.0, "other": 0.0})
    questions = [Question(prompt(number=n), "one", "other") for n in range(150)]
    answers = RewardJudge(scorer)(questions)
    assert next(answers) == (questions[0], Winner.LEFT)
    assert len(scorer.asked) == 128  # 64 questions of two jokes
    assert [asked for asked, _ in answers] == questions[1:]


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_a_failure(score: float) -> None:
    with pytest.raises(EngineError, match=r"the reward of 'other' is (nan|inf), expected a number"):
        ask(0.5, score)
