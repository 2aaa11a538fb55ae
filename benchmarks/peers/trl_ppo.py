"""PPO of TRL 1.12, the last that had it, as ``training.py`` measures it beside ``train ppo``.

It runs in an environment of its own, since newer parts of TRL, which ``semeval-humor`` needs, have
no PPO:

    python -m venv trl && trl/bin/pip install trl==1.12.0 torch peft accelerate

TRL's PPO wants a reward model that reads the policy's own tokens, and a critic of the same kind.
Both are sequence classifiers made from the policy here, as its examples do; what they say does not
matter to what they cost.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

GIB = 2**20  # in KiB, in which Linux counts


def peak_gib() -> float:
    """The largest resident set since the last call."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return int(line.split()[1]) / GIB


def train(given: dict[str, Any], out: str) -> dict[str, Any]:
    """Train as told and return what it took."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import (
        AutoModelForCausalLM,
        AutoModelForSequenceClassification,
        AutoTokenizer,
        TrainerCallback,
    )
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(given["model"], padding_side="left")
    # TRL takes padding for the end of a joke.
    tokenizer.add_special_tokens({"pad_token": "<|endoftext|>"})
    full = {"dtype": torch.float32}
    policy = AutoModelForCausalLM.from_pretrained(given["model"], **full)
    judges = [
        AutoModelForSequenceClassification.from_pretrained(given["model"], num_labels=1, **full)
        for _ in ("critic", "reward")
    ]
    steps: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        """Takes the time after each update."""

        last = 0.0
        before = 0.0

        def on_train_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
            self.last = time.process_time()
            self.before = peak_gib()

        def on_step_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
            now = time.process_time()
            steps.append(now - self.last)
            self.last = now

    clock = Clock()
    trainer = PPOTrainer(
        args=PPOConfig(
            output_dir=out,
            use_cpu=True,
            bf16=False,
            per_device_train_batch_size=given["rollouts"],
            gradient_accumulation_steps=1,
            num_mini_batches=1,
            num_ppo_epochs=given["num_iterations"],
            total_episodes=given["steps"] * given["rollouts"],
            response_length=given["max_tokens"],
            local_rollout_forward_batch_size=given["rollouts"],
            temperature=1.0,
            stop_token="eos",
            learning_rate=given["learning_rate"],
            num_sample_generations=0,
            save_strategy="no",
            report_to="none",
            seed=given["seed"],
            gradient_checkpointing=False,
        ),
        processing_class=tokenizer,
        model=policy,
        ref_model=None,
        value_model=judges[0],
        reward_model=judges[1],
        train_dataset=Dataset.from_dict({"input_ids": given["prompts"]}),
        eval_dataset=Dataset.from_dict({"input_ids": given["prompts"][: given["rollouts"]]}),
        peft_config=LoraConfig(task_type="CAUSAL_LM", **given["lora"]),
        callbacks=[clock],
    )
    trainer.train()
    training = peak_gib()
    return {
        "steps": steps[1:],
        "losses": [],
        "parts": {},
        "reward": [],
        "training_gib": training,
        "process_gib": max(training, clock.before),
    }


def main() -> None:
    """Train once and print what it took, as JSON, behind a mark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("given", type=Path, help="JSON file that training.py wrote")
    parser.add_argument("--mark", required=True, help="what the result begins with")
    arguments = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    given = json.loads(arguments.given.read_text(encoding="utf-8"))
    found = train(given, str(arguments.given.parent / "trl"))
    print("\n" + arguments.mark + json.dumps(found))


if __name__ == "__main__":
    main()
