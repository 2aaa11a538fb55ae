"""Texts that are no jokes: the prompt itself, prose that is built like a joke, and news."""

from random import Random

from semeval_humor.rewards.perturbations import frames
from semeval_humor.rewards.perturbations.source import Source, join, keywords, pieces
from semeval_humor.schema import Headline, Lang

_LONGEST = 5
_MARKS = " .,;:!?¡¿…—-–\"'“”«»。，、；：！？「」《》"


def echo(joke: Source) -> str | None:
    """The headline that was given, perhaps with a mark added or without its capitals."""
    if joke.prompt is None or not isinstance(joke.prompt.constraint, Headline):
        return None
    text = joke.prompt.constraint.text
    stop = "。" if joke.lang is Lang.ZH else "."
    return joke.random.choice((text, text.rstrip(_MARKS) + stop, f"“{text}”", text.lower()))


def neutral(joke: Source) -> str | None:
    """Plain prose that is built like a joke: a question and its answer, two who meet."""
    return _filled(joke.random.choice(frames.NEUTRAL[joke.lang]), joke.lang, joke.random, {})


def news(joke: Source) -> str | None:
    """What the joke is about, told as news: its words, or its beginning, without the end."""
    subjects = _subjects(joke.text, joke.lang, joke.random)
    parts = pieces(joke.text, joke.lang)
    if subjects is None or len(parts) < 2:
        return None
    opening = join(parts[: (len(parts) + 1) // 2], joke.lang).strip(_MARKS)
    subjects["opening"] = opening[:1].lower() + opening[1:]
    return _filled(joke.random.choice(frames.NEWS[joke.lang]), joke.lang, joke.random, subjects)


def simulated_headline(joke: str, lang: Lang, random: Random) -> Headline | None:
    """A headline that a joke could be about, for jokes of which nobody knows the prompt.

    It names two longer words of the joke; None where the joke has fewer.
    """
    subjects = _subjects(joke, lang, random)
    if subjects is None:
        return None
    return Headline(_filled(random.choice(frames.HEADLINES[lang]), lang, random, subjects))


def _subjects(text: str, lang: Lang, random: Random) -> dict[str, str] | None:
    # The longest words say best what a text is about.
    found = sorted(keywords(text, lang), key=len, reverse=True)[:_LONGEST]
    if len(found) < 2:
        return None
    return dict(zip(("a", "b"), random.sample(found, 2), strict=True))


def _filled(frame: str, lang: Lang, random: Random, known: dict[str, str]) -> str:
    slots = {name: random.choice(words) for name, words in frames.SLOTS[lang].items()}
    # A second one of each kind, for frames in which two meet.
    slots |= {f"{name}2": random.choice(words) for name, words in frames.SLOTS[lang].items()}
    text = frame.format_map({**slots, **known})
    return text[:1].upper() + text[1:]
