from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet
import pytest

from semeval_humor.errors import DataError
from semeval_humor.prompts import PromptBook
from semeval_humor.rewards.preferences import (
    Comparison,
    Preference,
    from_comparisons,
    from_scores,
    from_votes,
    write_preferences,
)
from semeval_humor.rewards.votes import PairVote, Winner
from semeval_humor.schema import Constraint, Gif, Headline, Lang, Prompt, Task, WordPair


def prompt(id_: str, constraint: Constraint | None = None, lang: Lang = Lang.EN) -> Prompt:
    return Prompt(id_, Task.A, lang, constraint or Headline("Rain at last"))


RAIN, WORDS = prompt("en_1"), prompt("es_2", WordPair("bailar", "lápiz"), Lang.ES)


def by_length(prompts: Sequence[Prompt], texts: Sequence[str]) -> list[float]:
    return [len(text) / 8 for text in texts]


def test_the_best_candidate_is_preferred_to_the_worst() -> None:
    texts = ["a", "abc", "ab", "d"]
    found = list(from_scores([RAIN, RAIN, RAIN, WORDS], texts, by_length, source="candidates"))
    assert found == [Preference(RAIN, "abc", "a", 0.25, "candidates")]


@pytest.mark.parametrize(("margin", "count"), [(0.0, 1), (0.25, 1), (0.26, 0)])
def test_near_equals_teach_nothing(margin: float, count: int) -> None:
    texts = ["a", "abc"]
    found = from_scores([RAIN, RAIN], texts, by_length, source="s", min_margin=margin)
    assert len(list(found)) == count
    assert not list(from_scores([RAIN] * 2, ["a", "b"], by_length, source="s", min_margin=0))


def test_votes_are_counted_whichever_side_they_were_shown_on() -> None:
    votes = [
        Comparison(RAIN, "good", "bad", Winner.LEFT),
        Comparison(RAIN, "bad", "good", Winner.RIGHT),
        Comparison(RAIN, "bad", "good", Winner.LEFT),
        Comparison(RAIN, "good", "bad", Winner.BOTH),
        Comparison(WORDS, "good", "bad", Winner.RIGHT),
        Comparison(WORDS, "one", "two", Winner.LEFT),
        Comparison(WORDS, "two", "one", Winner.LEFT),
        Comparison(RAIN, "x", "y", Winner.NONE),
        Comparison(RAIN, "same", "same", Winner.LEFT),
    ]
    assert list(from_comparisons(votes, source="votes")) == [
        Preference(RAIN, "good", "bad", 0.25, "votes"),  # 2 won, 1 lost, of 4
        Preference(WORDS, "bad", "good", 1.0, "votes"),
    ]


def test_themes_of_votes_stand_in_for_headlines() -> None:
    votes = [
        PairVote("s1", "rain", "wet joke", "dry joke", Winner.RIGHT),
        PairVote("s2", "snow", "wet joke", "dry joke", Winner.BOTH),
    ]
    (found,) = from_votes(votes, source="votes")
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
