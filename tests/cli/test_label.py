import json
from dataclasses import replace
from pathlib import Path

import pytest

import semeval_humor
from semeval_humor.cli.label import _settings
from semeval_humor.cli.main import main
from semeval_humor.configs import checked
from semeval_humor.data.jokes import write_jokes
from semeval_humor.inference.config import EngineConfig
from semeval_humor.parquet import read_rows
from semeval_humor.schema import Lang
from tests.data.labelled_jokes import joke

CONFIGS = Path(semeval_humor.__file__).parents[1] / "configs" / "label"


@pytest.fixture
def jokes(tmp_path: Path) -> Path:
    """Two jokes in each language."""
    path = tmp_path / "jokes.parquet"
    write_jokes(path, [joke(lang, number) for lang in Lang for number in range(2)])
    return path


@pytest.mark.parametrize("lang", Lang)
def test_rules_label_jokes(jokes: Path, lang: Lang, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["data", "label", "--lang", str(lang), "--jokes", str(jokes), "--engine", "rules"])
        == 0
    )
    output, errors = capsys.readouterr()
    path = jokes.with_name(f"pairs-{lang}.parquet")
    assert output.startswith(f"{path} (4 rows from 2 of 2 jokes)\n")
    assert "| labelled | 2 (100%) |" in output
    assert "these pairs are a baseline" in output
    assert errors == ""
    assert len(list(read_rows(path, ["id"], "data label"))) == 4


def test_the_gold_set_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check-labels", "--engine", "rules", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    found = {(score["name"], score["lang"]): score["value"] for score in scores}
    assert set(Lang) == {lang for _, lang in found}
    for lang in Lang:
        assert found["checks", lang] == 1
        assert found["labelled", lang] >= 0.6
    assert main(["data", "check-labels", "--engine", "rules"]) == 0
    assert "en, 20 jokes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--engine", "rules"], "options: lang: is missing; add --lang en, es or zh"),
        (["--lang", "en", "--engine", "rules", "--limit", "0"], "limit: Input should be greater"),
        (["--lang", "en", "--jokes", "none.parquet", "--engine", "rules"], "none.parquet: cannot"),
        (["--lang", "en", "--engine", "rules", "--out", "x.parquet"], "is to be a folder"),
        (["--lang", "en"], "say what labels: --model NAME, --base-url URL, or --engine rules"),
        (["--lang", "en", "--engine", "openai", "--model", "x"], "openai needs --base-url"),
        (["--lang", "en", "--engine", "rules", "--for", "nothing"], "nothing: unknown model"),
    ],
)
def test_bad_usage_is_one_line(
    jokes: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    given = arguments if "--jokes" in arguments else [*arguments, "--jokes", str(jokes)]
    assert main(["data", "label", *given]) == 2
    output, errors = capsys.readouterr()
    assert (output, errors.count("\n")) == ("", 1)
    assert message in errors


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_ready_configs_are_valid(path: Path) -> None:
    engine, settings = _settings(path, {"lang": "zh"})
    assert settings.lang is Lang.ZH
    checked(EngineConfig, engine, str(path))


def test_a_misspelt_key_of_a_config_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "label.toml"
    path.write_text("atempts = 3\n", encoding="utf-8")
    assert main(["data", "label", "--lang", "en", "--config", str(path)]) == 2
    assert "atempts: no such key, did you mean attempts?" in capsys.readouterr().err


def test_labels_of_more_jokes_or_by_another_model_are_not_replaced(
    jokes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "label", "--lang", "en", "--jokes", str(jokes), "--engine", "rules"]
    assert main(command) == 0
    assert main(command) == 0  # the same again
    path = jokes.with_name("pairs-en.parquet")
    before = path.read_bytes()
    capsys.readouterr()
    assert main([*command, "--limit", "1"]) == 2
    expected = f"error: {path}: holds labels of 2 jokes, and --limit would leave 1; use --force"
    assert capsys.readouterr().err.startswith(expected)
    account = path.with_name("pairs-en.run.json")
    account.write_text(account.read_text().replace('"name": "rules"', '"name": "gpt-x"'))
    assert main(command) == 2
    assert capsys.readouterr().err.startswith(f"error: {path}: holds labels by gpt-x; use --force")
    assert path.read_bytes() == before
    assert main([*command, "--limit", "1", "--force"]) == 0
    assert len(list(read_rows(path, ["id"], "data label"))) == 2


def test_no_label_at_all_is_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "jokes.parquet"
    write_jokes(path, [replace(joke(Lang.EN, 0), text="Ha.")])
    command = ["data", "label", "--lang", "en", "--jokes", str(path), "--engine", "rules"]
    assert main(command) == 1
    assert capsys.readouterr().err.endswith("no joke got a label that passes the checks\n")
