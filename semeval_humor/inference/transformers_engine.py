"""Inference with transformers: for machines without vLLM, and for exact log-probabilities."""

import inspect
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, Self, TypeVar

from semeval_humor.errors import ConfigError, EngineError, HumorError, first_line
from semeval_humor.inference import machine
from semeval_humor.inference.chat import (
    Window,
    load_tokenizer,
    prompt_tokens,
    scored_text,
    stride_of,
)
from semeval_humor.inference.drawing import Draw, StopAtText
from semeval_humor.inference.loading import (
    free_memory,
    is_out_of_memory,
    load_model,
    stop_tokens,
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

CPU_BATCH = 32
CUDA_BATCH = 128

WINDOW = 4
"""Batches that are read at a time, so that prompts of similar length can stand together."""

CPU_LOGITS = 2**28
CUDA_LOGITS = 2**30
"""Most bytes of logits that ``logprobs`` holds at a time, in float32. On a CPU, 1 GiB took a third
more time than an eighth of it."""

Row = TypeVar("Row")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Row:
    """A request as tokens.

    Attributes:
        key: of the request.
        prompt: its tokens.
        limit: most tokens that may follow.
    """

    key: str
    prompt: list[int]
    limit: int


class TransformersEngine:
    """A model in this process, run in batches of prompts of similar length.

    Every request has random numbers of its own, from the seeds and its key: asked again under the
    same key it gets the same answer, whatever else runs, up to rounding.

    Args:
        model: what to load: in float32 on a CPU, in bfloat16 on a GPU that has it.
        adapter: LoRA weights to apply, if any.
        seed: goes into the random numbers beside that of ``Sampling``.
        batch_size: sequences at a time; None leaves it to the device. It is halved when the
            memory does not suffice.

    Raises:
        ConfigError: a library is missing.
        DataError: the weights do not fill the model.
        EngineError: the model does not fit into memory, or cannot be loaded.
    """

    def __init__(
        self,
        model: Model,
        *,
        adapter: Adapter | None = None,
        seed: int = 0,
        batch_size: int | None = None,
    ) -> None:
        self._source = model
        self._adapter = adapter
        self._seed = seed
        self._tokenizer = load_tokenizer(model.path)
        self._device = "cuda" if machine.has_cuda() else "cpu"
        self._batch_size = batch_size or (CUDA_BATCH if self._device == "cuda" else CPU_BATCH)
        self._logits_bytes = CUDA_LOGITS if self._device == "cuda" else CPU_LOGITS
        self._model = load_model(model, adapter, self._device)
        bare = self._model if adapter is None else self._model.get_base_model()
        self._accepted = frozenset(inspect.signature(bare.forward).parameters)
        self._stops = stop_tokens(bare.generation_config, self._tokenizer)
        # Its other settings, such as Qwen's top_k, would mix with those of the user.
        bare.generation_config = type(bare.generation_config)()
        config = bare.config.get_text_config()
        self._context: int | None = getattr(config, "max_position_embeddings", None)
        self._vocabulary: int = config.vocab_size
        padding = self._tokenizer.pad_token_id
        self._padding: int = next(iter(self._stops), 0) if padding is None else padding
        self._cut = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        """Give the model's memory back."""
        del self._model
        free_memory()

    @property
    def settings(self) -> Mapping[str, str | int | float | bool]:
        """What was chosen for this machine; the window, if the last ``logprobs`` needed one."""
        import torch

        window: dict[str, int] = {}
        if self._cut and self._context is not None:
            window = {"window": self._context, "stride": stride_of(self._context)}
        return window | {
            "engine": "transformers",
            "device": self._device,
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "batch_size": self._batch_size,
            "threads": torch.get_num_threads(),
        }

    def identity(self) -> ModelIdentity:
        """Hashes of the weights that were loaded."""
        return identity_of(self._source, self._adapter)

    def generate(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Completion]:
        """Yield completions batch by batch; see ``Engine``.

        ``tokens`` counts what was drawn, the end token and a stop text included.
        """
        source = iter(requests)
        while window := list(islice(source, WINDOW * self._batch_size)):
            rows = []
            for request in window:
                row = self._row(request, sampling)
                if isinstance(row, Completion):
                    yield row
                else:
                    rows.append(row)
            # Longest first: if the memory does not suffice, that is seen at once.
            rows.sort(key=lambda row: -len(row.prompt))
            for _, group in groupby(sorted(rows, key=lambda row: row.limit), lambda r: r.limit):
                for answers in self._batches(
                    list(group), lambda batch: self._completed(batch, sampling)
                ):
                    yield from answers

    def logprobs(
        self, continuations: Sequence[Continuation], *, adapted: bool = True
    ) -> list[tuple[float, ...]]:
        """Natural log-probability of each token of each text; see ``Engine``.

        The text is tokenised on its own; one that is longer than the context is read in windows
        (see ``chat.scored_text``). The softmax is taken in float32.

        Raises:
            ConfigError: no chat template for the turns, or no end token.
            EngineError: a probability is not a number, or the memory does not suffice.
        """
        texts = [scored_text(self._tokenizer, item, self._context) for item in continuations]
        self._cut = any(text.cut for text in texts)
        windows = list(enumerate(window for text in texts for window in text.windows))
        windows.sort(key=lambda pair: (-pair[1].asked, -len(pair[1].tokens)))
        found: dict[int, tuple[float, ...]] = {}
        bare = self._adapter is not None and not adapted
        with self._model.disable_adapter() if bare else nullcontext():
            for answers in self._batches(windows, self._log_probabilities):
                found.update(answers)
        answers_in_order = (found[place] for place in range(len(windows)))
        return [text.joined(islice(answers_in_order, len(text.windows))) for text in texts]

    def _row(self, request: Request, sampling: Sampling) -> _Row | Completion:
        for wanted, name in ((request.json_schema, "a JSON schema"), (request.images, "images")):
            if wanted:
                engines = "vllm or openai" if name == "a JSON schema" else "openai"
                raise ConfigError(
                    f"request {request.key!r} has {name}, which --engine transformers "
                    f"does not take; use --engine {engines}"
                )
        prompt = prompt_tokens(self._tokenizer, request.conversation)
        if not prompt:
            return Completion(request.key, "the prompt is empty", 0, Finish.FAILED)
        if self._context is not None and len(prompt) >= self._context:
            reason = f"the prompt has {len(prompt)} tokens, the model's context {self._context}"
            return Completion(request.key, reason, 0, Finish.FAILED)
        room = sampling.max_tokens if self._context is None else self._context - len(prompt)
        return _Row(request.key, prompt, min(sampling.max_tokens, room))

    def _batches(self, rows: list[Row], work: Callable[[list[Row]], Result]) -> Iterator[Result]:
        """Yield the results of batch after batch, in smaller ones once the memory is short."""
        import torch

        done = 0
        while done < len(rows):
            batch = rows[done : done + self._batch_size]
            problem = None
            try:
                with torch.inference_mode():
                    result = work(batch)
            except HumorError:
                raise
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise EngineError(f"{self._source.name}: {first_line(error)}") from error
                problem = first_line(error)
            # Outside of the handler, whose traceback would keep the batch's memory.
            if problem is None:
                yield result
                done += len(batch)
            else:
                self._shrink(len(batch), problem)

    def _shrink(self, size: int, problem: str) -> None:
        if size == 1:
            raise EngineError(
                f"{self._source.name}: out of memory on {self._device} with a single sequence: "
                f"{problem}; use a smaller model or fewer tokens"
            )
        self._batch_size = size // 2
        logger.warning("out of memory: going on with %d sequences at a time", self._batch_size)
        free_memory()

    def _completed(self, batch: list[_Row], sampling: Sampling) -> list[Completion]:
        from transformers import GenerationConfig

        ids, mask, pads = self._padded([row.prompt for row in batch])
        width = ids.shape[1]
        stop = StopAtText(self._tokenizer, sampling.stop, width) if sampling.stop else None
        output = self._model.generate(
            input_ids=ids,
            attention_mask=mask,
            generation_config=GenerationConfig(
                max_new_tokens=batch[0].limit,
                do_sample=False,
                eos_token_id=sorted(self._stops) or None,
                pad_token_id=self._padding,
            ),
            logits_processor=[Draw([row.key for row in batch], pads, sampling, self._seed)],
            stopping_criteria=[stop] if stop else [],
        )
        ended = stop.ended if stop else {}
        return [
            self._completion(row.key, tokens[: ended.get(place)], sampling, text=place in ended)
            for place, (row, tokens) in enumerate(
                zip(batch, output[:, width:].tolist(), strict=True)
            )
        ]

    def _completion(
        self, key: str, tokens: list[int], sampling: Sampling, *, text: bool
    ) -> Completion:
        end = next((place for place, token in enumerate(tokens) if token in self._stops), None)
        written = tokens[:end]
        answer = self._tokenizer.decode(
            written, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        cut = min((place for s in sampling.stop if (place := answer.find(s)) >= 0), default=None)
        if end is None and cut is None and not text:
            # The last character may have been cut in two.
            return Completion(key, answer.rstrip("\ufffd"), len(tokens), Finish.CUT_OFF)
        drawn = len(tokens) if end is None else end + 1
        return Completion(key, answer[:cut], drawn, Finish.STOPPED)

    def _log_probabilities(self, batch: list[tuple[int, Window]]) -> dict[int, tuple[float, ...]]:
        asked = max(window.asked for _, window in batch)
        size = self._logits_bytes // (4 * asked * self._vocabulary)
        # A model with a memory of another kind, such as Mamba, must be read in one go.
        if not size and "past_key_values" in self._accepted:
            return {place: self._in_pieces(window) for place, window in batch}
        size = max(1, size)
        found: dict[int, tuple[float, ...]] = {}
        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            logits_B_T_V = self._last_logits([window for _, window in part])
            for (place, window), logits_T_V in zip(part, logits_B_T_V, strict=True):
                found[place] = self._chosen(window.tokens[-window.asked :], logits_T_V)
        return found

    def _last_logits(self, windows: list[Window]) -> Any:
        """Logits before each token that is asked for, filled up on the left."""
        ids, mask, _ = self._padded([list(window.tokens[:-1]) for window in windows])
        options: dict[str, Any] = {}
        if "position_ids" in self._accepted:
            options["position_ids"] = (mask.cumsum(dim=-1) - 1).clamp(min=0)
        if "logits_to_keep" in self._accepted:
            options["logits_to_keep"] = max(window.asked for window in windows)
        return self._model(input_ids=ids, attention_mask=mask, use_cache=False, **options).logits

    def _in_pieces(self, window: Window) -> tuple[float, ...]:
        """The same for a single window whose logits would fill the memory."""
        step = max(1, self._logits_bytes // (4 * self._vocabulary))
        targets = window.tokens[-window.asked :]
        start = len(window.tokens) - window.asked
        options = {"logits_to_keep": step} if "logits_to_keep" in self._accepted else {}
        found: list[float] = []
        read, cache = 0, None
        while len(found) < len(targets):
            wanted = targets[len(found) : len(found) + step]
            end = start + len(found) + len(wanted) - 1
            ids = self._tensor([list(window.tokens[read:end])])
            answer = self._model(input_ids=ids, past_key_values=cache, use_cache=True, **options)
            read, cache = end, answer.past_key_values
            found += self._chosen(wanted, answer.logits[0])
        return tuple(found)

    def _chosen(self, tokens: Sequence[int], logits_T_V: Any) -> tuple[float, ...]:
        """Log-probability of each token, from the last logits, which stand before them."""
        before_V = logits_T_V[-len(tokens) :].float().log_softmax(dim=-1)
        chosen = before_V.gather(1, self._tensor([list(tokens)]).T)
        if bool(chosen.isnan().any()):
            raise EngineError(f"{self._source.name}: its probabilities are not numbers")
        return tuple(chosen[:, 0].tolist())

    def _padded(self, rows: list[list[int]]) -> tuple[Any, Any, list[int]]:
        """Token ids and attention mask, filled up on the left, and how far each row was."""
        width = max(map(len, rows))
        pads = [width - len(row) for row in rows]
        filled = [[self._padding] * pad + row for pad, row in zip(pads, rows, strict=True)]
        return self._tensor(filled), self._tensor([[0] * p + [1] * (width - p) for p in pads]), pads

    def _tensor(self, rows: list[list[int]]) -> Any:
        import torch

        return torch.tensor(rows, dtype=torch.long, device=self._device)
