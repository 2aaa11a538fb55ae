import dataclasses
from pathlib import Path

import pytest

from semeval_humor.data.chat_format import chat_format
from semeval_humor.data.pairs import Pair, pairs_of, write_pairs
from semeval_humor.errors import ConfigError
from semeval_humor.models import resolve
from semeval_humor.parquet import read_rows
from semeval_humor.prompts import PromptBook
from semeval_humor.schema import Headline, Lang, WordPair
from tests.data.labelled_jokes import JOKES, joke


def pairs(lang: Lang) -> list[Pair]:
    return list(pairs_of(joke(lang), JOKES[lang][1], PromptBook()))


def turns(pair: Pair) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.content} for turn in pair.messages]


@pytest.mark.parametrize("lang", Lang)
def test_a_labelled_joke_makes_a_row_for_its_words_and_one_for_its_headline(lang: Lang) -> None:
    text, label = JOKES[lang]
    words, headline = pairs(lang)
    assert (words.id, headline.id) == (f"test-{lang}-0/words", f"test-{lang}-0/headline")
    assert words.prompt.constraint == WordPair(label.verb, label.noun)
    assert headline.prompt.constraint == Headline(label.headline)
    for pair in (words, headline):
        assert pair.joke == pair.messages[-1].content == text
        assert [turn.role for turn in pair.messages] == ["system", "user", "assistant"]
    assert label.noun in words.messages[1].content
    assert label.headline in headline.messages[1].content


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    rows = [pair for lang in Lang for pair in pairs(lang)]
    assert write_pairs(path, rows) == 6
    expected = [{**dataclasses.asdict(row), "messages": turns(row)} for row in rows]
    assert list(read_rows(path, expected[0].keys(), "data label")) == expected


def test_hugging_face_datasets_reads_them(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    path = tmp_path / "pairs.parquet"
    write_pairs(path, pairs(Lang.ES))
    read = datasets.load_dataset(
        "parquet", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert read[0]["messages"][-1] == {"role": "assistant", "content": JOKES[Lang.ES][0]}


@pytest.mark.model
def test_chats_end_in_the_models_end_token_once() -> None:
    model = resolve("smollm2-135m")
    render = chat_format(model)
    for pair in pairs(Lang.EN):
        text = render(pair.prompt, pair.messages)
        assert text.endswith(f"{pair.joke}<|im_end|>")
        # One turn each of the system, the user and the assistant.
        assert text.count("<|im_end|>") == 3


@pytest.mark.model
def test_base_models_get_examples_and_an_end_token() -> None:
    try:
        model = resolve("gemma3-270m", accepted_licenses=("gemma",))
    except ConfigError:
        pytest.skip("gemma3-270m is not installed")
    render = chat_format(dataclasses.replace(model, chat=False))
    for lang in Lang:
        for pair in pairs(lang):
            text = render(pair.prompt, pair.messages)
            assert text.endswith(f"{pair.joke}<eos>")
            assert text.count("<eos>") == 1
