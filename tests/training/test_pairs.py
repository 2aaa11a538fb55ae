from pathlib import Path
from typing import Any

import pytest

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.models import Model
from semeval_humor.schema import Lang
from semeval_humor.training.pairs import Row, Rows, columns, read_rows
from semeval_humor.training.policy import Policy
from tests.tiny_model import TEMPLATE, save_model, save_tokenizer
from tests.training.tiny_policy import JOKES, a_policy, pair, settings, write_pairs

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("base"), chat=False, bos=True, context=256)


def rows_of(
    model: Model, folder: Path, records: list[dict[str, Any]], **changes: Any
) -> tuple[Rows, Policy]:
    write_pairs(folder / "pairs.parquet", records)
    config = settings(folder, model.path, **changes)
    policy = a_policy(config)
    return read_rows(config, policy), policy


def text(policy: Policy, tokens: tuple[int, ...]) -> str:
    return str(policy.tokenizer.decode(list(tokens)))


@pytest.mark.parametrize("lang", Lang)
def test_a_row_in_tokens(tiny: Model, tmp_path: Path, lang: Lang) -> None:
    rows, policy = rows_of(tiny, tmp_path, [pair(lang, 0), pair(lang, 1), pair(lang, 9)])
    words, headline = rows.train
    joke = JOKES[lang][3]
    assert text(policy, words.completion_ids) == f"{joke} 0</s>"
    assert text(policy, words.prompt_ids).endswith("</s><|assistant|>")
    assert list(words.prompt_ids) == policy.render(words.prompt)
    assert JOKES[lang][0] in text(policy, words.prompt_ids)
    assert JOKES[lang][2] in text(policy, headline.prompt_ids)
    assert [row.joke for row in rows.dev] == [f"{joke} 9"]
    assert words.columns == {
        "id": f"{lang}-0",
        "lang": str(lang),
        "word1": JOKES[lang][0],
        "word2": JOKES[lang][1],
        "headline": "",
    }
    assert columns(rows.train)["headline"] == ["", JOKES[lang][2]]


@pytest.mark.parametrize("lang", Lang)
def test_a_row_of_a_base_model(base: Model, tmp_path: Path, lang: Lang) -> None:
    rows, policy = rows_of(base, tmp_path, [pair(lang, 1)])
    (row,) = rows.train
    prompt = text(policy, row.prompt_ids)
    assert prompt.startswith("<s>")
    assert prompt.endswith(JOKES[lang][2] + ("：" if lang is Lang.ZH else ":"))
    gap = "" if lang is Lang.ZH else " "
    assert text(policy, row.completion_ids) == f"{gap}{JOKES[lang][3]} 1</s>"
    assert {policy.tokenizer.decode([stop]) for stop in policy.stop_ids} == {"</s>", "\n"}


def test_what_is_left_out(tiny: Model, base: Model, tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "base").mkdir()
    records = [
        pair(Lang.EN, 0),
        pair(Lang.EN, 2, joke="word " * 200),
        pair(Lang.EN, 4, joke="Done.</s> Not yet."),
        pair(Lang.EN, 6, joke="One line.\nAnother."),
        pair(Lang.EN, 8, split="test"),
        pair(Lang.ES, 0),
    ]
    rows, _ = rows_of(tiny, tmp_path / "chat", records, langs=["en"])
    assert [row.prompt.id for row in rows.train] == ["en-0", "en-6"]
    assert rows.dropped == {"longer than 128 tokens": 1, "with an end token in the joke": 1}
    assert rows.counts == {"train": {"en": 2}, "dev": 0, "dropped": dict(rows.dropped)}
    rows, _ = rows_of(base, tmp_path / "base", records, max_rows=1)
    assert [row.prompt.id for row in rows.train] == ["en-0"]
    assert rows.dropped["of several lines"] == 1


@pytest.mark.parametrize(
    ("records", "changes", "message"),
    [
        ([pair(Lang.EN, 0)], {"langs": ["zh", "en"]}, "no rows in zh, which langs asks for"),
        ([pair(Lang.EN, 9)], {}, "no row to train on is left$"),
        ([pair(Lang.EN, 0, headline="too")], {}, r"row 0 \(en-0\): expected two words or a headl"),
        ([pair(Lang.EN, 0, word2="")], {}, r"row 0 \(en-0\): expected two words or a headl"),
        ([pair(Lang.EN, 0), pair(Lang.EN, 2, joke=" ")], {}, r"row 1 \(en-2\): the joke is empty"),
        ([pair(Lang.EN, 0) | {"lang": "fr"}], {}, "row 0: lang is 'fr'"),
        ([pair(Lang.EN, 0, joke=None)], {}, "row 0: joke is a NoneType, expected a text"),
        ([{"id": "x", "text": "y"}], {}, "no column lang, word1, word2, headline, joke, split;"),
    ],
)
def test_pairs_of_the_wrong_shape(
    tiny: Model,
    tmp_path: Path,
    records: list[dict[str, Any]],
    changes: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(DataError, match=message):
        rows_of(tiny, tmp_path, records, **changes)


def test_files_that_are_no_pairs(tiny: Model, tmp_path: Path) -> None:
    config = settings(tmp_path, tiny.path)
    policy = a_policy(config)
    config.pairs[0].write_text("id,joke\n")
    with pytest.raises(DataError, match=r"pairs\.parquet: not a Parquet file"):
        read_rows(config, policy)
    config.pairs[0].unlink()
    with pytest.raises(DataError, match=r"pairs\.parquet: cannot be read: No such file"):
        read_rows(config, policy)


def test_an_end_at_which_nobody_stops(tmp_path: Path) -> None:
    model = save_model(tmp_path / "model", context=256)
    other = TEMPLATE.replace("</s>", "<pad>")
    save_tokenizer(Path(model.path), chat=True, bos=False, template=other)
    with pytest.raises(ConfigError, match=r"ends an answer with '<pad>', but .* stops at </s>;"):
        rows_of(model, tmp_path, [pair(Lang.EN, 0)])


def test_the_context_is_a_limit_too(tmp_path: Path) -> None:
    small = save_model(tmp_path / "small", context=32)
    with pytest.raises(DataError, match="1 longer than 32 tokens"):
        rows_of(small, tmp_path, [pair(Lang.EN, 0)])


def test_no_token_reaches_over_the_boundary(tiny: Model, tmp_path: Path) -> None:
    rows, policy = rows_of(tiny, tmp_path, [pair(Lang.EN, 0)])
    row = rows.train[0]
    assert isinstance(row, Row)
    alone = policy.tokenizer(row.joke, add_special_tokens=False).input_ids
    assert row.completion_ids == (*alone, 2)
