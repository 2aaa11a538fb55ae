"""The fuzz target of the zip reader, in small and in large; and that it can fail."""

import random
import zipfile
from pathlib import Path

import pytest

from semeval_humor.findings import Finding
from semeval_humor.submission.zips import read_zip
from tests.fuzz import zip_fuzz


def test_a_thousand_hostile_archives() -> None:
    zip_fuzz.run(seed=1, count=1000)


@pytest.mark.slow
def test_twenty_thousand_hostile_archives() -> None:
    zip_fuzz.run(seed=2, count=20_000)


def test_the_archives_are_hostile_and_some_survive(tmp_path: Path) -> None:
    sound, messages = 0, set()
    for number in range(300):
        content = zip_fuzz.hostile(random.Random(number))
        assert content == zip_fuzz.hostile(random.Random(number))
        (tmp_path / "s.zip").write_bytes(content)
        contents, findings = read_zip(tmp_path / "s.zip")
        sound += bool(contents)
        messages |= {finding.message.split(":")[0] for finding in findings}
    assert 50 < sound < 250
    assert len(messages) >= 12


def test_a_reader_that_fails_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(path: Path) -> tuple[dict[str, bytes], list[Finding]]:
        raise IndexError(path)

    monkeypatch.setattr(zip_fuzz, "read_zip", failing)
    with pytest.raises(IndexError) as failure:
        zip_fuzz.run(seed=1, count=1)
    assert failure.value.__notes__[0].startswith("seed 1, archive 1: ")


def test_a_reader_that_invents_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def inventing(path: Path) -> tuple[dict[str, bytes], list[Finding]]:
        contents, findings = read_zip(path)
        return {name: content + b"!" for name, content in contents.items()}, findings

    monkeypatch.setattr(zip_fuzz, "read_zip", inventing)
    with pytest.raises(AssertionError):
        zip_fuzz.run(seed=1, count=50)


def test_a_reader_that_writes_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def writing(path: Path) -> tuple[dict[str, bytes], list[Finding]]:
        contents, findings = read_zip(path)
        if contents and not findings:
            zipfile.ZipFile(path).extractall("..")
        return contents, findings

    monkeypatch.setattr(zip_fuzz, "read_zip", writing)
    with pytest.raises(AssertionError):
        zip_fuzz.run(seed=1, count=50)
