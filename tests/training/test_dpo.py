"""DPO on preferences of our own: the margin, the ends of both jokes, the reference."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.configs import checked
from semeval_humor.diff import Verdict, diff
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.models import Model
from semeval_humor.receipt import read_receipt
from semeval_humor.rewards.preferences import Preference, write_preferences
from semeval_humor.schema import Headline, Lang, Prompt, Task, WordPair
from semeval_humor.training import dpo, sft
from semeval_humor.training.dpo import DpoConfig, read_preferences, train
from semeval_humor.training.eos import EndNotTaughtError
from semeval_humor.training.pairs import written
from semeval_humor.training.trl import fit
from tests.tiny_model import save_model
from tests.training.tiny_policy import CHAT, Told, a_policy, settings, write_pairs

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft, transformers and trl

ROWS = (
    (Lang.EN, Headline("Mayor resigns"), "The pigeon won.", "The mayor left."),
    (Lang.ES, WordPair("dimitir", "alcalde"), "Ganó la paloma.", "Se fue el alcalde."),
    (Lang.ZH, Headline("市长辞职"), "鸽子赢了。", "市长走了。"),
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


def preferences(number: int = 4) -> list[Preference]:
    return [
        Preference(Prompt(f"{lang}-{i}", Task.A, lang, about), f"{a} {i}", f"{b} {i}", 0.5, "us")
        for i in range(number)
        for lang, about, a, b in ROWS
    ]


def a_config(folder: Path, model: str, **changes: Any) -> DpoConfig:
    base = settings(folder, model)
    path = folder / "preferences.parquet"
    if not path.exists():
        write_preferences(path, preferences())
    values = {
        **base.model_dump(exclude={"lora"}),
        "lora": base.lora,
        "pairs": [path],
        "steps": 8,
        **changes,
    }
    if changes.get("method") == "full":
        del values["lora"]
    return checked(DpoConfig, values, "dpo.toml")


def logged(told: Told, name: str) -> list[float]:
    return [values[name] for _, values in told.steps]


@pytest.mark.parametrize("changes", [{}, {"method": "full", "learning_rate": 3e-3}])
def test_the_margin_grows(tiny: Model, tmp_path: Path, changes: dict[str, Any]) -> None:
    told = Told()
    out = train(a_config(tmp_path, tiny.path, **changes), CHAT, told)
    margins = logged(told, "rewards/margins")
    assert margins[:2] == [0, 0]  # the rate is 0 in the first step of a warm-up
    assert margins[-1] > 0.5
    assert logged(told, "rewards/accuracies")[-1] == 1
    assert logged(told, "loss")[0] == pytest.approx(0.6931472)  # ln 2
    assert diff(Path(tiny.path), out).verdict is Verdict.CHANGED
    receipt = read_receipt(out / "train-dpo.run.json")
    for told_of, name, last in zip(
        receipt.counts["labels"], ("chosen", "rejected"), ("n", "t"), strict=True
    ):
        assert told_of in told.notes
        assert told_of.startswith(f"{name}: labels: all 12 rows end where predict stops (12 in")
        assert told_of.endswith(f"'{last}' '.' ' ' '0' '</s>'")
    assert [Path(record.name).name for record in receipt.inputs] == [
        "preferences.parquet",
        "prompts.toml",
    ]


def test_the_reference_is_the_adapter_that_it_starts_from(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import load_file

    tuned = sft.train(settings(tmp_path / "sft", tiny.path, learning_rate=0.03), CHAT, Told())
    kept: dict[str, Any] = {}

    def spy(trainer: Any, *rest: Any) -> None:
        fit(trainer, *rest)
        kept.update({n: v.clone() for n, v in trainer.model.named_parameters() if ".ref." in n})

    monkeypatch.setattr("semeval_humor.training.dpo.fit", spy)
    told = Told()
    out = train(a_config(tmp_path / "dpo", str(tuned), lora={}), CHAT, told)
    # Against the bare model, chosen and rejected would begin at what fine-tuning has moved.
    for name in ("rewards/chosen", "rewards/rejected"):
        assert logged(told, name)[:2] == [0, 0]
        assert logged(told, name)[2] != 0
    before = load_file(tuned / "adapter_model.safetensors")
    assert len(kept) == len(before) > 0
    assert all(value.equal(before[name.replace(".ref.", ".")]) for name, value in kept.items())
    assert diff(tuned, out).verdict is Verdict.CHANGED


def test_rows_are_what_predict_asks_and_the_jokes_with_their_ends(
    tiny: Model, tmp_path: Path
) -> None:
    config = a_config(tmp_path, tiny.path, max_rows=5)
    policy = a_policy(config)  # type: ignore[arg-type]
    found = read_preferences(config, policy)
    for row, worse, each in zip(found.train, found.rejected, preferences()[:5], strict=True):
        assert row == written(policy, each.prompt, each.chosen)
        assert worse == written(policy, each.prompt, each.rejected)
        assert row.prompt_ids == worse.prompt_ids == tuple(policy.render(each.prompt))
        assert row.completion_ids[-1] == worse.completion_ids[-1] == 2
    assert found.dev == ()
    only = read_preferences(a_config(tmp_path, tiny.path, langs=["zh"]), policy)
    assert {row.prompt.lang for row in only.train + only.rejected} == {Lang.ZH}


def test_preferences_that_are_left_out(tiny: Model, tmp_path: Path) -> None:
    good, end, long, same = preferences()[:4]
    odd = [
        good,
        Preference(end.prompt, end.chosen, "A </s> in the midst", 0.5, "us"),
        Preference(long.prompt, "长" * 200, long.rejected, 0.5, "us"),
        Preference(same.prompt, same.chosen, same.chosen + " ", 0.5, "us"),
    ]
    write_preferences(tmp_path / "preferences.parquet", odd)
    config = a_config(tmp_path, tiny.path)
    found = read_preferences(config, a_policy(config))  # type: ignore[arg-type]
    assert [row.prompt for row in found.train] == [good.prompt]
    assert found.dropped == {
        "with an end token in the joke": 1,
        "longer than 128 tokens": 1,
        "with two equal jokes": 1,
    }
    write_preferences(tmp_path / "preferences.parquet", odd[1:])
    with pytest.raises(DataError, match="no preference to train on is left \\(1 with an end token"):
        read_preferences(config, a_policy(config))  # type: ignore[arg-type]


def damaged(**cells: Any) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        turn = [{"role": "assistant", "content": "A pigeon."}]
        record = {"id": "1", "lang": "en", "word1": "", "word2": "", "headline": "Rain"}
        return write_pairs(path, [{**record, "chosen": turn, "rejected": turn, **cells}])

    return write


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (damaged(lang="fr"), "row 0: lang is 'fr'"),
        (damaged(headline=""), r"row 0 \(1\): expected two words or a headline"),
        (damaged(chosen="A pigeon."), "row 0: chosen: expected one turn with a joke"),
        (
            damaged(rejected=[{"role": "assistant", "content": " "}]),
            "row 0: rejected: expected one turn with a joke",
        ),
        (damaged(chosen=[]), "row 0: chosen: expected one turn with a joke"),
        (lambda path: write_pairs(path, [{"id": "1"}]), "no column .*chosen, rejected"),
    ],
)
def test_damaged_files(
    tiny: Model, tmp_path: Path, write: Callable[[Path], Path], message: str
) -> None:
    config = a_config(tmp_path, tiny.path)
    write(tmp_path / "preferences.parquet")
    with pytest.raises(DataError, match=message):
        read_preferences(config, a_policy(config))  # type: ignore[arg-type]


def test_an_end_that_is_not_taught(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = dpo._dataset

    def without_ends(rows: Any) -> Any:
        return cut(rows).map(lambda row: {"rejected_ids": row["rejected_ids"][:-1]})

    monkeypatch.setattr(dpo, "_dataset", without_ends)
    with pytest.raises(
        EndNotTaughtError, match=r"en-0: the labels of the trainer end in 'eft\. 0'"
    ):
        train(a_config(tmp_path, tiny.path), CHAT, Told())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"beta": 0}, "beta: Input should be greater than 0"),
        ({"loss_type": "simpo"}, "loss_type: Input should be 'sigmoid', 'sigmoid_norm' or 'ipo'"),
        ({"lora": {"dropout": 0.1}}, "lora.dropout: has no meaning here"),
        ({"reward": "r.toml"}, "reward: no such key"),
    ],
)
def test_faults_of_a_config(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        a_config(tmp_path, "model", **changes)
    assert message in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("loss_type", ["sigmoid_norm", "ipo"])
def test_every_loss_trains(tiny: Model, tmp_path: Path, loss_type: str) -> None:
    told = Told()
    train(a_config(tmp_path, tiny.path, loss_type=loss_type), CHAT, told)
    assert logged(told, "rewards/margins")[-1] > 0
