"""What a model is told: the row exactly, another angle for each sample, and nothing unfilled."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.prompts import BASE_MODEL_STOP, DEFAULT_PROMPTS, PromptBook
from semeval_humor.schema import Gif, Headline, Lang, Message, Prompt, Task, WordPair

BOOK = """
[en]
system = " Be funny. "
headline = "On {headline}: {angle}"
words = "With {word1}, {word2}: {angle}"
angles = ["pun", "irony", "absurd"]
base_headline = "H: {headline}\\nJ:"
base_words = "W: {word1}, {word2}\\nJ:"

[[en.examples]]
headline = "One"
joke = "Joke one."

[[en.examples]]
word1 = "two"
word2 = "three"
joke = "Joke two."
"""

ROWS = {
    Lang.EN: (Headline("Bank and bakery merge"), WordPair("scold", "cloud")),
    Lang.ES: (Headline("¿Llueve? «Mañana», dice el alcalde"), WordPair("regañar", "semáforo")),
    Lang.ZH: (Headline("无人超市开业，首日排队两小时"), WordPair("批评", "闹钟")),
}


def row(constraint: Headline | WordPair | Gif, lang: Lang = Lang.EN, id_: str = "1") -> Prompt:
    task = Task.B1 if isinstance(constraint, Gif) else Task.A
    return Prompt(id_, task, lang, constraint)


def chat(
    book: PromptBook, prompt: Prompt, *, seed: int = 0, round_: int = 0, sample: int = 0
) -> str:
    """The user's turn."""
    turns = book.conversation(prompt, chat=True, seed=seed, round_=round_, sample=sample)
    assert isinstance(turns, tuple)
    assert [turn.role for turn in turns] == ["system", "user"]
    return turns[1].content


def base(book: PromptBook, prompt: Prompt, *, seed: int = 0, sample: int = 0) -> str:
    text = book.conversation(prompt, chat=False, seed=seed, round_=0, sample=sample)
    assert isinstance(text, str)
    return text


def write(folder: Path, content: str) -> Path:
    path = folder / "prompts.toml"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.fixture
def small(tmp_path: Path) -> PromptBook:
    return PromptBook(write(tmp_path, BOOK))


def test_a_chat_model_gets_a_system_turn_and_the_filled_in_row(small: PromptBook) -> None:
    prompt = row(WordPair("scold", "cloud"))
    turns = small.conversation(prompt, chat=True, seed=0, round_=0, sample=0)
    assert turns == (Message("system", "Be funny."), Message("user", chat(small, prompt)))
    assert re.fullmatch("With scold, cloud: (pun|irony|absurd)", chat(small, prompt))
    assert re.fullmatch("On X: (pun|irony|absurd)", chat(small, row(Headline("X"))))


def test_a_base_model_gets_examples_and_the_row_up_to_its_joke(small: PromptBook) -> None:
    one, two = "H: One\nJ: Joke one.", "W: two, three\nJ: Joke two."
    ends = {base(small, row(Headline("X")), sample=sample) for sample in range(5)}
    assert ends == {f"{one}\n{two}\nH: X\nJ:", f"{two}\n{one}\nH: X\nJ:"}
    assert base(small, row(WordPair("a", "b"))).endswith("\nW: a, b\nJ:")


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("kind", [0, 1])
def test_packaged_prompts_hold_the_row_and_nothing_unfilled(lang: Lang, kind: int) -> None:
    book = PromptBook()
    constraint = ROWS[lang][kind]
    prompt = row(constraint, lang)
    given = (
        [constraint.text]
        if isinstance(constraint, Headline)
        else [constraint.word1, constraint.word2]
    )
    user, text = chat(book, prompt), base(book, prompt)
    assert all(part in user and part in text.splitlines()[-2] for part in given)
    assert not re.search(r"[{}]", user + text)
    # A joke follows on the same line, and the next line is no part of it.
    ending = {Lang.EN: "\nJoke:", Lang.ES: "\nChiste:", Lang.ZH: "\n笑话："}[lang]
    assert text.endswith(ending)
    assert text.count(ending) == 9
    assert text.count(ending + " ") == (0 if lang is Lang.ZH else 8)
    assert BASE_MODEL_STOP == ("\n",)


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("ask", [chat, base])
def test_samples_of_a_row_differ_and_depend_on_row_and_seed_only(
    lang: Lang, ask: Callable[..., str]
) -> None:
    book = PromptBook()
    prompt = row(ROWS[lang][0], lang)
    times = 12 if ask is chat else 8
    asked = [ask(book, prompt, sample=sample) for sample in range(times + 1)]
    assert len(set(asked)) == times
    assert asked[times] == asked[0]
    assert asked[:3] == [ask(PromptBook(), prompt, sample=sample) for sample in range(3)]
    assert len({ask(book, prompt, seed=seed) for seed in range(10)}) > 2
    assert len({ask(book, row(ROWS[lang][0], lang, str(id_))) for id_ in range(10)}) > 2


def test_another_round_takes_another_angle(small: PromptBook) -> None:
    prompt = row(Headline("X"))
    assert len({chat(small, prompt, round_=round_) for round_ in range(3)}) == 3


@pytest.mark.parametrize("text", ["{angle} {word1} {0} {{x}} {", r"\1 \g<0> $1 %s", "{headline}"])
def test_braces_in_a_row_survive(small: PromptBook, text: str) -> None:
    assert chat(small, row(Headline(text))).startswith(f"On {text}: ")
    assert base(small, row(Headline(text))).endswith(f"\nH: {text}\nJ:")
    assert base(small, row(WordPair(text, text))).endswith(f"\nW: {text}, {text}\nJ:")


def test_other_braces_of_a_template_are_sent_as_they_are(tmp_path: Path) -> None:
    template = 'On {headline} {headline}: {angle} {"text": {tone}} {'
    path = write(tmp_path, BOOK.replace('"On {headline}: {angle}"', f"'{template}'"))
    asked = chat(PromptBook(path), row(Headline("X")))
    assert re.fullmatch(r'On X X: \w+ {"text": {tone}} {', asked)


def test_the_fingerprint_is_that_of_the_content_not_of_the_layout(
    tmp_path: Path, small: PromptBook
) -> None:
    lines = BOOK.splitlines()
    head, system, headline = lines[1:4]
    other = "\r\n".join(["# mine", head, headline, "", system, *lines[4:]])
    assert PromptBook(write(tmp_path, other)).sha256 == small.sha256
    assert PromptBook(write(tmp_path, BOOK.replace("irony", "Irony"))).sha256 != small.sha256
    copy = write(tmp_path, DEFAULT_PROMPTS.read_text(encoding="utf-8"))
    assert PromptBook(copy).sha256 == PromptBook().sha256


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[en]", "[fr]\n[en]", ": unknown table 'fr'; expected en, es, zh"),
        ("[en]", "title = 3\n[en]", ": unknown table 'title'; expected en, es, zh"),
        ("[en]", "zh = 3\n[en]", " [zh]: Input should be a valid dictionary"),
        ("system =", "sistem =", " [en]: system: is missing; sistem: no such key"),
        ('" Be funny. "', "2026-01-31", " [en]: system: Input should be a valid string"),
        ('["pun", "irony", "absurd"]', "[]", " [en]: angles: List should have at least 1 item"),
        ('joke = "Joke one."', "", " [en]: examples.0.joke: is missing"),
        ('headline = "One"', "", " [en]: examples.0: an example has either"),
        ('word2 = "three"', "", " [en]: examples.1: an example has either"),
        ('word2 = "three"', 'headline = "X"', " [en]: examples.1: an example has"),
        ("[en]", "[en", ": not TOML: "),
    ],
)
def test_a_fault_in_a_file_is_named_in_one_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in BOOK
    path = write(tmp_path, BOOK.replace(old, new, 1))
    with pytest.raises(ConfigError) as failure:
        PromptBook(path)
    assert str(failure.value).startswith(f"{path}{message}")
    assert "\n" not in str(failure.value)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent.toml: cannot be read: No such file"):
        PromptBook(tmp_path / "absent.toml")


@pytest.mark.parametrize("chat_", [True, False])
def test_what_a_book_has_no_words_for_is_refused(small: PromptBook, chat_: bool) -> None:
    spanish, gif = row(ROWS[Lang.ES][0], Lang.ES), row(Gif("u"))
    with pytest.raises(ConfigError, match=r"prompts.toml: no table \[es\]$"):
        small.conversation(spanish, chat=chat_, seed=0, round_=0, sample=0)
    with pytest.raises(ConfigError, match=r"^1: prompts are written for task A, not for task B1$"):
        small.conversation(gif, chat=chat_, seed=0, round_=0, sample=0)
