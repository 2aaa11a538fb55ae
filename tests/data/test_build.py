import json
from collections import Counter
from pathlib import Path

import pytest

from semeval_humor.data.build import build, card_path, dropped_path
from semeval_humor.data.card import quantile
from semeval_humor.data.corpora import CORPORA, Corpus
from semeval_humor.data.jokes import CorpusText, read_jokes
from semeval_humor.errors import ConfigError, DataError, HumorError
from semeval_humor.files import sha256_of_file
from semeval_humor.receipt import read_receipt, receipt_path
from tests.data.corpora_at_hand import FILES, make

REAL = Path(__file__).parents[3] / "shared" / "data"


def built(folder: Path, out: Path, *names: str) -> dict[str, CorpusText]:
    return {row.id: row for row in read_jokes(build(make(folder, *names), out).path)}


def test_rows_that_stay_and_what_is_known_of_them(tmp_path: Path) -> None:
    rows = built(tmp_path / "data", tmp_path / "out")
    assert list(rows) == [
        *("colbert-dev-1", "colbert-dev-2", "colbert-dev-4"),
        *("haha2021-train-1", "haha2021-train-2"),
        *("ccl2019-train-1", "ccl2019-train-2", "ccl2019-development-2"),
        *("thucnews-dev-1", "thucnews-dev-2"),
    ]
    grave = rows["haha2021-train-1"]
    assert (grave.text, grave.rating) == ("—Doctor, ¿es grave?\n—No, es esdrújula.", 3.5)
    assert (grave.is_humor, grave.label) == (True, "voted humorous")
    assert (grave.source, grave.licence) == ("haha2021-train", "none stated")
    assert rows["haha2021-train-2"].text == "se me ha perdido otra vez el paraguas azul"
    # Who wrote a Chinese joke says nothing about humour; headlines are the negatives.
    written = {row.id: (row.is_humor, row.label) for row in rows.values() if row.lang == "zh"}
    assert written == {
        "ccl2019-train-1": (None, "human-written joke"),
        "ccl2019-train-2": (None, "machine-made joke"),
        "ccl2019-development-2": (None, None),
        "thucnews-dev-1": (False, "headline"),
        "thucnews-dev-2": (False, "headline"),
    }
    assert rows["thucnews-dev-1"].text == '新桥明年通车 "市民期待'


def test_rows_that_go_are_kept_with_the_reason(tmp_path: Path) -> None:
    built(tmp_path / "data", tmp_path)
    lines = dropped_path(tmp_path / "jokes.parquet").read_text(encoding="utf-8").splitlines()
    found = {row["id"]: (row["why"], row["detail"]) for row in map(json.loads, lines)}
    assert found == {
        "colbert-dev-3": ("same text", "colbert-dev-2"),
        "colbert-dev-5": ("task input", "Harbor town elects a pelican as its honorary mayor"),
        "haha2021-train-3": ("too short", ""),
        "ccl2019-train-3": ("task input", "社區圖書館延長週末開放時間，方便學生借書"),
        "ccl2019-development-1": ("same text", "ccl2019-train-1"),
    }


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    result = build(make(tmp_path / "data"), tmp_path)
    for tally in result.build.sources:
        assert tally.read == tally.kept + tally.dropped.total()
    card = card_path(result.path).read_text(encoding="utf-8")
    for line in (
        "| en | colbert-dev | headline | false |",
        "| zh | ccl2019-train | machine-made joke | – |",
        "| source | read | too short | task input | same text | kept |",
        "| colbert-dev | 5 | 0 | 1 | 1 | 3 |",
        "Licence: none stated. Cite: Chiruzzo et al. 2021",
        "1 of the duplicates had another label",
        "Held against 1 en, 1 zh headlines and prompts of the task.",
        "Not at hand when this was built: haha2021-dev, haha2021-test, ccl2019-test.",
        "**another file** than <https://raw.githubusercontent.com/pln-fing-udelar/",
        sha256_of_file(result.path),
    ):
        assert line in card
    receipt = read_receipt(receipt_path(result.path))
    assert receipt.counts["read"]["colbert-dev"] == 5
    assert receipt.counts["dropped"] == {"same text": 2, "task input": 2, "too short": 1}
    assert {record.name for record in receipt.outputs} == {
        *("jokes.parquet", "jokes.md", "jokes.dropped.jsonl")
    }


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    make(tmp_path / "data")
    first, second = (build(tmp_path / "data", tmp_path / name).path for name in "ab")
    for file in (Path, card_path, dropped_path):
        assert file(first).read_bytes() == file(second).read_bytes()


def test_a_source_that_is_added_moves_no_row(tmp_path: Path) -> None:
    names = [name for name in FILES if "thucnews" not in name]
    before = built(tmp_path / "before", tmp_path / "a", *names)
    after = built(tmp_path / "after", tmp_path / "b")
    assert {id_: after[id_] for id_ in before} == before
    assert len(after) == len(before) + 2


def test_without_task_inputs_the_card_says_so(tmp_path: Path) -> None:
    rows = built(tmp_path / "data", tmp_path, "corpora/en/colbert_dev.csv")
    assert "colbert-dev-5" in rows
    assert "**No task inputs were at hand" in (tmp_path / "jokes.md").read_text(encoding="utf-8")


def test_nothing_is_overwritten_but_by_force(tmp_path: Path) -> None:
    make(tmp_path / "data")
    path = build(tmp_path / "data", tmp_path).path
    with pytest.raises(ConfigError, match=r"jokes\.parquet: is there already; use --force"):
        build(tmp_path / "data", tmp_path)
    path.write_bytes(b"")
    assert build(tmp_path / "data", tmp_path, force=True).build.rows == 10


@pytest.mark.parametrize("corpora", [CORPORA, CORPORA[:1]])
def test_a_folder_without_corpora(tmp_path: Path, corpora: tuple[Corpus, ...]) -> None:
    make(tmp_path, "mwahaha/dev/task-a-en.tsv")
    message = r"no corpus found, expected corpora/en/colbert_dev.csv.*; run semeval-humor data"
    with pytest.raises(DataError, match=message):
        build(tmp_path, tmp_path / "out", corpora=corpora)


def test_a_bad_file_leaves_nothing_behind(tmp_path: Path) -> None:
    make(tmp_path / "data")
    (tmp_path / "data/corpora/zh/task1_train.csv").write_bytes(b"<html>Please log in</html>")
    with pytest.raises(DataError, match="a web page, expected CSV"):
        build(tmp_path / "data", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("semeval_humor.data.build.write_jokes", full)
    with pytest.raises(HumorError, match=r"jokes\.parquet: cannot be written: No space left"):
        build(make(tmp_path / "data"), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    make(tmp_path / "data")
    with pytest.raises(DataError, match=r"colbert_dev\.csv: cannot be read: Permission denied"):
        build(tmp_path / "data", tmp_path / "out", opener=refuse)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lengths", "percent", "expected"),
    # 1, 2, 2, 9: half are not longer than 2, three quarters neither, more need the 9.
    [([1, 2, 2, 9], 0, 1), ([1, 2, 2, 9], 50, 2), ([1, 2, 2, 9], 76, 9), ([7], 100, 7)],
)
def test_quantiles(lengths: list[int], percent: int, expected: int) -> None:
    assert quantile(Counter(lengths), percent) == expected


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the real corpora are not at hand")
def test_real_corpora_are_read_to_the_last_row(tmp_path: Path) -> None:
    tallies = {tally.file.source.name: tally for tally in build(REAL, tmp_path).build.sources}
    assert {name: tally.read for name, tally in tallies.items()} == {
        "colbert-dev": 30_000,
        "haha2021-train": 24_000,
        "haha2021-dev": 6_000,
        "ccl2019-train": 16_420,
        "ccl2019-development": 1_026,
    }
    # Less than one row in 25 is lost anywhere.
    assert min(tally.kept / tally.read for tally in tallies.values()) > 0.96
    rows = {row.id: row for row in read_jokes(tmp_path / "jokes.parquet")}
    assert rows["haha2021-train-1"].text.count("\n") == 6
