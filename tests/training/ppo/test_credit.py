"""Rewards of texts to tokens of a policy, whatever either tokenizer does to characters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from semeval_humor.errors import DataError
from semeval_humor.schema import Finish, Headline, Lang, Prompt, Task
from semeval_humor.training.completions import text_of
from semeval_humor.training.ppo.credit import Piece, Written, carried, credited, written
from semeval_humor.training.ppo.rollout import Asked, Rollout

PROMPT = Prompt("en-1", Task.A, Lang.EN, Headline("Mayor resigns"))
END = -1


@dataclass
class Bytes:
    """A tokenizer whose tokens are pieces of UTF-8; number 9 is a special one."""

    pieces: Sequence[bytes]

    def decode(self, ids: Sequence[int], **options: Any) -> str:
        return b"".join(self.pieces[i] for i in ids if i != 9).decode(errors="replace")


def spelt(*pieces: bytes) -> tuple[Bytes, list[int]]:
    return Bytes(pieces), list(range(len(pieces)))


@pytest.mark.parametrize(
    ("pieces", "text", "spans"),
    [
        ([b"two", b" words"], "two words", [(0, 3), (3, 9)]),
        ([b"\xe6\xb1", b"\x89", b"!"], "汉!", [(0, 1), (0, 1), (1, 2)]),
        # one token ends a character and begins another
        ([b"\xe6\xb1", b"\x89\xe5", b"\xad\x97"], "汉字", [(0, 1), (0, 2), (1, 2)]),
        ([b"\xf0", b"\x9f", b"\x98", b"\x82"], "😂", [(0, 1)] * 4),
        ([b"a\xf0\x9f"], "a\ufffd", [(0, 2)]),  # never finished
        ([], "", []),
    ],
)
def test_which_token_writes_what(
    pieces: list[bytes], text: str, spans: list[tuple[int, int]]
) -> None:
    tokenizer, ids = spelt(*pieces)
    assert written(tokenizer, ids) == Written(text, tuple(spans))


def test_a_special_token_writes_nothing() -> None:
    tokenizer, _ = spelt(b"a", *[b"?"] * 8, b"<|im_start|>", b"b")
    assert written(tokenizer, [0, 9, 10]).spans == ((0, 1), (1, 1), (1, 2))


@pytest.mark.parametrize(
    ("pieces", "credits"),
    [
        # "the cat": each character of a piece gets the same
        ([Piece(0, 3, 0.3), Piece(4, 7, 0.4)], [0.3, 0.4]),
        ([Piece(0, 7, 0.7)], [0.3, 0.4]),  # 3 of 7 characters, and the space with 3
        ([Piece(2, 5, -0.3)], [-0.1, -0.2]),
        ([Piece(7, 7, 0.5), Piece(0, 0, 0.25)], [0.25, 0.5]),  # no width: its neighbour
        ([], [0.0, 0.0]),
    ],
)
def test_carried_by_hand(pieces: list[Piece], credits: list[float]) -> None:
    by = Written("  the cat ", ((0, 5), (5, 10)))
    assert carried("the cat", by, pieces) == pytest.approx(credits)


def test_a_character_of_several_tokens_is_shared() -> None:
    by = Written("汉字", ((0, 1), (0, 2), (1, 2)))
    # 汉 is written by the first two, 字 by the last two
    assert carried("汉字", by, [Piece(0, 1, 0.2), Piece(1, 2, 0.8)]) == pytest.approx(
        [0.1, 0.1 + 0.4, 0.4]
    )


@pytest.mark.parametrize(
    ("text", "piece", "message"),
    [
        ("the cat", Piece(0, 8, 1.0), "characters 0 to 8 of a text of 7"),
        ("the cat", Piece(-1, 2, 1.0), "characters -1 to 2"),
        ("the cat", Piece(3, 2, 1.0), "characters 3 to 2"),
        ("a dog", Piece(0, 1, 1.0), "for the text 'a dog', but the policy wrote ' the cat'"),
    ],
)
def test_rewards_for_what_was_not_written(text: str, piece: Piece, message: str) -> None:
    with pytest.raises(DataError, match=message):
        carried(text, Written(" the cat", ((0, 8),)), [piece])


def rollout(tokenizer: Bytes, ids: Sequence[int], *, stopped: bool) -> Rollout:
    finish = Finish.STOPPED if stopped else Finish.CUT_OFF
    return Rollout(
        Asked(PROMPT, (5,)),
        (*ids, END) if stopped else tuple(ids),
        text_of(tokenizer, ids, finish),
        finish,
    )


@pytest.mark.parametrize("stopped", [True, False])
def test_the_last_token_gets_what_no_part_has_earned(stopped: bool) -> None:
    tokenizer, ids = spelt(b"so", b" funny")
    given = rollout(tokenizer, ids, stopped=stopped)
    found = credited(given, 1.0, [Piece(0, 2, -0.5), Piece(3, 8, 0.75)], tokenizer)
    # the rest: 1 - (-0.5 + 0.75) = 0.75
    assert found == pytest.approx([-0.5, 0.75, 0.75] if stopped else [-0.5, 1.5])
    sequence = credited(given, 1.0, [], tokenizer)
    assert sequence == ([0.0, 0.0, 1.0] if stopped else [0.0, 1.0])


@pytest.mark.parametrize("pieces", [[], [Piece(0, 0, 0.3)]])
def test_an_empty_completion(pieces: list[Piece]) -> None:
    tokenizer, _ = spelt()
    assert credited(rollout(tokenizer, [], stopped=True), 0.7, pieces, tokenizer) == [0.7]
    spaces, ids = spelt(b" ", b"\n")
    found = credited(rollout(spaces, ids, stopped=True), 0.7, pieces, spaces)
    assert sum(found) == pytest.approx(0.7)


def test_a_character_that_was_cut_in_two() -> None:
    tokenizer, ids = spelt(b"ha", b"\xf0\x9f")
    given = rollout(tokenizer, ids, stopped=False)
    assert given.text == "ha"
    assert credited(given, 1.0, [Piece(0, 2, 0.4)], tokenizer) == pytest.approx([0.4, 0.6])
