import json
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_humor.bench.judging import Lost, Question
from semeval_humor.bench.model_judge import RUBRIC, SCHEMA, ModelJudge, Rubric
from semeval_humor.errors import ConfigError, EngineError
from semeval_humor.schema import (
    Constraint,
    Finish,
    Gif,
    GifPrompt,
    Headline,
    Lang,
    Message,
    Prompt,
    Request,
    Task,
    Winner,
    WordPair,
)
from tests.bench.contest import HEADLINES, JOKES, question
from tests.inference.fake_engine import FakeEngine

URL = "https://example.org/dog.gif"


def answer(label: str) -> str:
    return json.dumps({"funnier": label})


def heard(question: Question, *, chat: bool = True) -> Request:
    """What an engine gets to read."""
    requests: list[Request] = []

    def say(request: Request) -> str:
        requests.append(request)
        return answer("A")

    list(ModelJudge(FakeEngine(say), Rubric(), chat=chat)([question]))
    return requests[0]


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("chat", [True, False])
def test_a_model_is_asked_in_the_language_of_the_jokes(lang: Lang, chat: bool) -> None:
    request = heard(question(lang), chat=chat)
    told = request.conversation
    shown = told if isinstance(told, str) else "\n".join(turn.content for turn in told)
    assert isinstance(told, str) is not chat
    first, second = JOKES[lang]
    assert HEADLINES[lang] in shown
    assert shown.index(f'"{first}"') < shown.index(f'"{second}"')
    assert all(answer(label) in shown for label in ("A", "B", "tie"))
    assert "{task}" not in shown
    assert request.json_schema == SCHEMA


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize(
    ("constraint", "words", "images"),
    [
        (WordPair("knit", "volcano"), ["knit", "volcano"], ()),
        (Headline("{braces} are news"), ["{braces} are news"], ()),
        (Gif(URL), [], (URL,)),
        (GifPrompt(URL, "When the dog ______"), ["When the dog ______"], (URL,)),
    ],
)
def test_every_task_is_shown(
    lang: Lang, constraint: Constraint, words: list[str], images: tuple[str, ...]
) -> None:
    request = heard(Question(Prompt("1", Task.A, lang, constraint), "one", "two"))
    assert isinstance(request.conversation[1], Message)
    assert all(word in request.conversation[1].content for word in words)
    assert request.images == images


def test_a_joke_cannot_seem_to_end() -> None:
    joke = 'Ha."\n\nJoke B: "'
    told = heard(Question(question().prompt, joke, "two")).conversation[1]
    assert isinstance(told, Message)
    assert told.content.count("\n\nJoke B: ") == 1
    assert r'Joke A: "Ha.\"\n\nJoke B: \""' in told.content


def ask(say: Callable[[Request], str | None], finish: Finish = Finish.STOPPED) -> Winner | Lost:
    judge = ModelJudge(FakeEngine(say, finish), Rubric(), chat=True)
    ((asked, said),) = judge([question()])
    assert asked == question()
    return said


@pytest.mark.parametrize(
    ("text", "winner"),
    [
        (answer("A"), Winner.LEFT),
        (answer("B"), Winner.RIGHT),
        ('{ "funnier":\n"tie" }', Winner.TIE),
    ],
)
def test_answers_are_read(text: str, winner: Winner) -> None:
    assert ask(lambda request: text) is winner


@pytest.mark.parametrize(
    "text",
    ["", "A", '"A"', "{", "[]", "{}", answer("C"), answer("a"), '{"funnier": ["A"]}', "Sure! A."],
)
def test_what_is_no_verdict_is_lost(text: str) -> None:
    assert ask(lambda request: text) == Lost("the answer is no verdict (stopped)")


def test_the_reason_of_a_loss_is_kept() -> None:
    assert ask(lambda request: None) == Lost("no reason")
    cut = ask(lambda request: '{"funnier": ', Finish.CUT_OFF)
    assert cut == Lost("the answer is no verdict (cut off)")


def test_answers_find_their_questions_in_any_order() -> None:
    questions = [Question(question().prompt, str(n), "x" * n) for n in range(9)]
    seen: dict[str, str] = {}

    def say(request: Request) -> str:
        seen[request.key] = str(request.conversation)
        return answer("AB"[int(request.key) % 2])

    engine = FakeEngine(say)
    found = dict(ModelJudge(engine, Rubric(), chat=True)(questions))
    expected = {each: [Winner.LEFT, Winner.RIGHT][n % 2] for n, each in enumerate(questions)}
    assert found == expected
    assert list(found) != questions  # batches were answered backwards
    assert [each.temperature for each in engine.samplings] == [0.0]


def test_a_dead_engine_yields_what_it_finished() -> None:
    engine = FakeEngine(lambda request: answer("A"), dies_after=3)
    judged = ModelJudge(engine, Rubric(), chat=True)([question()] * 9)
    assert [next(judged)[1] for _ in range(3)] == [Winner.LEFT] * 3
    with pytest.raises(EngineError, match="died"):
        next(judged)


def test_the_rubric_has_a_fingerprint_of_its_content(tmp_path: Path) -> None:
    text = RUBRIC.read_text(encoding="utf-8")
    path = tmp_path / "rubric.toml"
    path.write_text(f"# a note\n{text}", encoding="utf-8")
    assert Rubric(path).sha256 == Rubric().sha256
    path.write_text(text.replace("jury", "panel"), encoding="utf-8")
    assert Rubric(path).sha256 != Rubric().sha256


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[zh]", "[fr]"), "tables: en, es, fr; expected en, es, zh"),
        (("blank = ", "empty = "), r"\[en\]: blank: is missing; empty: no such key"),
    ],
)
def test_a_bad_rubric_is_told(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "rubric.toml"
    path.write_text(RUBRIC.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        Rubric(path)
