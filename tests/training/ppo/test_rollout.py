"""What a policy writes: where it ends, what is rewarded, and that it is read as it was drawn."""

import math
from pathlib import Path

import pytest
import torch

from semeval_humor.models import Model
from semeval_humor.schema import Finish, Headline, Lang, Prompt, Task
from semeval_humor.training.policy import Policy
from semeval_humor.training.ppo import rollout
from semeval_humor.training.ppo.critic import Critic
from semeval_humor.training.ppo.reading import hear
from semeval_humor.training.ppo.rollout import Asked, roll_out
from semeval_humor.training.sentinel.draw import NotANumberError
from tests.tiny_model import save_model
from tests.training.tiny_policy import a_policy, settings

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers

HEADLINES = {
    Lang.EN: "Mayor resigns",
    Lang.ES: "Dimite el alcalde, y con él toda la ciudad",
    Lang.ZH: "市长辞职",
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


def asked(policy: Policy) -> list[Asked]:
    prompts = [Prompt(str(lang), Task.A, lang, Headline(text)) for lang, text in HEADLINES.items()]
    return [Asked(prompt, tuple(policy.render(prompt))) for prompt in prompts]


def sharpened(policy: Policy, times: float) -> None:
    with torch.no_grad():
        policy.model.get_output_embeddings().weight.mul_(times)


def test_what_is_drawn_is_what_is_read(tiny: Model, tmp_path: Path) -> None:
    # All but sure of each token: whoever reads it at another place, or sees what fills the rows
    # up before the prompts, finds another one.
    policy = a_policy(settings(tmp_path, tiny.path))
    sharpened(policy, 1000)
    drawn = roll_out(policy, asked(policy), max_tokens=12)
    assert len({len(each.asked.ids) for each in drawn}) == 3
    assert len({each.ids for each in drawn}) > 1
    assert hear(policy.model, drawn).logprobs_N.exp().min() > 0.9


def test_nothing_is_mixed_in_that_the_model_brings_along(tiny: Model, tmp_path: Path) -> None:
    policy = a_policy(settings(tmp_path, tiny.path))
    found = []
    for changes in ({}, {"repetition_penalty": 5.0, "top_k": 1, "temperature": 0.1}):
        brought = policy.model.generation_config
        brought.update(**changes)
        torch.manual_seed(4)
        found.append([each.ids for each in roll_out(policy, asked(policy), max_tokens=12)])
        assert policy.model.generation_config is brought
    assert found[0] == found[1]


def test_how_many_are_drawn_at_once_is_no_matter_of_their_number(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = a_policy(settings(tmp_path, tiny.path))
    sharpened(policy, 1000)
    together = roll_out(policy, asked(policy), max_tokens=6)
    monkeypatch.setattr(rollout, "AT_ONCE", 2)
    assert roll_out(policy, asked(policy), max_tokens=6) == together


def test_how_completions_end(tiny: Model, tmp_path: Path) -> None:
    policy = a_policy(settings(tmp_path, tiny.path))
    # Every other token ends an answer.
    policy.stop_ids = frozenset(range(0, len(policy.tokenizer), 2))
    torch.manual_seed(0)
    drawn = [each for _ in range(8) for each in roll_out(policy, asked(policy), max_tokens=2)]
    for each in drawn:
        assert 1 <= len(each.ids) <= 2
        ended = each.ids[-1] in policy.stop_ids
        assert each.finish is (Finish.STOPPED if ended else Finish.CUT_OFF)
        assert not policy.stop_ids.intersection(each.content)
        spelt = policy.tokenizer.decode(each.content)
        assert each.text == (spelt if ended else spelt.rstrip("\ufffd")).strip()
    ends = {(each.finish, len(each.content)) for each in drawn}
    assert ends == {(Finish.STOPPED, 0), (Finish.STOPPED, 1), (Finish.CUT_OFF, 2)}


def test_a_policy_that_is_broken(tiny: Model, tmp_path: Path) -> None:
    policy = a_policy(settings(tmp_path, tiny.path))
    sharpened(policy, math.nan)
    with pytest.raises(NotANumberError, match="its weights are broken"):
        roll_out(policy, asked(policy), max_tokens=2)


def test_a_critic_is_exact_where_the_policy_is_rounded() -> None:
    critic = Critic(4, None, "cpu")
    critic.expect(0.123456)
    with torch.autocast("cpu", torch.bfloat16):
        [value] = critic.values([], torch.ones(1, 4)).tolist()
    assert value == pytest.approx(0.123456, abs=1e-7)  # bfloat16 would make it 0.1235
