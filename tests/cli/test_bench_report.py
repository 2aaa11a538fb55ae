import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from semeval_humor.bench.judge_config import JudgeConfig
from semeval_humor.bench.judge_files import CARD_TO_READ, RECEIPT, VOTES
from semeval_humor.bench.judging import Judged
from semeval_humor.cli.console import Console
from semeval_humor.cli.main import main
from semeval_humor.schema import Joke, Lang
from semeval_humor.submission.entries import Entry, read_entries
from semeval_humor.votes import write_votes
from tests.bench.boards import CARD, votes
from tests.submission.folders import jokes, write_inputs, write_submission

CONFIG = """
name = "dev"
inputs = "inputs"
baseline = "base"
votes = ["votes.jsonl"]
bootstraps = 20
results = "results.jsonl"
trainings = ["ppo"]
[systems]
base = "base"
ppo = "ppo"
[[judges]]
name = "judge"
model = "smollm2-135m"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A benchmark of two systems in three languages, with votes, a judge and a training."""
    monkeypatch.chdir(tmp_path)
    for lang in Lang:
        inputs = write_inputs(tmp_path / "inputs", lang)
        write_submission(tmp_path / "base", lang, inputs)
        worse = [Joke(each.id, each.text + " ha ha ha ha ha") for each in jokes(lang)]
        write_submission(tmp_path / "ppo", lang, inputs, worse)
    (tmp_path / "dev.toml").write_text(CONFIG)
    rows = [{"kind": "step", "step": step, "values": {"loss": 1 / step}} for step in (1, 2)]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "ppo" / "metrics.jsonl").write_text(lines)
    entries = read_entries({name: Path(name) for name in ("base", "ppo")}, Path("inputs"))
    write_votes(Path("votes.jsonl"), votes(entries, "session", 90, noise=0, seed=1))
    monkeypatch.setattr("semeval_humor.cli.judge.run_judge", judged)
    return tmp_path


def judged(
    config: JudgeConfig, entries: Sequence[Entry], folder: Path, baseline: str | None, _: Console
) -> Judged:
    """A judge that leaves the files of one."""
    cast = votes(entries, "judge", 60, noise=6, seed=2)
    folder.mkdir(parents=True)
    write_votes(folder / VOTES, cast)
    for name in (CARD_TO_READ, RECEIPT):
        (folder / name).write_text("{}")
    return Judged(tuple(cast), CARD)


def test_a_benchmark_becomes_a_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "run", "dev.toml"]) == 0
    capsys.readouterr()
    assert main(["bench", "report", "dev.toml", "--out", "site/dev.html"]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("site/dev.html\n", "reading the systems' files …\n")
    page = (folder / "site" / "dev.html").read_text(encoding="utf-8")
    assert "2 systems, 36 jokes, 90 votes by people, 60 votes by judge." in page
    for words in ("Ratings by people", "Ratings by judge", "Task A, Chinese", "no better than a"):
        assert words in page
    assert "<figcaption><b>Loss</b>" in page
    links = re.findall(r'href="([^#"]+)"', page)
    assert links == [
        "../results.jsonl",
        *(f"../{name}/task-a-{lang}.run.json" for name in ("base", "ppo") for lang in Lang),
        "../benchmarks/dev/judge/judge.run.json",
        "../benchmarks/dev/judge/judge-card.md",
        *(f"../ppo/task-a-{lang}.run.json" for lang in Lang),
    ]
    assert all((folder / "site" / each).is_file() for each in links)


def test_the_page_lies_beside_the_results(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = CONFIG.partition("[[judges]]")[0].replace('votes = ["votes.jsonl"]', "votes = []")
    (folder / "dev.toml").write_text(alone)
    assert main(["bench", "report", "dev.toml"]) == 2
    assert "bench run" in capsys.readouterr().err
    assert main(["bench", "run", "dev.toml"]) == 0
    assert main(["bench", "report", "dev.toml"]) == 0
    assert (folder / "dev.html").is_file()
    assert "Head to head" not in (folder / "dev.html").read_text(encoding="utf-8")
    # A file that has changed since is said to have; the page is made all the same.
    text = (folder / "ppo" / "task-a-en.tsv").read_text(encoding="utf-8")
    (folder / "ppo" / "task-a-en.tsv").write_text(text.replace("ha ha", "ho ho"), encoding="utf-8")
    capsys.readouterr()
    assert main(["bench", "report", "dev.toml"]) == 0
    assert re.search(r"^warning: .*ppo.*; see semeval-humor bench run", capsys.readouterr().err)
