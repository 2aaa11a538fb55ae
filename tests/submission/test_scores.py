import dataclasses
from pathlib import Path

import pytest

from semeval_humor.errors import DataError
from semeval_humor.schema import Joke, Lang
from semeval_humor.submission.scores import Scored, compare_files, score_file
from semeval_humor.submission.validate import validate
from tests.submission.folders import jokes, write_inputs, write_submission


def scored(path: Path, inputs: Path | None = None) -> Scored:
    (checked,) = validate([path], inputs).files
    return score_file(checked)


@pytest.mark.parametrize("lang", Lang)
def test_scores_of_a_small_file(tmp_path: Path, lang: Lang) -> None:
    inputs = write_inputs(tmp_path / "in", lang)
    found = scored(write_submission(tmp_path / "out", lang, inputs))
    assert found.signature.startswith(f"mwahaha|a-{lang}|n:6|file:")
    assert found.measured.undefined == {}
    scores = found.measured.scores
    # The receipt names the input, so the words are known without --inputs.
    assert scores["coverage-inflected"].value == 1
    assert scores["coverage-inflected"].items == 2
    assert scores["headline-copies"].items == 4
    assert scores["script-purity"].value == 1
    assert scores["loops"].value == 0
    assert ("distinct-2-words" in scores) is (lang is Lang.ZH)
    for name, score in scores.items():
        assert score.name == name
        assert score.lang is lang
        if score.low is not None and score.high is not None:
            assert score.low <= score.value <= score.high


def test_without_the_input_coverage_is_undefined_and_never_1(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "in", Lang.EN)
    path = write_submission(tmp_path / "out", Lang.EN, inputs)
    path.with_suffix(".run.json").unlink()
    found = scored(path)
    assert "coverage-exact" not in found.measured.scores
    assert "give --inputs" in found.measured.undefined["coverage-exact"]
    assert scored(path, inputs).measured.scores["coverage-exact"].value == 1


def test_rows_without_text_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "task-a-en.tsv"
    path.write_text("id\ttext\nen_0001\tA joke.\nen_0002\t\nen_0003\tNA\n", encoding="utf-8")
    assert scored(path).ids == ("en_0001",)
    path.write_text("id\ttext\nen_0001\tNA\n", encoding="utf-8")
    with pytest.raises(DataError, match="no row with a text"):
        scored(path)


def test_a_file_against_itself(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "in", Lang.ZH)
    one = scored(write_submission(tmp_path / "a", Lang.ZH, inputs))
    other = scored(write_submission(tmp_path / "b", Lang.ZH, inputs))
    found = compare_files(one, other)
    assert found.identical == 1
    assert {each.difference for each in found.differences} == {0}
    assert {each.p for each in found.differences} == {1}
    assert found.warnings == (
        "100% of 6 texts are identical: if two models should have written them, see "
        "semeval-humor diff",
    )


def test_files_are_compared_over_the_rows_that_both_have(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "in", Lang.EN)
    rows = jokes(Lang.EN)
    worse = [Joke(rows[0].id, "ha ha"), *rows[1:5], Joke("en_9999", "Not in the other file.")]
    one = scored(write_submission(tmp_path / "a", Lang.EN, inputs))
    other = scored(write_submission(tmp_path / "b", Lang.EN, inputs, worse))
    found = compare_files(one, other)
    length = next(each for each in found.differences if each.name == "length-characters")
    assert length.items == 5
    # Only the first joke differs: "ha ha" has 5 characters.
    assert length.difference == pytest.approx((5 - len(rows[0].text)) / 5)
    assert found.identical == 4 / 5


def test_equal_perplexities_are_told(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path / "in", Lang.EN)
    rows = [Joke(joke.id, joke.text[::-1]) for joke in jokes(Lang.EN)]
    one = scored(write_submission(tmp_path / "a", Lang.EN, inputs))
    other = scored(write_submission(tmp_path / "b", Lang.EN, inputs, rows))
    assert compare_files(one, other).warnings == ()
    for each, value in ((one, 31.4159), (other, 31.4160)):
        loops = each.measured.scores["loops"]
        each.measured.scores["perplexity"] = dataclasses.replace(
            loops, name="perplexity", value=value, rows=None
        )
    (warning,) = compare_files(one, other).warnings
    assert warning.startswith("the perplexities are equal (31.416 and 31.416): so looks a training")


def test_other_languages_and_other_rows_cannot_be_compared(tmp_path: Path) -> None:
    english = write_inputs(tmp_path / "in", Lang.EN)
    spanish = write_inputs(tmp_path / "in", Lang.ES)
    one = scored(write_submission(tmp_path / "a", Lang.EN, english))
    other = scored(write_submission(tmp_path / "b", Lang.ES, spanish))
    with pytest.raises(DataError, match="only files of one language can be compared"):
        compare_files(one, other)
    stranger = write_submission(tmp_path / "c", Lang.EN, english, [Joke("en_7", "Hello there.")])
    with pytest.raises(DataError, match="have no row in common"):
        compare_files(one, scored(stranger))
