import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas
import pytest

from semeval_humor.errors import ConfigError, EngineError, HumorError
from semeval_humor.inference.adapter_proof import AdapterUnused
from semeval_humor.inference.config import PredictConfig
from semeval_humor.inference.predict import BY_RULES, Ranking, predict, reselect
from semeval_humor.inference.results import FileResult
from semeval_humor.inputs import TaskInput, read_inputs
from semeval_humor.receipt import read_receipt
from semeval_humor.schema import FileRecord, Finish, ModelIdentity, Prompt, Request
from tests.inference.fake_engine import FakeEngine, Silent, plan_for, sensible

ROWS = {
    "en": [("en_1", "-", "-", 'A "quoted" headline'), ("en_2", "knit", "volcano", "-")],
    "es": [("es_1", "-", "-", "Llueve por fin"), ("es_2", "bailar", "lápiz", "-")],
    "zh": [("zh_1", "-", "-", "今天下雨"), ("zh_2", "跳舞", "雨伞", "-")],
}
JOKES = {
    "en_1": "The quotes asked for a raise.",
    "en_2": "I knit beside the volcano; it runs hot too.",
    "es_1": "El paraguas pidió la baja por estrés.",
    "es_2": "Saqué a bailar a mi lápiz y perdió la punta.",
    "zh_1": "雨伞今天请了病假，说是湿气太重。",
    "zh_2": "雨伞说它也想跳舞，可惜一开心就收不住。",
}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "inputs"
    folder.mkdir()
    for lang, rows in ROWS.items():
        lines = ["id\tword1\tword2\theadline", *("\t".join(row) for row in rows)]
        (folder / f"task-a-{lang}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def config(inputs: Path, **changes: object) -> PredictConfig:
    defaults = {"input": inputs, "out": inputs.parent / "out", "candidates": 2, "rounds": 2}
    return PredictConfig.model_validate(defaults | changes)


def joke(request: Request) -> str:
    return JOKES[request.key.partition("/")[0]]


def run(
    config: PredictConfig,
    engine: FakeEngine,
    watch: Silent | None = None,
    ranking: Ranking = BY_RULES,
    *,
    force: bool = False,
) -> Sequence[FileResult]:
    plan, watch = plan_for(engine), watch or Silent()
    return list(predict(config, read(config), plan, watch, ranking, force=force))


def read(config: PredictConfig) -> list[TaskInput]:
    return read_inputs(config.task, config.langs, config.input)


def test_three_languages_in_one_run(inputs: Path) -> None:
    engine = FakeEngine(joke)
    results = run(config(inputs), engine)
    assert [result.path.name for result in results] == [f"task-a-{lang}.tsv" for lang in ROWS]
    for result in results:
        table = pandas.read_csv(result.path, delimiter="\t", index_col="id")
        assert dict(table["text"]) == {row.id: JOKES[row.id] for row in result.prompts}
    assert len(engine.asked) == len(set(engine.asked)) == 3 * 2 * 2
    # Base models and a continued run aside, each sampling has the seed of the engine's start.
    assert len({sampling.seed for sampling in engine.samplings}) == 1


def test_the_receipt_says_what_was_done(inputs: Path) -> None:
    def answer(request: Request) -> str:
        prefix = "Sure, here's a joke:\n\n" if request.key.endswith("/0") else ""
        return prefix + ("Nothing about these." if "en_2" in request.key else joke(request))

    (result,) = run(config(inputs, lang="en"), FakeEngine(answer))
    account = read_receipt(result.path.with_suffix(".run.json"))
    assert account.counts["cleaned"] == {"preamble": 3}  # en_1 once, en_2 in both rounds
    assert account.counts["candidates"] == 6
    assert account.counts["resampled_rows"] == 1
    assert account.unresolved == {"en_2": ("missing-word",)} == result.unresolved
    assert account.inputs[0].ids == ("en_1", "en_2")
    assert account.outputs[0].name == "task-a-en.tsv"
    assert account.config["candidates"] == 2
    assert account.model.name == "fake"
    assert account.versions["semeval-humor"]


def test_a_finished_run_starts_no_engine_and_more_candidates_extend_it(inputs: Path) -> None:
    first, *_ = run(config(inputs), FakeEngine(joke))
    before = read_receipt(first.path.with_suffix(".run.json"))
    watch = Silent()
    again = FakeEngine(joke)
    run(config(inputs), again, watch)
    assert (watch.starts, again.asked) == (0, [])
    after = read_receipt(first.path.with_suffix(".run.json"))
    assert before.engine["device"] == "imaginary"
    assert (after.engine, after.counts) == (before.engine, before.counts)
    run(config(inputs, candidates=3), again, watch)
    assert watch.starts == 1
    assert {key.rpartition("/")[2] for key in again.asked} == {"2"}


def test_limit_is_extended_too(inputs: Path) -> None:
    (first,) = run(config(inputs, lang="zh", limit=1), FakeEngine(joke))
    assert [row.id for row in first.prompts] == ["zh_1"]
    engine = FakeEngine(joke)
    (second,) = run(config(inputs, lang="zh"), engine)
    assert [row.id for row in second.prompts] == ["zh_1", "zh_2"]
    assert {key.partition("/")[0] for key in engine.asked} == {"zh_2"}


@pytest.mark.parametrize("dies_after", range(0, 12, 3))
def test_a_dead_engine_keeps_what_is_done(inputs: Path, dies_after: int) -> None:
    first = FakeEngine(joke, dies_after=dies_after)
    with pytest.raises(EngineError, match="died"):
        run(config(inputs), first)
    second = FakeEngine(joke)
    results = run(config(inputs), second)
    lines = [
        json.loads(line)
        for path in (inputs.parent / "out").glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
    ]
    keys = Counter((line["prompt_id"], line["round"], line["sample"]) for line in lines)
    assert set(keys.values()) == {1}
    assert len(keys) == 12
    assert all(not result.unresolved for result in results)


def test_a_continued_run_draws_with_another_seed(inputs: Path) -> None:
    first, second = FakeEngine(joke, dies_after=3), FakeEngine(joke)
    with pytest.raises(EngineError):
        run(config(inputs, lang="en"), first)
    run(config(inputs, lang="en"), second)
    assert first.samplings[0].seed != second.samplings[0].seed


def test_only_rows_without_a_good_candidate_are_sampled_again(inputs: Path) -> None:
    watch = Silent()
    engine = FakeEngine(lambda r: "No such words." if "en_2/0" in r.key else joke(r))
    (result,) = run(config(inputs, lang="en"), engine, watch)
    assert watch.rounds == [(0, 2, 4), (1, 1, 2)]
    assert result.choices["en_2"].candidate.round == 1
    assert not result.unresolved


def test_lost_samples_are_counted_and_a_row_without_text_keeps_the_file_unwritten(
    inputs: Path,
) -> None:
    engine = FakeEngine(lambda request: None if "en_2" in request.key else joke(request))
    with pytest.raises(EngineError, match="none of 2 samples could be made: no reason"):
        run(config(inputs, lang="en"), engine)
    empty = FakeEngine(lambda request: "" if "en_2" in request.key else joke(request))
    (result,) = run(config(inputs, lang="en"), empty)
    assert result.without_text == ["en_2"]
    assert not result.path.exists()
    some = FakeEngine(lambda request: None if request.key == "en_2/0/0" else joke(request))
    (result,) = run(config(inputs, lang="en"), some, force=True)
    assert result.failures == {"no reason": 1}
    assert result.path.exists()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"temperature": 0.1}, "temperature"),
        ({"seed": 7}, "seed"),
        ({"max_tokens": 9}, "max_tokens"),
    ],
)
def test_another_run_in_the_same_place_is_refused(
    inputs: Path, changes: dict[str, object], named: str
) -> None:
    run(config(inputs), FakeEngine(joke))
    with pytest.raises(ConfigError, match=f"holds another run .*{named}"):
        run(config(inputs, **changes), FakeEngine(joke))
    run(config(inputs, **changes), FakeEngine(joke), force=True)


def test_other_weights_under_the_same_name_are_another_run(inputs: Path) -> None:
    run(config(inputs), FakeEngine(joke))
    retrained = ModelIdentity("fake", weights="1" * 64)
    plan = plan_for(FakeEngine(joke), identity=retrained)
    with pytest.raises(ConfigError, match="holds another run"):
        list(predict(config(inputs), read(config(inputs)), plan, Silent()))


def test_a_file_edited_by_hand_is_not_replaced(inputs: Path) -> None:
    (result,) = run(config(inputs, lang="en"), FakeEngine(joke))
    result.path.write_text("id\ttext\nen_1\tmine\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="was changed after it was written"):
        run(config(inputs, lang="en"), FakeEngine(joke))
    assert "mine" in result.path.read_text(encoding="utf-8")
    result.path.with_suffix(".run.json").unlink()
    with pytest.raises(ConfigError, match="has no receipt"):
        run(config(inputs, lang="en"), FakeEngine(joke))


@pytest.mark.parametrize(("shift", "used"), [(0.0, False), (1e-7, False), (0.01, True)])
def test_an_adapter_that_changes_nothing_stops_the_run(
    inputs: Path, shift: float, used: bool
) -> None:
    noise = iter([0.0, 1e-6, shift])
    engine = FakeEngine(joke, shift=lambda adapted: next(noise))
    made = config(inputs, lang="en")
    attempt = predict(made, read(made), plan_for(engine, adapted=True), Silent())
    if used:
        assert not next(attempt).unresolved
    else:
        with pytest.raises(AdapterUnused, match="the adapter changes nothing"):
            next(attempt)
        assert not engine.asked
        assert AdapterUnused.exit_code == 1


def test_lang_all_needs_a_folder(inputs: Path) -> None:
    with pytest.raises(ConfigError, match="needs a folder with task-a-en"):
        run(config(inputs, input=inputs / "task-a-en.tsv"), FakeEngine(joke))


def by_length(prompts: Sequence[Prompt], texts: Sequence[str]) -> list[float]:
    return [float(len(text)) for text in texts]


LONGEST = Ranking("long.toml", by_length, (FileRecord("/rewards/long.toml", "a" * 64),))


def numbered(request: Request) -> str:
    return joke(request) + (" And it knew." if request.key.endswith("/1") else "")


def test_another_ranking_chooses_another_candidate_and_is_in_the_receipt(inputs: Path) -> None:
    (by_rules,) = run(config(inputs, lang="en"), FakeEngine(joke))
    made = config(inputs, lang="en", scorer="long.toml")
    (result,) = run(made, FakeEngine(numbered), ranking=LONGEST, force=True)
    assert {choice.candidate.sample for choice in by_rules.choices.values()} == {0}
    assert {choice.candidate.sample for choice in result.choices.values()} == {1}
    account = read_receipt(result.path.with_suffix(".run.json"))
    assert account.config["scorer"] == "long.toml"
    assert account.inputs[2:] == LONGEST.inputs


def test_a_ranking_that_was_not_asked_for_is_refused(inputs: Path) -> None:
    with pytest.raises(ConfigError, match=r"--scorer long.toml: the ranking at hand is rules"):
        run(config(inputs, scorer="long.toml"), FakeEngine(joke))


def test_a_full_disk_ends_with_one_line_and_keeps_what_is_done(
    inputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = os.write, iter(range(1000))

    def full(file: int, data: bytes) -> int:
        return write(file, data) if next(calls) < 3 else write(file, data[: len(data) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(HumorError, match="no space left"):
            run(config(inputs, lang="en"), FakeEngine(joke))
    engine = FakeEngine(joke)
    run(config(inputs, lang="en"), engine)
    assert len(engine.asked) == 2  # of 4; the header and two candidates were written


def test_reselect_samples_nothing_and_notices_a_changed_input(inputs: Path) -> None:
    (result,) = run(config(inputs, lang="es"), FakeEngine(joke))
    before = result.path.read_bytes()
    candidates = result.path.with_suffix(".candidates.jsonl")
    again = reselect(candidates, BY_RULES)
    assert again.path.read_bytes() == before
    assert read_receipt(again.path.with_suffix(".run.json")).command == "select"
    (inputs / "task-a-es.tsv").write_text("id\tword1\tword2\theadline\nes_1\t-\t-\tOtro\n")
    with pytest.raises(ConfigError, match="has changed since"):
        reselect(candidates, BY_RULES)


def test_reselect_records_what_ranks_now_and_nothing_else(inputs: Path) -> None:
    (result,) = run(config(inputs, lang="en"), FakeEngine(numbered))
    candidates, written = (
        result.path.with_suffix(end) for end in (".candidates.jsonl", ".run.json")
    )
    before, text = read_receipt(written), result.path.read_bytes()
    again = reselect(candidates, LONGEST)
    assert (result.scorer, result.changed) == ("rules", None)
    assert (again.scorer, again.changed) == ("long.toml", 2)
    assert {choice.candidate.sample for choice in again.choices.values()} == {1}
    account = read_receipt(written)
    assert account.config["scorer"] == "long.toml"
    assert account.inputs == (*before.inputs, *LONGEST.inputs)
    assert reselect(candidates, LONGEST).changed == 0
    assert read_receipt(written).inputs == account.inputs
    reselect(candidates, BY_RULES)
    assert read_receipt(written).inputs == before.inputs
    assert result.path.read_bytes() == text


def test_a_packaged_sample_is_marked(tmp_path: Path) -> None:
    made = PredictConfig(lang="en", out=tmp_path, candidates=1, rounds=1)
    (result,) = run(made, FakeEngine(sensible, finish=Finish.STOPPED))
    assert result.is_sample
    assert len(result.prompts) == 60
