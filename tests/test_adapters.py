import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from semeval_humor.adapters import adapter_part
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.models import Model, check_adapter
from tests.tiny_model import save_adapter, save_model

Tensors = dict[str, torch.Tensor]


# peft says that it saves the embeddings as well.
pytestmark = pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def adapter(tiny: Model, tmp_path: Path) -> Path:
    return save_adapter(tmp_path / "adapter", tiny)


def change_tensors(adapter: Path, change: Callable[[Tensors], Tensors]) -> None:
    file = adapter / "adapter_model.safetensors"
    save_file(change(load_file(file)), file)


def refused(adapter: Path, model: Model) -> str:
    with pytest.raises(ConfigError) as error:
        check_adapter(str(adapter), model)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("targets", "rank", "options"),
    [
        (("q_proj", "v_proj"), 4, {}),
        (("q_proj", "k_proj", "o_proj", "up_proj", "down_proj", "lm_head"), 8, {}),
        (("embed_tokens", "gate_proj"), 2, {}),
        (("q_proj",), 2, {"modules_to_save": ["lm_head"]}),
        (("q_proj", "v_proj"), 2, {"rank_pattern": {"v_proj": 6}}),
        (("q_proj",), 4, {"use_dora": True}),
    ],
)
def test_adapters_that_fit(
    tiny: Model, tmp_path: Path, targets: tuple[str, ...], rank: int, options: dict[str, Any]
) -> None:
    path = save_adapter(tmp_path, tiny, targets=targets, rank=rank, **options)
    found = check_adapter(str(path), tiny)
    assert found.path == str(path)
    assert found.rank == max([rank, *options.get("rank_pattern", {}).values()])


def test_another_name_of_the_base_is_no_fault(tiny: Model, adapter: Path) -> None:
    file = adapter / "adapter_config.json"
    config = {**json.loads(file.read_text()), "base_model_name_or_path": "/elsewhere/tiny"}
    file.write_text(json.dumps(config))
    assert check_adapter(str(adapter), tiny).rank == 4


def test_other_widths(tiny: Model, adapter: Path, tmp_path: Path) -> None:
    wider = save_model(tmp_path / "wider", width=64)
    message = refused(adapter, wider)
    assert (
        f"{adapter} (made for {tiny.path}) does not fit tiny: model.layers.0.self_attn" in message
    )
    assert "has B 32×4 and A 4×32, there it is 64×64; give the model it was trained on" in message


def test_modules_that_the_model_lacks(tiny: Model, adapter: Path) -> None:
    change_tensors(adapter, lambda t: {k.replace("self_attn", "attn"): v for k, v in t.items()})
    assert "does not fit tiny: there is no model.layers.0.attn.q_proj" in refused(adapter, tiny)


def test_more_layers_than_the_model_has(tiny: Model, adapter: Path) -> None:
    change_tensors(adapter, lambda t: {k.replace("layers.1", "layers.7"): v for k, v in t.items()})
    assert "there is no model.layers.7.self_attn" in refused(adapter, tiny)


def test_layers_under_another_prefix_of_the_same_model(tiny: Model, adapter: Path) -> None:
    change_tensors(
        adapter,
        lambda t: {
            k.replace("model.layers", "model.language_model.layers"): v for k, v in t.items()
        },
    )
    assert check_adapter(str(adapter), tiny).rank == 4


def test_no_known_prefix(tiny: Model, adapter: Path) -> None:
    change_tensors(adapter, lambda t: {k.removeprefix("base_model."): v for k, v in t.items()})
    assert "does not begin with base_model.model. as peft writes it" in refused(adapter, tiny)


def test_half_a_pair(tiny: Model, adapter: Path) -> None:
    change_tensors(adapter, lambda t: {k: v for k, v in t.items() if "lora_A" in k})
    assert "has only lora_A of A and B" in refused(adapter, tiny)


def test_modules_saved_whole_of_another_size(tiny: Model, adapter: Path) -> None:
    head = {"base_model.model.lm_head.weight": torch.zeros(5, 32)}
    change_tensors(adapter, lambda t: {**t, **head})
    assert "lm_head is 5×32, there 360×32" in refused(adapter, tiny)


def test_strange_tensors(tiny: Model, adapter: Path) -> None:
    change_tensors(adapter, lambda t: {**t, "base_model.model.x.prompt": torch.zeros(2)})
    assert "tensor base_model.model.x.prompt is no part of a LoRA adapter" in refused(adapter, tiny)


def test_no_matrices(tiny: Model, adapter: Path) -> None:
    change_tensors(adapter, lambda t: {"base_model.model.lm_head.weight": torch.zeros(360, 32)})
    assert "holds no LoRA matrices" in refused(adapter, tiny)


def test_other_kinds_of_adapter(tiny: Model, adapter: Path) -> None:
    (adapter / "adapter_config.json").write_text('{"peft_type": "IA3"}')
    assert "peft_type 'IA3', expected LORA" in refused(adapter, tiny)


def test_pickles(tiny: Model, adapter: Path) -> None:
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    message = refused(adapter, tiny)
    assert "found adapter_model.bin, a pickle" in message
    assert "save_pretrained" in message
    (adapter / "adapter_model.bin").unlink()
    assert "found no weights, expected adapter_model.safetensors" in refused(adapter, tiny)


def test_no_adapter(tiny: Model, tmp_path: Path) -> None:
    assert "no such directory" in refused(tmp_path / "none", tiny)
    assert "found no adapter_config.json" in refused(tmp_path, tiny)
    assert refused(Path(tiny.path), tiny).endswith("it holds a whole model: use --model")


def test_a_cut_off_file(tiny: Model, adapter: Path) -> None:
    file = adapter / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(DataError, match="copy it again"):
        check_adapter(str(adapter), tiny)


def test_weights_the_other_way_round(tiny: Model, tmp_path: Path) -> None:
    # As in GPT-2, whose layers hold (in, out): the same numbers, said by the adapter's config.
    adapter = save_adapter(tmp_path / "adapter", tiny, targets=["up_proj"])
    assert check_adapter(str(adapter), tiny).rank == 4
    file = adapter / "adapter_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "fan_in_fan_out": True}))
    assert "has B 64×4 and A 4×32, there it is 32×64" in refused(adapter, tiny)


def test_tied_output_weights(tiny: Model, tmp_path: Path) -> None:
    adapter = save_adapter(tmp_path / "adapter", tiny, targets=["lm_head"])
    tied = tmp_path / "tied"
    tied.mkdir()
    weights = load_file(Path(tiny.path) / "model.safetensors")
    del weights["lm_head.weight"]
    save_file(weights, tied / "model.safetensors")
    assert check_adapter(str(adapter), Model("tied", str(tied), None, False)).rank == 4


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        ("base_model.model.a.q_proj.lora_A.weight", ("a.q_proj", "lora_A")),
        (
            "base_model.model.a.embed_tokens.lora_embedding_B",
            ("a.embed_tokens", "lora_embedding_B"),
        ),
        ("base_model.model.a.lora_magnitude_vector", ("a", "lora_magnitude_vector")),
        ("base_model.model.lm_head.weight", ("lm_head", "weight")),
        ("base_model.model.embed_tokens.base_layer.weight", ("embed_tokens", "weight")),
        ("base_model.model.a.q_proj.bias", ("a.q_proj", "bias")),
        ("base_model.model.a.prompt", None),
        ("model.a.q_proj.lora_A.weight", None),
    ],
)
def test_parts_of_an_adapter(tensor: str, expected: tuple[str, str] | None) -> None:
    assert adapter_part(tensor) == expected
