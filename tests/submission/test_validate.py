"""Whole files, folders and zips: every finding, in order, and what completeness is held against."""

import zipfile
from pathlib import Path

import pytest

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.files import sha256_of_file
from semeval_humor.findings import Level
from semeval_humor.receipt import receipt_path, write_receipt
from semeval_humor.schema import FileRecord, Lang, ModelIdentity, Receipt, Task
from semeval_humor.submission.kinds import Kind
from semeval_humor.submission.validate import Report, validate

SHARED = Path(__file__).parents[2] / "../shared/data"
DEV = SHARED / "mwahaha" / "dev"

HEADER = "id\tword1\tword2\theadline\n"
INPUTS = {
    "task-a-en.tsv": HEADER + "en_1\tscold\tkettle\t-\nen_2\t-\t-\tCat elected mayor\n",
    "task-a-es.tsv": HEADER + "es_1\tlanzar\tgato\t-\nes_2\t-\t-\tLlueve en Cádiz\n",
    "task-a-zh.tsv": HEADER + "zh_1\t洗澡\t闹钟\t-\nzh_2\t-\t-\t猫当选市长\n",
    "task-b1.tsv": "id\turl\nimg_1\thttps://example.org/a.gif\n",
    "task-b2.tsv": "id\turl\tprompt\nimg_2_1\thttps://example.org/a.gif\tMy boss: ______\n",
}
JOKES = {
    "task-a-en.tsv": (
        "id\ttext\nen_1\tI scold my kettle daily, and it never stops boiling over.\n"
        "en_2\tThe new mayor sleeps through meetings, like all the old ones did.\n"
    ),
    "task-a-es.tsv": (
        "id\ttext\nes_1\tQuise lanzar la moda del paraguas, pero mi gato se la comió.\n"
        "es_2\tEn Cádiz cayó tanta agua que los peces pidieron el empadronamiento.\n"
    ),
    "task-a-zh.tsv": (
        "id\ttext\nzh_1\t我一洗澡闹钟就响，看来它也想提醒我别再唱歌了。\n"
        "zh_2\t新市长上任第一天就睡着了，市民都说：终于有人说到做到。\n"
    ),
    "task-b1.tsv": "id\ttext\nimg_1\tWhen the meeting ends early and nobody knows why.\n",
    "task-b2.tsv": "id\ttext\nimg_2_1\tHe said the printer has more rights than we do.\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    return write(tmp_path / "inputs", INPUTS)


@pytest.fixture
def jokes(tmp_path: Path) -> Path:
    return write(tmp_path / "jokes", JOKES)


def told(report: Report) -> list[tuple[str, int | None, str | None]]:
    return [(str(finding.code), finding.line, finding.id) for finding in report.findings]


def compared(report: Report) -> list[tuple[str, Kind | None, int, bool, str]]:
    """File, kind, number of rows, whether its ids were checked, and against what."""
    return [
        (
            each.file,
            each.kind,
            len(each.rows),
            each.reference.ids is not None,
            each.reference.source,
        )
        for each in report.files
    ]


def codes(report: Report, level: Level = Level.ERROR) -> set[str]:
    return {str(finding.code) for finding in report.of(level)}


def test_good_files_of_all_tasks_have_no_finding(jokes: Path, inputs: Path) -> None:
    report = validate([jokes], inputs)
    assert report.findings == ()
    en, es, zh = (Kind(Task.A, lang) for lang in Lang)
    assert compared(report) == [
        (f"{jokes}/task-a-en.tsv", en, 2, True, f"{inputs}/task-a-en.tsv"),
        (f"{jokes}/task-a-es.tsv", es, 2, True, f"{inputs}/task-a-es.tsv"),
        (f"{jokes}/task-a-zh.tsv", zh, 2, True, f"{inputs}/task-a-zh.tsv"),
        (f"{jokes}/task-b1.tsv", Kind(Task.B1, Lang.EN), 1, True, f"{inputs}/task-b1.tsv"),
        (f"{jokes}/task-b2.tsv", Kind(Task.B2, Lang.EN), 1, True, f"{inputs}/task-b2.tsv"),
    ]
    assert [each.sha256 for each in report.files] == [
        sha256_of_file(Path(each.file)) for each in report.files
    ]


def test_a_zip_is_checked_as_its_files_are(jokes: Path, inputs: Path) -> None:
    path = jokes.parent / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(jokes.iterdir()):
            archive.write(file, file.name)
        archive.writestr("x/task-b1.tsv", JOKES["task-b1.tsv"])
    report = validate([path], inputs)
    assert told(report) == [("zip-folder", None, None)]
    assert [checked.file for checked in report.files] == [f"{path}/{name}" for name in JOKES]
    assert all(checked.reference.ids for checked in report.files)


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        (
            "task-a-en.tsv",
            "en_1\tMy cat does not care.\nen_2\tNA\nen_2\tIt is a \x07 bell.\n",
            [
                ("missing-word", 2, "en_1"),
                ("null-text", 3, "en_2"),
                ("duplicate-id", 4, "en_2"),
                ("control-char", 4, "en_2"),
            ],
        ),
        (
            "task-a-es.tsv",
            "es_2\tLlueve en Cádiz\nes_3\t" + "El gato dice que no y la casa que sí. " * 30 + "\n",
            [
                ("headline-copy", 2, "es_2"),
                ("unknown-id", 3, "es_3"),
                ("too-long", 3, "es_3"),
                ("repetition", 3, "es_3"),
                ("missing-id", None, "es_1"),
            ],
        ),
        (
            "task-a-zh.tsv",
            'zh_1\t\nzh_2\t"两行\n笑话都在这里，真好笑。"\nzh_1\t我一洗澡闹钟就响。\tx\n',
            [
                ("empty-text", 2, "zh_1"),
                ("newline", 3, "zh_2"),
                ("duplicate-id", 5, "zh_1"),
                ("extra-column", 5, "zh_1"),
            ],
        ),
        ("task-b1.tsv", "img_1\t" + "Word and " * 11 + "end.\n", [("too-many-words", 2, "img_1")]),
        (
            "task-b2.tsv",
            "1\tA joke that stands alone.\n",
            [("unknown-id", 2, "1"), ("missing-id", None, "img_2_1")],
        ),
    ],
)
def test_every_finding_of_a_file_is_told_in_order(
    jokes: Path,
    inputs: Path,
    name: str,
    rows: str,
    expected: list[tuple[str, int | None, str | None]],
) -> None:
    write(jokes, {name: "id\ttext\n" + rows})
    report = validate([jokes / name], inputs)
    assert set(expected) <= set(told(report))
    lines = [finding.line or 1_000 for finding in report.findings]
    assert lines == sorted(lines)


def test_findings_of_several_files_keep_the_order_of_the_files(jokes: Path) -> None:
    write(jokes, {"task-a-es.tsv": "id\ttext\nes_1\t\n", "task-a-en.tsv": "id\ttext\n\nen_1\tNA\n"})
    paths = [jokes / "task-a-es.tsv", jokes / "task-a-en.tsv"]
    report = validate(paths)
    assert [(f.file, f.line) for f in report.findings] == [(str(paths[0]), 2), (str(paths[1]), 3)]


def test_texts_of_rows_that_are_no_rows_are_not_judged(jokes: Path) -> None:
    write(jokes, {"task-a-en.tsv": "id\ttext\nen_1\t \nen_2\tNA\n"})
    assert told(validate([jokes / "task-a-en.tsv"])) == [
        ("empty-text", 2, "en_1"),
        ("null-text", 3, "en_2"),
    ]


def test_same_texts_are_told_by_the_right_lines(jokes: Path) -> None:
    row = "The same joke again, and nobody laughs at it.\n"
    write(jokes, {"task-a-en.tsv": f"id\ttext\nen_1\tNA\nen_2\t{row}\nen_3\t{row}"})
    found = [f for f in validate([jokes / "task-a-en.tsv"]).findings if f.code == "duplicate-text"]
    assert [(f.line, f.id) for f in found] == [(3, "en_2"), (5, "en_3")]


# What the task is


def test_a_file_with_another_name_is_known_by_its_ids(jokes: Path, inputs: Path) -> None:
    path = (jokes / "task-a-zh.tsv").rename(jokes / "final.tsv")
    report = validate([path], inputs)
    assert report.findings == ()
    zh = Kind(Task.A, Lang.ZH)
    assert compared(report) == [(str(path), zh, 2, True, f"{inputs}/task-a-zh.tsv")]


def test_a_file_of_an_unknown_task_has_a_wrong_name_and_is_read_all_the_same(
    jokes: Path, inputs: Path
) -> None:
    path = jokes / "final.tsv"
    path.write_text("id\tjoke\n1\tHa, ha.\n2\tNA\n2\tx\n", encoding="utf-8")
    report = validate([path], inputs)
    assert told(report) == [
        ("missing-column", 1, None),
        ("null-text", 3, "2"),
        ("duplicate-id", 4, "2"),
        ("wrong-file-name", None, None),
    ]
    source = "neither its name nor its ids tell its task"
    assert compared(report) == [(str(path), None, 3, False, source)]


def test_a_table_that_a_folder_happens_to_hold_is_told_and_not_read(jokes: Path) -> None:
    (jokes / "votes.csv").write_bytes(b"\xff")
    report = validate([jokes])
    assert told(report) == [("wrong-file-name", None, None)]
    assert len(report.files) == 5


# What completeness is held against


def receipt(path: Path, ids: tuple[str, ...], source: Path | None = None) -> None:
    """Write what predict leaves beside a file; ``source`` is the input that it names."""
    record = FileRecord("/gone.tsv", "1" * 64, ids)
    if source:
        record = FileRecord(str(source), sha256_of_file(source), ids)
    written = Receipt(
        command="predict",
        config={},
        identity={},
        model=ModelIdentity("a model"),
        engine={},
        inputs=(FileRecord("prompts.toml", "0" * 64), record),
        outputs=(FileRecord(path.name, sha256_of_file(path), ids),),
        counts={},
        unresolved={},
        versions={},
        hardware={},
        started="2026-01-31T12:00:00+00:00",
    )
    write_receipt(receipt_path(path), written)


def test_without_inputs_and_receipt_completeness_is_not_checked(jokes: Path) -> None:
    report = validate([jokes / "task-b1.tsv"])
    assert report.findings == ()
    ((*_, checked, source),) = compared(report)
    assert not checked
    assert "no receipt; give the folder" in source


def test_the_receipt_beside_a_file_knows_its_ids(jokes: Path) -> None:
    path = jokes / "task-a-zh.tsv"
    receipt(path, ("zh_1", "zh_2", "zh_3"))
    report = validate([path])
    assert told(report) == [("missing-id", None, "zh_3")]
    assert compared(report)[0][-2:] == (True, str(receipt_path(path)))


def test_a_file_that_was_changed_is_still_held_against_its_receipt(jokes: Path) -> None:
    path = jokes / "task-a-zh.tsv"
    receipt(path, ("zh_1", "zh_2"))
    path.write_text("id\ttext\nzh_1\t我一洗澡闹钟就响，真好。\n", encoding="utf-8")
    report = validate([path])
    assert told(report) == [("missing-id", None, "zh_2")]
    source = f"{receipt_path(path)}, though the file was changed since"
    assert compared(report)[0][-2:] == (True, source)


def test_the_input_that_a_receipt_names_tells_what_rows_demand(jokes: Path, inputs: Path) -> None:
    path = jokes / "task-a-en.tsv"
    path.write_text("id\ttext\nen_1\tMy cat does not care.\n", encoding="utf-8")
    receipt(path, ("en_1", "en_2"), inputs / path.name)
    expected = [("missing-word", 2, "en_1"), ("missing-id", None, "en_2")]
    assert told(validate([path])) == expected
    (inputs / path.name).write_text(HEADER + "en_1\tcat\tcare\t-\n", encoding="utf-8")
    assert told(validate([path])) == expected[1:]  # another input tells nothing about the rows


def test_inputs_come_before_the_receipt(jokes: Path, inputs: Path) -> None:
    path = jokes / "task-a-zh.tsv"
    receipt(path, ("zh_1",))
    assert compared(validate([path], inputs))[0][-1] == f"{inputs}/task-a-zh.tsv"
    (inputs / "task-a-zh.tsv").unlink()
    assert compared(validate([path], inputs))[0][-2:] == (False, f"no {inputs}/task-a-zh.tsv")


@pytest.mark.parametrize(
    ("content", "source"),
    [("{}", "not a receipt: "), (None, "no ids in ")],
)
def test_a_receipt_that_does_not_help_is_named(
    jokes: Path, content: str | None, source: str
) -> None:
    path = jokes / "task-a-zh.tsv"
    receipt(path, ())
    if content:
        receipt_path(path).write_text(content, encoding="utf-8")
    ((*_, checked, found),) = compared(validate([path]))
    assert not checked
    assert source in found
    assert str(receipt_path(path)) in found


def test_inputs_must_be_a_folder_of_inputs(jokes: Path, inputs: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere: no such folder, expected one with the task's"):
        validate([jokes], inputs / "nowhere")
    with pytest.raises(DataError, match=r"task-a-en.tsv:1: columns: id, text; expected"):
        validate([jokes / "task-a-en.tsv"], jokes)


# Real files


def real(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no {path}")
    return path


@pytest.mark.parametrize(
    ("name", "with_inputs", "expected"),
    [
        ("comma-separated.column-joke.csv", False, {"not-tsv", "missing-column"}),
        ("column-generated_joke.tsv", False, {"missing-column", "extra-column"}),
        ("column-generated_joke.tsv", True, {"missing-column", "extra-column"}),
        ("task-b1.ids-1-to-10.tsv", False, {"unknown-id"}),
        ("task-b1.ids-1-to-10.tsv", True, {"unknown-id", "missing-id"}),
        ("dangling-quotes.tsv", False, set()),
    ],
)
def test_the_real_faulty_files_get_their_codes(
    name: str, with_inputs: bool, expected: set[str]
) -> None:
    report = validate([real("submissions", name)], DEV if with_inputs else None)
    assert codes(report) == expected


def test_the_official_baselines_have_no_error_and_are_complete() -> None:
    report = validate([real("mwahaha", "baseline-dev")], DEV)
    assert codes(report) == set()
    assert [(rows, checked) for _, _, rows, checked, _ in compared(report)] == [
        (rows, True) for rows in (1200, 1200, 1000, 1100, 500)
    ]
