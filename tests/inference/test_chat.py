from pathlib import Path

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.inference.chat import load_tokenizer, prompt_tokens
from semeval_humor.schema import Message
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
