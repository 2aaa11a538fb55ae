"""What a model is told for one row of the task.

The words themselves are in ``prompts.toml``, one table per language; ``--prompts FILE`` takes
another file of the same form.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from semeval_humor.configs import Settings, checked, read_toml
from semeval_humor.errors import ConfigError
from semeval_humor.files import sha256_of_json
from semeval_humor.schema import Conversation, Headline, Lang, Message, Prompt, WordPair

DEFAULT_PROMPTS = Path(__file__).with_name("prompts.toml")

# A base model writes on after its joke; the next line of the few-shot pattern is not part of it.
BASE_MODEL_STOP = ("\n",)

_PLACEHOLDER = re.compile(r"\{(headline|word1|word2|angle)\}")


class Example(Settings):
    """A joke shown to base models, with the headline or the words that it was written for."""

    joke: str
    """What the model is shown as an answer."""
    headline: str | None = None
    """What it is about; or give word1 and word2."""
    word1: str | None = None
    """One word that it contains."""
    word2: str | None = None
    """The other one."""

    @model_validator(mode="after")
    def _has_one_constraint(self) -> Self:
        given = tuple(self.model_dump(exclude={"joke"}, exclude_none=True))
        if given not in (("headline",), ("word1", "word2")):
            raise ValueError("an example has either a headline or word1 and word2")
        return self


class LanguagePrompts(Settings):
    """The prompts of one language. In the texts, names in braces are filled in."""

    system: str
    """System turn of a chat model."""
    headline: str
    """User turn for a headline: {headline}, {angle}."""
    words: str
    """User turn for two words: {word1}, {word2}, {angle}."""
    angles: list[str] = Field(min_length=1)
    """Comic techniques; each sample of a row gets another one, so that a file stays varied."""
    base_headline: str
    """Text for a base model, ending where the joke begins: {headline}."""
    base_words: str
    """The same for two words: {word1}, {word2}."""
    examples: list[Example] = Field(min_length=1)
    """Shown to base models before the row itself."""

    @model_validator(mode="after")
    def _show_the_row(self) -> Self:
        # A misspelt placeholder would be sent as it stands, and the model never see the row.
        for text, names in (
            (self.headline, ("headline",)),
            (self.base_headline, ("headline",)),
            (self.words, ("word1", "word2")),
            (self.base_words, ("word1", "word2")),
        ):
            for name in names:
                if f"{{{name}}}" not in text:
                    raise ValueError(f"{{{name}}} is missing in {text.strip()!r}")
        return self


class PromptBook:
    """The prompts of all languages of one file.

    Args:
        path: a TOML file with a table for each language; None takes the packaged one.

    Raises:
        ConfigError: the file is missing, or a table is incomplete or has unknown keys.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or DEFAULT_PROMPTS
        self.name = str(path.resolve()) if path else "package:prompts.toml"
        tables = read_toml(self.path)
        unknown = sorted(set(tables) - set(Lang))
        if unknown:
            known = ", ".join(Lang)
            raise ConfigError(f"{self.path}: unknown table {unknown[0]!r}; expected {known}")
        self._languages: Mapping[Lang, LanguagePrompts] = {
            Lang(name): checked(LanguagePrompts, table, f"{self.path} [{name}]")
            for name, table in tables.items()
        }
        self.sha256 = sha256_of_json(tables)
        """Fingerprint of the prompts' content; the layout of the file does not matter."""

    def conversation(
        self, prompt: Prompt, *, chat: bool, seed: int, round_: int, sample: int
    ) -> Conversation:
        """What a model is asked for one sample of one row.

        The samples of a row go through the angles (for base models: the orders of the examples)
        one after the other, from a start that depends on the row and the seed.

        Args:
            prompt: the row.
            chat: the model has a chat template; else it gets a few-shot text to continue.
            seed: of the run.
            round_: resampling round, from 0.
            sample: number of the sample within the round.

        Raises:
            ConfigError: the file has no table for the language.
        """
        texts = self._languages.get(prompt.lang)
        if texts is None:
            raise ConfigError(f"{self.path}: no table [{prompt.lang}]")
        turn = _start(prompt, seed) + round_ + sample
        if chat:
            angle = texts.angles[turn % len(texts.angles)]
            user = _filled(texts.headline, texts.words, _fields(prompt) | {"angle": angle})
            return Message("system", texts.system.strip()), Message("user", user.strip())
        return _few_shot(texts, prompt, turn % len(texts.examples))


def _start(prompt: Prompt, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {prompt.id}".encode()).digest()[:4])


def _few_shot(texts: LanguagePrompts, prompt: Prompt, rotation: int) -> str:
    # Rotated, not shuffled: few different beginnings, which the engine's prefix cache keeps.
    examples = texts.examples[rotation:] + texts.examples[:rotation]
    gap = "" if prompt.lang is Lang.ZH else " "
    shown = [
        _filled(texts.base_headline, texts.base_words, example.model_dump(exclude_none=True))
        + gap
        + example.joke
        for example in examples
    ]
    return "\n".join([*shown, _filled(texts.base_headline, texts.base_words, _fields(prompt))])


def _fields(prompt: Prompt) -> dict[str, str]:
    match prompt.constraint:
        case Headline(text):
            return {"headline": text}
        case WordPair(word1, word2):
            return {"word1": word1, "word2": word2}
    raise ConfigError(f"{prompt.id}: prompts are written for task A, not for task {prompt.task}")


def _filled(headline: str, words: str, fields: Mapping[str, str]) -> str:
    template = headline if "headline" in fields else words
    # In one pass, since a headline may itself hold something in braces.
    return _PLACEHOLDER.sub(lambda match: fields.get(match[1], match[0]), template)
