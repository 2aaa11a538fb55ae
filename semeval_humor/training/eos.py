"""Proof, before the first step, that the labels are the jokes with their end tokens."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semeval_humor.errors import HumorError
from semeval_humor.training.pairs import Row

IGNORED = -100
"""Label of a token that does not count."""

SHOWN = 6
"""Tokens that are shown of an ending."""

_BATCH = 16


class EndNotTaughtError(HumorError):
    """The labels do not teach a policy to end its jokes."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What was found at the ends of the labels.

    Attributes:
        rows: rows that were checked: all of them.
        tokens: end tokens, with the number of rows that end so.
        shown: last labels of the first row, decoded one by one.
    """

    rows: int
    tokens: Mapping[str, int]
    shown: tuple[str, ...]

    def __str__(self) -> str:
        """Return one line for people."""
        ends = ", ".join(f"{count} in {token!r}" for token, count in self.tokens.items())
        return (
            f"labels: all {self.rows} rows end where predict stops ({ends}); "
            f"last tokens of the first: {' '.join(map(repr, self.shown))}"
        )


def prove_ends(
    collate: Callable[[list[Any]], Mapping[str, Any]],
    examples: Sequence[Any],
    rows: Sequence[Row],
    tokenizer: Any,
    stop_ids: Collection[int],
) -> Ending:
    """Check what the trainer itself makes of every row.

    Collators have masked the end token as padding, cut it off with the end of a long row, or
    counted the prompt in; so their own labels are looked at, not those that went in.

    Args:
        collate: the trainer's.
        examples: the trainer's dataset, in the order of ``rows``.
        rows: what should be learnt.
        tokenizer: of the policy.
        stop_ids: tokens at which ``predict`` stops.

    Raises:
        EndNotTaughtError: labels of a row are not its joke and an end token.
    """
    ends: dict[str, int] = {}
    first: list[int] = []
    for start in range(0, len(rows), _BATCH):
        some = range(start, min(start + _BATCH, len(rows)))
        batch = collate([examples[place] for place in some])
        for place, labels in zip(some, batch["labels"].tolist(), strict=True):
            kept = [label for label in labels if label != IGNORED]
            _check(rows[place], kept, tokenizer, stop_ids)
            first = first or kept
            end = tokenizer.convert_ids_to_tokens(kept[-1])
            ends[end] = ends.get(end, 0) + 1
    shown = tuple(tokenizer.decode([token]) for token in first[-SHOWN:])
    return Ending(len(rows), ends, shown)


def _check(row: Row, kept: list[int], tokenizer: Any, stop_ids: Collection[int]) -> None:
    where = f"{row.prompt.id}: the labels of the trainer"
    if not kept:
        raise EndNotTaughtError(f"{where} are all masked: nothing would be learnt")
    if kept[-1] not in stop_ids:
        shown = tokenizer.decode(kept[-SHOWN:])
        raise EndNotTaughtError(
            f"{where} end in {shown!r}, without a token at which predict stops: "
            "the policy would never learn to end a joke"
        )
    if tuple(kept) != row.completion_ids:
        raise EndNotTaughtError(
            f"{where} are {len(kept)} tokens, its joke with the end token "
            f"{len(row.completion_ids)}: {tokenizer.decode(kept)[:80]!r}"
        )
