"""Each way in which first steps are known to leave a model unchanged or broken, done for real."""

import math
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.diff import History
from semeval_humor.models import Model
from semeval_humor.training.first_steps import FirstSteps, NotLearningError
from semeval_humor.training.pairs import Row, read_rows
from semeval_humor.training.policy import Policy
from tests.tiny_model import save_model
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
