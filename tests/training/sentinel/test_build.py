from collections import Counter
from pathlib import Path

import pytest

from semeval_humor.errors import HumorError
from semeval_humor.models import Model
from semeval_humor.schema import Lang
from semeval_humor.training.pairs import read_rows
from semeval_humor.training.recorder import read_progress, read_samples
from semeval_humor.training.sentinel.build import make_sentinel
from semeval_humor.training.sft import train
from tests.tiny_model import save_model
from tests.training.tiny_policy import CHAT, Told, a_policy, pair, settings, write_pairs

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny") / "model", context=256)


SENTINEL = {"prompts": 6, "max_tokens": 12, "every": 2}


def test_prompts_are_of_all_languages_in_turn(tiny: Model, tmp_path: Path) -> None:
    rows = [pair(Lang.EN, n) for n in range(40)] + [pair(Lang.ZH, n) for n in range(12)]
    write_pairs(tmp_path / "pairs.parquet", rows)
    config = settings(tmp_path, tiny.path, sentinel=SENTINEL)
    policy = a_policy(config)
    read = read_rows(config, policy)
    assert len(read.dev) == 5
    sentinel = make_sentinel(config, policy, read)
    asked = [prompt.lang for prompt in sentinel._prompts]
    assert Counter(asked) == {Lang.EN: 3, Lang.ZH: 3}  # of the training rows: dev has too few
    assert len(sentinel._human) == 24
    assert Counter(prompt.lang for prompt, _ in sentinel._human) == {Lang.EN: 13, Lang.ZH: 11}
    few = config.model_copy(update={"sentinel": config.sentinel.model_copy(update={"prompts": 5})})  # type: ignore[union-attr]
    held = make_sentinel(few, policy, read)
    assert {prompt.id for prompt in held._prompts} == {row.prompt.id for row in read.dev}


def test_a_policy_that_has_not_moved_is_its_parent(tiny: Model, tmp_path: Path) -> None:
    config = settings(tmp_path, tiny.path, sentinel=SENTINEL)
    policy = a_policy(config)
    sentinel = make_sentinel(config, policy, read_rows(config, policy))
    sentinel.learn()
    assert sentinel.probe(2, {}) is None
    parent, now = sentinel.history
    assert [s.text for s in parent.samples] == [s.text for s in now.samples]
    assert now.signals["kl"] == pytest.approx(0, abs=1e-9)
    assert now.breaches == ()


def test_a_mild_training_is_quiet(tiny: Model, tmp_path: Path) -> None:
    config = settings(tmp_path, tiny.path, sentinel=SENTINEL, learning_rate=1e-3, steps=4)
    out = train(config, CHAT, Told())
    assert read_progress(out).alarms == []
    assert {told.step for told in read_samples(out)} == {0, 2, 4}
    assert (out / "report.html").exists()


def test_a_training_that_goes_too_far_is_stopped(tiny: Model, tmp_path: Path) -> None:
    watched = {**SENTINEL, "limits": {"kl": {"high": 0.1}}}
    config = settings(tmp_path, tiny.path, sentinel=watched, learning_rate=0.3, steps=8)
    with pytest.raises(HumorError, match=r"stopped at step [24]: the policy has gone too far"):
        train(config, CHAT, Told())
    ((alarm, then),) = read_progress(config.out).alarms
    assert (alarm.signal, alarm.high, then) == ("kl", 0.1, "stop")
