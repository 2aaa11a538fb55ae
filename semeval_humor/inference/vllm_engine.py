"""Batched inference in this process's vLLM, on GPUs or on a CPU. All calls to vLLM are here."""

import contextlib
import logging
import math
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Self

from semeval_humor.errors import ConfigError, EngineError, first_line
from semeval_humor.inference import machine
from semeval_humor.inference.chat import (
    Window,
    load_tokenizer,
    prompt_tokens,
    scored_text,
    stride_of,
)
from semeval_humor.models import Adapter, Model, identity_of
from semeval_humor.schema import (
    Completion,
    Continuation,
    Finish,
    ModelIdentity,
    Request,
    Sampling,
)

logger = logging.getLogger(__name__)

# Prompts of the task take 100 to 700 tokens. Room for more would only take memory from the batch.
CONTEXT = 4096

# Compiling pays only where the processor multiplies bfloat16 in hardware (AMX), and then for runs
# from about this many tokens on: measured there, 50 s once for 13% more tokens a second. Without
# AMX, float32 is faster than bfloat16 by a third, and compiling it made it slower by 8%.
COMPILE_FROM_TOKENS = 400_000

# Requests waiting inside the engine, as a share of the running ones, so that no slot stays empty.
QUEUE_AHEAD = 0.5


class VLLMEngine:
    """An in-process vLLM engine that hands out each completion as soon as it is finished.

    Args:
        model: what to load.
        adapter: LoRA weights to apply, if any.
        seed: of the engine. Requests get no seeds of their own: on CPU, vLLM dies of those when
            it prefills a prompt in chunks.
        expected_tokens: rough size of the run; decides whether compiling is worth its time.

    Raises:
        EngineError: the model does not fit, or vLLM fails to start.
    """

    def __init__(
        self, model: Model, *, adapter: Adapter | None, seed: int, expected_tokens: int
    ) -> None:
        self._model = model
        self._adapter = adapter
        self._tokenizer = load_tokenizer(model.path)
        cuda = machine.has_cuda()
        set_environment(cuda=cuda)
        machine.check_fits(model.path)
        options = {"dtype": "auto"} if cuda else cpu_options(model.path, expected_tokens)
        if adapter is not None:
            options |= {"enable_lora": True, "max_lora_rank": max(8, adapter.rank)}
        self._dead = False
        self._llm = _start(model.path, {"seed": seed, **options})
        config = self._llm.llm_engine.vllm_config
        self._context: int = config.model_config.max_model_len
        # vLLM wants room for one more token, even where none is drawn.
        self._window = self._context - 1
        self._cut = False
        self._slots: int = config.scheduler_config.max_num_seqs
        self._settings: dict[str, str | int | float | bool] = {
            "engine": "vllm",
            "device": "cuda" if cuda else "cpu",
            "dtype": str(config.model_config.dtype).removeprefix("torch."),
            "sequences": self._slots,
            "context": self._context,
            "compiled": not options.get("enforce_eager", False),
            "threads": os.environ.get("OMP_NUM_THREADS", "auto"),
        }

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """What was chosen for this machine; the window, if the last ``logprobs`` needed one."""
        window = {"window": self._window, "stride": stride_of(self._window)}
        return self._settings | (window if self._cut else {})

    def identity(self) -> ModelIdentity:
        """Hashes of the weights that were loaded."""
        return identity_of(self._model, self._adapter)

    def generate(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Completion]:
        """Yield completions as they finish; see ``Engine``."""
        engine = self._llm.llm_engine
        waiting = iter(requests)
        running: dict[str, Request] = {}
        exhausted = False
        try:
            while running or not exhausted:
                while not exhausted and len(running) < self._slots * (1 + QUEUE_AHEAD):
                    request = next(waiting, None)
                    if request is None:
                        exhausted = True
                    elif (refused := self._add(request, sampling)) is not None:
                        yield refused
                    else:
                        running[request.key] = request
                if running:
                    with self._naming_the_cause():
                        outputs = [output for output in engine.step() if output.finished]
                    for output in outputs:
                        del running[output.request_id]
                        yield _completion(output)
        finally:
            if running and not self._dead:
                engine.abort_request(list(running))

    def logprobs(
        self, continuations: Sequence[Continuation], *, adapted: bool = True
    ) -> list[tuple[float, ...]]:
        """Natural log-probability of each token of each text; see ``Engine``.

        The text is tokenised on its own; one that is longer than the context is read in windows
        (see ``chat.scored_text``).

        Raises:
            ConfigError: no chat template for the turns, or no end token.
            EngineError: a probability is not a number, or vLLM died.
        """
        texts = [scored_text(self._tokenizer, item, self._window) for item in continuations]
        self._cut = any(text.cut for text in texts)
        windows = [window for text in texts for window in text.windows]
        # With an adapter, vLLM on CPU mixes up the rows of a batch of prompt log-probabilities.
        size = 1 if self._adapter else max(1, len(windows))
        answers = (
            answer
            for start in range(0, len(windows), size)
            for answer in self._log_probabilities(windows[start : start + size], adapted)
        )
        return [text.joined(islice(answers, len(text.windows))) for text in texts]

    def _log_probabilities(self, windows: list[Window], adapted: bool) -> list[list[float]]:
        from vllm import SamplingParams

        with self._naming_the_cause():
            outputs = self._llm.generate(
                [{"prompt_token_ids": list(window.tokens)} for window in windows],
                SamplingParams(max_tokens=1, prompt_logprobs=0, temperature=0),
                lora_request=self._lora() if adapted else None,
                use_tqdm=False,
            )
        found = [
            [
                position[token].logprob
                for token, position in zip(
                    window.tokens[-window.asked :],
                    output.prompt_logprobs[-window.asked :],
                    strict=True,
                )
            ]
            for window, output in zip(windows, outputs, strict=True)
        ]
        if any(math.isnan(value) for values in found for value in values):
            raise EngineError(f"{self._model.name}: its probabilities are not numbers")
        return found

    def close(self) -> None:
        """End vLLM's processes and give its memory back."""
        self._llm.llm_engine.engine_core.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    @contextlib.contextmanager
    def _naming_the_cause(self) -> Iterator[None]:
        from vllm.v1.engine.exceptions import EngineDeadError

        try:
            yield
        except (EngineDeadError, RuntimeError, MemoryError) as error:
            self._dead = True
            raise EngineError(
                f"vLLM died: {first_line(error)}; what is finished is kept: run again to continue"
            ) from error

    def _add(self, request: Request, sampling: Sampling) -> Completion | None:
        if request.images:
            raise ConfigError(f"{request.key}: images need a server that sees them (--base-url)")
        tokens = prompt_tokens(self._tokenizer, request.conversation)
        if len(tokens) >= self._context:
            reason = f"the prompt has {len(tokens)} tokens, the context only {self._context}"
            return Completion(request.key, reason, 0, Finish.FAILED)
        (rendered,) = self._llm.renderer.render_cmpl([{"prompt_token_ids": tokens}])
        self._llm.llm_engine.add_request(
            request.key, rendered, _params(request, sampling), lora_request=self._lora()
        )
        return None

    def _lora(self) -> Any:
        if self._adapter is None:
            return None
        from vllm.lora.request import LoRARequest

        return LoRARequest("adapter", 1, str(self._adapter.path))


def cpu_options(path: str, expected_tokens: int) -> dict[str, Any]:
    """What suits a model and a run on this machine's processor, as arguments of ``LLM``."""
    available = machine.available_memory()
    bfloat16 = machine.has_amx() or 2 * machine.weights_size(path) > available // 2
    # A quarter of the memory for keys and values, within what a batch of short jokes can use.
    cache = min(4 * machine.GIB, max(machine.GIB // 2, available // 4))
    return {
        "dtype": "bfloat16" if bfloat16 else "float32",
        "enforce_eager": not bfloat16 or expected_tokens < COMPILE_FROM_TOKENS,
        "kv_cache_memory_bytes": cache,
        "max_num_seqs": 256,
    }


def set_environment(*, cuda: bool) -> None:
    """Tell vLLM what it reads from the environment only; what the user has set stays."""
    cores = machine.cores()
    # vLLM keeps one core free; on a small machine that core is half of the speed.
    threads = {
        "OMP_NUM_THREADS": str(len(cores)),
        "VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, cores)),
    }
    settings = {
        **({} if cuda else threads),
        # In this process: it starts 20 s sooner, and when this process is killed, no orphan of it
        # goes on computing.
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_LOGGING_LEVEL": "ERROR",
        "VLLM_LOGGING_STREAM": "ext://sys.stderr",
        "VLLM_NO_USAGE_STATS": "1",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _start(path: str, options: dict[str, Any]) -> Any:
    log = Path(tempfile.mkstemp(prefix="semeval-humor-vllm-", suffix=".log")[1])
    with _output_to(log):
        try:
            from transformers import AutoConfig
            from vllm import LLM

            config = AutoConfig.from_pretrained(path, local_files_only=True).get_text_config()
            engine = LLM(
                path,
                max_model_len=min(CONTEXT, config.max_position_embeddings),
                disable_log_stats=True,
                trust_remote_code=False,
                **options,
            )
        except (RuntimeError, ValueError, OSError, MemoryError, ImportError) as error:
            raise EngineError(
                f"{path}: vLLM did not start: {first_line(error)}; its log is {log}"
            ) from error
    log.unlink()
    return engine


@contextlib.contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send what vLLM and its processes print to a file; they would write into the results."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    try:
        with log.open("ab") as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in enumerate(saved, start=1):
            os.dup2(copy, number)
            os.close(copy)


def _params(request: Request, sampling: Sampling) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

    schema = request.json_schema
    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        min_p=sampling.min_p,
        repetition_penalty=sampling.repetition_penalty,
        max_tokens=sampling.max_tokens,
        stop=list(sampling.stop),
        structured_outputs=StructuredOutputsParams(json=dict(schema)) if schema else None,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _completion(output: Any) -> Completion:
    (answer,) = output.outputs
    finish = {"stop": Finish.STOPPED, "length": Finish.CUT_OFF}.get(
        answer.finish_reason, Finish.FAILED
    )
    text = answer.text if finish is not Finish.FAILED else str(answer.finish_reason)
    return Completion(output.request_id, text, len(answer.token_ids), finish)
