"""The fuzz target of the TSV reader, in small and in large; and that it can fail."""

import pytest

from semeval_humor.submission import ingest as module
from semeval_humor.submission.ingest import Ingested, ingest
from tests.fuzz import tsv_fuzz


def test_two_thousand_hostile_files() -> None:
    tsv_fuzz.run(seed=1, count=2_000)


@pytest.mark.slow
def test_twenty_thousand_hostile_files() -> None:
    tsv_fuzz.run(seed=2, count=20_000)


def test_the_files_are_hostile_and_many_of_them_survive() -> None:
    files = list(tsv_fuzz.hostile_files(seed=3, count=400))
    assert files == list(tsv_fuzz.hostile_files(seed=3, count=400))
    survive = sum(tsv_fuzz.surviving_rows(content) is not None for content in files)
    assert 150 < survive < 300
    codes = {finding.code for content in files for finding in ingest("f", content).findings}
    assert len(codes) >= 10


def test_a_reader_that_is_wrong_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(file: str, content: bytes) -> Ingested:
        read = module.ingest(file, content)
        return Ingested(read.rows[:-1], read.findings)

    monkeypatch.setattr(tsv_fuzz, "ingest", wrong)
    with pytest.raises(AssertionError) as failure:
        tsv_fuzz.run(seed=1, count=100)
    assert failure.value.__notes__[0].startswith("seed 1, file ")


def test_a_reader_that_fails_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(file: str, content: bytes) -> Ingested:
        raise IndexError(file)

    monkeypatch.setattr(tsv_fuzz, "ingest", failing)
    with pytest.raises(IndexError):
        tsv_fuzz.run(seed=1, count=1)
