"""The packaged sample inputs have the official form and are nobody else's."""

import csv
import io
import re
from importlib.resources import files
from pathlib import Path

import pytest

from semeval_humor.schema import Lang, Task

REAL_INPUTS = Path(__file__).parents[2] / "shared" / "data" / "mwahaha"
FILES = [(task, lang) for task in Task for lang in task.langs]


def raw(task: Task, lang: Lang) -> bytes:
    return files("semeval_humor").joinpath("samples", task.file_name(lang)).read_bytes()


def parse(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def rows(task: Task, lang: Lang) -> list[list[str]]:
    return parse(raw(task, lang).decode("utf-8"))[1:]


@pytest.mark.parametrize(("task", "lang"), FILES)
def test_form_is_the_official_one(task: Task, lang: Lang) -> None:
    content = raw(task, lang)
    assert content.endswith(b"\n")
    assert b"\r" not in content
    header, *body = parse(content.decode("utf-8"))
    assert tuple(header) == task.columns
    assert {len(row) for row in body} == {len(task.columns)}
    assert all(cell and cell == cell.strip() for row in body for cell in row)


@pytest.mark.parametrize(("task", "lang"), FILES)
def test_ids_count_up_from_9001_and_contents_are_distinct(task: Task, lang: Lang) -> None:
    prefix = {Task.A: f"{lang}_", Task.B1: "img_", Task.B2: "img_2_"}[task]
    body = rows(task, lang)
    size = 60 if task is Task.A else 10
    assert [row[0] for row in body] == [f"{prefix}{9001 + i}" for i in range(size)]
    assert len({tuple(row[1:]) for row in body}) == size


@pytest.mark.parametrize("lang", Lang)
def test_forty_headlines_then_twenty_word_pairs(lang: Lang) -> None:
    body = rows(Task.A, lang)
    shortest, longest = (10, 45) if lang is Lang.ZH else (30, 200)
    for _, word1, word2, headline in body[:40]:
        assert (word1, word2) == ("-", "-")
        assert shortest <= len(headline) <= longest, headline
    for _, word1, word2, headline in body[40:]:
        assert headline == "-"
        assert "-" not in (word1, word2)


@pytest.mark.parametrize("lang", Lang)
def test_one_headline_starts_a_quote_that_never_ends(lang: Lang) -> None:
    # A reader with default CSV quoting swallows the rows after it.
    starts = [row[3] for row in rows(Task.A, lang) if row[3].startswith('"')]
    assert sum(headline.count('"') % 2 for headline in starts) == 1


@pytest.mark.parametrize(
    ("lang", "marks"),
    [(Lang.EN, "\"'‘’”:?%€—0"), (Lang.ES, '"‘’”:¿?¡!%€—0ñáéíóú'), (Lang.ZH, '"“”「」：？%€—0颱郵')],
)
def test_headlines_hold_the_characters_that_break_readers(lang: Lang, marks: str) -> None:
    headlines = "".join(row[3] for row in rows(Task.A, lang))
    assert set(marks) - set(headlines) == set()


def test_every_b2_prompt_has_one_blank_and_not_always_at_the_end() -> None:
    prompts = [row[2] for row in rows(Task.B2, Lang.EN)]
    assert {len(blank) for prompt in prompts for blank in re.findall("_+", prompt)} == {5, 6}
    assert all(len(re.findall("_+", prompt)) == 1 for prompt in prompts)
    assert {prompt.endswith("_") for prompt in prompts} == {True, False}


@pytest.mark.parametrize(("task", "lang"), FILES)
def test_no_row_is_the_organisers(task: Task, lang: Lang) -> None:
    inputs = sorted(REAL_INPUTS.rglob(task.file_name(lang)))
    if not inputs:
        pytest.skip(f"no {task.file_name(lang)} below {REAL_INPUTS}")
    theirs = {
        tuple(cell.strip().casefold() for cell in row[1:])
        for path in inputs
        for row in parse(path.read_text(encoding="utf-8-sig"))
    }
    ours = {tuple(cell.casefold() for cell in row[1:]) for row in rows(task, lang)}
    assert ours & theirs == set()
