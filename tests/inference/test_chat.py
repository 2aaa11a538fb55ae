import json
import math
from pathlib import Path

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.inference.chat import (
    ScoredText,
    Window,
    end_token,
    load_tokenizer,
    prompt_tokens,
    scored_text,
    stride_of,
)
from semeval_humor.schema import Continuation, Message
from tests.tiny_model import TEXTS, save_tokenizer

TURNS = (Message("system", "Be funny."), Message("user", "¿Un gato? 猫"))


def test_turns_end_where_the_assistant_speaks_without_thinking(tmp_path: Path) -> None:
    save_tokenizer(tmp_path, chat=True, bos=True)
    tokenizer = load_tokenizer(str(tmp_path))
    tokens = prompt_tokens(tokenizer, TURNS)
    expected = "<|system|>Be funny.</s><|user|>¿Un gato? 猫</s><|assistant|>"
    assert tokenizer.decode(tokens) == expected
    assert tokens[0] != tokenizer.bos_token_id  # the template writes none


def test_a_template_that_writes_bos_gets_no_second_one(tmp_path: Path) -> None:
    template = "<s>{% for m in messages %}{{ m['content'] }}{% endfor %}"
    save_tokenizer(tmp_path, chat=True, bos=True, template=template)
    tokens = prompt_tokens(load_tokenizer(str(tmp_path)), (Message("user", "Hello"),))
    assert tokens.count(1) == 1
    assert tokens[0] == 1


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("bos", [True, False])
def test_a_text_stands_as_it_is(tmp_path: Path, text: str, bos: bool) -> None:
    save_tokenizer(tmp_path, chat=False, bos=bos)
    tokenizer = load_tokenizer(str(tmp_path))
    tokens = prompt_tokens(tokenizer, text)
    assert tokens[0] == 1 if bos else tokens[0] != 1
    assert tokens[-1] != 2  # although the tokenizer with BOS ends its texts with EOS
    assert tokenizer.decode(tokens, skip_special_tokens=True) == text


def test_a_text_with_bos_gets_no_second_one(tmp_path: Path) -> None:
    save_tokenizer(tmp_path, chat=False, bos=True)
    tokens = prompt_tokens(load_tokenizer(str(tmp_path)), "<s>Hello")
    assert tokens.count(1) == 1


def test_turns_for_a_base_model(tmp_path: Path) -> None:
    save_tokenizer(tmp_path, chat=False, bos=False)
    with pytest.raises(ConfigError, match=r"no chat template, found chat turns, expected one text"):
        prompt_tokens(load_tokenizer(str(tmp_path)), TURNS)


def test_a_template_that_refuses(tmp_path: Path) -> None:
    template = "{{ raise_exception('System role not supported') }}"
    save_tokenizer(tmp_path, chat=True, bos=False, template=template)
    with pytest.raises(ConfigError, match=r"refuses the turns \(user\): System role"):
        prompt_tokens(load_tokenizer(str(tmp_path)), TURNS)


def test_a_template_without_a_system_role_gets_its_words_with_the_user_turn(tmp_path: Path) -> None:
    template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('No system') }}"
        "{% endif %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    )
    save_tokenizer(tmp_path, chat=True, bos=False, template=template)
    tokenizer = load_tokenizer(str(tmp_path))
    turns = (Message("system", "Be brief."), Message("user", "Joke!"))
    merged = (Message("user", "Be brief.\n\nJoke!"),)
    assert prompt_tokens(tokenizer, turns) == prompt_tokens(tokenizer, merged)


def test_no_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="its tokenizer cannot be read"):
        load_tokenizer(str(tmp_path))


@pytest.mark.parametrize(
    ("closing", "expected"),
    [
        ("</s>\n", 2),
        ("<|user|>", 2),  # no token of its own: EOS
        ("", 2),
        ("\n<s>", 1),
    ],
)
def test_the_end_token_is_what_the_template_closes_a_turn_with(
    tmp_path: Path, closing: str, expected: int
) -> None:
    template = (
        f"{{% for m in messages %}}<|{{{{ m.role }}}}|>{{{{ m.content }}}}{closing}{{% endfor %}}"
    )
    save_tokenizer(tmp_path, chat=True, bos=False, template=template)
    tokenizer = load_tokenizer(str(tmp_path))
    assert end_token(tokenizer, TURNS) == expected
    assert end_token(tokenizer, "¿Un gato? 猫") == 2


def test_a_model_without_an_end_token(tmp_path: Path) -> None:
    save_tokenizer(tmp_path, chat=False, bos=False)
    config = tmp_path / "tokenizer_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"eos_token": None}))
    tokenizer = load_tokenizer(str(tmp_path))
    with pytest.raises(ConfigError, match="found no end token"):
        scored_text(tokenizer, Continuation("", "Why", ends=True), None)
    assert scored_text(tokenizer, Continuation("Why", "Why"), None).windows
    with pytest.raises(ConfigError, match="no chat template"):
        end_token(tokenizer, TURNS)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("bos", [True, False])
def test_no_token_reaches_over_the_boundary(tmp_path: Path, text: str, bos: bool) -> None:
    save_tokenizer(tmp_path, chat=False, bos=bos)
    tokenizer = load_tokenizer(str(tmp_path))
    own = tokenizer(text, add_special_tokens=False).input_ids
    for place in (0, 3, len(text)):
        item = Continuation(text[:place], text, ends=True)
        found = scored_text(tokenizer, item, None)
        before = prompt_tokens(tokenizer, text[:place])
        assert found.orphan is (not bos and place == 0)
        (window,) = found.windows
        assert window.tokens == (*before, *own, 2)
        assert window.asked == len(own) + 1 - found.orphan
        assert not found.cut


@pytest.mark.parametrize(
    ("before", "letters", "context", "expected"),
    [
        # (first token read, last token read, asked) of the tokens before+letters, from 0 on
        (1, 7, 8, [(0, 8, 7)]),
        (1, 8, 8, [(0, 8, 7), (1, 9, 1)]),
        (1, 15, 8, [(0, 8, 7), (4, 12, 4), (8, 16, 4)]),
        (1, 15, 9, [(0, 9, 8), (4, 13, 4), (7, 16, 3)]),  # the stride is 9 // 2
        (6, 6, 8, [(2, 10, 4), (4, 12, 2)]),  # the text's first token has 4 before it
        (20, 4, 8, [(16, 24, 4)]),  # only the end of the prompt is read
        (20, 5, 8, [(16, 24, 4), (17, 25, 1)]),
        (3, 5, None, [(0, 8, 5)]),
        (3, 0, 2, []),
        (0, 5, 8, [(0, 5, 4)]),
        (0, 10, 8, [(0, 8, 7), (2, 10, 2)]),
        (0, 1, 8, []),
    ],
)
def test_windows_ask_for_each_token_once_after_a_stride_of_others(
    tmp_path: Path,
    before: int,
    letters: int,
    context: int | None,
    expected: list[tuple[int, int, int]],
) -> None:
    save_tokenizer(tmp_path, chat=False, bos=False)
    tokenizer = load_tokenizer(str(tmp_path))
    prompt, text = "0123456789" * 2, "!#$%&()*+,-/:;<="  # each is a token: none is in TEXTS twice
    item = Continuation(prompt[:before], text[:letters])
    tokens = [*prompt_tokens(tokenizer, item.conversation), *prompt_tokens(tokenizer, item.text)]
    assert len(tokens) == before + letters
    found = scored_text(tokenizer, item, context)
    assert found.windows == tuple(Window(tuple(tokens[a:b]), asked) for a, b, asked in expected)
    assert found.cut is (context is not None and before + letters > context)
    asked = [place for _, b, asked in expected for place in range(b - asked, b)]
    assert asked == list(range(max(1, before), before + letters))
    for a, b, number in expected:
        assert a == 0 or b - number - a >= stride_of(b - a)


def test_values_of_windows_are_joined_in_order() -> None:
    windows = (Window((1, 2), 1), Window((2, 3), 1))
    assert ScoredText(windows, orphan=False, cut=True).joined([[-1.0], [-2.0]]) == (-1.0, -2.0)
    first, *others = ScoredText(windows, orphan=True, cut=True).joined([[-1.0], [-2.0]])
    assert math.isnan(first)
    assert others == [-1.0, -2.0]
