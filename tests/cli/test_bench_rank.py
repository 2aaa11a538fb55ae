import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from semeval_humor.schema import Lang, Task, Vote
from semeval_humor.votes import write_votes
from tests.tournament import votes

KEYS = [
    *("system", "rating", "variance", "rating_q975", "rating_q025", "num_battles"),
    "final_ranking",
]
# ours is above baseline by 400 · log10(40 / 10), and copy by the inverse of that.
RESULTS = [("ours", 40, 0, 10, "baseline"), ("baseline", 40, 0, 10, "copy")]


def on(task: Task, lang: Lang, some: Sequence[Vote]) -> list[Vote]:
    """The same votes on another task."""
    prefix = str(lang) if task is Task.A else "img"
    return [
        Vote(f"{prefix}_{each.prompt_id[3:]}", lang, each.left, each.right, each.winner, "bo")
        for each in some
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "votes.jsonl"
    write_votes(path, votes(*RESULTS))
    return path


def submission(folder: Path, name: str, texts: Sequence[str]) -> Path:
    path = folder / name / "task-a-en.tsv"
    path.parent.mkdir()
    rows = [f"en_{number}\t{text}" for number, text in enumerate(texts)]
    path.write_text("\n".join(["id\ttext", *rows]), encoding="utf-8")
    return path.parent


def rank(*arguments: object) -> int:
    return main(["bench", "rank", *map(str, arguments)])


def test_a_table(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank(file) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    heading, columns, *rows, agreement, end = output.splitlines()
    assert heading == "task-a-en.tsv: 100 votes by 1 voter; drawn 1,000 times, seed 0"
    assert columns.split() == ["rank", "system", "rating", "95", "%", "interval", "votes"]
    above = 400 * math.log10(4)
    assert [(row.split()[:3], row.split()[-1]) for row in rows] == [
        (["1", "ours", f"{1000 + above:.1f}"], "50"),
        (["2", "baseline", "1000.0"], "100"),
        (["3", "copy", f"{1000 - above:.1f}"], "50"),
    ]
    assert agreement == ("voter-agreement: pairs of jokes with two votes: 0, expected two or more")
    assert end == ""


def test_the_organisers_rows(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank(file, "--json", "--bootstraps", 50, "--seed", 3) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    rows = json.loads(output)
    assert [list(row) for row in rows] == [KEYS] * 3
    assert [row["system"] for row in rows] == ["ours", "baseline", "copy"]
    assert [(row["num_battles"], row["final_ranking"]) for row in rows] == [
        *[(50, 1), (100, 2), (50, 3)]
    ]
    assert all(row["rating_q025"] < row["rating"] < row["rating_q975"] for row in rows)
    assert rank(file, "--json", "--bootstraps", 50, "--seed", 4) == 0
    assert json.loads(capsys.readouterr().out) != rows


def test_against_the_baseline(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    close = tmp_path / "close.jsonl"
    write_votes(close, votes(("twin", 26, 0, 24, "baseline")))
    assert rank(file, close, "--baseline", "baseline") == 0
    output = capsys.readouterr().out
    rows = {line.split()[1]: line for line in output.splitlines()[1:6]}
    assert rows["system"].endswith("above baseline    95 % interval  more votes to tell apart")
    assert rows["ours"].split()[-5] == "+240.8"
    assert rows["ours"].split()[-1] == "0"  # it is told apart
    assert int(rows["twin"].split()[-1].replace(",", "")) > 1000
    assert rows["baseline"].split()[-1] == "150"


def test_submissions_tie_where_their_texts_are_the_same(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    duck = [f"A duck with {number} eggs." for number in range(50)]
    folders = [
        submission(tmp_path, "ours", [*(text + " Quack!" for text in duck[:30]), *duck[30:]]),
        submission(tmp_path, "baseline", duck),
        submission(tmp_path, "idle", ["Coo."]),
    ]
    options = [word for folder in folders for word in ("--submissions", folder)]
    assert rank(file, *options) == 0
    output, errors = capsys.readouterr()
    assert errors == "warning: no votes on idle of --submissions\n"
    lines = output.splitlines()
    # Texts 30 to 49 are the same, but ours and baseline have votes on these already.
    assert lines[0].startswith("task-a-en.tsv: 100 votes by 1 voter; drawn")
    # Of 50 votes on the two, the first 40 are won by ours; its first 30 texts are longer.
    assert lines[-2].startswith("longer-wins = 1.0000 [1.0000, 1.0000] (items:30 lang:en")
    assert rank(file, *options[2:], "--submissions", submission(tmp_path, "copy", duck[:7])) == 0
    assert "100 votes by 1 voter and 0" not in capsys.readouterr().out


def test_new_ties_are_counted(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [f"A duck with {number} eggs." for number in range(9)]
    options = ["--submissions", submission(tmp_path, "ours", texts)]
    options += ["--submissions", submission(tmp_path, "copy", texts)]
    assert rank(file, *options) == 0
    output = capsys.readouterr().out
    assert output.startswith(
        "task-a-en.tsv: 100 votes by 1 voter and 9 ties of identical texts; drawn"
    )
    (copy,) = [line for line in output.splitlines() if " copy " in line]
    assert copy.split()[-1] == "59"
    assert "longer-wins: no vote prefers one of two texts of different lengths" in output


def test_tasks_are_ranked_apart(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    some = votes(*RESULTS)
    other = tmp_path / "other.jsonl"
    write_votes(other, [*on(Task.A, Lang.ZH, some), *on(Task.B1, Lang.EN, some)])
    assert rank(file, other, "--bootstraps", 20) == 0
    headings = [line for line in capsys.readouterr().out.splitlines() if "drawn" in line]
    names = [line.partition(":")[0] for line in headings]
    assert names == ["task-a-en.tsv", "task-a-zh.tsv", "task-b1.tsv"]
    assert rank(file, other, "--json") == 2
    assert capsys.readouterr().err == (
        "error: votes on task-a-en.tsv, task-a-zh.tsv, task-b1.tsv: "
        "choose one by --task and --lang\n"
    )
    assert rank(file, other, "--json", "--bootstraps", 20, "--task", "A", "--lang", "zh") == 0
    assert len(json.loads(capsys.readouterr().out)) == 3
    assert rank(file, other, "--task", "B2") == 2
    assert "no votes on task B2 in language –" in capsys.readouterr().err


def test_ids_that_tell_no_task_are_ranked_by_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "votes.json"
    winners = ["model_a"] * 15 + ["model_b"] * 10
    rows = [
        {
            **{"question_id": "pigeon", "model_a": "a", "model_b": "b", "winner": winner},
            **{"judge": "ana", "language": "Spanish"},
        }
        for winner in winners
    ]
    rows[0]["question_id"] = "en_1"  # of the English task, but the jokes are Spanish
    path.write_text(json.dumps(rows), encoding="utf-8")
    assert rank(path) == 0
    output = capsys.readouterr().out
    assert output.startswith("es: 25 votes by 1 voter")
    assert "voter-agreement: pairs of jokes with two votes: 1, expected two or more" in output


def test_systems_without_a_rating_are_named(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = tmp_path / "more.jsonl"
    write_votes(
        more,
        votes(*[("star", 30, 0, 0, "ours"), ("new", 3, 0, 2, "ours"), ("lucky", 39, 0, 1, "ours")]),
    )
    for options in ([], ["--json"]):
        assert rank(file, more, *options) == 0
        output, errors = capsys.readouterr()
        assert "star" not in output
        assert "new" not in output
        lines = errors.splitlines()
        assert lines[0] == "warning: task-a-en.tsv: new has no rating: 5 votes, expected 20 or more"
        assert lines[1].startswith(
            "warning: task-a-en.tsv: star has no rating: undefeated: won all of its 30 votes"
        )
        assert lines[2].startswith(
            "warning: task-a-en.tsv: lucky is as good as undefeated or winless in 3"
        )
        assert len(lines) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'VOTES...'"),
        (["nowhere.jsonl"], "nowhere.jsonl: cannot be read"),
        (["{file}", "--bootstraps", "1"], "1 is not in the range x>=2"),
        (["{file}", "--baseline", "nobody"], "no votes on 'nobody'; systems: ours, baseline, copy"),
        (["{file}", "--baseline", "nobody", "--json"], "no votes on 'nobody'"),
        (["{few}"], "no system can be rated: a: 2 votes, expected 20 or more; b: 2 votes"),
        (["{file}", "--submissions", "nowhere"], "nowhere"),
        (["{file}", "--lang", "zh"], "no votes on task – in language zh"),
    ],
)
def test_bad_usage_is_one_line(
    tmp_path: Path,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    few = tmp_path / "few.jsonl"
    write_votes(few, votes(("a", 1, 0, 1, "b")))
    assert rank(*[argument.format(file=file, few=few) for argument in arguments]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("error: ")
    assert message in errors
    assert errors.count("\n") == 1
