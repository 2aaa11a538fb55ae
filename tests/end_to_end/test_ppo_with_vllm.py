"""PPO whose samples are drawn by a real vLLM server, which gets each step's adapter."""

import os
from pathlib import Path

import pytest

from semeval_humor.models import DEFAULT_MODEL
from semeval_humor.training.ppo.train import train_with
from tests.end_to_end.vllm_server import server, wait_until_ready
from tests.training.ppo.bandit import bandit
from tests.training.tiny_policy import CHAT, Told
from tests.training.toy_reward import ToyReward

pytest.importorskip("vllm")
pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

STEPS = 4


def test_it_draws_from_the_policy_that_is_trained(tmp_path: Path) -> None:
    told = Told()
    core = max(os.sched_getaffinity(0))
    with server(core, "--enable-lora", "--max-lora-rank", "16") as (url, process):
        wait_until_ready(url, process)
        config = bandit(
            tmp_path,
            DEFAULT_MODEL,
            steps=STEPS,
            learning_rate=2e-3,
            max_tokens=16,
            stop_kl=10.0,
            vllm_url=url,
        )
        train_with(ToyReward(), None, config, CHAT, told)
    logged = [values for _, values in told.steps]
    assert len(logged) == STEPS
    # The policy has left its parent by far more than the server differs from it.
    assert logged[-1]["kl"] > 0.05
    weights = [values["sampling/mean_weight"] for values in logged]
    assert weights == pytest.approx([1] * STEPS, abs=0.02)
