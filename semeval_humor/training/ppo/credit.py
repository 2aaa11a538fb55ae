"""Which of a completion's tokens get its reward.

An attribution says which part of the text has earned what, in characters; here that is carried to
the tokens of the policy, whatever its tokenizer. What no part of the text has earned, but the text
as a whole, goes to the last token, which is the end token where there is one. So ``sequence``
credit is the attribution that names no part, and always the tokens of a completion together get
exactly its reward.

A part's value is spread evenly over its characters, and a character's over the tokens that write
it: more than one where a tokenizer cuts it into bytes. The tokens are those that were drawn, not
those that the tokenizer would make of the text.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from semeval_humor.errors import DataError
from semeval_humor.rewards.reward import Rewards
from semeval_humor.schema import Prompt
from semeval_humor.training.completions import decoded
from semeval_humor.training.ppo.rollout import Rollout


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and what it has earned.

    Attributes:
        start: its first character.
        stop: the character after its last. The same as ``start`` for what stands for no character
            of its own; the one there gets the value.
        value: in reward; may be negative.
    """

    start: int
    stop: int
    value: float


class Attribution(Protocol):
    """Something that says which parts of texts have earned what of their rewards."""

    def __call__(
        self, prompts: Sequence[Prompt], texts: Sequence[str], rewards: Rewards
    ) -> Sequence[Sequence[Piece]]:
        """The parts of each text; what they leave of its reward is the whole text's."""


@dataclass(frozen=True, slots=True)
class Written:
    """Which token wrote what.

    Attributes:
        text: of all tokens, spaces around it included.
        spans: of each token, from its first character to the one after its last; empty for special
            tokens. A character that several tokens write is in the spans of all of them.
    """

    text: str
    spans: tuple[tuple[int, int], ...]


def credited(
    rollout: Rollout, total: float, pieces: Sequence[Piece], tokenizer: Any
) -> list[float]:
    """What each token of a completion gets; together its reward.

    Args:
        rollout: the completion.
        total: its reward.
        pieces: what parts of its text have earned; none for ``sequence`` credit.
        tokenizer: of the policy.

    Raises:
        DataError: a piece is outside of the text, or the tokens do not spell the text.
    """
    credits = carried(rollout.text, written(tokenizer, rollout.content), pieces)
    credits += [0.0] * (len(rollout.ids) - len(credits))
    credits[-1] += total - math.fsum(credits)
    return credits


def carried(text: str, by: Written, pieces: Sequence[Piece]) -> list[float]:
    """What each token gets of the pieces; nothing is lost, if the text is not empty.

    Args:
        text: what the pieces are parts of: what the tokens wrote, without the spaces around it.
        by: which token wrote what.
        pieces: what parts of the text have earned.

    Raises:
        DataError: a piece is outside of the text, or the tokens do not spell the text.
    """
    before = len(by.text) - len(by.text.lstrip())
    if not by.text.startswith(text, before):
        raise DataError(
            f"the reward is for the text {text[:60]!r}, but the policy wrote {by.text[:60]!r}"
        )
    writers: list[list[int]] = [[] for _ in by.text]
    for token, (start, stop) in enumerate(by.spans):
        for place in range(start, stop):
            writers[place].append(token)
    credits = [0.0] * len(by.spans)
    for piece in pieces:
        if not 0 <= piece.start <= piece.stop <= len(text):
            raise DataError(f"characters {piece.start} to {piece.stop} of a text of {len(text)}")
        start = max(0, min(piece.start, len(text) - 1))
        stop = min(max(piece.stop, start + 1), len(text))
        for some in writers[before + start : before + stop]:
            for token in some:
                credits[token] += piece.value / (stop - start) / len(some)
    return credits


def written(tokenizer: Any, ids: Sequence[int]) -> Written:
    """Find out which characters each token writes, by decoding ever more of them.

    A token that leaves a character unfinished shares it with those that finish it.
    """
    text = decoded(tokenizer, ids)
    spans: list[tuple[int, int]] = []
    done = 0
    for count in range(1, len(ids) + 1):
        begun = decoded(tokenizer, ids[:count])
        common = len(text) if count == len(ids) else max(done, _common(begun, text))
        unfinished = common < len(begun) and common < len(text)
        spans.append((done, common + unfinished))
        done = common
    return Written(text, tuple(spans))


def _common(left: str, right: str) -> int:
    """Number of characters with which both texts begin."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(left), len(right)))
