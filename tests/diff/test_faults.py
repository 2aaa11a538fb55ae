"""Each way in which training is known to leave a model unchanged or broken, done for real."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.diff import Difference, Verdict, diff, likely_cause, read_history
from semeval_humor.models import Model
from tests.diff import training
from tests.diff.training import merge, recast, reinforce, scale_b
from tests.tiny_model import save_adapter, save_model

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def half(tiny: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in bfloat16, without the zeros, which even the smallest step moves."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny.path, dtype=torch.bfloat16)
    with torch.no_grad():
        model.lm_head.weight[:3] = 0.25
    path = tmp_path_factory.mktemp("half")
    model.save_pretrained(path)
    return path


def cause(difference: Difference, checkpoint: Path) -> str:
    return likely_cause(difference, read_history(checkpoint)) or ""


def test_healthy_training(tiny: Model, tmp_path: Path) -> None:
    trained = reinforce(tiny.path, tmp_path / "trained", decay=0.01)
    found = diff(Path(tiny.path), trained)
    assert found.verdict is Verdict.CHANGED
    assert cause(found, trained) == ""
    assert likely_cause(found) is None
    # Under Adam no value goes further than 3 steps of 1e-3, and some go about as far.
    assert 1e-3 < max(group.max_abs for group in found.groups) < 4e-3


def test_another_base(tiny: Model, tmp_path: Path) -> None:
    first = reinforce(tiny.path, tmp_path / "first", rate=1e-2)
    second = reinforce(str(first), tmp_path / "second", rate=1e-5)
    assert cause(diff(first, second), second) == ""
    assert "is this the base that training started from?" in cause(
        diff(Path(tiny.path), second), second
    )


def test_a_learning_rate_of_zero(tiny: Model, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

    row = {"input_ids": [5, 6, 7, 8], "labels": [5, 6, 7, 8], "attention_mask": [1] * 4}
    settings = TrainingArguments(
        output_dir=str(tmp_path),
        max_steps=2,
        learning_rate=0.0,
        logging_steps=1,
        use_cpu=True,
        report_to=[],
        disable_tqdm=True,
    )
    model = AutoModelForCausalLM.from_pretrained(tiny.path, dtype=torch.float32)
    Trainer(model=model, args=settings, train_dataset=[row] * 16).train()
    checkpoint = tmp_path / "checkpoint-2"
    found = diff(Path(tiny.path), checkpoint)
    assert found.verdict is Verdict.IDENTICAL
    expected = "the learning rate was 0 in each of 2 logged steps, while the gradient's norm"
    assert expected in cause(found, checkpoint)
    assert expected in cause(found, tmp_path)  # the log of the newest checkpoint inside


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"reward": training.constant}, "3 logged steps: the reward was constant (0.5)"),
        ({"reward": training.undefined}, "3 logged steps: the reward was NaN"),
        ({"masked": True}, "3 logged steps: every completion was cut off, and so masked"),
    ],
)
def test_no_gradient(tiny: Model, tmp_path: Path, options: dict[str, Any], expected: str) -> None:
    trained = reinforce(tiny.path, tmp_path / "trained", **options)
    found = diff(Path(tiny.path), trained)
    assert found.verdict is Verdict.IDENTICAL
    assert expected in cause(found, trained)
    assert likely_cause(found) is None  # the weights alone do not tell


def test_steps_on_other_weights(tiny: Model, tmp_path: Path) -> None:
    trained = reinforce(tiny.path, tmp_path / "trained")
    wrong = recast(tiny.path, tmp_path / "wrong", "float32")
    (wrong / "trainer_state.json").write_bytes((trained / "trainer_state.json").read_bytes())
    expected = "3 steps were taken at a learning rate up to 0.001, but not on these weights"
    assert expected in cause(diff(Path(tiny.path), wrong), wrong)


@pytest.mark.parametrize("rate", [1e-3, 1e-5])
def test_weight_decay_without_a_gradient(tiny: Model, tmp_path: Path, rate: float) -> None:
    trained = reinforce(
        tiny.path, tmp_path / "trained", reward=training.constant, decay=0.1, rate=rate
    )
    found = diff(Path(tiny.path), trained)
    assert found.verdict is Verdict.CHANGED
    assert sum(group.values_changed for group in found.groups) > 35_000  # of 41,632
    assert "the weights only shrank, to 0.99" in (likely_cause(found) or "")
    assert "weight decay without a gradient" in (likely_cause(found) or "")
    assert "the reward was constant (0.5)" in cause(found, trained)


def test_no_gradient_and_yet_other_weights(tiny: Model, tmp_path: Path) -> None:
    first = reinforce(tiny.path, tmp_path / "first")
    second = reinforce(str(first), tmp_path / "second", reward=training.constant)
    assert "the reward was constant (0.5), so none was better; yet the weights differ" in cause(
        diff(Path(tiny.path), second), second
    )


def test_pure_bfloat16_at_a_tiny_rate(tiny: Model, half: Path, tmp_path: Path) -> None:
    trained = reinforce(str(half), tmp_path / "half", rate=1e-6, dtype="bfloat16")
    found = diff(half, trained)
    assert found.verdict is Verdict.CHANGED
    changed = sum(group.values_changed for group in found.groups)
    assert 0 < changed < 0.02 * sum(group.values for group in found.groups)
    assert "as by training weights in bfloat16" in cause(found, trained)
    whole = diff(Path(tiny.path), reinforce(tiny.path, tmp_path / "whole", rate=1e-6))
    assert group_share(whole, "mlp") > 0.98
    assert likely_cause(whole) is None


def group_share(found: Difference, name: str) -> float:
    group = next(group for group in found.groups if group.name == name)
    return group.values_changed / group.values


def test_steps_that_bfloat16_rounds_away(half: Path, tmp_path: Path) -> None:
    trained = reinforce(str(half), tmp_path / "half", rate=1e-12, dtype="bfloat16")
    found = diff(half, trained)
    assert found.verdict is Verdict.IDENTICAL
    assert "1e-12 are too small for weights in bfloat16" in cause(found, trained)


def test_a_small_adapter_merged_into_bfloat16(tiny: Model, half: Path, tmp_path: Path) -> None:
    adapter = scale_b(save_adapter(tmp_path / "adapter", tiny), 1e-3)
    merged = merge(str(half), adapter, tmp_path / "merged", "bfloat16")
    found = diff(half, merged)
    assert found.verdict is Verdict.CHANGED
    assert 0 < group_share(found, "attention") < 0.25
    assert "as by merging a small LoRA adapter" in (likely_cause(found) or "")
    # What the adapter alone foretells, and what came of it.
    alone = diff(half, adapter)
    assert group_share(alone, "attention") == 0.5  # q and v, 1024 and 512 of 3072
    assert alone.traits.survives == pytest.approx(group_share(found, "attention") / 0.5)
    assert likely_cause(alone) is None
    whole = diff(Path(tiny.path), merge(tiny.path, adapter, tmp_path / "whole"))
    assert likely_cause(whole) is None


def test_weights_of_a_live_peft_model(tiny: Model, tmp_path: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(tiny.path, dtype=torch.float32)
    adapted = PeftModel.from_pretrained(base, save_adapter(tmp_path / "adapter", tiny))
    adapted.get_base_model().save_pretrained(tmp_path / "live")
    _, report = AutoModelForCausalLM.from_pretrained(tmp_path / "live", output_loading_info=True)
    assert len(report["missing_keys"]) == 4  # q and v of two layers, which are random now
    found = diff(Path(tiny.path), tmp_path / "live")
    assert found.verdict is Verdict.IDENTICAL
    assert found.missing == ()
    assert len(found.extra) == 8
    assert "4 tensors are saved under names such as model.layers.0.self_attn" in cause(
        found, tmp_path / "live"
    )
    assert "get_base_model().save_pretrained on a live PEFT model" in cause(
        found, tmp_path / "live"
    )


def rename(adapter: Path, change: Callable[[str], str]) -> Path:
    from safetensors.torch import load_file, save_file

    file = adapter / "adapter_model.safetensors"
    save_file({change(name): tensor for name, tensor in load_file(file).items()}, file)
    return adapter


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name.removeprefix("base_model.model."),
        lambda name: name.replace("lora_", "default.lora_"),
        lambda name: name.replace("self_attn", "attention"),
    ],
)
def test_renamed_keys_of_an_adapter(
    tiny: Model, tmp_path: Path, change: Callable[[str], str]
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    adapter = rename(save_adapter(tmp_path / "adapter", tiny), change)
    found = diff(Path(tiny.path), adapter)
    assert found.verdict is Verdict.INCOMPATIBLE
    assert len(found.extra) == 8
    assert "none of the adapter's tensors has a place in the base" in cause(found, adapter)
    base = AutoModelForCausalLM.from_pretrained(tiny.path, dtype=torch.float32).eval()
    tokens = torch.tensor([[5, 6, 7]])
    expected = base(tokens).logits.detach()
    loaded = PeftModel.from_pretrained(base, adapter).eval()
    assert bool((loaded(tokens).logits == expected).all())  # it is indeed of no effect


def test_keys_of_a_live_adapter_have_their_places(tiny: Model, tmp_path: Path) -> None:
    adapter = rename(
        save_adapter(tmp_path / "adapter", tiny),
        lambda name: name.replace(".weight", ".default.weight"),
    )
    found = diff(Path(tiny.path), adapter)
    assert (found.verdict, found.extra) == (Verdict.CHANGED, ())


def test_some_renamed_keys_of_an_adapter(tiny: Model, tmp_path: Path) -> None:
    adapter = rename(
        save_adapter(tmp_path / "adapter", tiny), lambda name: name.replace("layers.1", "layers.9")
    )
    found = diff(Path(tiny.path), adapter)
    assert found.verdict is Verdict.CHANGED
    assert "4 tensors of the adapter have no place in the base" in cause(found, adapter)


def test_an_adapter_that_was_made_anew_instead_of_loaded(tiny: Model, tmp_path: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(tiny.path, dtype=torch.float32)
    for options in ({}, {"use_dora": True}):
        new = get_peft_model(
            base, LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM", **options)
        )
        new.save_pretrained(tmp_path / "adapter")
        found = diff(Path(tiny.path), tmp_path / "adapter")
        assert found.verdict is Verdict.ADAPTER_NOOP
        assert "every lora_B is zero" in cause(found, tmp_path / "adapter")
        base = new.unload()


def test_an_adapter_without_effect(tiny: Model, tmp_path: Path) -> None:
    adapter = scale_b(save_adapter(tmp_path / "adapter", tiny), 0)
    found = diff(Path(tiny.path), adapter)
    assert found.verdict is Verdict.ADAPTER_NOOP
    assert all(group.values_changed == 0 for group in found.groups)
    training.write_log(adapter, [{"learning_rate": 1e-5, "grad_norm": 0.0, "reward": 0.5}])
    assert "the reward was constant" in cause(found, adapter)


def test_another_vocabulary(tiny: Model, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny.path)
    model.resize_token_embeddings(361)
    model.save_pretrained(tmp_path / "more")
    found = diff(Path(tiny.path), tmp_path / "more")
    assert found.verdict is Verdict.INCOMPATIBLE
    assert "360×32 in the base, 361×32 in the checkpoint, and 1 more" in cause(
        found, tmp_path / "more"
    )


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_cast_and_back(tiny: Model, tmp_path: Path, dtype: str) -> None:
    cast = recast(tiny.path, tmp_path / "cast", dtype)
    found = diff(Path(tiny.path), cast)
    assert found.verdict is Verdict.WITHIN_ROUNDING
    assert f"the base, stored as {dtype}" in cause(found, cast)
    assert diff(cast, recast(str(cast), tmp_path / "back", "float32")).verdict is Verdict.IDENTICAL


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "reward", "options"),
    [
        ("the reward was constant (0.5)", lambda n: [0.5] * n, {}),
        ("the reward was NaN", lambda n: [float("nan")] * n, {}),
        (
            "every completion was cut off",
            lambda n: [float(i) for i in range(n)],
            {"mask_truncated_completions": True, "generation_kwargs": {"suppress_tokens": [2]}},
        ),
        ("the learning rate was 0", lambda n: [float(i) for i in range(n)], {"learning_rate": 0.0}),
        ("", lambda n: [float(i) for i in range(n)], {}),
    ],
)
def test_what_trl_logs(
    tiny: Model,
    tmp_path: Path,
    name: str,
    reward: Callable[[int], list[float]],
    options: dict[str, Any],
) -> None:
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    settings = GRPOConfig(
        output_dir=str(tmp_path),
        max_steps=2,
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=8,
        use_cpu=True,
        bf16=False,
        report_to=[],
        logging_steps=1,
        disable_tqdm=True,
        **options,
    )
    GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(tiny.path, dtype=torch.float32),
        reward_funcs=lambda completions, **_: reward(len(completions)),
        args=settings,
        train_dataset=Dataset.from_dict({"prompt": ["Why", "¿Por", "市长", "x"]}),
        processing_class=AutoTokenizer.from_pretrained(tiny.path),
    ).train()
    found = diff(Path(tiny.path), tmp_path / "checkpoint-2")
    assert found.verdict is (Verdict.IDENTICAL if name else Verdict.CHANGED)
    assert name in cause(found, tmp_path)
    assert bool(name) == bool(cause(found, tmp_path))
    assert json.loads((tmp_path / "checkpoint-2" / "trainer_state.json").read_text())["log_history"]
