import json
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_humor.data.label_checks import LabelFault
from semeval_humor.data.label_model import (
    NO_JSON,
    LabelAttempt,
    label_by_model,
    missing,
    open_attempts,
)
from semeval_humor.data.label_prompts import LabelBook
from semeval_humor.data.labels import parse_label
from semeval_humor.errors import ConfigError, EngineError
from semeval_humor.schema import Lang, Message, Request
from tests.data.labelled_jokes import JOKES, answer, joke
from tests.inference.fake_engine import FakeEngine


class Watch:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.starts: list[tuple[int, int]] = []
        self.entries: list[LabelAttempt] = []

    def attempt_starts(self, attempt: int, jokes: int) -> None:
        self.starts.append((attempt, jokes))

    def labelled(self, attempt: LabelAttempt) -> None:
        self.entries.append(attempt)


class Run:
    """One run over some jokes of a language, its journal in a folder."""

    def __init__(self, folder: Path, lang: Lang, jokes: int = 3, attempts: int = 3) -> None:
        self.path = folder / "labels.jsonl"
        self.jokes = [joke(lang, number) for number in range(jokes)]
        self.attempts = attempts
        self.watch = Watch()

    def __call__(self, engine: FakeEngine, *, chat: bool = True) -> dict[str, int]:
        with open_attempts(self.path, {"run": 1}) as journal:
            lost = label_by_model(
                self.jokes,
                engine,
                journal,
                LabelBook(),
                self.watch,
                chat=chat,
                attempts=self.attempts,
                temperature=0.7,
                seed=1,
            )
            self.entries = dict(journal.entries)
            self.left = missing(self.jokes, journal, self.attempts)
        return dict(lost)


def by_attempt(*answers: str | None) -> Callable[[Request], str | None]:
    """Answers that a joke gets one after the other."""
    asked: dict[str, int] = {}

    def say(request: Request) -> str | None:
        turn = asked.get(request.key, 0)
        asked[request.key] = turn + 1
        return answers[min(turn, len(answers) - 1)]

    return say


def bad(lang: Lang) -> str:
    """A label whose noun is nowhere in the joke."""
    value = json.loads(answer(lang))
    noun = {Lang.EN: "volcano", Lang.ES: "volcán", Lang.ZH: "火山"}[lang]
    return json.dumps({**value, "noun": noun}, ensure_ascii=False)


@pytest.mark.parametrize("lang", Lang)
def test_good_labels_are_taken_at_once(tmp_path: Path, lang: Lang) -> None:
    run = Run(tmp_path, lang)
    assert run(FakeEngine(by_attempt(answer(lang)))) == {}
    assert run.watch.starts == [(0, 3)]
    assert {entry.label for entry in run.entries.values()} == {JOKES[lang][1]}


@pytest.mark.parametrize("lang", Lang)
def test_a_refused_label_is_asked_for_again_with_the_reason(tmp_path: Path, lang: Lang) -> None:
    run = Run(tmp_path, lang, jokes=1)
    engine = Listening(by_attempt(bad(lang), answer(lang)))
    run(engine)
    assert [entry.faults for entry in run.watch.entries] == [(LabelFault.NOUN_MISSING,), ()]
    asked = engine.heard[1].conversation
    assert not isinstance(asked, str)
    said, reason = asked[-2:]
    assert said == Message("assistant", bad(lang))
    assert LabelFault.NOUN_MISSING.sentence(lang) in reason.content
    assert engine.heard[1].json_schema is not None


class Listening(FakeEngine):
    """Remembers requests."""

    def __init__(self, say: Callable[[Request], str | None]) -> None:
        self.heard: list[Request] = []

        def listening(request: Request) -> str | None:
            self.heard.append(request)
            return say(request)

        super().__init__(listening)


def test_a_base_model_is_shown_examples_and_no_reasons(tmp_path: Path) -> None:
    run = Run(tmp_path, Lang.EN, jokes=1)
    engine = Listening(by_attempt(bad(Lang.EN), answer(Lang.EN)))
    run(engine, chat=False)
    first, second = (request.conversation for request in engine.heard)
    assert first == second
    assert isinstance(first, str)
    assert first.endswith(f"Joke: {JOKES[Lang.EN][0]}\nTask:")
    assert first.count("Task: {") == 3


def test_a_joke_is_given_up_after_so_many_attempts(tmp_path: Path) -> None:
    run = Run(tmp_path, Lang.EN, jokes=2, attempts=2)
    run(FakeEngine(by_attempt("Sure! Here is the JSON:")))
    assert run.watch.starts == [(0, 2), (1, 2)]
    assert {entry.faults for entry in run.entries.values()} == {(NO_JSON,)}
    assert run.left == (2, [])


def test_a_run_that_died_goes_on_where_it_was(tmp_path: Path) -> None:
    run = Run(tmp_path, Lang.ZH, jokes=9)
    with pytest.raises(EngineError, match="the engine died"):
        run(FakeEngine(by_attempt(answer(Lang.ZH)), dies_after=5))
    run(engine := FakeEngine(by_attempt(answer(Lang.ZH))))
    assert len(engine.asked) == 4
    assert len(run.entries) == 9
    run(engine := FakeEngine(by_attempt(answer(Lang.ZH))))
    assert engine.asked == []


def test_lost_answers_are_counted_and_asked_for_by_the_next_run(tmp_path: Path) -> None:
    run = Run(tmp_path, Lang.EN, jokes=4)
    first = run.jokes[0].id
    found = run(FakeEngine(lambda r: None if r.key == first else answer(Lang.EN)))
    assert found == {"no reason": 1}
    assert [each.id for each in run.left[1]] == [first]
    assert run(FakeEngine(by_attempt(answer(Lang.EN)))) == {}
    assert run.left[1] == []


def test_an_engine_that_answers_nothing_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="none of 3 answers could be had: no reason"):
        Run(tmp_path, Lang.EN)(FakeEngine(lambda request: None))


@pytest.mark.parametrize("lang", Lang)
def test_the_examples_that_models_see_are_good_labels(lang: Lang) -> None:
    from semeval_humor.configs import read_toml
    from semeval_humor.data.label_checks import check_label
    from semeval_humor.data.label_prompts import DEFAULT_PROMPTS, LabelPrompts

    prompts = LabelPrompts.model_validate(read_toml(DEFAULT_PROMPTS)[lang])
    for example in prompts.examples:
        label = parse_label(example.answer)
        assert check_label(label, example.joke, lang) == [], example.joke


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[fr]\nsystem = 'x'", "unknown table 'fr'; expected en, es, zh"),
        ("[en]\nsystem = 'x'", "user: is missing; retry: is missing"),
    ],
)
def test_a_bad_file_of_prompts_is_told(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "prompts.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        LabelBook(path)


def test_a_language_without_prompts_is_named(tmp_path: Path) -> None:
    path = tmp_path / "prompts.toml"
    path.write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"no table \[es\]"):
        LabelBook(path).conversation("hola", Lang.ES, chat=True)
