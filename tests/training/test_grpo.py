"""GRPO with a reward that pays for a letter: learning, the reference, and what goes wrong."""

import json
import math
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.configs import checked
from semeval_humor.diff import Verdict, diff
from semeval_humor.errors import ConfigError, DataError, EngineError, HumorError
from semeval_humor.models import Model
from semeval_humor.receipt import read_receipt
from semeval_humor.schema import Prompt
from semeval_humor.training import grpo, rloo, sft
from semeval_humor.training.first_steps import NotLearningError
from semeval_humor.training.grpo import GrpoConfig, train
from semeval_humor.training.online import RewardError, load_tested, reward_function
from semeval_humor.training.pairs import read_rows
from semeval_humor.training.trl import fit
from tests.tiny_model import save_model
from tests.training.processes import check_equal, in_two
from tests.training.recorded import update
from tests.training.tiny_policy import CHAT, Told, a_policy, settings
from tests.training.toy_reward import LEARNING, ToyReward, install, letters, online_values

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft, transformers and trl


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


@pytest.fixture(scope="module")
def tuned(tiny: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that fine-tuning has moved away from the model."""
    # Its dropout must not count where probabilities are compared.
    lora = {"rank": 4, "alpha": 8, "dropout": 0.3, "targets": ["q_proj", "v_proj", "down_proj"]}
    folder = tmp_path_factory.mktemp("tuned")
    config = settings(folder, tiny.path, learning_rate=0.03, lora=lora)
    return sft.train(config, CHAT, Told())


def a_config(folder: Path, model: str, **changes: Any) -> GrpoConfig:
    return checked(GrpoConfig, online_values(folder, model, **changes), "grpo.toml")


def logged(told: Told, name: str) -> list[float]:
    return [values[name] for _, values in told.steps]


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def test_it_learns(tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = install(monkeypatch)
    told = Told()
    out = train(a_config(tmp_path, tiny.path, **LEARNING), CHAT, told)
    rewards = logged(told, "reward")
    assert mean(rewards[:5]) < 0.25
    assert mean(rewards[-3:]) > 0.5
    assert logged(told, "reward/letters") == rewards
    assert all(0 <= seconds < 1 for seconds in logged(told, "reward_time"))
    kl = logged(told, "kl")
    assert kl[:2] == [0, 0]  # the rate is 0 in the first step of a warm-up
    assert min(kl[2:]) > 0
    assert kl[-1] > kl[2]
    # A text that ends is told from one that is cut off.
    assert {stopped for _, stopped in toy.asked} == {True, False}

    assert diff(Path(tiny.path), out).verdict is Verdict.CHANGED
    receipt = read_receipt(out / "train-grpo.run.json")
    assert receipt.counts["reward"]["fingerprint"] == toy.fingerprint
    assert [record.sha256 for record in receipt.inputs if record.name == "toy"] == ["12ab"]
    assert receipt.counts["diff"]["cause"] is None

    import pandas

    table = pandas.read_parquet(out / "completions" / "completions_00018.parquet")
    assert len(table) == 32
    assert list(table["letters"]) == list(table["joke_reward"])
    assert table["gate-odd"].isna().all()
    assert {"prompt", "completion", "advantage"} <= set(table)


def test_it_asks_what_predict_asks(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl import GRPOTrainer

    install(monkeypatch)
    asked: list[tuple[int, ...]] = []
    generate = GRPOTrainer._generate_single_turn

    def spy(self: Any, prompt_ids: list[list[int]], *rest: Any) -> Any:
        asked.extend(map(tuple, prompt_ids))
        assert self.eos_token_ids == [2]
        return generate(self, prompt_ids, *rest)

    monkeypatch.setattr(GRPOTrainer, "_generate_single_turn", spy)
    told = Told()
    config = a_config(tmp_path, tiny.path, steps=4)
    train(config, CHAT, told)
    policy = a_policy(config)  # type: ignore[arg-type]
    wanted = {row.prompt_ids for row in read_rows(config, policy).train}
    # 9 rows of each language have some of 2 constraints with 2 angles in en, 1 in es and zh.
    assert f"{len(wanted)} different prompts" in told.notes
    assert len(wanted) == 8
    assert set(asked) == wanted  # 4 steps of 8 samples, 4 of each prompt: every prompt once
    assert len(asked) == 32


@pytest.mark.parametrize("kind", [grpo, rloo], ids=["grpo", "rloo"])
def test_the_reference_is_the_adapter_that_it_starts_from(
    tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    from safetensors.torch import load_file

    install(monkeypatch)
    kept: dict[str, Any] = {}

    def spy(trainer: Any, *rest: Any) -> None:
        fit(trainer, *rest)
        kept.update({n: v.clone() for n, v in trainer.model.named_parameters() if ".ref." in n})

    monkeypatch.setattr("semeval_humor.training.online.fit", spy)
    told = Told()
    values = online_values(tmp_path, str(tuned), lora={}, steps=4, learning_rate=0.05)
    model = grpo.GrpoConfig if kind is grpo else rloo.RlooConfig
    out = kind.train(model.model_validate(values), CHAT, told)
    # Against the bare model, it would begin at what fine-tuning has moved.
    assert logged(told, "kl")[:2] == [0, 0]
    assert logged(told, "kl")[3] != 0
    before = load_file(tuned / "adapter_model.safetensors")
    after = load_file(out / "adapter_model.safetensors")
    assert len(kept) == len(before) > 0
    for name, value in kept.items():
        assert value.equal(before[name.replace(".ref.", ".")])
    assert not any(after[name].equal(value) for name, value in before.items())
    assert not (out / "ref").exists()
    assert diff(tuned, out).verdict is Verdict.CHANGED


def test_beta_is_never_silently_0(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    told = Told()
    train(a_config(tmp_path, tiny.path, steps=4, beta=0), CHAT, told)
    assert len([note for note in told.notes if note.startswith("beta = 0: ")]) == 1
    assert logged(told, "kl")[3] > 0
    assert GrpoConfig.model_fields["beta"].default == 0.04


@pytest.mark.parametrize("generations", [4, 6, 8])
def test_a_constant_reward_ends_it_early(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generations: int
) -> None:
    # In float32, six or eight times 0.3 are not six or eight times as much.
    install(monkeypatch, lambda prompt, text: 0.3)
    told = Told()
    config = a_config(
        tmp_path, tiny.path, steps=50, num_generations=generations, batch_size=generations * 2
    )
    with pytest.raises(
        NotLearningError, match=r"no gradient in 5 steps: .*the reward was constant"
    ):
        train(config, CHAT, told)
    assert len(told.steps) == 6
    assert not (config.out / "train-grpo.run.json").exists()


def test_an_unlucky_beginning_does_not_end_it(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = install(monkeypatch)
    # Step 1 has a rate of 0 and does not count; steps 2 to 5 have no gradient.
    toy.score = lambda prompt, text: 0.5 if len(toy.asked) <= 5 * 8 else letters(prompt, text)
    told = Told()
    out = train(a_config(tmp_path, tiny.path, steps=8), CHAT, told)
    assert logged(told, "frac_reward_zero_std")[:5] == [1] * 5
    assert logged(told, "grad_norm")[1:5] == [0] * 4
    assert (out / "train-grpo.run.json").exists()


class Stopping(Told):
    """Gets a signal in the second step."""

    def stepped(self, step: int, steps: int, logged: Mapping[str, float]) -> None:
        super().stepped(step, steps, logged)
        if step == 2:
            os.kill(os.getpid(), signal.SIGTERM)


def test_interrupted_and_gone_on_with(
    tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    values: dict[str, Any] = {"lora": {}, "steps": 5, "accumulation": 2, "batch_size": 4}
    whole = train(a_config(tmp_path / "whole", str(tuned), **values), CHAT, Told())
    config = a_config(tmp_path / "halves", str(tuned), **values)
    with pytest.raises(KeyboardInterrupt):
        train(config, CHAT, Stopping())
    told = Told()
    train(config, CHAT, told)
    assert told.began == [(2, 5)]
    # To the last bit, samples included; and against the same reference.
    assert diff(whole, config.out).verdict is Verdict.IDENTICAL


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_killed_after_the_last_step(
    tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch)
    whole = train(a_config(tmp_path / "whole", str(tuned), lora={}, steps=2), CHAT, Told())
    config = a_config(tmp_path / "killed", str(tuned), lora={}, steps=2)
    with monkeypatch.context() as patch:
        patch.setattr("semeval_humor.training.train.prove", killed)
        with pytest.raises(KeyboardInterrupt):
            train(config, CHAT, Told())
    told = Told()
    train(config, CHAT, told)
    assert told.began == [(2, 2)]
    assert told.steps == []
    assert diff(whole, config.out).verdict is Verdict.IDENTICAL


CARD = {
    "clean": [{"lang": "en"}, {"lang": "es"}, {"lang": "zh"}],
    "files": ["12ab"],
    "failures": [],
}


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        (
            None,
            r"no card that can be read .No such file.*; run semeval-humor redteam first",
        ),
        ({"clean": 1}, r"not a card of redteam"),
        ({"failures": ["en: loops: 30 of 300 pairs lost (10.0%), at most 2%"]}, "30 of 300 pairs"),
        ({"files": ["cd34"]}, "tested another toy; run redteam again"),
        ({"clean": [{"lang": "en"}]}, "tested in en, not in es; run redteam again"),
    ],
)
def test_an_untested_reward_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any] | None,
    doubt: str,
) -> None:
    toy = install(monkeypatch)
    config = a_config(tmp_path, "model", untested_reward=False)
    card = tmp_path / "REWARD.redteam.json"
    card.write_text(json.dumps(CARD))
    passed: Any = load_tested(config)
    assert passed == (toy, ())
    card.unlink()
    if changes is not None:
        card.write_text(json.dumps(CARD | changes))
    with pytest.raises(ConfigError, match=doubt) as caught:
        train(config, CHAT, Told())
    assert str(caught.value).endswith("; or say untested_reward = true to train on it anyway")
    assert "\n" not in str(caught.value)
    assert not config.out.exists()
    allowed = config.model_copy(update={"untested_reward": True})
    _, found = load_tested(allowed)
    assert found[0] in str(caught.value)


def failing(error: Exception | float, when: str) -> Any:
    def score(prompt: Prompt, text: str) -> float:
        if text != when:
            return 0.5
        if isinstance(error, Exception):
            raise error
        return error

    return score


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (math.nan, "reward: row zh-3, '三': nan, expected a number"),
        (-math.inf, "reward: row zh-3, '三': -inf, expected a number"),
        (EngineError("the classifier returned nan"), "zh-3, '三': the classifier returned nan"),
        (DataError("no letters"), "zh-3, '三': no letters"),
        (ValueError("tensors differ\nin size"), "zh-3, '三': tensors differ$"),
        (ZeroDivisionError("division by zero"), "zh-3, '三': division by zero"),
        (IndexError(), "zh-3, '三': IndexError"),
    ],
)
def test_a_reward_that_fails_names_the_row(error: Exception | float, message: str) -> None:
    texts = ["one", "dos", "三", "four"]
    cells = {
        "id": ["en-1", "es-2", "zh-3", "en-4"],
        "lang": ["en", "es", "zh", "en"],
        "word1": [""] * 4,
        "word2": [""] * 4,
        "headline": ["Rain"] * 4,
    }
    function = reward_function(ToyReward(failing(error, "三")), frozenset({2}))  # type: ignore[arg-type]
    with pytest.raises(RewardError, match=message):
        function(
            texts,
            texts,
            [[5, 2]] * 4,
            log_extra=lambda name, values: None,
            log_metric=lambda name, value: None,
            trainer_state=None,
            **cells,
        )
    assert RewardError.exit_code == 1


def test_a_reward_that_fails_leaves_no_result(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = install(monkeypatch)

    def later(prompt: Prompt, text: str) -> float:
        return math.nan if len(toy.asked) > 2 * 8 else letters(prompt, text)

    toy.score = later
    told = Told()
    config = a_config(tmp_path, tiny.path, steps=5)
    with pytest.raises(RewardError, match=r"reward: row (en|es|zh)-\d+, '.*': nan"):
        train(config, CHAT, told)
    assert len(told.steps) == 2
    assert not list(config.out.glob("*.safetensors"))
    assert not (config.out / "train-grpo.run.json").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"los_type": "dapo"}, "los_type: no such key, did you mean loss_type?"),
        ({"loss_type": "ppo"}, "loss_type: Input should be 'grpo', 'dr_grpo', 'dapo'"),
        ({"loss_type": "cispo"}, "epsilon_high: cispo needs the largest ratio that counts"),
        ({"loss_type": "luspo"}, 'importance: luspo needs "sequence"'),
        ({"num_generations": 1}, "num_generations: Input should be greater than or equal to 2"),
        ({"lora": {"dropout": 0.1}}, "lora.dropout: has no meaning here"),
        ({"beta": -1}, "beta: Input should be greater than or equal to 0"),
        ({"vllm": {}, "lora": {"base": "bfloat16"}}, 'lora.base: must be "float32" with vllm'),
        ({"vllm": {"mode": "remote"}}, "vllm.mode: Input should be 'colocate' or 'server'"),
    ],
)
def test_faults_of_a_config(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        a_config(tmp_path, "model", **changes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"num_generations": 3},
            ConfigError,
            r"is 8, expected a multiple of num_generations \(3\)",
        ),
        ({"vllm": {}}, ConfigError, "vllm: needs a CUDA GPU"),
        ({"max_tokens": 90}, DataError, "8 are longer than 38 tokens, with no room for 90 more"),
    ],
)
def test_what_cannot_be_trained(
    tiny: Model,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    error: type[HumorError],
    message: str,
) -> None:
    install(monkeypatch)
    with pytest.raises(error, match=message):
        train(a_config(tmp_path, tiny.path, **changes), CHAT, Told())


def test_a_server_that_does_not_answer(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lost:
        def __init__(self, **parts: Any) -> None:
            raise ConnectionError("cannot reach http://127.0.0.1:8000/health")

    install(monkeypatch)
    monkeypatch.setattr(grpo, "_made", lambda config, shared: (Lost, None))
    with pytest.raises(EngineError, match="vllm: no server: cannot reach http://127"):
        train(a_config(tmp_path, tiny.path), CHAT, Told())


def test_a_language_that_the_reward_lacks(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = install(monkeypatch)
    toy.langs = toy.langs[:2]
    with pytest.raises(ConfigError, match=r"no classifier for zh, as row zh-\d+ needs"):
        train(a_config(tmp_path, tiny.path), CHAT, Told())


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"loss_type": "grpo", "scale_rewards": "batch"},
        {"loss_type": "dr_grpo", "scale_rewards": "none"},
        {"loss_type": "dapo", "epsilon_high": 0.28, "num_iterations": 2},
        {"loss_type": "bnpo"},
        {"loss_type": "cispo", "epsilon_high": 5},
        {"loss_type": "sapo"},
        {"loss_type": "luspo", "importance": "sequence"},
        {"loss_type": "vespo"},
        {"method": "full", "lora": {}, "learning_rate": 1e-3},
    ],
    ids=lambda changes: changes.get("loss_type", "full"),
)
def test_every_loss_trains(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    install(monkeypatch)
    values = online_values(tmp_path, tiny.path, steps=4, **changes)
    if changes.get("method"):
        del values["lora"]
    told = Told()
    out = train(GrpoConfig.model_validate(values), CHAT, told)
    assert logged(told, "kl")[0] == 0
    assert logged(told, "kl")[3] > 0
    assert read_receipt(out / "train-grpo.run.json").counts["diff"]["verdict"] == "changed"


@pytest.mark.slow
@pytest.mark.parametrize("each", [6, 3], ids=["a group a process", "half a group"])
def test_two_processes_make_the_update_of_one(tmp_path: Path, each: int) -> None:
    save_model(tmp_path / "tiny", context=256)
    update(tmp_path, str(tmp_path / "tiny"), batch_size=each * 2, out=tmp_path / "one")
    in_two("tests.training.recorded", str(tmp_path), str(each), str(tmp_path / "two"))
    check_equal(tmp_path)
    receipt = read_receipt(tmp_path / "two" / "train-grpo.run.json")
    assert receipt.engine["processes"] == 2
