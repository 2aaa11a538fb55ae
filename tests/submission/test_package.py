import json
import zipfile
from pathlib import Path

import pandas
import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.files import sha256_of_file
from semeval_humor.receipt import read_receipt, receipt_path, write_receipt
from semeval_humor.schema import Joke, Lang
from semeval_humor.submission.gates import read_gates
from semeval_humor.submission.package import Package, package
from semeval_humor.weights import weights_sha256
from tests.receipts import receipt_for
from tests.submission.folders import jokes, write_inputs, write_submission

GATES = read_gates()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good submission in three languages."""
    for lang in Lang:
        write_submission(tmp_path / "ours", lang, write_inputs(tmp_path / "in", lang))
    return tmp_path / "ours"


def refused(result: Package) -> list[str]:
    return [gate.gate for gate in result.gates if not (gate.passed or gate.allowed)]


def test_a_good_submission_is_packed_as_the_organisers_want_it(folder: Path) -> None:
    result = package(folder, GATES)
    assert refused(result) == []
    assert result.path == folder.with_name("ours.zip")
    with zipfile.ZipFile(result.path) as archive:
        assert archive.namelist() == ["task-a-en.tsv", "task-a-es.tsv", "task-a-zh.tsv"]
        for lang in Lang:
            with archive.open(f"task-a-{lang}.tsv") as member:
                read = pandas.read_csv(member, delimiter="\t", index_col="id")["text"]
            assert list(read.items()) == [(joke.id, joke.text) for joke in jokes(lang)]
    card = folder.with_name("ours.md").read_text(encoding="utf-8")
    assert card.startswith("# ours\n")
    assert card.count("| distinct-2 |") == 2 * len(Lang)  # as a gate and as a score
    account = read_receipt(receipt_path(result.path))
    assert account.command == "package"
    assert account.outputs[0].sha256 == sha256_of_file(result.path)
    assert account.counts["overridden"] == []


def test_the_same_files_make_the_same_zip(folder: Path) -> None:
    path = package(folder, GATES).path
    assert path is not None
    before = path.read_bytes()
    package(folder, GATES)
    assert path.read_bytes() == before


def test_a_zip_of_somebody_else_is_not_replaced(folder: Path) -> None:
    folder.with_name("ours.zip").write_bytes(b"mine")
    with pytest.raises(ConfigError, match="was not made by package; move it away"):
        package(folder, GATES)
    assert folder.with_name("ours.zip").read_bytes() == b"mine"


def test_an_edited_file_is_refused_and_nothing_is_written(folder: Path) -> None:
    path = folder / "task-a-en.tsv"
    path.write_text(path.read_text(encoding="utf-8").replace("honks", "sings"), encoding="utf-8")
    result = package(folder, GATES)
    assert refused(result) == ["receipt-mismatch"]
    assert result.path is None
    assert not list(folder.parent.glob("ours.*"))


def test_an_overridden_gate_is_in_card_and_receipt(folder: Path) -> None:
    (folder / "task-a-zh.run.json").unlink()
    assert refused(package(folder, GATES)) == ["unknown-rows", "no-receipt"]
    inputs = folder.with_name("in")
    result = package(folder, GATES, inputs=inputs, allowed=["no-receipt"])
    assert result.path is not None
    assert read_receipt(receipt_path(result.path)).counts["overridden"] == ["no-receipt"]
    card = folder.with_name("ours.md").read_text(encoding="utf-8")
    assert "**Overridden gates: no-receipt.**" in card


def test_missing_rows_are_refused_whatever_is_allowed(folder: Path, tmp_path: Path) -> None:
    rows = jokes(Lang.ES)[:-1]
    write_submission(folder, Lang.ES, tmp_path / "in", rows)
    result = package(folder, GATES, allowed=["receipt-mismatch"])
    assert refused(result) == ["errors"]
    (gate,) = [gate for gate in result.gates if gate.gate == "errors" and not gate.passed]
    assert gate.rows == ("es_0102",)


def test_a_file_without_any_text_is_refused(folder: Path) -> None:
    (folder / "task-a-en.tsv").write_text("id\ttext\nen_0001\t\n", encoding="utf-8")
    assert "errors" in refused(package(folder, GATES))


@pytest.mark.parametrize("lang", Lang)
def test_what_a_policy_writes_that_has_fooled_its_reward_is_refused(
    folder: Path, tmp_path: Path, lang: Lang
) -> None:
    loop = {
        Lang.EN: "funny joke " * 9,
        Lang.ES: "chiste malo " * 9,
        Lang.ZH: "哈哈笑话真好笑，" * 9,
    }
    rows = [Joke(joke.id, loop[lang] + "وكان الوزير مضحك") for joke in jokes(lang)]
    write_submission(folder, lang, tmp_path / "in", rows)
    assert {"purity", "repetition", "coverage", "duplicates", "distinct-2"} <= set(
        refused(package(folder, GATES))
    )


def test_weights_that_training_left_alone_are_refused(folder: Path, tmp_path: Path) -> None:
    checkpoint = tmp_path / "ppo"
    checkpoint.mkdir()
    (checkpoint / "model.safetensors").write_bytes(b"\2" + b"\0" * 7 + b"{}")
    training = receipt_for(command="train ppo", counts={"diff": {"verdict": "identical"}})
    write_receipt(checkpoint / "training.run.json", training)
    path = receipt_path(folder / "task-a-en.tsv")
    value = json.loads(path.read_text(encoding="utf-8"))
    value["model"] = {"name": str(checkpoint), "weights": weights_sha256(str(checkpoint))}
    path.write_text(json.dumps(value), encoding="utf-8")
    assert refused(package(folder, GATES)) == ["weights-unchanged"]
    # Weights that have been replaced since say nothing about those that wrote the file.
    (checkpoint / "model.safetensors").write_bytes(b"\3" + b"\0" * 7 + b"{ }")
    assert refused(package(folder, GATES)) == []


def test_a_folder_without_task_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no task file in this folder, expected task-a-en.tsv"):
        package(tmp_path, GATES)
