"""One update against an implementation of its own, and how it is cut into batches."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from semeval_humor.models import Model
from semeval_humor.training.policy import Policy
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.ppo.critic import Critic
from semeval_humor.training.ppo.experience import Experience, experience, read
from semeval_humor.training.ppo.learner import Learner
from semeval_humor.training.ppo.losses import Penalty
from semeval_humor.training.ppo.reading import hear, states
from semeval_humor.training.ppo.rollout import Asked, Rollout, roll_out
from semeval_humor.training.ppo.update import update
from tests.tiny_model import save_model
from tests.training.ppo.bandit import bandit
from tests.training.tiny_policy import a_policy

pytestmark = pytest.mark.filterwarnings("ignore")  # of peft and transformers

CREDITS = (0.4, -0.2, 0.0, 0.9)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


def moved(policy: Policy) -> None:
    """Let a policy differ from its parent."""
    torch.manual_seed(5)
    with torch.no_grad():
        for name, value in policy.model.named_parameters():
            if "lora_B" in name:
                value.normal_(std=0.2)


def recorded(policy: Policy, count: int = 4) -> list[Rollout]:
    from semeval_humor.schema import Headline, Lang, Prompt, Task

    prompts = [
        Prompt(f"en-{n}", Task.A, Lang.EN, Headline("Mayor resigns, " * (n + 1)))
        for n in range(count)
    ]
    torch.manual_seed(3)
    asked = [Asked(prompt, tuple(policy.render(prompt))) for prompt in prompts]
    drawn = roll_out(policy, asked, max_tokens=7)
    # of different lengths
    return [
        Rollout(each.asked, each.ids[: 2 + place], each.text, each.finish)
        for place, each in enumerate(drawn)
    ]


def learner(config: PpoConfig) -> Learner:
    policy = a_policy(config)  # type: ignore[arg-type]
    moved(policy)
    policy.model.eval()
    critic = Critic(32, None, torch.device("cpu"))
    torch.manual_seed(7)
    torch.nn.init.normal_(critic.head.weight, std=0.1)
    values = [v for v in policy.model.parameters() if v.requires_grad]
    groups = [{"params": values}, {"params": list(critic.parameters.values())}]
    return Learner(policy, critic, torch.optim.SGD(groups, lr=0.1), Penalty(0.3, None, 1))


def experienced(who: Learner, config: PpoConfig, rollouts: list[Rollout]) -> Experience:
    heard = read(who.policy, who.critic, rollouts, batch_size=3)
    credits = [
        [0.0] * (len(each.ids) - 1) + [reward]
        for each, reward in zip(rollouts, CREDITS, strict=True)
    ]
    return experience(rollouts, heard, credits, beta=0.3, discount=0.9, decay=0.8)


def plain(who: Learner, rollouts: list[Rollout], config: PpoConfig) -> torch.Tensor:
    """The loss of a first pass, token by token, without batches, masks or helpers."""

    def thought(model: Any, rollout: Rollout) -> tuple[list[Any], list[Any]]:
        tokens = torch.tensor([[*rollout.asked.ids, *rollout.ids]])
        output = model(input_ids=tokens, output_hidden_states=True)
        begin = len(rollout.asked.ids)
        logprobs, values = [], []
        for place, token in enumerate(rollout.ids):
            logits = output.logits[0, begin + place - 1]
            logprobs.append(logits[token] - torch.logsumexp(logits, 0))
            state = output.hidden_states[-1][0, begin + place - 1]
            values.append(state @ who.critic.head.weight[0] + who.critic.head.bias[0])
        return logprobs, values

    advantages, tokens = [], []
    for rollout, credit in zip(rollouts, CREDITS, strict=True):
        logprobs, values = thought(who.policy.model, rollout)
        with torch.no_grad(), who.policy.as_parent() as parent:
            parents, _ = thought(parent, rollout)
        size = len(logprobs)
        rewards = [
            (credit if t == size - 1 else 0.0) - 0.3 * (float(logprobs[t]) - float(parents[t]))
            for t in range(size)
        ]
        foretold = [*map(float, values), 0.0]
        surprise = [rewards[t] + 0.9 * foretold[t + 1] - foretold[t] for t in range(size)]
        for t in range(size):
            advantage = sum((0.9 * 0.8) ** (k - t) * surprise[k] for k in range(t, size))
            advantages.append(advantage)
            tokens.append((logprobs[t], values[t], advantage + foretold[t]))
    mean = sum(advantages) / len(advantages)
    spread = math.sqrt(sum((a - mean) ** 2 for a in advantages) / len(advantages))
    total = torch.zeros(())
    for (logprob, value, target), advantage in zip(tokens, advantages, strict=True):
        ratio = (logprob - logprob.detach()).exp()
        total = total - ratio * (advantage - mean) / spread
        total = total + config.value_weight * 0.5 * (value - target) ** 2
    return total / len(tokens)


def gradients(who: Learner) -> dict[str, torch.Tensor]:
    found = {
        name: value.grad.clone()
        for name, value in who.policy.model.named_parameters()
        if value.grad is not None
    }
    return found | {
        name: value.grad.clone()
        for name, value in who.critic.parameters.items()
        if value.grad is not None
    }


def test_gradients_against_a_plain_implementation(tiny: Model, tmp_path: Path) -> None:
    config = bandit(
        tmp_path, tiny.path, rollouts=4, batch_size=2, accumulation=2, num_iterations=1, beta=0.3
    ).model_copy(update={"max_grad_norm": 1e9})
    who = learner(config)
    rollouts = recorded(who.policy)
    found = experienced(who, config, rollouts)

    plain(who, rollouts, config).backward()  # type: ignore[no-untyped-call]
    expected = gradients(who)
    who.optimizer.zero_grad()

    seen: list[dict[str, torch.Tensor]] = []
    done = update(who, config, found, lambda optimizer: seen.append(gradients(who)))
    assert done.steps == len(seen) == 1
    assert done.means["approx_kl"] == pytest.approx(0, abs=1e-9)
    assert seen[0].keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(seen[0][name], gradient, rtol=1e-3, atol=1e-5)
    square = sum(float(g.square().sum()) for n, g in expected.items() if "head" not in n)
    assert done.grad_norm == pytest.approx(math.sqrt(square), rel=1e-4)


@pytest.mark.parametrize(("batch_size", "accumulation"), [(4, 1), (2, 2), (1, 4)])
def test_how_a_step_is_cut_into_batches_changes_nothing(
    tiny: Model, tmp_path: Path, batch_size: int, accumulation: int
) -> None:
    results = []
    for size, times in ((4, 1), (batch_size, accumulation)):
        config = bandit(
            tmp_path, tiny.path, rollouts=4, batch_size=size, accumulation=times, num_iterations=2
        ).model_copy(update={"stop_kl": 1e9, "entropy_weight": 0.01})
        who = learner(config)
        found = experienced(who, config, recorded(who.policy))
        torch.manual_seed(1)
        done = update(who, config, found)
        assert done.steps == 2
        state = {n: v.detach().clone() for n, v in who.policy.model.named_parameters()}
        results.append((state, done.means))
    (first, means), (second, others) = results
    assert others == pytest.approx(means, rel=1e-4, abs=1e-6)
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, rtol=1e-4, atol=1e-6)


def test_passes_end_where_the_policy_is_too_far(tiny: Model, tmp_path: Path) -> None:
    config = bandit(tmp_path, tiny.path, rollouts=4, batch_size=4, num_iterations=5)
    who = learner(config)
    found = experienced(who, config, recorded(who.policy))
    who.optimizer.param_groups[0]["lr"] = 3.0
    done = update(who, config.model_copy(update={"stop_kl": 1e-4, "max_grad_norm": 1e9}), found)
    assert done.stopped
    assert done.steps == 1  # the second pass saw it


def test_a_gradient_that_is_no_number_is_not_followed(tiny: Model, tmp_path: Path) -> None:
    config = bandit(tmp_path, tiny.path, rollouts=4, batch_size=4)
    who = learner(config)
    found = experienced(who, config, recorded(who.policy))
    found.advantages_B_T[0, 0] = math.nan
    before = {n: v.detach().clone() for n, v in who.policy.model.named_parameters()}
    done = update(who, config, found)
    assert done.steps == 0
    assert math.isnan(done.grad_norm)
    for name, value in who.policy.model.named_parameters():
        assert torch.equal(value, before[name])


def test_what_is_read_does_not_depend_on_neighbours(tiny: Model, tmp_path: Path) -> None:
    config = bandit(tmp_path, tiny.path)
    who = learner(config)
    rollouts = recorded(who.policy)
    together = hear(who.policy.model, rollouts)
    alone = [hear(who.policy.model, [each]) for each in rollouts]
    for name in ("logprobs_N", "entropies_N", "states_N_H"):
        apart = torch.cat([getattr(each, name) for each in alone])
        torch.testing.assert_close(getattr(together, name), apart, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        states(who.policy.model, rollouts), together.states_N_H, rtol=1e-4, atol=1e-5
    )
    # and sorted back, whatever the order they were read in
    found = read(who.policy, who.critic, rollouts, batch_size=3)
    flat = found.logprobs_B_T[found.mask_B_T]
    torch.testing.assert_close(flat, together.logprobs_N, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(found.parent_B_T, found.logprobs_B_T)
