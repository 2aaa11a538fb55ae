"""A run measures what is missing, and nothing else."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import semeval_humor
from semeval_humor.bench.boards import read_board
from semeval_humor.bench.config import BenchConfig
from semeval_humor.bench.judge_config import JudgeConfig
from semeval_humor.bench.judging import Judged
from semeval_humor.bench.results import Slot, What, rating_value, read_records
from semeval_humor.bench.run import Done, _commit, run
from semeval_humor.errors import DataError, EngineError
from semeval_humor.ratings import Rating
from semeval_humor.schema import Joke, Lang, Task, Vote, Winner
from semeval_humor.submission.entries import Entry, read_entries
from semeval_humor.submission.kinds import Kind
from semeval_humor.votes import write_votes
from tests.submission.folders import jokes, write_inputs, write_submission

EN = Kind(Task.A, Lang.EN)
PAIRS = [Winner.LEFT] * 16 + [Winner.RIGHT] * 8
CARD = {"judge": "qwen", "battles": 24, "possible": 24, "unanswered": 0, "says": []}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two systems in English: ours has another joke in the first row."""
    submit(tmp_path, "base", Lang.EN)
    submit(tmp_path, "ours", Lang.EN)
    return tmp_path


def submit(place: Path, system: str, lang: Lang) -> None:
    rows = jokes(lang)
    if system == "ours":
        rows[0] = Joke(rows[0].id, "Nobody honks at a hedgehog twice.")
    write_submission(place / system, lang, write_inputs(place / "in", lang), rows)


def config(place: Path, **values: Any) -> BenchConfig:
    return BenchConfig(
        name="dev",
        baseline="base",
        systems={"base": place / "base", "ours": place / "ours"},
        results=place / "results.jsonl",
        folder=place / "judges",
        bootstraps=20,
        **values,
    )


def cast(voter: str = "ana", prompt_id: str = "en_0001", lang: Lang = Lang.EN) -> list[Vote]:
    return [Vote(prompt_id, lang, "ours", "base", winner, voter) for winner in PAIRS]


class FakeJudge:
    """Counts its runs; says what it is told to."""

    def __init__(self, judged: Judged | Exception) -> None:
        self.judged = judged
        self.folders: list[Path] = []

    def __call__(self, config: JudgeConfig, entries: Sequence[Entry], folder: Path) -> Judged:
        self.folders.append(folder)
        if isinstance(self.judged, Exception):
            raise self.judged
        return self.judged


def nobody(*_: object) -> Judged:
    pytest.fail("a judge was asked")


def measure(
    settings: BenchConfig, judge: Callable[..., Judged] = nobody, *, force: bool = False
) -> Done:
    return run(settings, judge, lambda _: None, force=force)


def slots(found: Sequence[Slot]) -> list[str]:
    return [f"{slot.of} {slot.file}".strip() for slot in found]


@pytest.mark.parametrize("lang", Lang)
def test_everything_is_measured_once(tmp_path: Path, lang: Lang) -> None:
    for system in ("base", "ours"):
        submit(tmp_path, system, lang)
    settings, file = config(tmp_path), f"task-a-{lang}.tsv"
    done = measure(settings)
    assert slots(done.measured) == [f"base {file}", f"ours {file}"]
    before = settings.results.read_bytes()
    assert measure(settings) == Done((), done.measured, ())
    assert settings.results.read_bytes() == before
    found = read_board(settings)
    assert found.stale == ()
    rows = found.board.rows
    assert [(row.system, row.kind.lang) for row in rows] == [("base", lang), ("ours", lang)]
    # The receipt names the input, so the words are known.
    assert rows[0].scores["coverage-inflected"].value == 1
    assert rows[0].scores["script-purity"].items == 6


@pytest.mark.parametrize("lang", Lang)
def test_only_the_rows_that_all_systems_have_answered(tmp_path: Path, lang: Lang) -> None:
    submit(tmp_path, "base", lang)  # six rows
    write_submission(tmp_path / "ours", lang, write_inputs(tmp_path / "in", lang), jokes(lang)[1:4])
    measure(config(tmp_path))
    settings = config(tmp_path, common_rows=True)
    assert len(measure(settings).measured) == 2  # what was measured on other rows is no use
    rows = read_board(settings).board.rows
    assert [row.scores["script-purity"].items for row in rows] == [3, 3]
    # What base alone has handed in is left out, and nobody misses it.
    submit(tmp_path, "base", next(each for each in Lang if each is not lang))
    assert read_board(settings).stale == ()
    base, ours = read_entries(settings.systems, common_rows=True)
    assert list(base.texts) == list(ours.texts) == [f"{lang}_{n:04}" for n in (2, 3, 4)]
    # Of ours, the rows that are missing are no finding here.
    assert [finding for finding in ours.findings if finding.id] == []
    write_submission(tmp_path / "ours", lang, tmp_path / "in", jokes(lang)[4:])
    write_submission(tmp_path / "base", lang, tmp_path / "in", jokes(lang)[:4])
    with pytest.raises(DataError, match="the systems have no row in common"):
        measure(settings)
    (tmp_path / "base" / f"task-a-{lang}.tsv").unlink()
    with pytest.raises(DataError, match="the systems have no task in common"):
        measure(settings)


@pytest.mark.parametrize("lang", Lang)
def test_a_task_that_several_have_handed_in_since_is_missed(tmp_path: Path, lang: Lang) -> None:
    settings = config(tmp_path, common_rows=True)
    other = next(each for each in Lang if each is not lang)
    for system in ("base", "ours"):
        submit(tmp_path, system, lang)
    measure(settings)
    for system in ("base", "ours"):
        submit(tmp_path, system, other)
    missed = tuple(f"{each}: task-a-{other}.tsv has not been measured" for each in ("base", "ours"))
    assert read_board(settings).stale == missed


def test_only_what_has_changed_is_measured_again(place: Path) -> None:
    settings = config(place)
    measure(settings)
    submit(place, "base", Lang.ZH)
    assert slots(measure(settings).measured) == ["base task-a-zh.tsv"]
    rows = [Joke(joke.id, joke.text.upper()) for joke in jokes(Lang.EN)]
    write_submission(place / "ours", Lang.EN, place / "in", rows)
    done = measure(settings)
    assert slots(done.measured) == ["ours task-a-en.tsv"]
    assert slots(done.kept) == ["base task-a-en.tsv", "base task-a-zh.tsv"]
    assert len(measure(settings, force=True).measured) == 3
    assert measure(settings).measured == ()


def test_other_prompts_under_the_same_ids_count_as_a_change(place: Path) -> None:
    measure(config(place))
    inputs = write_inputs(place / "other", Lang.EN)
    path = inputs / "task-a-en.tsv"
    path.write_text(path.read_text(encoding="utf-8").replace("sheep", "goats"), encoding="utf-8")
    settings = config(place, inputs=inputs)
    assert len(measure(settings).measured) == 2
    # "goats" is not in the joke: 1 + 1/2 of 2 rows with words.
    assert read_board(settings).board.rows[0].scores["coverage-exact"].value == 0.75


def test_a_file_that_is_gone_leaves_the_board_and_may_come_back(place: Path) -> None:
    settings = config(place)
    submit(place, "ours", Lang.ES)
    measure(settings)
    (place / "ours/task-a-es.tsv").unlink()
    assert read_board(settings).stale == ("ours: task-a-es.tsv has changed since it was measured",)
    assert slots(measure(settings).measured) == ["ours task-a-es.tsv"]
    done = measure(settings)
    assert slots([*done.measured, *done.kept]) == ["base task-a-en.tsv", "ours task-a-en.tsv"]
    assert [row.kind for row in read_board(settings).board.rows] == [EN, EN]
    submit(place, "ours", Lang.ES)
    assert read_board(settings).stale == ("ours: task-a-es.tsv has not been measured",)
    measure(settings)
    assert len(read_board(settings).board.rows) == 3


def test_why_a_metric_has_no_value_is_kept(place: Path) -> None:
    short = [Joke(joke.id, "Ha.") for joke in jokes(Lang.EN)[:4]]  # headlines, and one word each
    write_submission(place / "ours", Lang.EN, place / "in", short)
    settings = config(place)
    measure(settings)
    why = read_board(settings).reasons["ours", EN]
    assert why["coverage-exact"].startswith("none of the 4 rows has two words to use")
    assert why["distinct-2"] == "none of the 4 texts has 2 tokens"
    assert "distinct-2" not in read_board(settings).board.rows[1].scores


def test_a_board_needs_no_files_but_all_measurements(place: Path) -> None:
    settings = config(place)
    measure(settings)
    before = read_board(settings)
    (place / "base/task-a-en.tsv").rename(place / "moved.tsv")
    (place / "base/task-a-en.run.json").unlink()
    (place / "base").rmdir()
    assert read_board(settings) == before
    third = settings.model_copy(update={"systems": {**settings.systems, "third": place}})
    with pytest.raises(DataError, match=r"nothing on third in benchmark dev; semeval-humor bench"):
        read_board(third)
    with pytest.raises(DataError, match="nothing on base in benchmark test"):
        read_board(settings.model_copy(update={"name": "test"}))


def test_people_rate_and_who_is_not_in_the_benchmark_is_shown_too(place: Path) -> None:
    votes = [*cast(), *(Vote("en_0002", Lang.EN, "ours", "they", each, "bo") for each in PAIRS)]
    write_votes(place / "votes.jsonl", votes)
    settings = config(place, votes=[place / "votes.jsonl"])
    assert slots(measure(settings).measured)[-1] == "people"
    assert measure(settings).measured == ()
    board = read_board(settings).board
    assert board.voters == ("people",)
    assert [row.system for row in board.rows] == ["base", "ours", "they"]
    base, ours, they = board.rows
    assert they.scores == {}
    # 24 votes on base, and a tie for each of the 5 rows on which its text is the same as ours.
    assert base.ratings["people"].battles == 29
    assert ours.ratings["people"].battles == 53
    write_votes(place / "votes.jsonl", votes[1:])
    assert slots(measure(settings).measured) == ["people"]


def test_who_cannot_be_rated_is_named_with_the_reason(place: Path) -> None:
    winless = [dataclasses.replace(vote, winner=Winner.LEFT) for vote in cast()]
    ours = [Vote("en_0001", Lang.EN, "ours", "they", Winner.LEFT, "bo")]
    write_votes(place / "votes.jsonl", [*winless, *ours])
    settings = config(place, votes=[place / "votes.jsonl"])
    measure(settings)
    unrated = {row.system: row.unrated for row in read_board(settings).board.rows}
    assert unrated["they"] == {"people": "1 vote, expected 20 or more"}
    # Said of base, too, where an end of its interval is a stand-in.
    assert "people" in read_board(settings).reasons["base", EN]


def test_a_vote_on_a_prompt_of_no_task_is_refused(place: Path) -> None:
    write_votes(place / "votes.jsonl", cast(prompt_id="umbrella"))
    with pytest.raises(DataError, match="a vote of ana on prompt 'umbrella'"):
        measure(config(place, votes=[place / "votes.jsonl"]))
    # What was measured before is kept.
    assert len(read_records(place / "results.jsonl")) == 2


QWEN = JudgeConfig(name="qwen", model="Qwen/Qwen3-4B", budget=24)


def test_a_judge_is_asked_once(place: Path) -> None:
    judge = FakeJudge(Judged(tuple(cast("qwen")), CARD))
    settings = config(place, judges=[QWEN])
    unjudged = config(place)
    measure(unjudged)
    waiting = read_board(settings)
    assert waiting.board.rows[0].unrated == {"qwen": "not rated yet, see bench run"}
    assert slots(measure(settings, judge).measured) == ["qwen"]
    assert judge.folders == [place / "judges/qwen"]
    assert measure(settings, nobody).measured == ()
    board = read_board(settings).board
    assert board.cards == {"qwen": CARD}
    assert board.rows[1].ratings["qwen"].rating > board.rows[0].ratings["qwen"].rating
    measure(settings, judge, force=True)
    changed = settings.model_copy(update={"judges": (QWEN.model_copy(update={"budget": 30}),)})
    measure(changed, judge)
    assert len(judge.folders) == 3


def test_a_judge_with_lost_answers_is_asked_again(place: Path) -> None:
    settings = config(place, judges=[QWEN])
    judge = FakeJudge(Judged(tuple(cast("qwen")), {**CARD, "unanswered": 2}))
    measure(settings, judge)
    judge.judged = Judged(tuple(cast("qwen")), CARD)
    measure(settings, judge)
    assert len(judge.folders) == 2
    measure(settings, nobody)


def test_a_judge_that_fails_costs_nothing_else(place: Path) -> None:
    other = JudgeConfig(name="other", model="other")
    settings = config(place, judges=[QWEN, other])
    broken = FakeJudge(EngineError("the server is gone"))

    def judges(judge: JudgeConfig, entries: Sequence[Entry], folder: Path) -> Judged:
        if judge is settings.judges[0]:
            return broken(judge, entries, folder)
        return Judged(tuple(cast("other")), {**CARD, "judge": "other"})

    done = measure(settings, judges)
    assert done.failures == ("qwen: the server is gone",)
    assert slots(done.measured) == ["base task-a-en.tsv", "ours task-a-en.tsv", "other"]
    rows = read_board(settings).board.rows
    assert rows[0].unrated == {"qwen": "not rated yet, see bench run"}
    assert "other" in rows[0].ratings
    broken.judged = Judged(tuple(cast("qwen")), CARD)
    done = measure(settings, broken)
    assert (slots(done.measured), done.failures) == (["qwen"], ())
    # Later it fails on other texts: its ratings are still those of the former ones.
    submit(place, "ours", Lang.ES)
    broken.judged = EngineError("the server is gone")
    assert len(measure(settings, judges).failures) == 1
    assert read_board(settings).stale == ("ratings by qwen are of other files or settings",)


@pytest.mark.parametrize(
    "change", [{"bootstraps": 30}, {"seed": 1}, {"judges": (JudgeConfig(name="qwen", model="x"),)}]
)
def test_ratings_by_other_settings_are_told(place: Path, change: dict[str, Any]) -> None:
    settings = config(place, judges=[QWEN])
    measure(settings, FakeJudge(Judged(tuple(cast("qwen")), CARD)))
    assert read_board(settings).stale == ()
    assert read_board(settings.model_copy(update=change)).stale == (
        "ratings by qwen are of other files or settings",
    )


@pytest.mark.parametrize("changed", ["reward.toml", "classifier/model.safetensors", "people.json"])
def test_a_judge_made_of_other_files_is_another_judge(place: Path, changed: str) -> None:
    (place / "classifier").mkdir()
    (place / "classifier/model.safetensors").write_bytes(b"weights")
    (place / "reward.toml").write_text('[classifiers]\nen = "classifier"\n', encoding="utf-8")
    (place / "people.json").write_text("[]\n", encoding="utf-8")
    reward = JudgeConfig(name="r", reward=place / "reward.toml", people=place / "people.json")
    settings = config(place, judges=[reward])
    judge = FakeJudge(Judged(tuple(cast("r")), CARD))
    measure(settings, judge)
    measure(settings, nobody)
    assert read_board(settings).stale == ()
    with (place / changed).open("a", encoding="utf-8") as stream:
        stream.write("\n")
    measure(settings, judge)
    assert len(judge.folders) == 2


def test_two_files_of_votes_may_have_the_same_name(place: Path) -> None:
    files = [place / folder / "votes.jsonl" for folder in ("monday", "tuesday")]
    for path in files:
        path.parent.mkdir()
        write_votes(path, cast())
    settings = config(place, votes=files)
    measure(settings)
    write_votes(files[0], cast("bo"))
    assert slots(measure(settings).measured) == ["people"]


@pytest.mark.parametrize("lang", Lang)
def test_records_hold_no_jokes_and_no_folders_of_this_machine(tmp_path: Path, lang: Lang) -> None:
    submit(tmp_path, "base", lang)
    submit(tmp_path, "ours", lang)
    for name in ("model", "adapter", "classifier"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(name.encode())
    (tmp_path / "votes.json").write_text("[]\n", encoding="utf-8")
    classifier = f'[classifiers]\n{lang} = "{tmp_path / "classifier"}"\n'
    (tmp_path / "reward.toml").write_text(classifier, encoding="utf-8")
    people = tmp_path / "votes.json"
    judges = [
        JudgeConfig(name="r", reward=tmp_path / "reward.toml", people=people),
        JudgeConfig(name="m", model=str(tmp_path / "model"), adapter=tmp_path / "adapter"),
    ]
    write_votes(tmp_path / "cast.jsonl", cast(prompt_id=f"{lang}_0001", lang=lang))
    settings = config(tmp_path, judges=judges, votes=[tmp_path / "cast.jsonl"])
    judged = Judged(tuple(cast("r", f"{lang}_0001", lang)), CARD)
    measure(settings, FakeJudge(judged))
    assert read_board(settings).stale == ()
    written = settings.results.read_text(encoding="utf-8")
    assert str(tmp_path) not in written
    assert [joke.text for joke in jokes(lang) if joke.text in written] == []
    records = read_records(settings.results)
    reward = records[Slot("dev", What.RATINGS, "r")].config
    assert reward["judge"]["reward"] == "reward.toml"
    assert reward["weights"].keys() == {"reward", "people", f"classifier {lang}"}
    model = records[Slot("dev", What.RATINGS, "m")].config
    assert (model["judge"]["model"], model["judge"]["adapter"]) == ("model", "adapter")
    assert model["weights"].keys() == {"model", "adapter"}


def test_official_rows_stand_below_ours(place: Path) -> None:
    rows = [rating_value(Rating(name, 1000, 9.5, 990, 1010, 50, 1)) for name in ("base", "x")]
    (place / "a-en.json").write_text(json.dumps(rows), encoding="utf-8")
    settings = config(place, official={"task-a-en": place / "a-en.json"})
    with pytest.raises(DataError, match="nothing on base"):
        read_board(settings)
    measure(config(place))
    with pytest.raises(DataError, match="no official scores of task-a-en in benchmark dev"):
        read_board(settings)
    assert slots(measure(settings).measured) == ["official task-a-en.tsv"]
    board = read_board(settings).board
    assert board.voters == ("official",)
    assert [(row.system, "official" in row.ratings) for row in board.rows] == [
        *(("base", False), ("ours", False)),
        *(("base", True), ("x", True)),
    ]


def test_records_say_how_they_came_about(place: Path) -> None:
    settings = config(place)
    measure(settings)
    record = read_records(settings.results)[Slot("dev", What.SCORES, "ours", "task-a-en.tsv")]
    assert record.config["model"]["name"] == "tiny"  # as the receipt says
    assert record.versions["semeval-humor"]
    assert record.hardware["cores"] >= 1
    assert record.date.endswith("+00:00")
    assert {len(each["settings"]) > 0 for each in record.results["scores"]} == {True, False}


def test_the_commit_is_known_in_a_checkout_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(semeval_humor, "__file__", str(tmp_path / "p/__init__.py"))
    assert _commit() is None
