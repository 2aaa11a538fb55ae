"""Which rows are for training, which for choosing, which for the last test."""

import hashlib
from enum import StrEnum


class Split(StrEnum):
    """What a row may be used for."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


PERCENT = {Split.TRAIN: 90, Split.DEV: 5, Split.TEST: 5}
"""Share of the texts in each split, as far as chance has it."""


def split_of(content: str) -> Split:
    """Return the split of a text, which depends on nothing but its content.

    So it stays the same whatever else is in the corpus, in which order, on whichever machine.
    """
    number = int.from_bytes(hashlib.sha256(content.encode()).digest()[:8]) % 100
    for split, percent in PERCENT.items():
        if number < percent:
            return split
        number -= percent
    raise AssertionError("the shares of the splits add up to 100")
