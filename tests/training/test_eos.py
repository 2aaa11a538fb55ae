from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.schema import Headline, Lang, Prompt, Task
from semeval_humor.training.eos import EndNotTaughtError, prove_ends
from semeval_humor.training.pairs import Row
from tests.tiny_model import save_tokenizer

JOKES = ("The pigeon resigned.", "La paloma dimitió.", "鸽子辞职了。")
END, IGNORED = 2, -100


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return save_tokenizer(tmp_path_factory.mktemp("tokenizer"), chat=True, bos=False)


def row(tokenizer: Any, lang: Lang, joke: str) -> Row:
    tokens = tokenizer(joke, add_special_tokens=False).input_ids
    prompt = Prompt(f"{lang}-1", Task.A, lang, Headline("x"))
    return Row(prompt, joke, (5, 6, 7), (*tokens, END))


def example(made: Row) -> dict[str, list[int]]:
    return {
        "input_ids": [*made.prompt_ids, *made.completion_ids],
        "labels": [IGNORED] * len(made.prompt_ids) + list(made.completion_ids),
    }


def collate(examples: list[dict[str, list[int]]]) -> dict[str, Any]:
    import torch

    width = max(len(e["labels"]) for e in examples)
    rows = [e["labels"] + [IGNORED] * (width - len(e["labels"])) for e in examples]
    return {"labels": torch.tensor(rows)}


def check(tokenizer: Any, spoil: Callable[[dict[str, list[int]]], None] = lambda e: None) -> str:
    rows = [row(tokenizer, *pair) for pair in zip(Lang, JOKES, strict=True)] * 7
    examples = [example(made) for made in rows]
    spoil(examples[16])  # of es, in the second batch
    return str(prove_ends(collate, examples, rows, tokenizer, {END}))


def test_the_end_is_taught(tokenizer: Any) -> None:
    told = check(tokenizer)
    assert told.startswith("labels: all 21 rows end where predict stops (21 in '</s>'); ")
    assert told.endswith(" '</s>'")
    assert "'.'" in told


def cut(example: dict[str, list[int]]) -> None:
    del example["labels"][-1]


def mask_the_end(example: dict[str, list[int]]) -> None:
    example["labels"][-1] = IGNORED


def mask_all(example: dict[str, list[int]]) -> None:
    example["labels"] = [IGNORED] * len(example["labels"])


def count_the_prompt(example: dict[str, list[int]]) -> None:
    example["labels"] = example["input_ids"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut, "without a token at which predict stops: the policy would never learn to end"),
        (mask_the_end, "without a token at which predict stops"),
        (mask_all, "are all masked: nothing would be learnt"),
        (count_the_prompt, "its joke with the end token"),
    ],
)
def test_the_end_is_not_taught(
    tokenizer: Any, spoil: Callable[[dict[str, list[int]]], None], message: str
) -> None:
    with pytest.raises(EndNotTaughtError, match=f"es-1: the labels of the trainer .*{message}"):
        check(tokenizer, spoil)


@pytest.mark.filterwarnings("ignore")
def test_a_collator_that_masks_padding(tokenizer: Any, tmp_path: Path) -> None:
    """The trap with models whose padding token is their end token."""
    from transformers import DataCollatorForLanguageModeling

    tokenizer.pad_token = tokenizer.eos_token
    rows = [row(tokenizer, Lang.EN, JOKES[0])]
    examples = [{"input_ids": example(rows[0])["input_ids"]}]
    with pytest.raises(EndNotTaughtError, match="without a token at which predict stops"):
        prove_ends(
            DataCollatorForLanguageModeling(tokenizer, mlm=False), examples, rows, tokenizer, {END}
        )
