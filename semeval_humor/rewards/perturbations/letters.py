"""Jokes that look as before and are other letters, and what is hardly a text at all."""

import unicodedata

from semeval_humor.rewards.perturbations.source import Source

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
# Latin letters and the Cyrillic ones that look like them.
_CYRILLIC = dict(zip("aceopxyijsABCEHKMOPTX", "асеорхуіјѕАВСЕНКМОРТХ", strict=True))
# Chinese characters and the radicals that look like them: 人 and U+2F08.
_RADICALS = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0x2F00, 0x2FD6)}
_LOOKALIKES = {**_CYRILLIC, **_RADICALS}


def empty(joke: Source) -> str | None:
    """Nothing."""
    return ""


def one_character(joke: Source) -> str | None:
    """One of the joke's characters, or a mark."""
    characters: list[str] = [*"".join(joke.text.split()), *".!?"]
    return joke.random.choice(characters)


def zero_width(joke: Source) -> str | None:
    """The joke with characters that nobody sees after an eighth to a half of its characters."""
    if len(joke.text) < 2:
        return None
    count = max(1, round(joke.random.uniform(1 / 8, 1 / 2) * len(joke.text)))
    places = set(joke.random.sample(range(len(joke.text)), count))
    return "".join(
        character + (joke.random.choice(_ZERO_WIDTH) if place in places else "")
        for place, character in enumerate(joke.text)
    )


def homoglyphs(joke: Source) -> str | None:
    """The joke with a third to all of the letters that have a double exchanged for it."""
    places = [place for place, letter in enumerate(joke.text) if letter in _LOOKALIKES]
    if not places:
        return None
    count = max(1, round(joke.random.uniform(1 / 3, 1) * len(places)))
    letters = list(joke.text)
    for place in joke.random.sample(places, count):
        letters[place] = _LOOKALIKES[letters[place]]
    return "".join(letters)
