from pathlib import Path
from typing import Any

import pytest

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.models import Model
from semeval_humor.schema import Headline, Lang, Prompt, Task
from semeval_humor.training.policy import Policy
from tests.tiny_model import save_adapter, save_model
from tests.training.tiny_policy import a_policy, settings

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers

FULL: dict[str, Any] = {"method": "full"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


def logits(model: Any) -> Any:
    import torch

    with torch.no_grad():
        return model(torch.tensor([[5, 6, 7]])).logits


def disturb(policy: Policy) -> None:
    import torch

    with torch.no_grad():
        for value in policy.model.parameters():
            if value.requires_grad:
                value.add_(0.1)


@pytest.mark.parametrize(("changes", "adapter"), [({}, False), ({"lora": {}}, True), (FULL, False)])
def test_policy_and_parent(
    tiny: Model, tmp_path: Path, changes: dict[str, Any], adapter: bool
) -> None:
    import torch

    start = str(save_adapter(tmp_path / "adapter", tiny)) if adapter else tiny.path
    policy = a_policy(settings(tmp_path, start, **changes))
    trainable = {n for n, v in policy.model.named_parameters() if v.requires_grad}
    assert trainable
    assert all(".lora_" in name or not policy.is_lora for name in trainable)
    assert not [name for name in trainable if ".parent." in name]
    assert {v.dtype for v in policy.model.parameters()} == {torch.float32}
    assert policy.stop_ids == {2}
    before = logits(policy.model)
    disturb(policy)
    now = logits(policy.model)
    assert not torch.equal(now, before)
    with policy.as_parent() as parent:
        assert torch.equal(logits(parent), before)
    assert torch.equal(logits(policy.model), now)
    assert {n for n, v in policy.model.named_parameters() if v.requires_grad} == trainable

    policy.save(tmp_path / "kept")
    disturb(policy)
    policy.save(tmp_path / "later")
    policy.load(tmp_path / "kept")
    assert torch.equal(logits(policy.model), now)
    (tmp_path / "kept" / "old.txt").touch()
    policy.save(tmp_path / "kept")  # in place of the former one
    assert not (tmp_path / "kept" / "old.txt").exists()
    assert {path.name for path in tmp_path.iterdir()} >= {"kept", "later"}
    assert not list(tmp_path.glob(".kept*"))


def test_the_parent_s_files_come_along(tiny: Model, tmp_path: Path) -> None:
    policy = a_policy(settings(tmp_path, tiny.path))
    policy.tokenizer.pad_token = policy.tokenizer.eos_token  # as TRL does
    policy.save(tmp_path / "saved")
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        assert (tmp_path / "saved" / name).read_bytes() == Path(tiny.path, name).read_bytes()
    assert not (tmp_path / "saved" / "README.md").exists()


def test_half_a_file_is_not_loaded(tiny: Model, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    policy = a_policy(settings(tmp_path, tiny.path))
    policy.save(tmp_path / "saved")
    file = tmp_path / "saved" / "adapter_model.safetensors"
    tensors = {name: t for name, t in load_file(file).items() if "layers.1" not in name}
    save_file(tensors, file)
    with pytest.raises(DataError, match="6 tensors are missing or unknown, the first is base_mod"):
        policy.load(tmp_path / "saved")
    policy = a_policy(settings(tmp_path, tiny.path, **FULL))
    policy.save(tmp_path / "full")
    file = tmp_path / "full" / "model.safetensors"
    save_file({"lm_head.weight": load_file(file)["lm_head.weight"]}, file)
    with pytest.raises(DataError, match="20 tensors are missing"):
        policy.load(tmp_path / "full")


def test_tied_embeddings(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    untied = save_model(tmp_path / "untied", context=256)
    model = AutoModelForCausalLM.from_pretrained(untied.path)
    model.config.tie_word_embeddings = True
    model.lm_head.weight = model.model.embed_tokens.weight
    model.save_pretrained(untied.path)
    policy = a_policy(settings(tmp_path / "run", untied.path, **FULL))
    disturb(policy)
    now = logits(policy.model)
    policy.save(tmp_path / "saved")
    disturb(policy)
    policy.load(tmp_path / "saved")
    assert torch.equal(logits(policy.model), now)


def test_prompts_are_those_of_predict(tiny: Model, tmp_path: Path) -> None:
    policy = a_policy(settings(tmp_path, tiny.path))
    prompt = Prompt("en_1", Task.A, Lang.EN, Headline("Mayor resigns"))
    text = policy.tokenizer.decode(policy.render(prompt))
    angle = "Dry." if "Dry." in text else "Short."  # the row's id decides
    assert text == f"<|system|>Be funny.</s><|user|>Mayor resigns? {angle}</s><|assistant|>"
    angles = {
        policy.tokenizer.decode(policy.render(Prompt(str(n), Task.A, Lang.EN, Headline("x"))))
        for n in range(20)
    }
    assert len(angles) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "nothing/../here"}, "unknown model"),
        ({"model": "./nothing"}, "no such directory"),
        ({"lora": {"targets": ["banana"]}}, "lora.targets: .*banana"),
        ({"lora": {"base": "nf4"}}, "needs a CUDA GPU and pip install bitsandbytes"),
    ],
)
def test_wrong_models(tiny: Model, tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    config = settings(tmp_path, **{"model": tiny.path, **changes})
    with pytest.raises(ConfigError, match=message):
        a_policy(config)


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    model = save_model(tmp_path / "tiny")
    file = Path(model.path, "model.safetensors")
    tensors = load_file(file)
    del tensors["model.norm.weight"]
    save_file(tensors, file, metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"1 tensors are missing or unknown, .*model\.norm.weight"):
        a_policy(settings(tmp_path, model.path))
