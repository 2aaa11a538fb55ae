"""Each way in which a result is known not to be what was trained, done for real."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.diff import History, Verdict
from semeval_humor.models import Model
from semeval_humor.training.first_steps import NotLearningError
from semeval_humor.training.pairs import Row
from semeval_humor.training.policy import Policy
from semeval_humor.training.proof import prove
from tests.diff.training import scale_b
from tests.tiny_model import save_adapter, save_model
from tests.training.test_first_steps import FULL, adamw, loaded, train

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


@pytest.mark.parametrize("changes", [{}, FULL], ids=["lora", "full"])
def test_healthy_steps(tiny: Model, tmp_path: Path, changes: dict[str, Any]) -> None:
    policy, rows = loaded(tiny, tmp_path, **changes)
    first, history = train(policy, rows, adamw(policy), steps=1)
    assert first.done
    policy.save(tmp_path / "result")
    proof = prove(policy, tmp_path / "result", rows, history)
    assert proof.difference.verdict is Verdict.CHANGED
    assert proof.cause is None
    assert proof.behaviour is not None
    assert proof.behaviour.moved > 1e-3 > proof.behaviour.noise
    assert proof.behaviour.shown == pytest.approx(1, abs=1e-3)
    assert policy.model is None  # its memory is given back


def test_weight_decay_alone_is_no_learning(tiny: Model, tmp_path: Path) -> None:
    policy, rows = loaded(tiny, tmp_path, **FULL)
    optimizer = adamw(policy, weight_decay=0.1)
    with pytest.raises(NotLearningError, match=r"no gradient in 1 steps: .*reward was constant"):
        train(policy, rows, optimizer, factor=0, logged={"rewards": 0.5})
    policy.save(tmp_path / "result")  # nearly everything has changed
    history = History(1, (1e-3,), (0.0,), (0.5,))
    proof = prove(policy, tmp_path / "result", rows, history)
    assert proof.difference.verdict is Verdict.CHANGED
    assert "nothing was learnt, the weights only shrank" in (proof.cause or "")


def trained(tiny: Model, folder: Path) -> tuple[Policy, tuple[Row, ...], History]:
    policy, rows = loaded(tiny, folder)
    _, history = train(policy, rows, adamw(policy, lr=1e-2))
    return policy, rows, history


def renamed(adapter: Path, change: Callable[[str], str]) -> None:
    from safetensors.torch import load_file, save_file

    file = adapter / "adapter_model.safetensors"
    save_file({change(name): tensor for name, tensor in load_file(file).items()}, file)


@pytest.mark.parametrize(
    ("spoil", "verdict", "why"),
    [
        (lambda out: scale_b(out, 0), Verdict.ADAPTER_NOOP, "every lora_B is zero"),
        (
            lambda out: renamed(out, lambda name: name.removeprefix("base_model.model.")),
            Verdict.INCOMPATIBLE,
            "none of the adapter's tensors has a place in the base",
        ),
        (
            lambda out: renamed(out, lambda name: name.replace("layers.1", "layers.9")),
            Verdict.CHANGED,
            "6 tensors of the adapter have no place in the base",
        ),
    ],
)
def test_adapters_that_are_saved_wrongly(
    tiny: Model, tmp_path: Path, spoil: Callable[[Path], Any], verdict: Verdict, why: str
) -> None:
    policy, rows, history = trained(tiny, tmp_path)
    policy.save(tmp_path / "result")
    spoil(tmp_path / "result")
    proof = prove(policy, tmp_path / "result", rows, history)
    assert proof.difference.verdict is verdict
    assert why in (proof.cause or "")


def test_weights_of_a_live_peft_model(tiny: Model, tmp_path: Path) -> None:
    policy, rows, history = trained(tiny, tmp_path)
    policy.model.get_base_model().save_pretrained(tmp_path / "result")
    proof = prove(policy, tmp_path / "result", rows, history)
    assert "get_base_model().save_pretrained on a live PEFT model" in (proof.cause or "")


def test_a_new_adapter_in_place_of_the_trained_one(tiny: Model, tmp_path: Path) -> None:
    policy, rows, history = trained(tiny, tmp_path / "a")
    new, _ = loaded(tiny, tmp_path / "b")
    new.save(tmp_path / "result")
    proof = prove(policy, tmp_path / "result", rows, history)
    assert proof.difference.verdict is Verdict.ADAPTER_NOOP


def test_another_adapter_in_place_of_the_trained_one(tiny: Model, tmp_path: Path) -> None:
    policy, rows, history = trained(tiny, tmp_path)
    other = save_adapter(tmp_path / "other", tiny)
    proof = prove(policy, other, rows, history)
    assert proof.difference.verdict is Verdict.CHANGED
    assert "the saved files answer like neither policy nor parent" in (proof.cause or "")


def test_a_weaker_adapter_in_place_of_the_trained_one(tiny: Model, tmp_path: Path) -> None:
    policy, rows, history = trained(tiny, tmp_path)
    policy.save(tmp_path / "result")
    scale_b(tmp_path / "result", 0.01)
    proof = prove(policy, tmp_path / "result", rows, history)
    assert "the saved files answer as the parent: they show 1%" in (proof.cause or "")


def test_layers_that_are_not_in_use(tiny: Model, tmp_path: Path) -> None:
    policy, rows, history = trained(tiny, tmp_path)
    policy.save(tmp_path / "result")
    policy.model.base_model.disable_adapter_layers()
    proof = prove(policy, tmp_path / "result", rows, history)
    assert "the policy answers as its parent" in (proof.cause or "")


def test_a_continued_adapter_is_compared_with_the_one_before(tiny: Model, tmp_path: Path) -> None:
    before = save_adapter(tmp_path / "before", tiny)
    policy, rows = loaded(str(before), tmp_path / "x", lora={})
    policy.save(tmp_path / "same")
    _, history = train(policy, rows, adamw(policy, lr=1e-2))
    policy.save(tmp_path / "result")
    proof = prove(policy, tmp_path / "result", rows, history)
    assert proof.difference.verdict is Verdict.CHANGED
    assert proof.cause is None
    policy, rows = loaded(str(before), tmp_path / "y", lora={})
    proof = prove(policy, tmp_path / "same", rows, history)
    assert proof.difference.verdict is Verdict.IDENTICAL
    assert proof.cause is not None
