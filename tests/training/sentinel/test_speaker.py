import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.schema import Finish, Headline, Lang, Prompt, Task
from semeval_humor.training.sentinel import speaker as module
from semeval_humor.training.sentinel.draw import NotANumberError
from semeval_humor.training.sentinel.speaker import Sample, TransformersSpeaker
from tests.tiny_model import save_model

torch = pytest.importorskip("torch")

HEADLINES = {
    Lang.EN: "Mayor resigns over pigeons",
    Lang.ES: "El alcalde dimite",
    Lang.ZH: "市长辞职",
}
PROMPTS = [
    Prompt(f"{lang}-{n}", Task.A, lang, Headline(text * n))
    for lang, text in HEADLINES.items()
    for n in (1, 2)
]
ENDS = (2, *range(40, 70))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(save_model(tmp_path_factory.mktemp("tiny") / "model", context=256).path)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def load(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def adapted(folder: Path, strength: float) -> Any:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=2, target_modules=["q_proj", "v_proj"], lora_dropout=0.5)
    torch.manual_seed(3)
    model = get_peft_model(load(folder), config)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.normal_(std=strength)
    return model.train()


def make(folder: Path, model: Any, parent: Any = None, **more: Any) -> TransformersSpeaker:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)

    def render(prompt: Prompt) -> list[int]:
        assert isinstance(prompt.constraint, Headline)
        return list(tokenizer(prompt.constraint.text + ":").input_ids)

    options: dict[str, Any] = {"max_tokens": 12, "stop_ids": ENDS} | more
    return TransformersSpeaker(model, tokenizer, parent, render, **options)


def by_hand(model: Any, prompt: list[int], answer: list[int]) -> tuple[list[float], list[float]]:
    """Log-probability and entropy of each token, each in a pass of its own."""
    logprobs, entropies = [], []
    for place, token in enumerate(answer):
        with torch.no_grad():
            logits = model(torch.tensor([prompt + answer[:place]])).logits[0, -1]
        there = torch.distributions.Categorical(logits=logits)
        logprobs.append(float(there.log_prob(torch.tensor(token))))
        entropies.append(float(there.entropy()))
    return logprobs, entropies


def drawn(speaker: TransformersSpeaker, monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Tokens that the next call will draw, as the engine of the speaker returns them."""
    seen: list[list[int]] = []
    original = speaker._drawn

    def listening(*args: Any) -> Any:
        rows, heard = original(*args)
        seen.extend(row.answer for row in rows)
        return rows, heard

    monkeypatch.setattr(speaker, "_drawn", listening)
    return seen


@pytest.mark.parametrize(
    ("full", "bytes_"),
    [(True, 2**28), (False, 4 * 360 * 12 * 2), (False, 1)],  # all at once, two, one at a time
)
def test_log_probabilities_are_those_of_one_pass_a_token(
    folder: Path, full: bool, bytes_: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOGITS_BYTES", bytes_)
    parent = load(folder).eval()
    policy = adapted(folder, 0.5)
    if full:
        policy = policy.merge_and_unload()
    # The temperature changes what is drawn, not what the model thinks of it.
    speaker = make(folder, policy, parent if full else None, temperature=1.25)
    answers = drawn(speaker, monkeypatch)
    samples = speaker.speak(PROMPTS, seed=1)
    assert {sample.finish for sample in samples} == {Finish.STOPPED, Finish.CUT_OFF}
    policy.eval()
    for prompt, sample, answer in zip(PROMPTS, samples, answers, strict=True):
        tokens = list(speaker._render(prompt))
        own, entropies = by_hand(policy, tokens, answer)
        assert sample.logprobs == pytest.approx(own, abs=1e-4)
        assert sample.entropies == pytest.approx(entropies, abs=1e-4)
        assert sample.parent_logprobs == pytest.approx(by_hand(parent, tokens, answer)[0], abs=1e-4)
        assert max(map(abs, torch.tensor(own) - torch.tensor(sample.parent_logprobs))) > 0.01


def test_an_answer_ends_with_the_first_of_several_end_tokens(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = make(folder, load(folder), load(folder))
    answers = drawn(speaker, monkeypatch)
    samples = speaker.speak(PROMPTS, seed=1)
    for sample, answer in zip(samples, answers, strict=True):
        ends = [place for place, token in enumerate(answer) if token in ENDS]
        assert ends in ([], [len(answer) - 1])
        assert (sample.finish is Finish.STOPPED) == bool(ends)
        assert len(answer) == 12 or ends
        tokenizer = speaker._tokenizer
        text = tokenizer.decode(answer[:-1] if ends else answer, skip_special_tokens=True)
        assert sample.text == (text if ends else text.rstrip("\ufffd")).strip()


@pytest.mark.parametrize("full", [True, False])
def test_a_policy_that_has_not_changed_is_its_parent(folder: Path, full: bool) -> None:
    policy = load(folder) if full else adapted(folder, 0.0)
    speaker = make(folder, policy, load(folder) if full else None)
    said = speaker.speak(PROMPTS, seed=5)
    assert texts(said) == texts(speaker.parent_speaks(PROMPTS, seed=5))
    for sample in said:
        assert sample.logprobs == pytest.approx(sample.parent_logprobs, abs=1e-5)


def test_the_parent_is_heard_without_the_adapter(folder: Path) -> None:
    speaker = make(folder, adapted(folder, 0.5), None)
    alone = make(folder, load(folder), load(folder))
    assert texts(speaker.parent_speaks(PROMPTS, seed=5)) == texts(alone.speak(PROMPTS, seed=5))
    assert texts(speaker.speak(PROMPTS, seed=5)) != texts(alone.speak(PROMPTS, seed=5))


def test_what_people_wrote_is_read(folder: Path) -> None:
    speaker = make(folder, adapted(folder, 0.5), None)
    jokes = ["The pigeon won.", "", "La paloma tenía más votos."]
    read = speaker.parent_reads(PROMPTS[:3], jokes)
    parent = load(folder).eval()
    for prompt, joke, sample in zip(PROMPTS[:3], jokes, read, strict=True):
        tokens = speaker._tokens(joke)[:12]
        logprobs, entropies = by_hand(parent, list(speaker._render(prompt)), tokens)
        assert (sample.text, sample.finish) == (joke, Finish.STOPPED)
        assert sample.logprobs == sample.parent_logprobs == pytest.approx(logprobs, abs=1e-4)
        assert sample.entropies == pytest.approx(entropies, abs=1e-4)


def test_seeds_decide_what_is_drawn(folder: Path) -> None:
    speaker = make(folder, load(folder), load(folder))
    first = texts(speaker.speak(PROMPTS, seed=1))
    torch.manual_seed(77)
    assert texts(speaker.speak(PROMPTS, seed=1)) == first
    assert texts(speaker.speak(PROMPTS, seed=2)) != first
    cold = make(folder, load(folder), load(folder), temperature=1e-5)
    assert texts(cold.speak(PROMPTS, seed=1)) == texts(cold.speak(PROMPTS, seed=2))


@pytest.mark.parametrize("method", ["speak", "parent_speaks", "reads", "fails"])
def test_training_goes_on_as_if_nobody_had_listened(folder: Path, method: str) -> None:
    policy = adapted(folder, 0.5)
    policy.gradient_checkpointing_enable()
    bare = policy.get_base_model()
    bare.config.use_cache = False
    bare.generation_config.repetition_penalty = 3.0
    kept = bare.generation_config
    frozen = next(value for name, value in policy.named_parameters() if "lora_A" in name)
    frozen.requires_grad_(False)
    part = bare.model.layers[0].mlp.eval()  # in a mode of its own
    policy(torch.tensor([[5, 6, 7]]), labels=torch.tensor([[5, 6, 7]])).loss.backward()
    before = state(policy)
    random = torch.get_rng_state()
    speaker = make(folder, policy, None)
    calls: dict[str, Callable[[], Any]] = {
        "speak": lambda: speaker.speak(PROMPTS, seed=1),
        "parent_speaks": lambda: speaker.parent_speaks(PROMPTS, seed=1),
        "reads": lambda: speaker.parent_reads(PROMPTS[:1], ["A joke."]),
        "fails": lambda: make(folder, policy, None, max_tokens=300).parent_speaks(PROMPTS, seed=1),
    }
    if method == "fails":
        with pytest.raises(ConfigError):
            calls[method]()
    else:
        calls[method]()
    assert torch.equal(torch.get_rng_state(), random)
    assert state(policy) == before
    assert bare.generation_config is kept
    assert (bare.config.use_cache, part.training, bare.training) == (False, False, True)


def state(model: Any) -> list[tuple[str, float, bool, float | None]]:
    return [
        (
            name,
            float(v.detach().sum()),
            v.requires_grad,
            None if v.grad is None else float(v.grad.sum()),
        )
        for name, v in model.named_parameters()
    ] + [(name, float(module.training), False, None) for name, module in model.named_modules()]


def test_settings_that_a_model_brings_along_do_not_count(folder: Path) -> None:
    plain, other = load(folder), load(folder)
    other.generation_config.repetition_penalty = 5.0
    other.generation_config.top_k = 1
    said = [texts(make(folder, each, each).speak(PROMPTS, seed=1)) for each in (plain, other)]
    assert said[0] == said[1]


@pytest.mark.parametrize("broken", ["policy", "parent"])
def test_broken_weights_are_no_answer(folder: Path, broken: str) -> None:
    models = {"policy": load(folder), "parent": load(folder)}
    with torch.no_grad():
        models[broken].lm_head.weight[7] = math.nan
    with pytest.raises(NotANumberError, match="weights are broken"):
        make(folder, models["policy"], models["parent"]).speak(PROMPTS, seed=1)


def test_a_prompt_that_fills_the_context_is_refused(folder: Path) -> None:
    speaker = make(folder, load(folder), load(folder), max_tokens=250)
    with pytest.raises(ConfigError, match=r"prompt en-1 has \d+ tokens.*lower sentinel.max_tokens"):
        speaker.speak(PROMPTS, seed=1)


def test_a_policy_without_adapter_needs_its_parent(folder: Path) -> None:
    with pytest.raises(ConfigError, match="frozen parent"):
        make(folder, load(folder), None)


def texts(samples: list[Sample]) -> list[str]:
    return [sample.text for sample in samples]
