"""Each way in which training is known to leave a model unchanged or broken, done for real."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.diff import History, Verdict
from semeval_humor.models import Model
from semeval_humor.training.pairs import Row, read_rows
from semeval_humor.training.policy import Policy
from semeval_humor.training.proof import FirstSteps, NotLearningError, prove
from tests.diff.training import scale_b
from tests.tiny_model import save_adapter, save_model
from tests.training.tiny_policy import a_policy, settings

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers

FULL: dict[str, Any] = {"method": "full"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


def loaded(model: Model | str, folder: Path, **changes: Any) -> tuple[Policy, tuple[Row, ...]]:
    path = model if isinstance(model, str) else model.path
    config = settings(folder, path, **changes)
    policy = a_policy(config)
    return policy, read_rows(config, policy).train


def adamw(policy: Policy, **options: Any) -> Any:
    import torch

    trained = [value for value in policy.model.parameters() if value.requires_grad]
    return torch.optim.AdamW(trained, **{"lr": 1e-3, "weight_decay": 0.0, **options})


def nll(policy: Policy, row: Row) -> Any:
    import torch

    tokens = torch.tensor([[*row.prompt_ids, *row.completion_ids]])
    logits = policy.model(tokens).logits[0, :-1].float()
    return -logits.log_softmax(-1).gather(1, tokens[0, 1:, None]).mean()


def train(
    policy: Policy,
    rows: tuple[Row, ...],
    optimizer: Any,
    *,
    steps: int = 2,
    factor: float = 1.0,
    patience: int = 0,
    logged: dict[str, Any] | None = None,
    schedule: Any = None,
    within: bool = False,
) -> tuple[FirstSteps, History]:
    """A loop as trainers have it, with what they log; ``within``: as it looks with DeepSpeed."""
    first = FirstSteps(policy.model, patience, gradients=not within)
    rates: list[float] = []
    norms: list[float] = []
    for step in range(steps):
        if within and not first.done:
            first.before(optimizer)
        loss = nll(policy, rows[step]) * factor
        if loss.requires_grad:
            loss.backward()
        grads = [v.grad.norm().item() for v in policy.model.parameters() if v.grad is not None]
        rates.append(optimizer.param_groups[0]["lr"])
        norms.append(math.hypot(*grads))
        if not within and not first.done:
            first.before(optimizer)
        optimizer.step()
        if schedule:
            schedule.step()
        optimizer.zero_grad()
        seen = {name: (value,) * (step + 1) for name, value in (logged or {}).items()}
        history = History(step + 1, tuple(rates), tuple(norms), **seen)
        if not first.done:
            first.after(history)
    return first, history


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


def test_steps_within_the_backward_pass(tiny: Model, tmp_path: Path) -> None:
    import torch

    policy, rows = loaded(tiny, tmp_path)
    copies = [value.detach().clone() for value in policy.model.parameters() if value.requires_grad]

    class Copies(torch.optim.AdamW):
        """An optimizer whose parameters are not the model's."""

        def step(self, *rest: Any) -> None:  # type: ignore[override]
            inner.step()

        def zero_grad(self, set_to_none: bool = True) -> None:
            inner.zero_grad(set_to_none)

    inner = adamw(policy)
    first, _ = train(policy, rows, Copies(copies), steps=1, within=True)
    assert first.done
    with pytest.raises(NotLearningError, match="the optimizer holds none of the"):
        train(policy, rows, Copies(copies), steps=1)
    inner = adamw(policy, lr=1e-30)
    with pytest.raises(NotLearningError, match="the first step moved 0 of"):
        train(policy, rows, Copies(copies), steps=1, within=True)
    with pytest.raises(NotLearningError, match="no gradient in 2 steps"):
        train(policy, rows, Copies(copies), factor=0.0, patience=1, within=True)


def test_a_learning_rate_of_zero(tiny: Model, tmp_path: Path) -> None:
    policy, rows = loaded(tiny, tmp_path)
    with pytest.raises(NotLearningError, match="the learning rate is 0, and will stay so"):
        train(policy, rows, adamw(policy, lr=0.0))


def test_a_warm_up_begins_at_zero(tiny: Model, tmp_path: Path) -> None:
    from transformers import get_linear_schedule_with_warmup

    policy, rows = loaded(tiny, tmp_path)
    optimizer = adamw(policy)
    schedule = get_linear_schedule_with_warmup(optimizer, 2, 10)
    first, history = train(policy, rows, optimizer, steps=1, schedule=schedule)
    assert history.learning_rates == (0.0,)
    assert not first.done
    first, _ = train(policy, rows, optimizer, steps=1, schedule=schedule)
    assert first.done


@pytest.mark.parametrize(
    ("logged", "why"),
    [
        ({"rewards": 0.5}, "the reward was constant (0.5), so none was better"),
        ({"rewards": math.nan}, "the reward was NaN"),
        ({"cut_off": 1.0}, "every completion was cut off, and so masked; allow more tokens"),
        ({}, "no token counted (all masked?), or no parameter was trainable"),
    ],
)
def test_no_gradient(tiny: Model, tmp_path: Path, logged: dict[str, Any], why: str) -> None:
    policy, rows = loaded(tiny, tmp_path)
    with pytest.raises(NotLearningError) as caught:
        train(policy, rows, adamw(policy), factor=0, logged=logged, patience=2, steps=9)
    assert str(caught.value).startswith("no gradient in 3 steps: ")  # two of them let pass
    assert why in str(caught.value)


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


def test_a_gradient_that_is_no_number(tiny: Model, tmp_path: Path) -> None:
    policy, rows = loaded(tiny, tmp_path)
    with pytest.raises(NotLearningError, match="first steps made 12 tensors NaN or infinite"):
        train(policy, rows, adamw(policy), factor=math.nan)


def test_everything_frozen(tiny: Model, tmp_path: Path) -> None:
    policy, rows = loaded(tiny, tmp_path)
    optimizer = adamw(policy)
    policy.model.requires_grad_(False)
    with pytest.raises(NotLearningError, match="no parameter is trainable"):
        train(policy, rows, optimizer)


def test_an_optimizer_of_another_model(tiny: Model, tmp_path: Path) -> None:
    policy, rows = loaded(tiny, tmp_path / "a")
    other, _ = loaded(tiny, tmp_path / "b")
    with pytest.raises(NotLearningError, match="the optimizer holds none of the 12 trainable"):
        train(policy, rows, adamw(other))


def test_an_optimizer_that_does_not_step(tiny: Model, tmp_path: Path) -> None:
    policy, rows = loaded(tiny, tmp_path)
    optimizer = adamw(policy)
    optimizer.step = lambda: None
    with pytest.raises(NotLearningError, match="or the optimizer does not step"):
        train(policy, rows, optimizer)


def test_only_the_a_matrices_move(tiny: Model, tmp_path: Path) -> None:
    import torch

    policy, rows = loaded(tiny, tmp_path)
    matrices = [v for n, v in policy.model.named_parameters() if ".lora_A." in n]
    optimizer = torch.optim.SGD(matrices, lr=1e-3, weight_decay=0.1)
    with pytest.raises(NotLearningError, match="rounds the others away, or the optimizer does not"):
        train(policy, rows, optimizer)


def test_weights_in_bfloat16_at_a_tiny_rate(tiny: Model, tmp_path: Path) -> None:
    import torch

    policy, rows = loaded(tiny, tmp_path, **FULL)
    policy.model.to(torch.bfloat16)
    with pytest.raises(NotLearningError, match=r"1e-06 bfloat16 rounds .*; train in float32"):
        train(policy, rows, adamw(policy, lr=1e-6))
    policy, rows = loaded(tiny, tmp_path, **FULL)
    first, _ = train(policy, rows, adamw(policy, lr=1e-6))  # float32
    assert first.done


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
