import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from semeval_humor.data.corpora import CCL, COLBERT, CORPORA, HAHA, TASK_HOME, Corpus
from semeval_humor.data.fetch import (
    PINS,
    Collection,
    Fetched,
    How,
    check_any,
    collection,
    fetch,
    inventory,
    task_collection,
)
from semeval_humor.errors import DataError
from tests.data.corpora_at_hand import FILES, make
from tests.data.file_server import Answer, serving

COLBERT_FILE = "corpora/en/colbert_dev.csv"
CONTENT = FILES[COLBERT_FILE].encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMEVAL_HUMOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def bring(wanted: Collection, folder: Path | None = None, *, force: bool = False) -> list[Fetched]:
    return list(fetch(wanted, folder, force=force, watch=lambda name: lambda have, total: None))


def at(url: str, sha256: str | None = None) -> Collection:
    """The English corpus at another home."""
    source = replace(COLBERT.sources[0], url=url, sha256=sha256)
    return collection(replace(COLBERT, sources=(source,)))


def test_a_download_is_kept_and_its_digest_learnt(cache: Path) -> None:
    with serving(Answer(CONTENT)) as server:
        (first,) = bring(at(server.url))
        (second,) = bring(at(server.url))
        assert len(server.ranges) == 1
    path = cache / COLBERT_FILE
    assert first == Fetched(path, SHA256, How.DOWNLOADED, pinned=True)
    assert second == Fetched(path, SHA256, How.THERE, pinned=False)
    assert json.loads((cache / PINS).read_text(encoding="utf-8")) == {COLBERT_FILE: SHA256}


def test_a_known_digest_is_not_learnt_again(cache: Path) -> None:
    with serving(Answer(CONTENT)) as server:
        (file,) = bring(at(server.url, SHA256))
    assert not file.pinned
    assert not (cache / PINS).exists()


def test_a_file_that_changed_after_it_was_learnt(cache: Path) -> None:
    other = CONTENT + b"One more,True\n"
    digest = hashlib.sha256(other).hexdigest()
    with serving(Answer(CONTENT), Answer(other)) as server:
        bring(at(server.url))
        (cache / COLBERT_FILE).unlink()
        with pytest.raises(DataError, match=f"SHA-256 is {digest}, expected {SHA256}"):
            bring(at(server.url))
        assert not (cache / COLBERT_FILE).exists()
        (file,) = bring(at(server.url), force=True)
    assert (file.sha256, file.pinned) == (digest, True)


def test_a_file_that_was_spoilt_in_the_cache(cache: Path) -> None:
    with serving(Answer(CONTENT)) as server:
        bring(at(server.url, SHA256))
        (cache / COLBERT_FILE).write_bytes(b"spoilt")
        with pytest.raises(DataError, match=rf"SHA-256 is \w{{64}}, expected {SHA256}; get the"):
            bring(at(server.url, SHA256))


@pytest.mark.parametrize("inside", ["", "corpora"])
def test_local_copies(cache: Path, tmp_path: Path, inside: str) -> None:
    folder = make(tmp_path / "data")
    (file,) = bring(collection(COLBERT), folder / inside)
    assert file == Fetched(cache / COLBERT_FILE, SHA256, How.COPIED, pinned=True)
    assert file.path.read_bytes() == CONTENT
    (again,) = bring(collection(COLBERT), folder / inside)
    assert again.how is How.THERE


@pytest.mark.parametrize(("corpus", "name"), [(HAHA, "es/haha_2021"), (CCL, "zh/task1_train")])
def test_a_local_copy_that_is_not_the_published_file(
    cache: Path, tmp_path: Path, corpus: Corpus, name: str
) -> None:
    expected = corpus.sources[0].sha256
    with pytest.raises(DataError, match=rf"{name}.*: SHA-256 is \w{{64}}, expected {expected}"):
        bring(collection(corpus), make(tmp_path / "data"))
    assert not cache.exists()


def test_what_a_folder_lacks_is_passed_over_unless_it_lacks_everything(
    cache: Path, tmp_path: Path
) -> None:
    folder = make(tmp_path / "data", COLBERT_FILE)
    both = [collection(COLBERT), collection(HAHA)]
    check_any(both, folder)
    assert [len(bring(each, folder)) for each in both] == [1, 0]
    with pytest.raises(DataError, match=r"holds none of the files; expected corpora/es/haha_2021"):
        check_any(both[1:], folder)


def test_the_inventory_counts_what_is_in_the_cache(cache: Path, tmp_path: Path) -> None:
    both = [collection(COLBERT), task_collection()]
    assert inventory(both).startswith(
        f"0 of 1 corpus files and 0 of 10 task inputs are here; not at hand: {COLBERT_FILE}, mwaha"
    )
    bring(both[0], make(tmp_path / "data"))
    assert inventory(both).startswith("1 of 1 corpus files and 0 of 10 task inputs are here; not")
    assert inventory(both[:1]) == "1 of 1 corpus files are here"


def test_task_inputs_come_from_a_folder_only(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match=f"only to those who log in at {TASK_HOME}; download them"):
        bring(task_collection())
    monkeypatch.setattr("semeval_humor.data.fetch.TASK_SHA256", {})
    files = bring(task_collection(), make(tmp_path / "data") / "mwahaha")
    names = ["task-a-en.tsv", "task-a-zh.tsv"]
    assert [file.path for file in files] == [cache / "mwahaha/dev" / name for name in names]
    assert [file.how for file in bring(task_collection())] == [How.THERE, How.THERE]


def test_every_home_is_pinned_to_a_commit() -> None:
    sources = [source for corpus in CORPORA for source in corpus.sources]
    assert len({source.name for source in sources}) == len(sources)
    assert len({source.path for source in sources}) == len(sources)
    home = re.compile(r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/[\w./]+")
    assert [source.url for source in sources if not home.fullmatch(source.url or "")] == []
