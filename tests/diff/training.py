"""Training of tiny models, well or with a fault, on a CPU in a moment."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

BATCH, LENGTH = 4, 6

Reward = Callable[[list[list[int]]], list[float]]


def varied(samples: list[list[int]]) -> list[float]:
    return [float(sum(sample) % 7) for sample in samples]


def constant(samples: list[list[int]]) -> list[float]:
    return [0.5] * len(samples)


def undefined(samples: list[list[int]]) -> list[float]:
    return [math.nan] * len(samples)


def reinforce(
    base: str,
    out: Path,
    *,
    reward: Reward = varied,
    rate: float = 1e-3,
    decay: float = 0.0,
    masked: bool = False,
    dtype: str = "float32",
    steps: int = 3,
) -> Path:
    """Policy gradient with AdamW, and the log that TRL would write.

    As in TRL, an undefined advantage counts as none, and a masked completion as no loss.
    """
    import torch
    from transformers import AutoModelForCausalLM

    draw = torch.Generator().manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=getattr(torch, dtype))
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    log: list[dict[str, Any]] = []
    for step in range(1, steps + 1):
        samples = torch.randint(3, 360, (BATCH, LENGTH), generator=draw)
        rewards = torch.tensor(reward(samples.tolist()))
        advantages = (rewards - rewards.mean()).nan_to_num()
        logits = model(samples).logits[:, :-1].float()
        chosen = logits.log_softmax(-1).gather(2, samples[:, 1:, None])[..., 0].sum(1)
        (-(advantages * chosen).mean() * (0 if masked else 1)).backward()
        norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0))
        optimizer.step()
        optimizer.zero_grad()
        mean = float(rewards.mean())
        log.append(
            {
                "step": step,
                "learning_rate": rate,
                "grad_norm": norm,
                "reward": None if math.isnan(mean) else mean,
                "frac_reward_zero_std": float(rewards.std() == 0),
                "completions/clipped_ratio": float(masked),
            }
        )
    model.save_pretrained(out)
    write_log(out, log)
    return out


def write_log(folder: Path, entries: list[dict[str, Any]]) -> None:
    folder.mkdir(exist_ok=True)
    state = {"global_step": len(entries), "log_history": entries}
    (folder / "trainer_state.json").write_text(json.dumps(state))


def recast(base: str, out: Path, dtype: str) -> Path:
    """The same weights in another type."""
    import torch
    from transformers import AutoModelForCausalLM

    AutoModelForCausalLM.from_pretrained(base, dtype=getattr(torch, dtype)).save_pretrained(out)
    return out


def merge(base: str, adapter: Path, out: Path, dtype: str = "float32") -> Path:
    """A model with an adapter merged into it in a type."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=getattr(torch, dtype))
    PeftModel.from_pretrained(model, adapter).merge_and_unload().save_pretrained(out)
    return out


def scale_b(adapter: Path, factor: float) -> Path:
    """Make an adapter weaker, or with 0 as it is before its first step."""
    from safetensors.torch import load_file, save_file

    file = adapter / "adapter_model.safetensors"
    tensors = load_file(file)
    save_file({k: t * factor if "lora_B" in k else t for k, t in tensors.items()}, file)
    return adapter
