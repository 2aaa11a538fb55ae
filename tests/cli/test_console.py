"""What a run says where standard error is no terminal."""

import pytest

from semeval_humor.cli.console import Console


def test_attempts_at_labelling(capsys: pytest.CaptureFixture[str]) -> None:
    with Console() as console:
        console.attempt_starts(0, 20)
        console.attempt_starts(1, 9)
    assert capsys.readouterr().err.splitlines() == [
        "labelling 20 jokes: 20 answers",
        "attempt 2, 9 jokes: 9 answers",
    ]
