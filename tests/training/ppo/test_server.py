"""Samples from a server: they are of the policy as it is, weighed, and failures say what to do."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch

from semeval_humor.errors import ConfigError, EngineError
from semeval_humor.models import Model
from semeval_humor.schema import Finish, Headline, Lang, Prompt, Task
from semeval_humor.training.policy import Policy
from semeval_humor.training.ppo.critic import Critic
from semeval_humor.training.ppo.experience import MOST_WEIGHT, read, weights
from semeval_humor.training.ppo.rollout import Asked, roll_out
from semeval_humor.training.ppo.server import RolloutServer
from semeval_humor.training.ppo.train import train_with
from tests.tiny_model import save_model
from tests.training.ppo.bandit import bandit
from tests.training.tiny_policy import CHAT, Told, a_policy, settings
from tests.training.toy_reward import ToyReward

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers

ENGLISH = Prompt("en_1", Task.A, Lang.EN, Headline("Mayor resigns"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


class FakeVllm:
    """Draws from adapters that it is given, as a vLLM server does, with transformers.

    Attributes:
        loaded: names of the adapters it knows, in the order in which they came.
        stale: it goes on drawing from the first one, whatever it is given.
        ends: every other answer ends after three tokens.
        wrong: an answer in place of the right one: status and content.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.policies: dict[str, Policy] = {}
        self.loaded: list[str] = []
        self.stale = self.ends = False
        self.wrong: tuple[int, bytes] | None = None
        self.asked: list[dict[str, Any]] = []

    def answer(self, path: str, given: dict[str, Any]) -> Any:
        match path:
            case "/v1/load_lora_adapter":
                first = next(iter(self.policies.values()), None)
                found = a_policy(settings(self.folder, given["lora_path"], lora={}))
                self.policies[given["lora_name"]] = first if self.stale and first else found
                self.loaded.append(given["lora_name"])
                return None
            case "/v1/unload_lora_adapter":
                del self.policies[given["lora_name"]]
                return None
            case "/v1/completions":
                self.asked.append(given)
                return {"choices": self._choices(self.policies[given["model"]], given)}
        raise AssertionError(path)

    def _choices(self, policy: Policy, given: dict[str, Any]) -> list[dict[str, Any]]:
        asked = [Asked(ENGLISH, tuple(ids)) for ids in given["prompt"]]
        assert given["stop_token_ids"] == sorted(policy.stop_ids)
        drawn = roll_out(policy, asked, max_tokens=given["max_tokens"])
        if self.ends:
            end = min(policy.stop_ids)
            drawn[::2] = [replace(each, ids=(*each.ids[:3], end)) for each in drawn[::2]]
        critic = Critic(policy.model.config.hidden_size, None, "cpu")
        logprobs_B_T = read(policy, critic, drawn, batch_size=8).logprobs_B_T
        found = [
            {
                "index": index,
                "token_ids": list(each.ids),
                "logprobs": {"token_logprobs": logprobs_B_T[index, : len(each.ids)].tolist()},
            }
            for index, each in enumerate(drawn)
        ]
        return found[::-1]  # a server need not keep the order


@contextmanager
def serving(fake: FakeVllm) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, content = fake.wrong or (
                200,
                json.dumps(fake.answer(self.path, given)).encode(),
            )
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *details: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("stale", [False, True])
def test_each_step_draws_from_the_policy_as_it_is(tiny: Model, tmp_path: Path, stale: bool) -> None:
    fake, told = FakeVllm(tmp_path / "server"), Told()
    fake.folder.mkdir()
    fake.stale = stale
    with serving(fake) as url:
        config = bandit(tmp_path, tiny.path, steps=3, learning_rate=0.05, vllm_url=url)
        train_with(ToyReward(), None, config, CHAT, told)
    weight = [logged["sampling/mean_weight"] for _, logged in told.steps]
    assert [name.rpartition("-")[2] for name in fake.loaded] == ["1", "2", "3"]
    assert list(fake.policies) == fake.loaded[-1:]
    assert not (config.out / "served").exists()
    if stale:
        assert weight[0] == pytest.approx(1, abs=1e-4)
        assert abs(weight[2] - 1) > 1e-3
    else:
        assert weight == pytest.approx([1, 1, 1], abs=1e-4)


def test_what_is_drawn(tiny: Model, tmp_path: Path) -> None:
    policy = a_policy(settings(tmp_path, tiny.path))
    fake = FakeVllm(tmp_path / "server")
    fake.folder.mkdir()
    fake.ends = True
    prompts = [
        Prompt("en_1", Task.A, Lang.EN, Headline("Mayor resigns")),
        Prompt("es_1", Task.A, Lang.ES, Headline("Dimite el alcalde, y con él toda la ciudad")),
        Prompt("zh_1", Task.A, Lang.ZH, Headline("市长辞职")),
    ]
    asked = [Asked(prompt, tuple(policy.render(prompt))) for prompt in prompts]
    with serving(fake) as url:
        server = RolloutServer(url + "/", tmp_path / "out" / "served")
        server.publish(policy, 1)
        drawn = server.draw(policy, asked * 8, max_tokens=12)
    assert [each.asked for each in drawn] == asked * 8
    assert [each.finish for each in drawn[:4]] == [Finish.STOPPED, Finish.CUT_OFF] * 2
    for each in drawn:
        assert (each.ids[-1] in policy.stop_ids) == (each.finish is Finish.STOPPED)
        assert len(each.logprobs) == len(each.ids)
    [given] = fake.asked
    assert (given["temperature"], given["top_p"], given["top_k"], given["min_p"]) == (1, 1, 0, 0)


def test_weights() -> None:
    # The policy finds the first token e^0.5 times likelier than the engine did, the second half as
    # likely; the third would count e^3 times.
    mask_B_T = torch.tensor([[True, True, True], [True, False, False]])
    logprobs_B_T = torch.tensor([[-1.0, -2.0, -0.5], [-1.0, 0.0, 0.0]])
    drawn = [[-1.5, -2.0 + 0.6931472, -3.5], [-1.0]]
    expected = torch.tensor([[1.6487213, 0.5, MOST_WEIGHT], [1.0, 0.0, 0.0]])
    assert weights(logprobs_B_T, drawn, mask_B_T) == pytest.approx(expected)
    assert weights(logprobs_B_T, [[], []], mask_B_T).tolist() == mask_B_T.float().tolist()


def test_trainings_of_one_name_share_a_server(tiny: Model, tmp_path: Path) -> None:
    policy = a_policy(settings(tmp_path, tiny.path))
    fake = FakeVllm(tmp_path)
    with serving(fake) as url:
        for lab in ("one", "other"):
            RolloutServer(url, tmp_path / lab / "ppo" / "served").publish(policy, 1)
    assert len(set(fake.loaded)) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((404, b"Not Found"), r"load_lora_adapter: 404: Not Found; start it with VLLM_ALLOW_RUN"),
        ((400, b'{"message": "LoRA rank 64 is greater than max_lora_rank 16"}'), "rank 64 is gr"),
    ],
)
def test_a_server_that_refuses(
    tiny: Model, tmp_path: Path, wrong: tuple[int, bytes], said: str
) -> None:
    policy = a_policy(settings(tmp_path, tiny.path))
    fake = FakeVllm(tmp_path)
    fake.wrong = wrong
    with serving(fake) as url, pytest.raises(EngineError, match=said):
        RolloutServer(url, tmp_path / "out" / "served").publish(policy, 1)


@pytest.mark.parametrize(
    "content",
    [
        b'{"choices": []}',
        b"null",
        b'{"choices": [{"index": 0, "text": "x"}]}',
        b'{"choices": [{"index": 0, "token_ids": [], "logprobs": {"token_logprobs": []}}]}',
        b'{"choices": [{"index": 0, "token_ids": [5], "logprobs": {"token_logprobs": []}}]}',
    ],
)
def test_answers_that_are_none(tiny: Model, tmp_path: Path, content: bytes) -> None:
    policy = a_policy(settings(tmp_path, tiny.path))
    fake = FakeVllm(tmp_path)
    fake.wrong = 200, content
    asked = [Asked(ENGLISH, tuple(policy.render(ENGLISH)))]
    with serving(fake) as url, pytest.raises(EngineError, match="not an answer of vLLM"):
        RolloutServer(url, tmp_path / "served").draw(policy, asked, max_tokens=4)


def test_no_server(tiny: Model, tmp_path: Path) -> None:
    with serving(FakeVllm(tmp_path)) as url:
        pass
    config = bandit(tmp_path, tiny.path, steps=3, vllm_url=url)
    with pytest.raises(EngineError, match=r"no answer .*; start it with"):
        train_with(ToyReward(), None, config, CHAT, Told())
    assert not (config.out / "served").exists()


def test_all_weights_are_not_served(tiny: Model, tmp_path: Path) -> None:
    with pytest.raises((ConfigError, ValueError), match="the server takes adapters only"):
        bandit(tmp_path, tiny.path, method="full", vllm_url="http://localhost:8000")
