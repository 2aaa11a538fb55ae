from collections import Counter

import pytest

from semeval_humor.data.splits import PERCENT, Split, split_of


def test_shares_are_as_stated() -> None:
    counts = Counter(split_of(f"joke {number}") for number in range(20_000))
    assert sum(PERCENT.values()) == 100
    for split, percent in PERCENT.items():
        # Four standard deviations of a share of 20,000 draws are at most 0.85 %.
        assert abs(counts[split] / 200 - percent) < 0.85


@pytest.mark.parametrize(
    ("content", "split"),
    # The first 8 bytes of SHA-256, big-endian, modulo 100: 86, 90, 92, 99.
    [
        ("ñandú", Split.TRAIN),
        ("雨", Split.DEV),
        ("toaster", Split.DEV),
        ("pelican", Split.TEST),
    ],
)
def test_splits_never_change(content: str, split: Split) -> None:
    assert split_of(content) is split
