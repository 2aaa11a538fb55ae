"""``judge`` from files to votes and a card."""

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.bench.judge_files import MADE
from semeval_humor.cli.judge import _settings
from semeval_humor.cli.main import main
from semeval_humor.errors import ConfigError
from semeval_humor.inference import engines
from semeval_humor.receipt import read_receipt
from semeval_humor.rewards import reward as rewards
from semeval_humor.rewards.profiles import read_profile
from semeval_humor.schema import FileRecord, Joke, Lang, ModelIdentity, Request, Winner
from semeval_humor.tsv import write_jokes
from semeval_humor.votes import read_votes
from tests.inference.fake_engine import FakeEngine, plan_for
from tests.rewards.fake_classifier import FakeClassifier

ROWS = 6
HEADLINE = {Lang.EN: "Clock stops", Lang.ES: "El reloj se para", Lang.ZH: "钟停了"}

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def contest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Inputs in three languages, and two systems, of which the second is wordier."""
    (tmp_path / "dev").mkdir()
    for lang, headline in HEADLINE.items():
        ids = [f"{lang}_{number:04}" for number in range(ROWS)]
        rows = [f"{id_}\t-\t-\t{headline} {id_}\n" for id_ in ids]
        file = f"task-a-{lang}.tsv"
        header = "id\tword1\tword2\theadline\n"
        (tmp_path / "dev" / file).write_text(header + "".join(rows), encoding="utf-8")
        for name in ("brief", "wordy"):
            jokes = [Joke(id_, f"{headline}: {name * (1 + (name == 'wordy'))}.") for id_ in ids]
            write_jokes(tmp_path / name / file, jokes)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def writes(contest: Path, *votes: tuple[str, str, str]) -> Path:
    """A file of people's votes."""
    rows = [
        {
            "session_id": f"s{number}",
            "theme": "clock",
            "winner": winner,
            "left_joke": left,
            "right_joke": right,
        }
        for number, (left, right, winner) in enumerate(votes)
    ]
    path = contest / "people.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def shown(request: Request) -> tuple[str, str]:
    """The two jokes that a model is asked about."""
    asked = request.conversation[-1]
    assert not isinstance(asked, str)
    found = [
        line.partition(': "')[2] or line.partition('："')[2] for line in asked.content.split("\n\n")
    ]
    first, second = found[1:3]
    return first, second


def answers(says: Callable[[str, str], str | None]) -> Callable[[Request], str | None]:
    """An engine's answers: the word that proves a schema, and what is said of two jokes."""

    def say(request: Request) -> str | None:
        assert request.json_schema is not None
        if "word" in request.json_schema["properties"]:
            return json.dumps({"word": request.json_schema["properties"]["word"]["enum"][0]})
        label = says(*shown(request))
        return None if label is None else json.dumps({"funnier": label})

    return say


def longer(first: str, second: str) -> str:
    return "A" if len(first) > len(second) else "B"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The engine that every model is run by; it prefers longer jokes."""
    engine = FakeEngine(answers(longer))
    monkeypatch.setattr(engines, "plan_engine", lambda config: plan_for(engine))
    return engine


def asked(engine: FakeEngine) -> int:
    """Questions since this was last called, proofs aside."""
    number = sum(key != "json-proof" for key in engine.asked)
    engine.asked.clear()
    return number


JUDGE = ["judge", "brief", "wordy", "--inputs", "dev", "--model", "hub/tiny"]


def test_a_model_judges_all_battles(contest: Path, engine: FakeEngine, capsys: Capture) -> None:
    assert main(JUDGE) == 0
    out, err = capsys.readouterr()
    folder = Path("judgements/tiny")
    assert (
        "18 of 18 possible battles, 0 pairs that people voted on: 36 requests (2 for each)" in err
    )
    assert out.endswith(f"{folder / 'votes.jsonl'} (18 votes), {folder / 'judge-card.md'}\n")
    assert "The longer of two jokes wins more often (longer_rate 1.000 [" in out
    assert "It was not compared with people" in out
    votes = read_votes(folder / "votes.jsonl")
    assert {vote.voter for vote in votes} == {"tiny"}
    assert {vote.lang for vote in votes} == set(Lang)
    assert len({vote.left for vote in votes}) == 2
    won = {vote.left if vote.winner is Winner.LEFT else vote.right for vote in votes}
    assert won == {"wordy"}
    assert asked(engine) == 36
    assert sorted(path.name for path in folder.iterdir()) == sorted(MADE)


def results() -> dict[str, tuple[bytes, int]]:
    """What lies in the folder out, the journal aside, with the times at which it was written."""
    files = [path for path in Path("out").iterdir() if path.name != "judge.answers.jsonl"]
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_finished_run_is_left_alone(contest: Path, engine: FakeEngine, capsys: Capture) -> None:
    assert main([*JUDGE, "--out", "out"]) == 0
    before, printed = results(), capsys.readouterr().out
    engine.asked.clear()
    assert main([*JUDGE, "--out", "out"]) == 0
    out, err = capsys.readouterr()
    assert (out, engine.asked) == (printed, [])
    assert "tiny: everything was there, nothing was asked" in err
    assert results() == before


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("votes.jsonl", True),
        ("votes.jsonl", False),
        ("judge-card.md", False),
        ("judge.run.json", True),
    ],
)
def test_a_lost_result_is_written_again(
    contest: Path, engine: FakeEngine, name: str, gone: bool
) -> None:
    assert main([*JUDGE, "--out", "out", "--budget", "3"]) == 0
    path = Path("out") / name
    before = path.read_text()
    if gone:
        path.unlink()
    else:
        path.write_text("edited")
    asked(engine)
    assert main([*JUDGE, "--out", "out", "--budget", "3"]) == 0
    assert asked(engine) == 0
    assert path.read_text() == before or name == "judge.run.json"  # which tells the time


def test_a_greater_budget_goes_on(contest: Path, engine: FakeEngine, capsys: Capture) -> None:
    assert main([*JUDGE, "--budget", "4"]) == 0
    votes = read_votes(Path("judgements/tiny/votes.jsonl"))
    assert (len(votes), asked(engine)) == (4, 8)
    assert main([*JUDGE, "--budget", "7"]) == 0
    assert asked(engine) == 6
    assert read_votes(Path("judgements/tiny/votes.jsonl"))[:4] == votes
    assert "7 of 18 possible battles" in capsys.readouterr().err
    assert main([*JUDGE, "--budget", "7", "--seed", "1"]) == 0
    assert asked(engine) < 14  # some battles are the same


def test_force_starts_over(contest: Path, engine: FakeEngine) -> None:
    assert main([*JUDGE, "--budget", "4"]) == 0
    assert main([*JUDGE, "--budget", "4", "--force"]) == 0
    assert asked(engine) == 16


def test_the_receipt_tells_all(contest: Path, engine: FakeEngine) -> None:
    people = writes(contest, ("Tick.", "Tick, tock.", "RIGHT"))
    arguments = ["--schedule", "baseline", "--baseline", "brief", "--people", str(people)]
    assert main([*JUDGE, *arguments, "--out", "out"]) == 0
    receipt = read_receipt(Path("out/judge.run.json"))
    assert receipt.command == "judge"
    assert (receipt.config["baseline"], receipt.config["budget"]) == ("brief", 500)
    assert receipt.model == engine.identity()
    assert receipt.engine["device"] == "imaginary"
    assert receipt.counts == {"questions": 38, "asked": 38, "lost": {}}
    assert [Path(each.name).parent.name for each in receipt.inputs[:6:3]] == ["brief", "wordy"]
    assert receipt.inputs[-1].name == str(people)
    assert [each.name for each in receipt.outputs] == [
        "votes.jsonl",
        "judge-card.json",
        "judge-card.md",
    ]


def test_agreement_with_people_is_measured(
    contest: Path, engine: FakeEngine, capsys: Capture
) -> None:
    people = writes(
        contest,
        ("Tick.", "Tick, tock.", "RIGHT"),
        ("Tick, tock, tack.", "Tick.", "LEFT"),
        ("Tick, tack.", "Tock.", "LEFT"),
        ("Tock, tock.", "Tack.", "RIGHT"),
        ("Tick.", "Tack!!!!!", "NONE"),
    )
    assert main([*JUDGE, "--people", str(people), "--budget", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["votes"] == "judgements/tiny/votes.jsonl"
    found = document["card"]["people"]
    assert (found["value"], found["items"]) == (0.75, 4)  # longer in three of four
    assert document["card"]["says"][0].startswith("This judge is no better than a coin")
    assert asked(engine) == 2 + 8
    assert json.loads(Path("judgements/tiny/judge-card.json").read_text()) == document["card"]
    assert main([*JUDGE, "--people", str(people), "--budget", "1", "--people-budget", "2"]) == 0
    assert asked(engine) == 0
    assert ", 2 votes)." in capsys.readouterr().out


def test_a_tie_with_itself_counts_half(contest: Path, engine: FakeEngine, capsys: Capture) -> None:
    engine.answer = answers(lambda first, second: "A")
    people = writes(contest, ("Tick.", "Tock.", "RIGHT"), ("Tack.", "Tuck.", "LEFT"))
    assert main([*JUDGE, "--people", str(people), "--json"]) == 0
    card = json.loads(capsys.readouterr().out)["card"]
    assert card["people"] == {"value": 0.5, "low": 0.5, "high": 0.5, "items": 2}
    assert (
        card["flip_rate"]["value"] == card["first_rate"]["value"] == card["tie_rate"]["value"] == 1
    )
    assert "no better than a coin" in card["says"][0]


def test_lost_answers_are_told_and_asked_again(
    contest: Path, engine: FakeEngine, capsys: Capture
) -> None:
    engine.answer = answers(
        lambda first, second: None if "Clock" in first else longer(first, second)
    )
    people = writes(contest, ("Clock!", "Tock.", "RIGHT"))
    command = [*JUDGE, "--people", str(people)]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert "13 answers lost: no reason; run again to ask for them" in err  # en: 6 battles, 1 pair
    assert "6 of 18 battles have no verdict" in out
    assert "not known: none of their pairs has a verdict" in out
    assert len(read_votes(Path("judgements/tiny/votes.jsonl"))) == 12
    engine.answer = answers(longer)
    asked(engine)
    assert main(command) == 0
    assert asked(engine) == 13
    assert len(read_votes(Path("judgements/tiny/votes.jsonl"))) == 18


def test_a_card_is_written_anew_when_only_people_are_new(contest: Path, engine: FakeEngine) -> None:
    engine.answer = answers(lambda first, second: None if "!" in first else longer(first, second))
    people = writes(contest, ("Tick!", "Tock!", "RIGHT"))
    card = Path("judgements/tiny/judge-card.json")
    for value in (None, {"value": 0.5, "low": 0.5, "high": 0.5, "items": 1}):
        assert main([*JUDGE, "--people", str(people)]) == 0
        assert json.loads(card.read_text())["people"] == value
        engine.answer = answers(lambda first, second: "tie")


def test_a_dead_engine_loses_nothing(contest: Path, engine: FakeEngine, capsys: Capture) -> None:
    engine.dies_after = 21
    assert main(JUDGE) == 3
    assert capsys.readouterr().err.endswith("error: the engine died\n")
    engine.dies_after = None
    asked(engine)
    assert main(JUDGE) == 0
    assert asked(engine) == 16  # 36, and 20 after the proof


def test_an_engine_that_ignores_the_schema_is_not_asked(
    contest: Path, engine: FakeEngine, capsys: Capture
) -> None:
    engine.answer = lambda request: '{"funnier": "A"}'
    assert main(JUDGE) == 3
    assert "the engine ignores the JSON schema" in capsys.readouterr().err
    assert asked(engine) == 0


def test_another_judge_in_the_folder_is_refused(
    contest: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert main([*JUDGE, "--out", "out"]) == 0
    other = plan_for(engine, identity=ModelIdentity("other"))
    monkeypatch.setattr(engines, "plan_engine", lambda config: other)
    assert main([*JUDGE, "--out", "out"]) == 2
    assert "model.name was 'fake', now 'other'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"model": "Qwen/Qwen3-8B"}, "Qwen3-8B"),
        ({"model": "checkpoints/sft/"}, "sft"),
        ({"reward": Path("configs/rewards/guarded.toml")}, "guarded"),
        ({"base_url": ("http://localhost:8000/v1",)}, "judge"),
        ({"model": "x", "name": "jury"}, "jury"),
    ],
)
def test_judges_have_names(options: dict[str, Any], name: str) -> None:
    assert _settings(None, options)[0].name == name


def test_a_config_file_says_the_same(contest: Path, engine: FakeEngine) -> None:
    Path("judge.toml").write_text(
        'name = "jury"\nmodel = "x"\nbudget = 9\ninputs = "dev"\nschedule = "baseline"\n'
        'baseline = "wordy"\nout = "here"\n'
    )
    assert main(["judge", "brief", "wordy", "--config", "judge.toml", "--budget", "3"]) == 0
    assert [vote.voter for vote in read_votes(Path("here/votes.jsonl"))] == ["jury"] * 3


@pytest.fixture
def reward(contest: Path, monkeypatch: pytest.MonkeyPatch) -> FakeClassifier:
    """What stands in REWARD.toml: jokes of ``wordy`` are worth less."""
    classifier = FakeClassifier(0.9, {f"{HEADLINE[lang]}: wordywordy.": 0.2 for lang in Lang})

    def load(path: Path, langs: Collection[Lang]) -> rewards.Reward:
        if Lang.ZH in langs:
            raise ConfigError(f"{path}: no classifier for zh")
        return rewards.Reward(
            read_profile("guarded"),
            dict.fromkeys(langs, classifier),
            (FileRecord(str(path), "12ab"),),
        )

    monkeypatch.setattr(rewards, "load_reward", load)
    for name in ("brief", "wordy"):
        (contest / name / "task-a-zh.tsv").unlink()
    return classifier


def test_a_reward_judges(reward: FakeClassifier, contest: Path, capsys: Capture) -> None:
    people = writes(contest, ("Clock stops: wordywordy.", "The clock had a day off.", "RIGHT"))
    command = ["judge", "brief", "wordy", "--inputs", "dev", "--reward", "my/odd.toml"]
    assert main([*command, "--people", str(people)]) == 0
    out, err = capsys.readouterr()
    assert "12 of 12 possible battles, 1 pairs that people voted on: 13 comparisons, 0 of" in err
    assert "flip_rate        –" in out
    assert "it reads one joke at a time" in out
    votes = read_votes(Path("judgements/odd/votes.jsonl"))
    won = {vote.left if vote.winner is Winner.LEFT else vote.right for vote in votes}
    assert (len(votes), won) == (12, {"brief"})
    receipt = read_receipt(Path("judgements/odd/judge.run.json"))
    assert receipt.engine == {"engine": "reward", "margin": 0.01}
    assert receipt.inputs[-1].sha256 == "12ab"
    before = len(reward.asked)
    assert main([*command, "--people", str(people)]) == 0
    assert len(reward.asked) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "who judges? give a model (or the base_url of its server) or a reward"),
        (["--model", "x", "--reward", "y.toml"], "or a reward, one of them"),
        (["--reward", "y.toml", "--adapter", "z"], "are for a model, not for a reward"),
        (["--model", "x", "--name", "a b"], "name: String should match pattern"),
        (["--model", "x", "--budget", "0"], "budget: Input should be greater than or equal to 1"),
        (["--model", "x", "--people-budget", "3"], "people_budget needs people, a file of pairs"),
        (
            ["--model", "x", "--schedule", "baseline"],
            "no baseline is named; it may be one of brief",
        ),
        (["--model", "x", "--people", "none.json"], "none.json: cannot be read"),
        (["--model", "x", "--config", "none.toml"], "none.toml: cannot be read"),
        (["--model", "smollm2-135m"], "smollm2-135m speaks en, not"),
        (["--reward", "none.toml"], "none.toml: cannot be read"),
    ],
)
def test_bad_usage_is_told(
    contest: Path, capsys: Capture, arguments: list[str], message: str
) -> None:
    assert main(["judge", "brief", "wordy", "--inputs", "dev", *arguments]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert message in errors.splitlines()[-1]
    assert errors.splitlines()[-1].startswith("error: ")


def test_people_without_a_preference_are_told(contest: Path, capsys: Capture) -> None:
    people = writes(contest, ("Tick.", "Tock.", "BOTH"))
    assert main([*JUDGE, "--people", str(people)]) == 2
    assert "no vote with winner LEFT or RIGHT" in capsys.readouterr().err


def test_a_misspelt_key_is_named(contest: Path, capsys: Capture) -> None:
    Path("judge.toml").write_text('model = "x"\nbugdet = 9\n')
    assert main(["judge", "brief", "--config", "judge.toml"]) == 2
    assert "bugdet: no such key, did you mean budget?" in capsys.readouterr().err


@pytest.mark.model
@pytest.mark.slow
def test_the_embedded_model_judges(contest: Path, capsys: Capture) -> None:
    for name in ("brief", "wordy"):
        for lang in ("es", "zh"):
            (contest / name / f"task-a-{lang}.tsv").unlink()
    arguments = ["--model", "smollm2-135m", "--budget", "3", "--json"]
    assert main(["judge", "brief", "wordy", "--inputs", "dev", *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["card"]["battles"] == 3
