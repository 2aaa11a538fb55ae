import json

import pytest

from semeval_humor.data.agreement import read_gold
from semeval_humor.data.labels import LIMITS, Label, label_schema, parse_label
from semeval_humor.errors import DataError
from semeval_humor.schema import Lang


def test_reads_a_model_answer() -> None:
    text = '{"headline": " Mayor opens bridge ", "noun": "bridge", "verb": "open"}'
    assert parse_label(text) == Label("open", "bridge", "Mayor opens bridge")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Sure! The verb is open.", "not JSON"),
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('["open", "bridge", "Mayor"]', "expected an object with verb, noun, headline"),
        ('{"verb": "open", "noun": "bridge"}', "expected an object"),
        ('{"verb": "a", "noun": "b", "headline": "c", "joke": "d"}', "expected an object"),
        ('{"verb": "a", "noun": null, "headline": "c"}', "noun is no string"),
    ],
)
def test_what_is_no_label(text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        parse_label(text)


@pytest.mark.parametrize("lang", list(Lang))
def test_schema_asks_for_what_is_read(lang: Lang) -> None:
    schema = json.loads(json.dumps(label_schema(lang)))
    assert schema["required"] == ["verb", "noun", "headline"] == list(schema["properties"])
    assert schema["additionalProperties"] is False
    # Whatever is legal fits with room to spare, else the longest would be cut to look whole.
    for joke in read_gold():
        if joke.lang is lang:
            assert 2 * len(joke.headline) <= 2 * LIMITS[lang].headline[1]
            assert len(joke.headline) < schema["properties"]["headline"]["maxLength"]
    assert LIMITS[lang].word[1] < schema["properties"]["verb"]["maxLength"]
