"""A language model as judge; what it is told is in ``rubric.toml``."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from semeval_humor.bench.judging import Lost, Question
from semeval_humor.configs import Settings, checked, read_toml
from semeval_humor.errors import ConfigError
from semeval_humor.files import sha256_of_json
from semeval_humor.schema import (
    Constraint,
    Conversation,
    Engine,
    Finish,
    Gif,
    GifPrompt,
    Headline,
    Lang,
    Message,
    Request,
    Sampling,
    Winner,
    WordPair,
)

RUBRIC = Path(__file__).with_name("rubric.toml")

MAX_TOKENS = 48
"""An answer has about ten; the rest is room for line breaks and spaces."""

_WINNERS = {"A": Winner.LEFT, "B": Winner.RIGHT, "tie": Winner.TIE}

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"funnier": {"type": "string", "enum": list(_WINNERS)}},
    "required": ["funnier"],
    "additionalProperties": False,
}
"""Form of an answer: ``{"funnier": "A"}``, where A is the joke shown first."""


class RubricTexts(Settings):
    """The rubric in one language. Names in braces are filled in."""

    system: str
    """What makes a joke the funnier one, and how to answer."""
    words: str
    """Task of two words: {word1}, {word2}."""
    headline: str
    """Task of a headline or a theme: {headline}."""
    gif: str
    """Task of a GIF, which is shown."""
    blank: str
    """Task of a GIF and a sentence with a blank: {text}."""
    question: str
    """The question itself: {task}, {first}, {second}; both jokes stand in quotation marks."""


class Rubric:
    """What a judge is told, in each language.

    Args:
        path: a TOML file with a table for each language.

    Raises:
        ConfigError: the file is missing, or a table is missing, incomplete or has unknown keys.
    """

    def __init__(self, path: Path = RUBRIC) -> None:
        tables = read_toml(path)
        if set(tables) != set(Lang):
            found = ", ".join(tables) or "none"
            raise ConfigError(f"{path}: tables: {found}; expected {', '.join(Lang)}")
        self._texts = {
            lang: checked(RubricTexts, tables[lang], f"{path} [{lang}]") for lang in Lang
        }
        self.sha256 = sha256_of_json(tables)
        """Fingerprint of its content; the layout of the file does not matter."""

    def conversation(self, question: Question, *, chat: bool) -> Conversation:
        """A question as a model is asked it.

        Args:
            question: two jokes for a prompt.
            chat: the model has a chat template; else it gets a text to continue.
        """
        texts = self._texts[question.prompt.lang]
        asked = texts.question.format(
            task=_task(texts, question.prompt.constraint),
            first=_quoted(question.first),
            second=_quoted(question.second),
        ).strip()
        system = texts.system.strip()
        if not chat:
            return f"{system}\n\n{asked}\n"
        return Message("system", system), Message("user", asked)


class ModelJudge:
    """Asks a language model, which takes its likeliest answer.

    Args:
        engine: must keep to a JSON schema; see ``prove_json``.
        rubric: what it is told.
        chat: the model has a chat template.
    """

    def __init__(self, engine: Engine, rubric: Rubric, *, chat: bool) -> None:
        self._engine = engine
        self._rubric = rubric
        self._chat = chat

    def __call__(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Winner | Lost]]:
        """Answer questions, in any order.

        Raises:
            EngineError: the engine failed; what was answered was yielded before.
        """
        requests = (self._request(str(n), question) for n, question in enumerate(questions))
        sampling = Sampling(temperature=0.0, max_tokens=MAX_TOKENS)
        for completion in self._engine.generate(requests, sampling):
            question = questions[int(completion.key)]
            if completion.finish is Finish.FAILED:
                yield question, Lost(completion.text)
            else:
                yield question, _winner(completion.text, completion.finish)

    def _request(self, key: str, question: Question) -> Request:
        conversation = self._rubric.conversation(question, chat=self._chat)
        return Request(key, conversation, _images(question.prompt.constraint), SCHEMA)


def _winner(text: str, finish: Finish) -> Winner | Lost:
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    for label, winner in _WINNERS.items():
        if answer == {"funnier": label}:
            return winner
    return Lost(f"the answer is no verdict ({finish})")


def _task(texts: RubricTexts, constraint: Constraint) -> str:
    match constraint:
        case WordPair(word1, word2):
            return texts.words.format(word1=word1, word2=word2)
        case Headline(text):
            return texts.headline.format(headline=text)
        case Gif():
            return texts.gif
        case GifPrompt(_, text):
            return texts.blank.format(text=text)


def _images(constraint: Constraint) -> tuple[str, ...]:
    return (constraint.url,) if isinstance(constraint, Gif | GifPrompt) else ()


def _quoted(text: str) -> str:
    # As a JSON string: a joke that holds line breaks or quotation marks cannot seem to end, and
    # what it says next cannot be taken for the rest of the question.
    return json.dumps(text, ensure_ascii=False)
