from pathlib import Path

import pytest

from semeval_humor.diff import Verdict, diff
from semeval_humor.errors import ConfigError, HumorError
from semeval_humor.models import Model, resolve
from semeval_humor.receipt import read_receipt
from semeval_humor.training.export import RECEIPT, Survival, export
from tests.diff.training import recast, scale_b
from tests.tiny_model import save_adapter, save_model

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in bfloat16, whole with its tokenizer."""
    folder = tmp_path_factory.mktemp("half")
    tiny = save_model(folder)
    return recast(tiny.path, folder, "bfloat16")


def adapter(half: Path, folder: Path, scale: float) -> Path:
    model = Model("tiny", str(half), None, True)
    return scale_b(save_adapter(folder, model), scale)


def test_a_small_adapter(half: Path, tmp_path: Path) -> None:
    small = adapter(half, tmp_path / "adapter", 1e-3)
    whole = export(small, tmp_path / "whole", "float32")
    assert whole.share == 1
    assert whole.lost == 0
    rounded = export(small, tmp_path / "rounded", "bfloat16")
    assert rounded.changed == whole.changed == 2 * (1024 + 512)  # q and v of two layers
    assert rounded.share == pytest.approx(diff(half, small).traits.survives or 0, abs=0.02)
    assert 0 < rounded.share < 0.5
    assert rounded.lost > 0.5
    assert diff(half, tmp_path / "whole").verdict is Verdict.CHANGED

    model = resolve(str(tmp_path / "whole"))
    assert model.chat
    receipt = read_receipt(tmp_path / "whole" / RECEIPT)
    assert receipt.counts["diff"]["verdict"] == "changed"
    assert receipt.counts["survival"]["share"] == 1
    assert receipt.model.adapter is not None
    with pytest.raises(ConfigError, match="whole: is there already"):
        export(small, tmp_path / "whole", "float32")


def test_it_answers_as_the_adapter_does(half: Path, tmp_path: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    large = adapter(half, tmp_path / "adapter", 1)
    export(large, tmp_path / "whole", "float32", model=str(half))
    tokens = torch.tensor([[5, 6, 7]])
    base = AutoModelForCausalLM.from_pretrained(half, dtype=torch.float32).eval()
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "whole").eval()
    assert merged.dtype is torch.float32
    with torch.no_grad():
        expected = PeftModel.from_pretrained(base, large)(tokens).logits
        assert torch.allclose(merged(tokens).logits, expected, atol=1e-4)


def test_nothing_to_merge(half: Path, tmp_path: Path) -> None:
    with pytest.raises(HumorError, match="adapter-noop: there is nothing to merge"):
        export(adapter(half, tmp_path / "adapter", 0), tmp_path / "out", "float32")
    with pytest.raises(HumorError, match="within-rounding: there is nothing to merge"):
        export(adapter(half, tmp_path / "tiny", 1e-30), tmp_path / "out", "float32")
    assert not (tmp_path / "out").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"adapter", "tiny"}


def test_the_share() -> None:
    assert Survival(changed=200, kept=30, lost=0.9).share == 0.15
