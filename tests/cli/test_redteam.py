import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from semeval_humor.data.jokes import CorpusText, write_jokes
from semeval_humor.data.splits import Split
from semeval_humor.rewards import reward as rewards
from semeval_humor.rewards.perturbations import Family
from semeval_humor.rewards.profiles import read_profile
from semeval_humor.rewards.redteam_search import Search
from semeval_humor.schema import FileRecord, Lang
from tests.rewards.jokes import JOKES

EN, ES = Lang.EN, Lang.ES


class Classifier:
    """Says of texts what a function says."""

    def __init__(self, humour: Callable[[str], float]) -> None:
        self._humour = humour

    def probabilities(self, texts: Sequence[str]) -> list[float]:
        return [self._humour(text) for text in texts]

    def unknown_rates(self, texts: Sequence[str]) -> list[float]:
        return [0.0] * len(texts)


def knows(text: str) -> float:
    return 0.9 if any(text in jokes for jokes in JOKES.values()) else 0.1


@pytest.fixture
def reward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A REWARD.toml, guarded, with classifiers for English and Spanish that know all jokes."""
    path = tmp_path / "guarded.toml"
    path.touch()

    def load(path: Path, langs: Collection[Lang] | None = None) -> rewards.Reward:
        classifiers = {lang: Classifier(knows) for lang in langs or (EN, ES)}
        return rewards.Reward(
            read_profile("guarded"), classifiers, (FileRecord(str(path), "12ab"),)
        )

    monkeypatch.setattr(rewards, "load_reward", load)
    return path


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "jokes.txt"
    path.write_text("\n\n".join(JOKES[EN]), encoding="utf-8-sig")
    return path


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "jokes.parquet"
    rows = [
        CorpusText(f"{lang}-{n}", lang, joke, True, None, None, "ours", split, "")
        for lang in (EN, ES)
        for split in (Split.TEST, Split.TRAIN)
        for n, joke in enumerate(JOKES[lang][: 4 if split is Split.TEST else 6])
    ]
    dull = CorpusText(
        "dull", EN, "The library opens at nine.", False, None, None, "", Split.TEST, ""
    )
    write_jokes(path, [dull, *rows])
    return path


def test_a_table_and_a_card(reward: Path, text: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["redteam", str(reward), "--jokes", str(text), "--lang", "en"]) == 0
    output, errors = capsys.readouterr()
    assert errors == "attacking in en …\n"
    lines = output.splitlines()
    assert lines[0].split() == [
        *("en:", "family", "kind", "pairs", "lost", "bound", "mean", "gap", "gain")
    ]
    (row,) = [line for line in lines if line.startswith("emoji-spam")]
    assert row.split()[:5] == ["emoji-spam", "gated,", "trained", "6", "0.0%"]
    assert "…" not in output
    assert "clean en jokes left untouched by gates: 100.0% of 6" in output
    for end in ("json", "md", "html", "run.json"):
        assert reward.with_suffix(f".redteam.{end}").exists()


def test_json_is_one_document_and_also_a_file(
    reward: Path, parquet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cards"
    arguments = ["redteam", str(reward), "--jokes", str(parquet), "--pairs", "9", "--seed", "5"]
    assert main([*arguments, "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((out / "guarded.redteam.json").read_text(encoding="utf-8"))
    assert not reward.with_suffix(".redteam.json").exists()
    assert (found["reward"], found["seed"], found["passed"]) == (str(reward), 5, True)
    assert {each["lang"] for each in found["families"]} == {"en", "es"}
    assert len(found["families"]) == 2 * (len(Family) + len(Search))
    # Of the four jokes of the test split in each language; the dull text is none.
    assert [each["jokes"] for each in found["clean"]] == [4, 4]


def test_a_fooled_reward_fails(
    reward: Path, text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fooled = rewards.Reward(read_profile("summed"), {EN: Classifier(lambda text: 1.0)})
    monkeypatch.setattr(rewards, "load_reward", lambda path, langs: fooled)
    assert main(["redteam", str(reward), "--jokes", str(text), "--lang", "en"]) == 1
    output, errors = capsys.readouterr()
    # Shuffled words are as many words as before, and the sum counts nothing else.
    message = "shuffled-words: 6 of 6 pairs lost (100.0%), at most 2%"
    assert f"error: {reward}: en: {message}" in errors
    assert json.loads(reward.with_suffix(".redteam.json").read_text("utf-8"))["passed"] is False
    assert "shuffled-words" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--jokes", "{text}"], "jokes.txt: which language is it in? Add one --lang"),
        (["--jokes", "{text}", "--lang", "en", "--lang", "es"], "Add one --lang"),
        (["--jokes", "{parquet}", "--lang", "zh"], "jokes.parquet: no jokes to test with in zh"),
        (["--jokes", "nowhere.parquet"], "nowhere.parquet: cannot be read"),
        (["--jokes", "nowhere.txt", "--lang", "en"], "nowhere.txt: cannot be read"),
        (["--jokes", "{empty}", "--lang", "en"], "no jokes to test with in en"),
        (["--jokes", "{binary}", "--lang", "en"], "not UTF-8"),
        (["--jokes", "{text}", "--lang", "en", "--pairs", "0"], "0 is not in the range x>=1"),
        (["--jokes", "{text}", "--lang", "fr"], "'fr' is not one of"),
        ([], "Missing option '--jokes'"),
    ],
)
def test_bad_usage_is_one_line(
    reward: Path,
    text: Path,
    parquet: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    empty, binary = tmp_path / "empty.txt", tmp_path / "binary.txt"
    empty.write_text(" \n", encoding="utf-8")
    binary.write_bytes(b"\xff\xfe")
    places = {"text": text, "parquet": parquet, "empty": empty, "binary": binary}
    filled = [argument.format_map(places) for argument in arguments]
    assert main(["redteam", str(reward), *filled]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert message in errors
    assert errors.count("\n") == 1
    assert not reward.with_suffix(".redteam.json").exists()


def test_languages_that_the_file_has_not_are_left_out(
    reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "jokes.parquet"
    write_jokes(
        path,
        [
            CorpusText(f"{n}", ES, joke, True, None, None, "ours", Split.TEST, "")
            for n, joke in enumerate(JOKES[ES])
        ],
    )
    assert main(["redteam", str(reward), "--jokes", str(path), "--json"]) == 0
    assert {each["lang"] for each in json.loads(capsys.readouterr().out)["families"]} == {"es"}


def test_a_reward_that_cannot_be_read(
    text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "nowhere.toml"
    assert main(["redteam", str(missing), "--jokes", str(text), "--lang", "en"]) == 2
    assert "nowhere.toml: cannot be read" in capsys.readouterr().err
