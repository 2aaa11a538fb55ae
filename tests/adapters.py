"""LoRA adapters for SmolLM2-135M, written as peft writes them."""

import json
from pathlib import Path

RANK, WIDTH = 4, 576


def write_adapter(folder: Path, *, scale: float) -> Path:
    """Random matrices A, and B of a size that ``scale`` gives; with 0 it has no effect."""
    import torch
    from safetensors.torch import save_file

    draw = torch.Generator().manual_seed(0)
    tensors = {}
    for layer in range(30):
        name = f"base_model.model.model.layers.{layer}.self_attn.q_proj"
        tensors[f"{name}.lora_A.weight"] = torch.randn(RANK, WIDTH, generator=draw) / WIDTH**0.5
        tensors[f"{name}.lora_B.weight"] = torch.randn(WIDTH, RANK, generator=draw) * scale
    folder.mkdir()
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "r": RANK,
        "lora_alpha": RANK,
        "lora_dropout": 0.0,
        "target_modules": ["q_proj"],
        "bias": "none",
    }
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder
