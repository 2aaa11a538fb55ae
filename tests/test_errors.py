import pytest

from semeval_humor.errors import first_line


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("bad tensor\nin layer 3"), "bad tensor"),
        (KeyError("lm_head"), "'lm_head'"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_what_an_error_says_in_a_line(error: BaseException, said: str) -> None:
    assert first_line(error) == said
