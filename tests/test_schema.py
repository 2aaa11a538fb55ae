"""Names and columns of the official files."""

import pytest

from semeval_humor.schema import Candidate, Finish, Lang, Task


@pytest.mark.parametrize(
    ("task", "columns", "files"),
    [
        (
            Task.A,
            "id word1 word2 headline",
            {"en": "task-a-en.tsv", "es": "task-a-es.tsv", "zh": "task-a-zh.tsv"},
        ),
        (Task.B1, "id url", {"en": "task-b1.tsv"}),
        (Task.B2, "id url prompt", {"en": "task-b2.tsv"}),
    ],
)
def test_official_names(task: Task, columns: str, files: dict[str, str]) -> None:
    assert " ".join(task.columns) == columns
    assert {str(lang): task.file_name(lang) for lang in task.langs} == files


def test_a_candidate_is_known_by_row_round_and_sample() -> None:
    assert Candidate("zh_1", 2, 3, "好", "好", 1, Finish.STOPPED).key == ("zh_1", 2, 3)
    assert set(Lang) == {"en", "es", "zh"}
