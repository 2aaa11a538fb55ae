from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet
import pytest

from semeval_humor.errors import DataError
from semeval_humor.prompts import PromptBook
from semeval_humor.rewards.human_votes import FunnySide, PairVote
from semeval_humor.rewards.preferences import (
    Comparison,
    Preference,
    from_comparisons,
    from_scores,
    from_votes,
    write_preferences,
)
from semeval_humor.schema import Constraint, Gif, Headline, Lang, Prompt, Task, WordPair


def prompt(id_: str, constraint: Constraint | None = None, lang: Lang = Lang.EN) -> Prompt:
    return Prompt(id_, Task.A, lang, constraint or Headline("Rain at last"))


RAIN, WORDS = prompt("en_1"), prompt("es_2", WordPair("bailar", "lápiz"), Lang.ES)


def by_length(prompts: Sequence[Prompt], texts: Sequence[str]) -> list[float]:
    return [len(text) / 8 for text in texts]


def test_the_best_candidate_is_preferred_to_the_worst() -> None:
    texts = ["a", "abc", "ab", "d"]
    found = from_scores([RAIN, RAIN, RAIN, WORDS], texts, by_length, source="candidates")
    assert found.preferences == (Preference(RAIN, "abc", "a", 0.25, "candidates"),)
    assert str(found) == "1 preferences of 2 rows (left out: 1 without two different texts)"


@pytest.mark.parametrize(
    ("texts", "margin", "left_out"),
    [
        (["a", "abc"], 0.0, {}),
        (["a", "abc"], 0.25, {}),
        (["a", "abc"], 0.26, {"with scores too close together": 1}),
        (["a", "b"], 0.0, {"with scores too close together": 1}),
        (["a", "a"], 0.0, {"without two different texts": 1}),
        (["abc", ""], 0.0, {"without two different texts": 1}),
        (["", ""], 0.0, {"without two different texts": 1}),
    ],
)
def test_near_equals_teach_nothing(
    texts: list[str], margin: float, left_out: dict[str, int]
) -> None:
    found = from_scores([RAIN, RAIN], texts, by_length, source="s", min_margin=margin)
    assert found.left_out == left_out
    assert found.total == 1


def test_votes_are_counted_whichever_side_they_were_shown_on() -> None:
    votes = [
        Comparison(RAIN, "good", "bad", FunnySide.LEFT),
        Comparison(RAIN, "bad", "good", FunnySide.RIGHT),
        Comparison(RAIN, "bad", "good", FunnySide.LEFT),
        Comparison(RAIN, "good", "bad", FunnySide.BOTH),
        Comparison(WORDS, "good", "bad", FunnySide.RIGHT),
        Comparison(WORDS, "one", "two", FunnySide.LEFT),
        Comparison(WORDS, "two", "one", FunnySide.LEFT),
        Comparison(RAIN, "x", "y", FunnySide.NONE),
        Comparison(RAIN, "same", "same", FunnySide.LEFT),
    ]
    found = from_comparisons(votes, source="votes")
    assert found.preferences == (
        Preference(RAIN, "good", "bad", 0.25, "votes"),  # 2 won, 1 lost, of 4
        Preference(WORDS, "bad", "good", 1.0, "votes"),
    )
    assert str(found) == (  # 2 + 1 + 3 + 3 = 9
        "2 preferences of 9 votes (left out: 1 on equal jokes, 3 counted with another on the same "
        "pair, 3 on pairs without a winner)"
    )


def test_themes_of_votes_stand_in_for_headlines() -> None:
    votes = [
        PairVote("s1", "rain", "wet joke", "dry joke", FunnySide.RIGHT),
        PairVote("s2", "snow", "wet joke", "dry joke", FunnySide.BOTH),
    ]
    (found,) = from_votes(votes, source="votes").preferences
    assert (found.chosen, found.rejected) == ("dry joke", "wet joke")
    assert found.prompt.constraint == Headline("rain")


def test_the_file_is_what_a_dpo_trainer_reads(tmp_path: Path) -> None:
    path = tmp_path / "preferences.parquet"
    rows = [Preference(RAIN, "good", "bad", 0.5, "votes"), Preference(WORDS, "a", "b", 1, "judge")]
    assert write_preferences(path, rows) == 2
    first, second = pyarrow.parquet.read_table(path).to_pylist()
    asked = PromptBook().conversation(RAIN, chat=True, seed=0, round_=0, sample=0)
    assert [(turn["role"], turn["content"]) for turn in first.pop("prompt")] == [
        (turn.role, turn.content) for turn in asked if not isinstance(turn, str)
    ]
    assert first == {
        "id": "en_1",
        "lang": "en",
        "word1": "",
        "word2": "",
        "headline": "Rain at last",
        "chosen": [{"role": "assistant", "content": "good"}],
        "rejected": [{"role": "assistant", "content": "bad"}],
        "margin": 0.5,
        "source": "votes",
    }
    assert (second["word1"], second["word2"], second["headline"]) == ("bailar", "lápiz", "")
    assert "lápiz" in second["prompt"][-1]["content"]


def test_nothing_to_write_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "preferences.parquet"
    with pytest.raises(DataError, match="no preference to write"):
        write_preferences(path, [])
    caption = Prompt("img_1", Task.B1, Lang.EN, Gif("https://example.org/1"))
    with pytest.raises(DataError, match="img_1: a caption, expected a row of subtask A"):
        write_preferences(path, [Preference(caption, "a", "b", 1, "votes")])
    assert list(tmp_path.iterdir()) == []
