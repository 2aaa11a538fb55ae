"""``train`` from the command line."""

from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from semeval_humor.cli.train_reward import _show
from semeval_humor.configs import checked, read_toml
from semeval_humor.schema import Lang, Score
from semeval_humor.training.reward.config import RewardConfig
from tests.rewards.tiny_encoder import save_bert
from tests.training.jokes_at_hand import write

CONFIGS = Path(__file__).parents[2] / "configs" / "train"


def write_config(folder: Path, more: str = "") -> Path:
    path = folder / "reward.toml"
    path.write_text(
        f"""
encoder = "{save_bert(folder / "bert")}"
langs = ["en"]
jokes = "{write(folder / "jokes.parquet", each=30)}"
out = "{folder / "reward"}"
epochs = 2
batch_size = 6
learning_rate = 0.005
max_length = 48
threads = 1
evaluations = 2
{more}""",
        encoding="utf-8",
    )
    return path


def test_reward(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_config(tmp_path)
    assert main(["train", "reward", "--config", str(path)]) == 0
    out, err = capsys.readouterr()
    first, second, heads, corpus, *_ = out.splitlines()
    assert first == str(tmp_path / "reward")
    assert second.startswith("dev: temperature ")
    assert heads.split()[:4] == ["test", "texts", "number", "accuracy"]
    assert corpus.split()[:3] == ["en", "corpus", "6"]
    assert "…" not in out
    (kinds,) = (line for line in out.splitlines() if line.startswith("kind of text"))
    assert kinds.split("  ")[-2:] == ["taken for humour", "95 % interval"]
    told = [line for line in err.splitlines() if line.startswith("step ")]
    assert [line.split(":")[0] for line in told] == ["step 8", "step 16"]
    assert "accuracy " in told[0]
    assert " steps/s, " in told[0]
    assert told[0].endswith(" s left)")

    assert main(["train", "reward", "--config", str(path)]) == 2
    assert "reward: is there already; use --force" in capsys.readouterr().err


def test_tables_are_whole_and_small_sets_have_no_interval(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "corpus+headlines+hard-negatives+searched"
    measures = ("accuracy", "f1", "auc", "ece-before", "ece-after")
    sets = [Score(each, 0.5, 90, Lang.EN, settings={"set": name}) for each in measures]
    few, many = (
        Score("taken-for-humor", 0.5, items, Lang.EN, 0.0, 1.0, settings={"kind": f"{items}-texts"})
        for items in (9, 10)
    )
    _show([*sets, few, many])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["en", name, "90", *["0.500"] * 5]
    assert lines[3] == ["en", "9-texts", "9", "0.500", "–"]
    assert lines[4] == ["en", "10-texts", "10", "0.500", "0.000", "–", "1.000"]


def test_unknown_keys_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_config(tmp_path, "learning_rte = 1.0\nbatch_sise = 2")
    assert main(["train", "reward", "--config", str(path)]) == 2
    err = capsys.readouterr().err
    assert "learning_rte: no such key, did you mean learning_rate?" in err
    assert "batch_sise: no such key, did you mean batch_size?" in err


def test_no_config(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "reward", "--config", "nothing.toml"]) == 2
    assert "nothing.toml: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("reward-*.toml")), ids=lambda path: path.stem)
def test_the_configs_that_come_along_are_sound(path: Path) -> None:
    config = checked(RewardConfig, read_toml(path), str(path))
    assert config.out.parent.name == "checkpoints"


def test_rewards_that_come_along_use_what_the_configs_make() -> None:
    made = {
        f"../../{checked(RewardConfig, read_toml(path), str(path)).out}"
        for path in Path("configs/train").glob("reward-*.toml")
    }
    for path in Path("configs/rewards").glob("*.toml"):
        assert set(read_toml(path)["classifiers"].values()) <= made
