"""Samples of a policy in training, with what policy and frozen parent think of each token."""

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from semeval_humor.errors import ConfigError
from semeval_humor.schema import Finish, Prompt
from semeval_humor.training.completions import bare, text_of
from semeval_humor.training.sentinel.draw import Draw, opinion

if TYPE_CHECKING:
    import torch

AT_ONCE = 32
"""Sequences that are drawn side by side."""

LOGITS_BYTES = 2**28
"""Most bytes of float32 logits that a model returns at a time, unless one sequence has more. About
three sequences' worth come on top while they are turned into probabilities: with a vocabulary of
151,936 and 96 tokens, 56 MiB a sequence, so at most 223 + 167 MiB."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a model wrote for one prompt.

    Attributes:
        prompt: what it was asked.
        text: decoded, without special tokens and the spaces around it.
        finish: stopped, or cut off after the most tokens allowed.
        logprobs: natural logarithm of each token's probability under the policy, the end token
            included. The model's own, whatever temperature it was drawn at.
        parent_logprobs: the same under the frozen parent.
        entropies: of the policy's distribution over each token, in nats.
    """

    prompt: Prompt
    text: str
    finish: Finish
    logprobs: tuple[float, ...]
    parent_logprobs: tuple[float, ...]
    entropies: tuple[float, ...]


class Speaker(Protocol):
    """A policy and its frozen parent, as a sentinel hears them."""

    def speak(self, prompts: Sequence[Prompt], *, seed: int) -> list[Sample]:
        """One sample of the policy for each prompt; the same ones for the same seed and weights.

        Raises:
            NotANumberError: the policy's output is no longer a number.
        """

    def parent_speaks(self, prompts: Sequence[Prompt], *, seed: int) -> list[Sample]:
        """One sample of the parent for each prompt; as if it were the policy."""

    def parent_reads(self, prompts: Sequence[Prompt], texts: Sequence[str]) -> list[Sample]:
        """Texts of others as if the parent had written them. The end token is not counted."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A prompt and what follows it, in tokens."""

    prompt: list[int]
    answer: list[int]


@dataclass(frozen=True, slots=True)
class _Heard:
    """Log-probability of each token of an answer, and entropy of the distribution over it."""

    logprobs: tuple[float, ...]
    entropies: tuple[float, ...]


class TransformersSpeaker:
    """A policy of transformers, with LoRA or without.

    Leaves random numbers, train and eval mode of every module, gradients, what may have one, and
    the configuration of generation as they were.

    Args:
        model: the policy, or a PEFT model around it.
        tokenizer: of both.
        parent: what the policy was before, with the same tokens; None for a PEFT model whose
            adapter is taken out for that.
        render: token ids of a prompt, after which the answer begins.
        stop_ids: tokens that end an answer.
        max_tokens: an answer is cut off after as many.
        temperature: above 0.

    Raises:
        ConfigError: no parent, and no adapter to take out.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        parent: Any | None,
        render: Callable[[Prompt], Sequence[int]],
        stop_ids: Collection[int],
        max_tokens: int = 96,
        temperature: float = 1.0,
    ) -> None:
        if parent is None and not hasattr(model, "disable_adapter"):
            raise ConfigError("the sentinel needs the frozen parent of a policy without adapter")
        self._model = model
        self._tokenizer = tokenizer
        self._parent = parent
        self._render = render
        self._stops = frozenset(stop_ids)
        self._max_tokens = max_tokens
        self._temperature = temperature
        padding = tokenizer.pad_token_id
        self._padding: int = min(self._stops, default=0) if padding is None else padding

    def speak(self, prompts: Sequence[Prompt], *, seed: int) -> list[Sample]:
        """Draw from the policy; see ``Speaker``. The parent reads the answers in one pass.

        Raises:
            ConfigError: a prompt leaves no room for an answer.
            NotANumberError: the policy's output is no longer a number.
        """
        with _untouched(self._model, self._parent):
            rows, policy = self._drawn(bare(self._model), prompts, seed)
            with self._as_parent() as parent:
                old = self._read(parent, rows)
        return [
            self._sample(prompt, row, heard, before.logprobs)
            for prompt, row, heard, before in zip(prompts, rows, policy, old, strict=True)
        ]

    def parent_speaks(self, prompts: Sequence[Prompt], *, seed: int) -> list[Sample]:
        """Draw from the parent; see ``Speaker``."""
        with _untouched(self._model, self._parent), self._as_parent() as parent:
            rows, found = self._drawn(parent, prompts, seed)
        return [
            self._sample(prompt, row, heard, heard.logprobs)
            for prompt, row, heard in zip(prompts, rows, found, strict=True)
        ]

    def parent_reads(self, prompts: Sequence[Prompt], texts: Sequence[str]) -> list[Sample]:
        """Let the parent read texts, at most ``max_tokens`` tokens of each; see ``Speaker``."""
        rows = [
            _Row(list(self._render(prompt)), self._tokens(text)[: self._max_tokens])
            for prompt, text in zip(prompts, texts, strict=True)
        ]
        with _untouched(self._model, self._parent), self._as_parent() as parent:
            read = self._read(parent, rows)
        return [
            Sample(prompt, text, Finish.STOPPED, heard.logprobs, heard.logprobs, heard.entropies)
            for prompt, text, heard in zip(prompts, texts, read, strict=True)
        ]

    @contextmanager
    def _as_parent(self) -> Iterator[Any]:
        with self._model.disable_adapter() if self._parent is None else nullcontext():
            yield bare(self._model if self._parent is None else self._parent)

    def _tokens(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False).input_ids)

    def _drawn(
        self, model: Any, prompts: Sequence[Prompt], seed: int
    ) -> tuple[list[_Row], list[_Heard]]:
        import torch

        rendered = [list(self._render(prompt)) for prompt in prompts]
        _check_room(model, prompts, rendered, self._max_tokens)
        generator = torch.Generator(device=model.device).manual_seed(seed)
        rows: list[_Row] = []
        heard: list[_Heard] = []
        for start in range(0, len(rendered), AT_ONCE):
            batch = rendered[start : start + AT_ONCE]
            draw = Draw(generator, self._temperature)
            for prompt, tokens, logprobs, entropies in zip(
                batch, self._generate(model, batch, draw), *draw.heard, strict=True
            ):
                answer = self._ended(tokens)
                rows.append(_Row(prompt, answer))
                size = len(answer)
                heard.append(_Heard(tuple(logprobs[:size]), tuple(entropies[:size])))
        return rows, heard

    def _generate(self, model: Any, prompts: list[list[int]], draw: Draw) -> list[list[int]]:
        from transformers import GenerationConfig

        ids, mask = self._padded(model, prompts)
        wanted = GenerationConfig(
            max_new_tokens=self._max_tokens,
            do_sample=False,  # as draw leaves nothing to choose
            use_cache=True,
            eos_token_id=sorted(self._stops) or None,
            pad_token_id=self._padding,
        )
        # What the model brings along, such as a penalty for repetitions, would be mixed in.
        brought, model.generation_config = model.generation_config, GenerationConfig()
        try:
            output = model.generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=wanted,
                logits_processor=[draw],
            )
        finally:
            model.generation_config = brought
        answers: list[list[int]] = output[:, ids.shape[1] :].tolist()
        return answers

    def _ended(self, tokens: list[int]) -> list[int]:
        """An answer without the padding behind its end token."""
        for place, token in enumerate(tokens):
            if token in self._stops:
                return tokens[: place + 1]
        return tokens

    def _sample(
        self, prompt: Prompt, row: _Row, heard: _Heard, parent_logprobs: tuple[float, ...]
    ) -> Sample:
        stopped = row.answer[-1] in self._stops
        finish = Finish.STOPPED if stopped else Finish.CUT_OFF
        text = text_of(self._tokenizer, row.answer[:-1] if stopped else row.answer, finish)
        return Sample(prompt, text, finish, heard.logprobs, parent_logprobs, heard.entropies)

    def _read(self, model: Any, rows: list[_Row]) -> list[_Heard]:
        """What a model thinks of answers, in one pass, in chunks whose logits fit."""
        found: dict[int, _Heard] = {}
        order = sorted(range(len(rows)), key=lambda place: -len(rows[place].answer))
        vocabulary = model.config.get_text_config().vocab_size
        while order:
            longest = max(1, len(rows[order[0]].answer))
            size = max(1, LOGITS_BYTES // (4 * longest * vocabulary))
            chunk, order = order[:size], order[size:]
            logits_B_T_V = self._logits(model, [rows[place] for place in chunk], longest)
            for place, logits_T_V in zip(chunk, logits_B_T_V, strict=True):
                answer = rows[place].answer
                # Its last logits stand before its tokens.
                wanted = logits_T_V.new_tensor(answer).long()
                logprobs, entropies = opinion(logits_T_V[longest - len(answer) :], wanted)
                found[place] = _Heard(tuple(logprobs.tolist()), tuple(entropies.tolist()))
        return [found[place] for place in range(len(rows))]

    def _logits(self, model: Any, rows: list[_Row], longest: int) -> "torch.Tensor":
        """Logits before the last ``longest`` tokens of each row."""
        ids, mask = self._padded(model, [(row.prompt + row.answer)[:-1] for row in rows])
        accepted = inspect.signature(model.forward).parameters
        options: dict[str, Any] = {}
        if "position_ids" in accepted:
            options["position_ids"] = (mask.cumsum(dim=-1) - 1).clamp(min=0)
        if "logits_to_keep" in accepted:
            options["logits_to_keep"] = longest
        output = model(input_ids=ids, attention_mask=mask, use_cache=False, **options)
        logits: torch.Tensor = output.logits[:, -longest:]
        return logits

    def _padded(self, model: Any, rows: list[list[int]]) -> tuple["torch.Tensor", "torch.Tensor"]:
        """Token ids and attention mask, filled up on the left."""
        import torch

        width = max(map(len, rows))
        pads = [width - len(row) for row in rows]
        ids = [[self._padding] * pad + row for pad, row in zip(pads, rows, strict=True)]
        mask = [[0] * pad + [1] * (width - pad) for pad in pads]
        return (
            torch.tensor(ids, dtype=torch.long, device=model.device),
            torch.tensor(mask, dtype=torch.long, device=model.device),
        )


def _check_room(
    model: Any, prompts: Sequence[Prompt], rendered: list[list[int]], max_tokens: int
) -> None:
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    for prompt, tokens in zip(prompts, rendered, strict=True):
        if context is not None and len(tokens) + max_tokens > context:
            raise ConfigError(
                f"prompt {prompt.id} has {len(tokens)} tokens, which leaves no room for "
                f"{max_tokens} more in the model's context of {context}; lower sentinel.max_tokens"
            )


@contextmanager
def _untouched(*models: Any) -> Iterator[None]:
    """Evaluate models without gradients, then set back what that and adapters change."""
    import torch

    present = [model for model in models if model is not None]
    modes = {module: module.training for model in present for module in model.modules()}
    # Taking an adapter out and putting it back makes all of it trainable.
    trained = {value: value.requires_grad for model in present for value in model.parameters()}
    try:
        for model in present:
            model.eval()
        # Not inference_mode: what a model caches in it could not be trained with afterwards.
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        for value, needs in trained.items():
            value.requires_grad_(needs)
