"""What a model is told when it labels a joke; the words are in ``label_prompts.toml``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import Field

from semeval_humor.configs import Settings, checked, read_toml
from semeval_humor.data.label_checks import LabelFault
from semeval_humor.data.labels import Label
from semeval_humor.errors import ConfigError
from semeval_humor.files import sha256_of_json
from semeval_humor.schema import Conversation, Lang, Message

DEFAULT_PROMPTS = Path(__file__).with_name("label_prompts.toml")


class Example(Settings):
    """A joke with its label."""

    joke: str
    verb: str
    noun: str
    headline: str

    @property
    def answer(self) -> str:
        """The label as the model should write it."""
        return answer_of(Label(self.verb, self.noun, self.headline))


class LabelPrompts(Settings):
    """The prompts of one language. Names in braces are filled in."""

    system: str
    """System turn of a chat model."""
    user: str
    """User turn: {joke}."""
    retry: str
    """User turn after a label that failed: {answer}, {reasons}."""
    base: str
    """Text for a base model: {joke}, {answer}."""
    examples: list[Example] = Field(min_length=1)
    """Shown before the joke itself."""


class LabelBook:
    """The prompts of all languages of one file.

    Args:
        path: a TOML file with a table for each language; None takes the packaged one.

    Raises:
        ConfigError: the file is missing, or a table is incomplete or has unknown keys.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or DEFAULT_PROMPTS
        tables = read_toml(self.path)
        unknown = sorted(set(tables) - set(Lang))
        if unknown:
            known = ", ".join(Lang)
            raise ConfigError(f"{self.path}: unknown table {unknown[0]!r}; expected {known}")
        self._languages: Mapping[Lang, LabelPrompts] = {
            Lang(name): checked(LabelPrompts, table, f"{self.path} [{name}]")
            for name, table in tables.items()
        }
        self.sha256 = sha256_of_json(tables)
        """Fingerprint of the prompts' content; the layout of the file does not matter."""

    def conversation(
        self,
        joke: str,
        lang: Lang,
        *,
        chat: bool,
        answer: str = "",
        faults: Sequence[LabelFault] = (),
    ) -> Conversation:
        """What a model is asked for one joke.

        Args:
            joke: its text.
            lang: its language.
            chat: the model has a chat template; else it gets a few-shot text to continue, which
                cannot say what was wrong with an earlier answer.
            answer: the model's last answer, if it was refused.
            faults: why it was.

        Raises:
            ConfigError: the file has no table for the language.
        """
        texts = self._languages.get(lang)
        if texts is None:
            raise ConfigError(f"{self.path}: no table [{lang}]")
        joke = " ".join(joke.split())
        if not chat:
            shown = [texts.base.format(joke=e.joke, answer=e.answer) for e in texts.examples]
            return "\n\n".join([*shown, texts.base.format(joke=joke, answer="").rstrip()])
        turns = [Message("system", texts.system.strip())]
        for example in texts.examples:
            turns += _turn(texts, example.joke), Message("assistant", example.answer)
        turns.append(_turn(texts, joke))
        if answer:
            reasons = "".join(fault.sentence(lang) + " " for fault in faults)
            turns += (
                Message("assistant", answer),
                Message("user", texts.retry.format(answer=answer, reasons=reasons).strip()),
            )
        return tuple(turns)


def answer_of(label: Label) -> str:
    """A label as a model should write it."""
    return json.dumps(asdict(label), ensure_ascii=False)


def _turn(texts: LabelPrompts, joke: str) -> Message:
    return Message("user", texts.user.format(joke=joke).strip())
