"""The packaged prompts can be filled in, and their examples obey the task's own rules."""

import csv
import io
import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from semeval_humor.schema import Lang, Task

PACKAGE = files("semeval_humor")
PROMPTS: dict[str, dict[str, Any]] = tomllib.loads(
    PACKAGE.joinpath("prompts.toml").read_text(encoding="utf-8")
)
PLACEHOLDERS = {
    "system": [],
    "headline": ["{headline}", "{angle}"],
    "words": ["{word1}", "{word2}", "{angle}"],
    "base_headline": ["{headline}"],
    "base_words": ["{word1}", "{word2}"],
}


def braces(text: str) -> list[str]:
    return re.findall(r"\{\w*\}|[{}]", text)


def test_there_is_one_table_per_language_with_the_same_keys() -> None:
    assert list(PROMPTS) == list(Lang)
    assert all(table.keys() == {*PLACEHOLDERS, "angles", "examples"} for table in PROMPTS.values())


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("key", PLACEHOLDERS)
def test_each_text_has_its_placeholders_and_no_other_brace(lang: Lang, key: str) -> None:
    text = PROMPTS[lang][key]
    assert braces(text) == PLACEHOLDERS[key]
    assert text == text.strip()


@pytest.mark.parametrize("lang", Lang)
def test_the_angle_stands_on_the_last_line_and_the_joke_follows_a_colon(lang: Lang) -> None:
    table = PROMPTS[lang]
    for key in ("headline", "words"):
        assert table[key].splitlines()[-1] == "{angle}"
    for key in ("base_headline", "base_words"):
        assert len(table[key].splitlines()) == 2
        assert table[key][-1] in ":："


@pytest.mark.parametrize("lang", Lang)
def test_there_are_twelve_different_angles_of_one_line(lang: Lang) -> None:
    angles = PROMPTS[lang]["angles"]
    assert len(set(angles)) == len(angles) == 12
    assert all(angle.endswith((".", "。")) for angle in angles)
    assert not any("\n" in angle or braces(angle) for angle in angles)


@pytest.mark.parametrize("lang", Lang)
def test_examples_are_five_headlines_and_three_pairs_with_both_words(lang: Lang) -> None:
    examples = PROMPTS[lang]["examples"]
    pairs = [example for example in examples if example.keys() == {"word1", "word2", "joke"}]
    headlines = [example for example in examples if example.keys() == {"headline", "joke"}]
    assert (len(headlines), len(pairs), len(examples)) == (5, 3, 8)
    for pair in pairs:
        for word in (pair["word1"], pair["word2"]):
            found = rf"\b{word}\b" if lang is not Lang.ZH else word
            assert re.search(found, pair["joke"]), (word, pair["joke"])


@pytest.mark.parametrize("lang", Lang)
def test_jokes_are_short_single_lines_that_begin_differently(lang: Lang) -> None:
    jokes = [example["joke"] for example in PROMPTS[lang]["examples"]]
    shortest, longest = (20, 80) if lang is Lang.ZH else (60, 220)
    for joke in jokes:
        assert shortest <= len(joke) <= longest, (len(joke), joke)
        assert joke == " ".join(joke.split())
        assert joke[0] not in "\"'“‘«「"  # a base model would learn to wrap its jokes
        assert not braces(joke)
    assert len({joke[:2] if lang is Lang.ZH else joke.split()[0] for joke in jokes}) == len(jokes)


@pytest.mark.parametrize("lang", Lang)
def test_no_example_is_a_sample_row(lang: Lang) -> None:
    text = PACKAGE.joinpath("samples", Task.A.file_name(lang)).read_text(encoding="utf-8")
    reader = csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    samples = {tuple(row[1:]) for row in reader}
    examples = {
        (example.get("word1", "-"), example.get("word2", "-"), example.get("headline", "-"))
        for example in PROMPTS[lang]["examples"]
    }
    assert samples & examples == set()
