import json
from dataclasses import replace
from pathlib import Path

import pytest

from semeval_humor.data.agreement import GoldJoke, agreement, read_gold
from semeval_humor.data.label_rules import label_by_rules
from semeval_humor.data.labels import Label
from semeval_humor.errors import DataError
from semeval_humor.schema import Lang, Score

GOLD = read_gold()
JOKE = "I hired a clown. He quit."
ROW = {
    "lang": "en",
    "joke": JOKE,
    "verb": "hire",
    "other_verbs": ["quit"],
    "noun": "clown",
    "other_nouns": [],
    "headline": "Circus hires its first clown",
}


def by_name(scores: list[Score], lang: Lang) -> dict[str, Score]:
    return {score.name: score for score in scores if score.lang is lang}


def test_the_gold_set_has_twenty_jokes_a_language() -> None:
    assert [sum(joke.lang is lang for joke in GOLD) for lang in Lang] == [20, 20, 20]
    assert len({joke.joke for joke in GOLD}) == 60
    assert all(len(set(words)) == len(words) for g in GOLD for words in (g.verbs, g.nouns))


def test_gold_agrees_with_itself() -> None:
    scores = agreement([joke.label for joke in GOLD], GOLD)
    assert {score.value for score in scores} == {1.0}
    assert len(scores) == 3 * 10


@pytest.mark.parametrize(
    ("lang", "row", "label", "hits"),
    [
        # The gold words in another form, in another order, and another word that is accepted.
        (Lang.EN, 0, ("HIRED", "memoirs"),
         "verb-lemma verb-accepted noun-lemma noun-accepted pair checks"),
        (Lang.EN, 0, ("memoir", "hire"), "pair"),
        (Lang.EN, 0, ("hire", "Chapter"),
         "verb-exact verb-lemma verb-accepted noun-accepted checks"),
        (Lang.ES, 20, ("contraté", "año"), "verb-lemma verb-accepted noun-accepted checks"),
        (Lang.ZH, 51, ("吵了一架", "機器人"),
         "noun-exact noun-lemma noun-accepted checks"),
        (Lang.ZH, 45, ("绕行", "导"), "verb-exact verb-lemma verb-accepted"),
    ],
)  # fmt: skip
def test_what_matches(lang: Lang, row: int, label: tuple[str, str], hits: str) -> None:
    gold = GOLD[row]
    assert gold.lang is lang
    found = by_name(agreement([Label(*label, gold.headline)], [gold]), lang)
    shares = {name: score.value for name, score in found.items()}
    expected = {"labelled", "headline-chrf", *hits.split()}
    assert {name for name, value in shares.items() if value == 1} == expected
    assert set(shares.values()) <= {0.0, 1.0}


def test_jokes_without_a_label_count_only_for_labelled() -> None:
    labels = [joke.label if index % 20 < 5 else None for index, joke in enumerate(GOLD)]
    for lang in Lang:
        found = by_name(agreement(labels, GOLD), lang)
        assert (found["labelled"].value, found["labelled"].items) == (5 / 20, 20)
        assert (found["pair"].value, found["pair"].items) == (1.0, 5)
        assert found["pair"].low == pytest.approx(1 / (1 + 1.959964**2 / 5))


def test_rules_agree_with_gold() -> None:
    labels = [label_by_rules(joke.joke, joke.lang).label for joke in GOLD]
    scores = agreement(labels, GOLD)
    for lang in Lang:
        found = by_name(scores, lang)
        assert found["labelled"].value >= 0.7
        assert found["verb-accepted"].value == found["noun-accepted"].value == 1.0
        assert found["checks"].value == 1.0
        assert 0.15 < found["headline-chrf"].value < 0.5


def test_labels_and_jokes_must_correspond() -> None:
    with pytest.raises(DataError, match="59 labels for 60 gold jokes"):
        agreement([joke.label for joke in GOLD[1:]], GOLD)


def test_a_language_without_labels_has_none_to_measure() -> None:
    labels = [joke.label if joke.lang is not Lang.ZH else None for joke in GOLD]
    (score,) = [score for score in agreement(labels, GOLD) if score.lang is Lang.ZH]
    assert (score.name, score.value, score.items) == ("labelled", 0, 20)


def test_reads_a_gold_set_of_your_own(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(f"{json.dumps(ROW)}\n\n", encoding="utf-8")
    (joke,) = read_gold(path)
    assert joke == GoldJoke(
        Lang.EN, JOKE, ("hire", "quit"), ("clown",), "Circus hires its first clown"
    )
    assert replace(joke, verbs=("quit", "hire")).label.verb == "quit"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no line, expected labelled jokes"),
        ("<html>", ":1: not JSON"),
        ("[1]", ":1: expected an object with lang, joke"),
        (json.dumps(ROW) + "\n" + json.dumps({**ROW, "extra": 1}), ":2: expected an object"),
        (json.dumps({**ROW, "verb": ""}), ":1: .* must be texts, and not empty"),
        (json.dumps({**ROW, "joke": 3}), ":1: .* must be texts"),
        (json.dumps({**ROW, "other_verbs": "quit"}), ":1: .* must be lists of texts"),
        (json.dumps({**ROW, "other_nouns": [None]}), ":1: .* must be lists of texts"),
        (json.dumps({**ROW, "lang": "fr"}), "lang 'fr', expected one of en, es, zh"),
    ],
)
def test_what_is_no_gold_set(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=complaint):
        read_gold(path)


def test_a_gold_set_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read as a gold set"):
        read_gold(tmp_path / "missing.jsonl")
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b"\xff")
    with pytest.raises(DataError, match="cannot be read as a gold set"):
        read_gold(path)
