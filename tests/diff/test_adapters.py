"""What an adapter adds is what merging it changes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semeval_humor.diff import Difference, GroupChange, Verdict, diff, likely_cause
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.models import Model
from tests.diff.stored import near, write
from tests.diff.training import merge, scale_b
from tests.tiny_model import save_adapter, save_model

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers

Q, V = "model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.v_proj"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"))


def write_adapter(path: Path, tensors: dict[str, Any], **config: Any) -> Path:
    path.mkdir()
    write(
        path / "adapter_model.safetensors",
        {f"base_model.model.{name}": values for name, values in tensors.items()},
    )
    settings = {"peft_type": "LORA", "r": 1, "lora_alpha": 2, **config}
    (path / "adapter_config.json").write_text(json.dumps(settings))
    return path


def test_an_adapter_by_hand(tmp_path: Path) -> None:
    base = write(
        tmp_path / "base", {f"{Q}.weight": [[3.0, 0.0], [0.0, 4.0]], "lm_head.weight": [1]}
    )
    adapter = write_adapter(
        tmp_path / "adapter",
        {f"{Q}.lora_A.weight": [[1.0, 2.0]], f"{Q}.lora_B.weight": [[0.0], [0.5]]},
    )
    found = diff(base, adapter)
    assert found.verdict is Verdict.CHANGED
    # Δ = 2/1 · B·A = [[0, 0], [1, 2]]; ‖Δ‖ = √5, ‖W‖ = 5
    assert found.groups == (
        GroupChange("attention", 1, 1, 4, 2, near(5**0.5 / 5), 2.0),
        GroupChange("head", 1, 0, 1, 0, 0.0, 0.0),
    )
    assert found.traits.survives == 1  # in float32 nothing is lost


def test_what_survives_a_merge_by_hand(tmp_path: Path) -> None:
    base = write(tmp_path / "base", {f"{Q}.weight": [[1.0, 1.0], [2**-10, 0.0]]}, "BF16")
    adapter = write_adapter(
        tmp_path / "adapter",
        {f"{Q}.lora_A.weight": [[1.0, 2.0]], f"{Q}.lora_B.weight": [[2**-10], [2**-10]]},
    )
    # Δ = 2**-9 · [[1, 2], [1, 2]]. Above 1 the step of bfloat16 is 2**-7: 1 + 2**-9 goes back to 1,
    # and so does the middle, 1 + 2**-8. Below, both values move.
    assert diff(base, adapter).traits.survives == 0.5


@pytest.mark.parametrize(
    ("targets", "options"),
    [
        (("q_proj", "v_proj"), {}),
        (("q_proj", "up_proj"), {"lora_alpha": 3, "use_rslora": True}),
        (("q_proj", "v_proj"), {"rank_pattern": {"v_proj": 6}, "alpha_pattern": {"v_proj": 5}}),
        (("embed_tokens", "down_proj"), {}),
        (("lm_head",), {}),
        (("q_proj", "o_proj"), {"use_dora": True}),
        (("q_proj",), {"modules_to_save": ["lm_head"]}),
        (("q_proj",), {"bias": "none"}),
    ],
)
def test_an_adapter_and_its_merged_model(
    tiny: Model, tmp_path: Path, targets: tuple[str, ...], options: dict[str, Any]
) -> None:
    adapter = save_adapter(tmp_path / "adapter", tiny, targets=targets, **options)
    merged = merge(tiny.path, adapter, tmp_path / "merged")
    alone, whole = diff(Path(tiny.path), adapter), diff(Path(tiny.path), merged)
    assert alone.verdict is whole.verdict is Verdict.CHANGED
    assert (alone.missing, alone.extra) == (whole.missing, whole.extra) == ((), ())
    for left, right in zip(alone.groups, whole.groups, strict=True):
        assert left.name == right.name
        assert left.tensors_changed == right.tensors_changed
        assert left.relative_l2 == pytest.approx(right.relative_l2, rel=1e-4)
        assert left.max_abs == pytest.approx(right.max_abs, rel=1e-4)


@pytest.mark.parametrize(
    ("b", "verdict", "cause"),
    [
        (0.0, Verdict.ADAPTER_NOOP, "adds exactly 0"),
        (1e-25, Verdict.WITHIN_ROUNDING, "less than float32 rounds off the weights"),
        # Δ = 2/1 · 6e-8 twice: √2 · 1.2e-7 / √(3² + 1²) = 5.4e-8; float32 rounds off 6.0e-8
        (6e-8, Verdict.WITHIN_ROUNDING, "less than float32 rounds off the weights"),
        (7e-8, Verdict.CHANGED, None),  # 6.3e-8
    ],
)
def test_an_adapter_that_adds_next_to_nothing(
    tmp_path: Path, b: float, verdict: Verdict, cause: str | None
) -> None:
    base = write(tmp_path / "base", {f"{Q}.weight": [[3.0, 1.0]], "model.norm.weight": [1.0]})
    adapter = write_adapter(
        tmp_path / "adapter", {f"{Q}.lora_A.weight": [[1.0, 1.0]], f"{Q}.lora_B.weight": [[b]]}
    )
    found = diff(base, adapter)
    assert found.verdict is verdict
    assert (likely_cause(found) or "").partition(cause or "x")[1] == (cause or "")


def test_layers_that_are_stored_the_other_way_round(tmp_path: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    base = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_positions=8, n_embd=16, n_layer=1, n_head=2))
    base.save_pretrained(tmp_path / "base")
    config = LoraConfig(r=2, target_modules=["c_attn"], fan_in_fan_out=True)
    adapted = get_peft_model(base, config)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    adapted.save_pretrained(tmp_path / "adapter")
    adapted.merge_and_unload().save_pretrained(tmp_path / "merged")
    alone, whole = (diff(tmp_path / "base", tmp_path / name) for name in ("adapter", "merged"))
    assert alone.verdict is Verdict.CHANGED
    sizes = [[g.relative_l2 for g in found.groups] for found in (alone, whole)]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-4)


def attention(found: Difference) -> GroupChange:
    return next(group for group in found.groups if group.name == "attention")


def test_an_adapter_against_the_one_before(tmp_path: Path) -> None:
    a = {f"{Q}.lora_A.weight": [[3.0, 4.0]]}
    first = write_adapter(tmp_path / "first", {**a, f"{Q}.lora_B.weight": [[1.0]]})
    again = write_adapter(
        tmp_path / "again", {f"{Q}.lora_A.weight": [[6.0, 8.0]], f"{Q}.lora_B.weight": [[0.5]]}
    )
    assert diff(first, again).verdict is Verdict.IDENTICAL  # other matrices, the same product
    second = write_adapter(
        tmp_path / "second",
        {
            **{**a, f"{Q}.lora_B.weight": [[2.0]]},
            **{f"{V}.lora_A.weight": [[0.0, 1.0]], f"{V}.lora_B.weight": [[1.0]]},
        },
    )
    # 2·B·A: q (6, 8) became (12, 16), v (0, 0) became (0, 2): √(36 + 64 + 4) of √(36 + 64)
    found = diff(first, second)
    assert found.verdict is Verdict.CHANGED
    assert attention(found) == GroupChange("attention", 2, 2, 4, 3, near(1.04**0.5), 8.0)
    wider = write_adapter(
        tmp_path / "wider",
        {f"{Q}.lora_A.weight": [[3.0, 4.0, 5.0]], f"{Q}.lora_B.weight": [[1.0]]},
    )
    assert diff(first, wider).verdict is Verdict.INCOMPATIBLE


def test_an_adapter_of_another_model(tiny: Model, tmp_path: Path) -> None:
    wider = save_model(tmp_path / "wider", width=64)
    adapter = save_adapter(tmp_path / "adapter", tiny)
    found = diff(Path(wider.path), adapter)
    assert found.verdict is Verdict.INCOMPATIBLE
    assert "self_attn.q_proj.weight: 64×64 in the base, 32×32" in found.traits.misfits[0]


def test_a_head_that_is_stored_as_embeddings(tmp_path: Path) -> None:
    base = write(tmp_path / "base", {"model.embed_tokens.weight": [[3.0, 4.0]]})
    adapter = write_adapter(
        tmp_path / "adapter",
        {"lm_head.lora_A.weight": [[1.0, 0.0]], "lm_head.lora_B.weight": [[1.0]]},
    )
    found = diff(base, adapter)
    assert [(group.name, group.tensors_changed) for group in found.groups] == [
        ("embeddings", 0),
        ("head", 1),
    ]


@pytest.mark.parametrize(
    ("tensors", "config", "error", "message"),
    [
        ({f"{Q}.lora_A.weight": [[1.0]]}, {}, DataError, "has only lora_A of A and B"),
        (
            {f"{Q}.lora_A.weight": [[1.0]], f"{Q}.lora_B.weight": [[1.0, 2.0]]},
            {},
            DataError,
            r"has B \(1, 2\) and A \(1, 1\)",
        ),
        ({}, {"peft_type": "IA3"}, DataError, "peft_type 'IA3', expected LORA"),
        ({}, {"lora_bias": True}, DataError, "lora_bias"),
        (
            {f"{Q}.lora_A.weight": [[1.0]], f"{Q}.lora_B.weight": [[1.0]]},
            {"lora_alpha": "8"},
            DataError,
            "lora_alpha is '8', expected a number",
        ),
        (
            {
                **{f"{Q}.lora_A.weight": [[1.0]], f"{Q}.lora_B.weight": [[1.0]]},
                f"{Q}.lora_magnitude_vector": [1.0],
            },
            {"fan_in_fan_out": True},
            DataError,
            "DoRA on layers as in GPT-2",
        ),
    ],
)
def test_adapters_that_cannot_be_compared(
    tmp_path: Path,
    tensors: dict[str, Any],
    config: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    base = write(tmp_path / "base", {f"{Q}.weight": [[1.0]]})
    adapter = write_adapter(tmp_path / "adapter", tensors, **config)
    with pytest.raises(error, match=message):
        diff(base, adapter)


def test_dora_needs_its_model(tmp_path: Path) -> None:
    tensors = {f"{Q}.lora_A.weight": [[1.0]], f"{Q}.lora_B.weight": [[1.0]]}
    adapter = write_adapter(tmp_path / "dora", {**tensors, f"{Q}.lora_magnitude_vector": [2.0]})
    with pytest.raises(DataError, match="what DoRA adds depends on the model"):
        diff(adapter, adapter)


def test_a_model_against_an_adapter(tiny: Model, tmp_path: Path) -> None:
    adapter = save_adapter(tmp_path / "adapter", tiny)
    with pytest.raises(ConfigError, match=rf"give the adapter's own base \({tiny.path}\) as BASE"):
        diff(adapter, Path(tiny.path))


def test_what_an_adapter_adds_does_not_depend_on_pieces(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = scale_b(save_adapter(tmp_path / "adapter", tiny), 0.1)
    expected = attention(diff(Path(tiny.path), adapter))
    monkeypatch.setattr("semeval_humor.diff.pairs.PIECE", 500)
    found = attention(diff(Path(tiny.path), adapter))
    assert found.values_changed == expected.values_changed
    assert np.isclose(found.relative_l2 or 0, expected.relative_l2 or 0)
