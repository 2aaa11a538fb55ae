from datetime import UTC, datetime
from pathlib import Path

import pytest

from semeval_humor.data.corpora import HUMAN_WRITTEN
from semeval_humor.data.jokes import CorpusText, write_jokes
from semeval_humor.data.label import (
    LabelSettings,
    Yield,
    jokes_to_label,
    labels_by_rules,
    labels_in,
    write_result,
    yield_report,
    yield_table,
)
from semeval_humor.data.label_model import LabelAttempt, open_attempts
from semeval_humor.data.splits import Split
from semeval_humor.errors import DataError
from semeval_humor.parquet import read_rows
from semeval_humor.receipt import read_receipt, receipt_path
from semeval_humor.schema import Lang, ModelIdentity
from tests.data.labelled_jokes import JOKES, answer, joke


def row(id_: str, lang: Lang, is_humor: bool | None, label: str | None = None) -> CorpusText:
    return CorpusText(id_, lang, "text", is_humor, None, label, "test", Split.TRAIN, "ours")


def test_jokes_are_what_people_took_for_humour_or_wrote_as_jokes(tmp_path: Path) -> None:
    path = tmp_path / "jokes.parquet"
    rows = [
        row("en-1", Lang.EN, True),
        row("en-2", Lang.EN, False),
        row("zh-1", Lang.ZH, None, HUMAN_WRITTEN),
        row("zh-2", Lang.ZH, None, "machine-made joke"),
        row("zh-3", Lang.ZH, None),
        row("en-3", Lang.EN, True),
    ]
    write_jokes(path, rows)

    def found(lang: Lang, limit: int | None = None) -> list[str]:
        settings = LabelSettings(jokes=path, lang=lang, limit=limit)
        return [each.id for each in jokes_to_label(settings)]

    assert found(Lang.EN) == ["en-1", "en-3"]
    assert found(Lang.EN, limit=1) == ["en-1"]
    assert found(Lang.ZH) == ["zh-1"]
    with pytest.raises(DataError, match="no jokes in es"):
        found(Lang.ES)


def test_the_last_answer_that_passed_counts_and_every_refusal_is_counted(tmp_path: Path) -> None:
    jokes = [joke(Lang.EN, number) for number in range(3)]
    first, second, third = (each.id for each in jokes)
    with open_attempts(tmp_path / "labels.jsonl", {}) as journal:
        for entry in (
            LabelAttempt(first, 0, "{}", 1, ("no-json",)),
            LabelAttempt(first, 1, answer(Lang.EN), 9, ()),
            LabelAttempt(second, 0, "{}", 1, ("no-json",)),
            LabelAttempt(second, 1, "x", 1, ("punchline", "leak")),
            LabelAttempt("of another run", 0, "x", 1, ("leak",)),
        ):
            journal.append(entry)
        labels, found = labels_in(jokes, journal, "tiny")
    assert labels == [JOKES[Lang.EN][1], None, None]
    assert (found.jokes, found.labelled, found.answers) == (3, 1, 4)
    assert found.dropped == {"punchline": 1, "leak": 1, "lost": 1}
    assert found.refused == {"no-json": 2, "punchline": 1, "leak": 1}
    assert third not in {entry.joke_id for entry in journal.entries.values()}


def test_the_yield_table() -> None:
    rules = Yield(Lang.ZH, "rules", 4, 1, {"no-verb": 3}, {"no-verb": 3}, 4)
    model = Yield(Lang.ZH, "tiny", 4, 3, {"leak": 1}, {"leak": 1, "no-verb": 5}, 9)
    lines = yield_table([rules, model]).splitlines()
    assert lines[0] == "|  | zh, rules | zh, tiny |"
    assert lines[3] == "| labelled | 1 (25%) | 3 (75%) |"
    assert lines[5] == "| no-verb | 3 / 3 | 5 / 0 |"


def test_only_labels_by_rules_are_called_a_baseline() -> None:
    rules = Yield(Lang.ZH, "rules", 4, 1, {}, {}, 4)
    model = Yield(Lang.ZH, "tiny", 4, 3, {}, {}, 9)
    assert yield_report(rules).endswith("a baseline, not what to train a submission on.\n")
    assert yield_report(model) == yield_table([model])


@pytest.mark.parametrize("lang", Lang)
def test_rules_to_pairs(tmp_path: Path, lang: Lang) -> None:
    path = tmp_path / "jokes.parquet"
    write_jokes(path, [joke(lang, number) for number in range(2)])
    settings = LabelSettings(jokes=path, lang=lang)
    jokes = jokes_to_label(settings)
    labels, found = labels_by_rules(jokes)
    made = write_result(
        settings,
        jokes,
        labels,
        found,
        render=None,
        model=ModelIdentity("rules"),
        engine={},
        config={},
        started=datetime.now(UTC),
    )
    assert made.name == f"pairs-{lang}.parquet"
    rows = list(read_rows(made, ["id"], "data label"))
    assert len(rows) == 2 * found.labelled == 4
    account = read_receipt(receipt_path(made))
    assert account.counts["pairs"] == 4
    card = made.with_suffix(".md").read_text(encoding="utf-8")
    assert "| labelled | 2 (100%) |" in card
    assert "these pairs are a baseline" in card
