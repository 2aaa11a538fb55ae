"""Text encoders with a small head: texts in, two logits each out."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import ConfigError, DataError, HumorError, first_line

HUMOR, FUNNINESS = 0, 1
"""Columns of the logits: whether a text is humour at all, and how funny people find it."""

HEAD_FILE = "head.safetensors"

TOKENS_AT_ONCE = 1024
"""Tokens of one batch, padding included. Larger batches are slower on a CPU."""


class Encoder(Protocol):
    """Something that reads texts."""

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return ``logits_N_2``, with the columns HUMOR and FUNNINESS."""

    def unknown_rates(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the share of each text that the encoder cannot see, in [0, 1]."""


class TransformersEncoder:
    """An encoder from transformers; the mean of its token states goes through a linear layer.

    With a mean and a linear layer, each logit is a sum of what its tokens contribute.

    Args:
        tokenizer: a fast one, which knows where in a text its tokens stand.
        model: ``encoder`` and ``head``, as :func:`load_parts` returns them.
        max_length: tokens that are read of a text, the special ones included; the rest is cut.
    """

    def __init__(self, tokenizer: Any, model: Any, max_length: int) -> None:
        self.tokenizer = tokenizer
        self.model = model
        self._max_length = max_length
        self._seen: dict[int, bool] = {}

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return ``logits_N_2``; texts of about the same length are read together."""
        import torch

        tokens = self.token_ids(texts) if texts else []
        logits_N_2 = np.empty((len(texts), 2))
        self.model.eval()
        with torch.inference_mode():
            for rows in batches([len(ids) for ids in tokens]):
                found = self.forward([tokens[row] for row in rows])
                logits_N_2[rows] = found.double().cpu().numpy()
        return logits_N_2

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each text; what looks like a special token is plain text."""
        encoded = self.tokenizer(
            list(texts), truncation=True, max_length=self._max_length, split_special_tokens=True
        )
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def forward(self, tokens: Sequence[Sequence[int]]) -> Any:
        """Return the logits of one batch of token lists, a tensor of shape (texts, 2)."""
        import torch

        device = self.model["head"].weight.device
        longest = max(map(len, tokens))
        pad = self.tokenizer.pad_token_id
        ids_B_T = torch.tensor([[*ids, *[pad] * (longest - len(ids))] for ids in tokens])
        mask_B_T = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in tokens])
        ids_B_T, mask_B_T = ids_B_T.to(device), mask_B_T.to(device)
        states_B_T_H = self.model["encoder"](
            input_ids=ids_B_T, attention_mask=mask_B_T
        ).last_hidden_state
        weights_B_T_1 = (mask_B_T / mask_B_T.sum(1, keepdim=True)).unsqueeze(-1)
        return self.model["head"]((states_B_T_H * weights_B_T_1).sum(1))

    def unknown_rates(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the share of each text's characters that no token of its own stands for.

        Spaces do not count; a text of nothing else has 0. Unseen is what becomes [UNK], a byte, or
        part of a character, and what the tokenizer leaves out. Characters are counted, since
        tokenizers put a whole run of unknown letters into one [UNK].
        """
        if not texts:
            return np.empty(0)
        encoded = self.tokenizer(
            list(texts),
            add_special_tokens=False,
            split_special_tokens=True,
            return_offsets_mapping=True,
            verbose=False,
        )
        return np.array(
            [
                self._unseen(text, ids, offsets)
                for text, ids, offsets in zip(
                    texts, encoded["input_ids"], encoded["offset_mapping"], strict=True
                )
            ]
        )

    def _unseen(self, text: str, ids: Sequence[int], offsets: Sequence[tuple[int, int]]) -> float:
        seen = [character.isspace() for character in text]
        characters = len(seen) - sum(seen)
        for token, (start, stop) in zip(ids, offsets, strict=True):
            if self._stands_for_text(token):
                seen[start:stop] = [True] * (stop - start)
        return seen.count(False) / characters if characters else 0.0

    def _stands_for_text(self, token: int) -> bool:
        if token not in self._seen:
            name = self.tokenizer.convert_ids_to_tokens(token)
            byte = name.startswith("<0x") and name.endswith(">")
            special = token in self.tokenizer.all_special_ids
            written = self.tokenizer.decode([token]).strip()  # empty: the space before a word
            part = "\ufffd" in written
            self._seen[token] = bool(written) and not (byte or special or part)
        return self._seen[token]


def batches(lengths: Sequence[int], budget: int = TOKENS_AT_ONCE) -> Iterator[list[int]]:
    """Yield the rows of each batch: neighbours in length, the longest ones first.

    Args:
        lengths: tokens of each row.
        budget: most tokens of a batch, padding included. A longer row gets a batch of its own.
    """
    rows = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    while rows:
        size = max(1, budget // max(1, lengths[rows[0]]))
        yield rows[:size]
        rows = rows[size:]


def load_encoder(path: Path, max_length: int) -> TransformersEncoder:
    """Load an encoder and its head for inference, in float32, onto a GPU if there is one.

    Raises:
        ConfigError: torch or transformers is missing.
        DataError: the folder does not hold a whole encoder with a head.
    """
    tokenizer, model = load_parts(path, head=path / HEAD_FILE)
    return TransformersEncoder(tokenizer, model, max_length)


def load_parts(path: Path, head: Path | None) -> tuple[Any, Any]:
    """Load the tokenizer, and the encoder with its head, in float32.

    Args:
        path: directory of an encoder.
        head: weights of the head; None makes a new one at random.

    Raises:
        ConfigError: torch or transformers is missing.
        DataError: the folder does not hold a whole encoder, or the head is for another one.
    """
    try:
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise ConfigError(
            f"{path}: a humour classifier needs {error.name}: pip install 'semeval-humor[train]'"
        ) from error
    try:
        with _quiet():
            # What a checkpoint was stored in is not what it can be run in: half precision goes
            # wrong without a word in DeBERTa.
            encoder, report = AutoModel.from_pretrained(
                path,
                dtype=torch.float32,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
            )
            tokenizer = AutoTokenizer.from_pretrained(
                path, local_files_only=True, trust_remote_code=False
            )
        _normalize_as_sentencepiece(tokenizer)
        linear = torch.nn.Linear(encoder.config.hidden_size, 2)
        if head is None:
            torch.nn.init.normal_(linear.weight, std=0.02)
            torch.nn.init.zeros_(linear.bias)
        else:
            linear.load_state_dict(load_file(head))
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise DataError(
            f"{path}: cannot be loaded as a text encoder: {first_line(error)}"
        ) from error
    _check(path, tokenizer, report)
    model = torch.nn.ModuleDict({"encoder": encoder, "head": linear})
    return tokenizer, model.to("cuda" if torch.cuda.is_available() else "cpu")


def save_encoder(path: Path, encoder: TransformersEncoder) -> None:
    """Write an encoder, its tokenizer and its head into a folder, as safetensors.

    Raises:
        HumorError: the disk is full.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    head = encoder.model["head"].state_dict()
    try:
        with _quiet():
            encoder.model["encoder"].save_pretrained(path)
            encoder.tokenizer.save_pretrained(path)
        save_file({name: one.cpu().contiguous() for name, one in head.items()}, path / HEAD_FILE)
    except SafetensorError as error:
        raise HumorError(f"{path}: cannot be written: {error}") from error


def _check(path: Path, tokenizer: Any, report: Mapping[str, Any]) -> None:
    # The pooler is not used; sentence encoders come without one.
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise DataError(
            f"{path}: its weights lack {len(missing)} tensors that config.json asks for, "
            f"the first is {missing[0]}; it would be random"
        )
    if not tokenizer.is_fast:
        raise DataError(f"{path}: found a slow tokenizer, expected one with a tokenizer.json")
    if tokenizer.pad_token_id is None:
        raise DataError(f"{path}: its tokenizer has no padding token; choose a text encoder")


def _normalize_as_sentencepiece(tokenizer: Any) -> None:
    """Give DeBERTa's tokenizer the normalisation of its SentencePiece model, nmt_nfkc.

    That of transformers 5 leaves it out, and every full-width comma becomes [UNK].
    """
    from tokenizers import normalizers
    from transformers import DebertaV2Tokenizer

    if isinstance(tokenizer, DebertaV2Tokenizer):
        inner = tokenizer.backend_tokenizer
        first = [normalizers.Nmt(), normalizers.NFKC()]
        inner.normalizer = normalizers.Sequence([*first, inner.normalizer])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    from transformers.utils import logging

    shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()  # reports of unused weights: what matters is checked
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
