from collections import defaultdict
from typing import Any

import pytest

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.rewards.profiles import GATE, read_profile
from semeval_humor.rewards.reward import Reward
from semeval_humor.rewards.trl import METRIC, trl_functions
from semeval_humor.schema import Lang
from tests.rewards.fake_classifier import FakeClassifier

END = 7
JOKE = "My umbrella called in sick."
CHISTE = "El paraguas pidió la baja."

# As pairs.parquet has them: a headline row and a row of words, two completions each.
COLUMNS: dict[str, Any] = {
    "id": ["a", "a", "b", "b"],
    "lang": ["en", "en", "es", "es"],
    "word1": ["", "", "pedir", "pedir"],
    "word2": ["", "", "lápiz", "lápiz"],
    "headline": ["Rain at last", "Rain at last", "", ""],
}
TEXTS = [JOKE, f" {JOKE}\n", CHISTE, ""]
CHATS = [[{"role": "assistant", "content": text}] for text in TEXTS]
IDS = [[1, END], [1, 2], [3, END], []]


class Logs:
    """What TRL would write down."""

    def __init__(self) -> None:
        self.columns: dict[str, list[float | None]] = defaultdict(list)
        self.metrics: dict[str, float] = {}

    def log_extra(self, column: str, values: list[float | None]) -> None:
        self.columns[column] += values

    def log_metric(self, name: str, value: float) -> None:
        self.metrics[name] = value


def call(
    completions: Any = TEXTS, stop_tokens: set[int] | None = None, **changes: Any
) -> tuple[list[float], Logs]:
    classifier = FakeClassifier(0.8, says={text: 0.0 for text in TEXTS if text != text.strip()})
    classifiers = dict.fromkeys((Lang.EN, Lang.ES), classifier)
    (function,) = trl_functions(Reward(read_profile("guarded"), classifiers), stop_tokens)
    logs = Logs()
    rewards = function(
        prompts=["…"] * len(completions),
        completions=completions,
        completion_ids=IDS[: len(completions)],
        trainer_state=object(),
        log_extra=logs.log_extra,
        log_metric=logs.log_metric,
        **{**COLUMNS, **changes},
    )
    return rewards, logs


@pytest.mark.parametrize("completions", [TEXTS, CHATS], ids=["texts", "chats"])
def test_a_batch_as_trl_gives_it(completions: Any) -> None:
    rewards, logs = call(completions, {END})
    # Clean; cut off, a quarter; one of two words; nothing at all.
    assert rewards == pytest.approx([0.8, 0.2, 0.4, 0.0])
    assert logs.columns["coverage"] == [None, None, 0.5, 0.0]
    assert logs.columns[f"{GATE}cut-off"] == [1.0, 0.25, 1.0, 0.25]
    assert logs.metrics[f"{METRIC}coverage"] == 0.25
    assert logs.metrics[f"{METRIC}humour"] == pytest.approx(0.8)


def test_without_stop_tokens_nobody_knows_what_was_cut_off() -> None:
    rewards, logs = call()
    assert rewards == pytest.approx([0.8, 0.8, 0.4, 0.0])
    assert logs.columns[f"{GATE}cut-off"] == [None] * 4
    assert f"{METRIC}{GATE}cut-off" not in logs.metrics


def test_unused_cells_may_also_be_empty_or_a_dash() -> None:
    cells: dict[str, Any] = {
        "word1": ["-", None, "pedir", "pedir"],
        "headline": [*COLUMNS["headline"][:2], "-", None],
    }
    assert call(**cells)[0] == call()[0]


def test_a_dataset_without_the_columns_is_an_error() -> None:
    (function,) = trl_functions(Reward(read_profile("summed"), {Lang.EN: FakeClassifier()}))
    with pytest.raises(ConfigError, match="no column lang, word2; train on a pairs"):
        function(["…"], [JOKE], [[1]], word1=["a"], headline=[""])


def test_a_row_without_a_constraint_is_an_error() -> None:
    with pytest.raises(DataError, match="row b has neither a headline nor two words"):
        call(word2=["", "", "", "lápiz"])


def test_a_completion_that_is_no_text_is_an_error() -> None:
    with pytest.raises(DataError, match="expected turns of text"):
        call([[{"role": "assistant", "content": [{"type": "image"}]}], *CHATS[1:]])


def test_several_turns_are_one_text() -> None:
    turns = [
        {"role": "assistant", "content": "My umbrella"},
        {"role": "tool", "content": "is sick."},
    ]
    assert call([turns, *CHATS[1:]])[0][0] == pytest.approx(0.8)
