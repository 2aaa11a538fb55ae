"""A reward as judge: the joke with the higher score is the funnier one."""

import math
from collections.abc import Iterator, Sequence

from semeval_humor.bench.judging import Lost, Question
from semeval_humor.errors import EngineError
from semeval_humor.schema import Prompt, Scorer, Winner

MARGIN = 0.01
"""Scores that are no further apart than this are a tie. Rewards of the packaged profiles go from
about 0 to 1, and a calibrated classifier gives clear jokes nearly 1."""

_AT_ONCE = 64


class RewardJudge:
    """Compares the scores of two jokes. Each joke is scored by itself, so their order is nothing.

    Args:
        scorer: says how good jokes are.
        margin: greatest difference of two scores that is a tie, 0 or more.
    """

    def __init__(self, scorer: Scorer, *, margin: float = MARGIN) -> None:
        self._scorer = scorer
        self._margin = margin

    def __call__(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Winner | Lost]]:
        """Answer questions in order; none is lost.

        Raises:
            EngineError: a score is no number.
        """
        for start in range(0, len(questions), _AT_ONCE):
            block = questions[start : start + _AT_ONCE]
            prompts = [question.prompt for question in block]
            first = self._scores(prompts, [question.first for question in block])
            second = self._scores(prompts, [question.second for question in block])
            for question, one, other in zip(block, first, second, strict=True):
                yield question, self._winner(one - other)

    def _scores(self, prompts: Sequence[Prompt], texts: Sequence[str]) -> Sequence[float]:
        scores = self._scorer(prompts, texts)
        for text, score in zip(texts, scores, strict=True):
            if not math.isfinite(score):
                raise EngineError(f"the reward of {text[:60]!r} is {score}, expected a number")
        return scores

    def _winner(self, difference: float) -> Winner:
        if abs(difference) <= self._margin:
            return Winner.TIE
        return Winner.LEFT if difference > 0 else Winner.RIGHT
