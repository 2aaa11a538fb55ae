"""What a joke is labelled with to become the answer to a prompt: two words and a headline."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from semeval_humor.errors import DataError
from semeval_humor.schema import Lang


@dataclass(frozen=True, slots=True)
class Label:
    """The prompts that a joke could have been the answer to.

    Attributes:
        verb: a word of the joke; its dictionary form where the language inflects.
        noun: another word of the joke.
        headline: a news headline that the joke could be about.
    """

    verb: str
    noun: str
    headline: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the parts of a label may be, in code points, both ends included."""

    word: tuple[int, int]
    headline: tuple[int, int]


# Headlines: 97 % of the official English dev headlines and 97 % of the Spanish ones are within
# these, at medians of 69 and 87 characters. The words of a pair are 3 to 13 letters there.
LIMITS: Mapping[Lang, Limits] = {
    Lang.EN: Limits(word=(2, 20), headline=(25, 120)),
    Lang.ES: Limits(word=(2, 20), headline=(25, 130)),
    Lang.ZH: Limits(word=(2, 5), headline=(10, 40)),
}

_FIELDS = ("verb", "noun", "headline")


def label_schema(lang: Lang) -> dict[str, Any]:
    """JSON schema of a label, for constrained decoding.

    Its maxima only stop what runs away, at twice the limits: a text that is cut to exactly the
    longest legal length would look whole.
    """
    limits = LIMITS[lang]
    word = {"type": "string", "minLength": 1, "maxLength": 2 * limits.word[1]}
    headline = {"type": "string", "minLength": 1, "maxLength": 2 * limits.headline[1]}
    return {
        "type": "object",
        "properties": {"verb": word, "noun": word, "headline": headline},
        "required": list(_FIELDS),
        "additionalProperties": False,
    }


def parse_label(text: str) -> Label:
    """Read a label from a model's JSON; spaces around each value go.

    Raises:
        DataError: not one JSON object with the three strings and nothing else.
    """
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"label {text[:60]!r}: not JSON: {error}") from error
    if not isinstance(found, dict) or found.keys() != set(_FIELDS):
        raise DataError(f"label {text[:60]!r}: expected an object with {', '.join(_FIELDS)}")
    for name in _FIELDS:
        if not isinstance(found[name], str):
            raise DataError(f"label {text[:60]!r}: {name} is no string")
    return Label(*(found[name].strip() for name in _FIELDS))
