"""Differences worked out by hand, and what must not make one."""

import json
import math
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.diff import Difference, GroupChange, History, Verdict, diff, likely_cause
from semeval_humor.diff.names import canonical, group_of
from semeval_humor.errors import ConfigError, DataError
from tests.diff.stored import Values, near, shard, write

Q, UP, HEAD = (
    "model.layers.0.self_attn.q_proj.weight",
    "model.layers.0.mlp.up_proj.weight",
    "lm_head.weight",
)
EMBED, NORM = "model.embed_tokens.weight", "model.norm.weight"


def group(difference: Difference, name: str) -> GroupChange:
    return next(group for group in difference.groups if group.name == name)


def between(
    folder: Path, before: Values, after: Values, dtypes: tuple[str, str] = ("F32", "F32")
) -> Difference:
    return diff(write(folder / "a", before, dtypes[0]), write(folder / "b", after, dtypes[1]))


def test_a_difference_by_hand(tmp_path: Path) -> None:
    k = "model.layers.0.self_attn.k_proj.weight"
    before = {EMBED: [[1.0, 2.0]], Q: [[3.0, 4.0], [0.0, 0.0]], k: [[0.0, 12.0]], UP: [[1.0]]}
    after = {EMBED: [[1.0, 2.0]], Q: [[3.0, 4.0], [0.0, -5.0]], k: [[0.0, 12.0]], UP: [[1.5]]}
    found = between(tmp_path, before, after)
    assert found.verdict is Verdict.CHANGED
    assert (found.missing, found.extra) == ((), ())
    assert found.groups == (
        GroupChange("embeddings", 1, 0, 2, 0, 0.0, 0.0),
        # ‖Δ‖ = 5; ‖W‖ = √(9 + 16 + 144) = 13, the unchanged k_proj included
        GroupChange("attention", 2, 1, 6, 1, near(5 / 13), 5.0),
        GroupChange("mlp", 1, 1, 1, 1, near(0.5), 0.5),
    )
    assert likely_cause(found) is None


def test_a_change_from_nothing_has_no_relative_size(tmp_path: Path) -> None:
    found = between(tmp_path, {Q: [0.0, 0.0]}, {Q: [0.0, 2.0]})
    assert group(found, "attention") == GroupChange("attention", 1, 1, 2, 1, None, 2.0)


@pytest.mark.parametrize("size", [1e-25, 1e-21, 1e25])
def test_values_whose_squares_leave_float32(tmp_path: Path, size: float) -> None:
    # 1e-50 is 0 there, 1e-42 has few places left, and 1e50 is infinite.
    found = between(tmp_path, {Q: [size, 0.0]}, {Q: [3 * size, 0.0]})
    assert found.groups == (GroupChange("attention", 1, 1, 2, 1, near(2.0), near(2 * size)),)


def test_many_blocks_and_pieces_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semeval_humor.diff.pairs.PIECE", 1000)
    monkeypatch.setattr("semeval_humor.diff.pairs.BLOCK", 64)
    before = np.ones(100_003, np.float32)
    after = before.copy()
    after[::1000] += 3  # 101 values
    found = between(tmp_path, {Q: before}, {Q: after})
    relative = math.sqrt(101 * 9 / 100_003)
    expected = GroupChange("attention", 1, 1, 100_003, 101, near(relative), 3.0)
    assert found.groups == (expected,)


def test_progress_ends_at_the_number_of_values(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write(tmp_path / "a", {Q: [1.0, 2.0], UP: [3.0]})
    diff(tmp_path / "a", tmp_path / "a", watch=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("before", "after", "changed", "broken"),
    [
        ([0.0, 1.0], [-0.0, 1.0], 0, 0),
        ([math.nan, 1.0], [math.nan, 1.0], 0, 0),
        ([-math.inf, 1.0], [-math.inf, 1.0], 0, 0),
        ([1.0, 1.0], [math.nan, 1.0], 1, 1),
        ([1.0, 1.0], [math.inf, 2.0], 2, 1),
        ([math.nan, 1.0], [3.0, 1.0], 1, 0),
    ],
)
def test_zeros_and_what_is_no_number(
    tmp_path: Path, before: list[float], after: list[float], changed: int, broken: int
) -> None:
    found = between(tmp_path, {Q: before, UP: [5.0]}, {Q: after, UP: [6.0]})
    assert group(found, "attention").values_changed == changed
    assert found.traits.moved.broken == broken
    assert math.isfinite(group(found, "attention").max_abs)
    cause = likely_cause(found) or ""
    assert cause.startswith(f"{broken} values became NaN or infinite") == bool(broken)


ULP = 2.0**-7
"""Of bfloat16 between 1 and 2, which has 8 places; float16 has 11 and steps of 2**-10 there."""


@pytest.mark.parametrize(
    ("before", "after", "dtypes", "verdict"),
    [
        (1 + ULP / 4, 1.0, ("F32", "BF16"), Verdict.WITHIN_ROUNDING),
        (1 + ULP / 2, 1.0, ("F32", "BF16"), Verdict.WITHIN_ROUNDING),  # the middle: either way
        (1 + ULP * 0.51, 1.0, ("F32", "BF16"), Verdict.CHANGED),
        (1.0, 1 + ULP / 4, ("BF16", "F32"), Verdict.WITHIN_ROUNDING),
        (1.0, 1 + ULP, ("BF16", "BF16"), Verdict.CHANGED),
        (1.0, 1 + ULP, ("BF16", "F32"), Verdict.CHANGED),
        (1 + ULP, 1 + ULP, ("BF16", "F32"), Verdict.IDENTICAL),
        (1 + ULP, 1 + ULP, ("F16", "BF16"), Verdict.IDENTICAL),
        (1 + 2**-10, 1.0, ("F16", "BF16"), Verdict.WITHIN_ROUNDING),
        (1 + 2**-11, 1.0, ("F32", "F16"), Verdict.WITHIN_ROUNDING),
        (1 + 2**-10, 1.0, ("F32", "F16"), Verdict.CHANGED),
        (2**-26, 0.0, ("F32", "F16"), Verdict.WITHIN_ROUNDING),  # its smallest one is 2**-24
        (2**-23, 0.0, ("F32", "F16"), Verdict.CHANGED),
        (1e6, math.inf, ("F32", "F16"), Verdict.CHANGED),
        (1 + 2**-30, 1.0, ("F64", "F32"), Verdict.WITHIN_ROUNDING),
        (1 + 2**-20, 1.0, ("F64", "F32"), Verdict.CHANGED),
        (3, 3, ("I64", "F32"), Verdict.IDENTICAL),
        (3, 4, ("I64", "I64"), Verdict.CHANGED),
        (1, 0, ("BOOL", "BOOL"), Verdict.CHANGED),
        (3, 3.25, ("I64", "F32"), Verdict.CHANGED),
    ],
)
def test_rounding_by_hand(
    tmp_path: Path, before: float, after: float, dtypes: tuple[str, str], verdict: Verdict
) -> None:
    found = between(tmp_path, {Q: [1, before]}, {Q: [1, after]}, dtypes)
    assert found.verdict is verdict


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(width=32), min_size=1, max_size=40),
    st.sampled_from(["torch.bfloat16", "torch.float16"]),
)
def test_a_cast_by_torch_is_within_rounding(values: list[float], name: str) -> None:
    import tempfile

    import torch
    from safetensors.torch import save_file

    kind = {"torch.bfloat16": torch.bfloat16, "torch.float16": torch.float16}[name]
    tensor = torch.tensor(values)
    tensor = tensor[tensor.to(kind).isfinite()]  # what becomes infinite is lost, not rounded
    with tempfile.TemporaryDirectory() as folder:
        base, other, back = (Path(folder, f"{n}.safetensors") for n in ("a", "b", "c"))
        save_file({Q: tensor}, base)
        save_file({Q: tensor.to(kind)}, other)
        save_file({Q: tensor.to(kind).float()}, back)
        same = bool((tensor == tensor.to(kind)).all())
        expected = Verdict.IDENTICAL if same else Verdict.WITHIN_ROUNDING
        assert diff(base, other).verdict is expected
        assert diff(other, base).verdict is expected
        assert diff(other, back).verdict is Verdict.IDENTICAL


WEIGHTS: Mapping[str, list[float]] = {EMBED: [1.0, 2.0], Q: [3.0, 4.0], NORM: [1.0], HEAD: [5.0]}


def test_equal_to_itself_however_it_is_sharded(tmp_path: Path) -> None:
    one = write(tmp_path / "one", WEIGHTS)
    names = list(WEIGHTS)
    parts = [{name: WEIGHTS[name] for name in names[::-2]}, {n: WEIGHTS[n] for n in names[-2::-2]}]
    sharded = shard(tmp_path / "sharded", parts)
    backwards = shard(tmp_path / "backwards", parts[::-1])
    expected = diff(one, one)
    assert expected.verdict is Verdict.IDENTICAL
    for other in (sharded, backwards, one / "model.safetensors"):
        assert diff(one, other) == diff(other, one) == expected


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: f"module.{name}",
        lambda name: f"_orig_mod.{name}",
        lambda name: f"base_model.model.{name}",
        lambda name: name.removeprefix("model."),
        lambda name: f"module._orig_mod.{name}",
        lambda name: name.replace("q_proj.", "q_proj.base_layer."),
        lambda name: name.replace("model.layers", "model.language_model.layers"),
    ],
)
def test_names_of_the_same_weight(tmp_path: Path, rename: object) -> None:
    assert callable(rename)
    renamed = {rename(name): values for name, values in WEIGHTS.items()}
    found = between(tmp_path, WEIGHTS, renamed)
    assert (found.verdict, found.missing, found.extra) == (Verdict.IDENTICAL, (), ())
    assert diff(tmp_path / "b", tmp_path / "a").traits.wrapped == ()


def test_names_that_meet_in_one_are_kept_apart(tmp_path: Path) -> None:
    both = {"model.norm.weight": [1.0], "norm.weight": [2.0]}
    assert group(between(tmp_path, both, both), "norms").tensors == 2


def test_what_only_one_side_has_is_listed_under_its_own_name(tmp_path: Path) -> None:
    after = {f"module.{EMBED}": [1.0, 2.0], f"module.{Q}": [3.0, 4.0], "v_head.weight": [1.0]}
    found = between(tmp_path, WEIGHTS, after)
    assert found.verdict is Verdict.IDENTICAL
    assert found.missing == (NORM, HEAD)
    assert found.extra == ("v_head.weight",)

    assert "unwrap the model before it is saved" in (likely_cause(found) or "")


def test_tensors_that_are_not_there(tmp_path: Path) -> None:
    found = between(tmp_path, WEIGHTS, {EMBED: [1.0, 2.0], Q: [3.0, 4.0]})
    assert found.verdict is Verdict.IDENTICAL
    assert "2 tensors of the base are not there, for example model.norm.weight" in (
        likely_cause(found) or ""
    )


NAN = math.nan


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (None, None),
        (History(3), None),
        (History(3, (0.0, 0.0), (1.0, 2.5)), "while the gradient's norm was up to 2.5"),
        (History(3, (0.0,), (0.0,)), "the learning rate was 0 in each of 1 logged steps"),
        (History(3, (1e-3,), (0.0, NAN)), "0 or NaN in each of 2 logged steps: no token counted"),
        (History(3, (1e-3,), (0.0,), (0.5, NAN)), "the reward was NaN"),
        (History(3, (1e-3,), (0.0,), (0.5, 0.5)), "the reward was constant (0.5), so none"),
        (History(3, (1e-3,), (0.0,), (0.5, 0.5), (1.0, 1.0)), "the reward was constant (0.5)"),
        (History(3, (1e-3,), (0.0,), (0.5, 0.7), (1.0, 1.0)), "the same for all samples of a pro"),
        (History(3, (1e-3,), (0.0,), (0.5, 0.5), (0.0, 0.0), (1.0, 1.0)), "completion was cut off"),
        (History(3, (1e-3,), (0.0,), (0.5, 0.5), (0.0, 0.0), (0.9, 1.0)), "no token counted"),
        (History(3, (1e-3,), (NAN, 0.1)), "3 steps were taken at a learning rate up to 0.001, but"),
    ],
)
def test_what_a_log_says_about_weights_that_did_not_change(
    tmp_path: Path, history: History | None, expected: str | None
) -> None:
    cause = likely_cause(between(tmp_path, WEIGHTS, WEIGHTS), history)
    assert cause == expected if expected is None else expected in (cause or "")


def test_weights_that_only_shrank_and_that_only_grew(tmp_path: Path) -> None:
    before = {Q: [3.0, 4.0, 5.0], UP: [1.0, -2.0]}
    for factor, cause in ((0.5, "the weights only shrank, to 0.5 times"), (1.5, "")):
        after = {name: [factor * value for value in values] for name, values in before.items()}
        assert cause in (likely_cause(between(tmp_path, before, after)) or "")
    assert likely_cause(diff(tmp_path / "a", tmp_path / "b")) is None


def test_a_tied_head_may_be_stored_or_not(tmp_path: Path) -> None:
    stored = {EMBED: [[1.0, 2.0]], HEAD: [[1.0, 2.0]], Q: [1.0]}
    left_out = {EMBED: [[1.0, 2.0]], Q: [1.0]}
    found = between(tmp_path, stored, left_out)
    assert (found.verdict, found.missing, found.extra) == (Verdict.IDENTICAL, (), ())
    found = diff(tmp_path / "b", tmp_path / "a")
    assert (found.verdict, found.missing, found.extra) == (Verdict.IDENTICAL, (), ())
    assert group(found, "head").values == 2


def test_a_head_that_was_never_tied_is_missing(tmp_path: Path) -> None:
    stored = {EMBED: [[1.0, 2.0]], HEAD: [[7.0, 2.0]], Q: [1.0]}
    left_out = {EMBED: [[1.0, 2.0]], Q: [1.0]}
    assert between(tmp_path, stored, left_out).missing == (HEAD,)
    (tmp_path / "b" / "config.json").write_text('{"tie_word_embeddings": true}')
    found = diff(tmp_path / "a", tmp_path / "b")
    assert (found.missing, group(found, "head").values_changed) == ((), 1)  # 7 became 1


@pytest.mark.parametrize(
    ("after", "cause"),
    [
        ({**WEIGHTS, EMBED: [1.0, 2.0, 3.0]}, "vocabulary: embed_tokens.weight: 2 in the base, 3 "),
        ({"encoder.x": [1.0]}, "no tensor has a name that the base knows, for example encoder.x"),
    ],
)
def test_other_models_are_incompatible(tmp_path: Path, after: Values, cause: str) -> None:
    found = between(tmp_path, WEIGHTS, after)
    assert found.verdict is Verdict.INCOMPATIBLE
    assert cause in (likely_cause(found) or "")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("model.layers.3.self_attn.q_norm.weight", "norms"),
        ("model.layers.3.post_attention_layernorm.weight", "norms"),
        ("deberta.encoder.layer.0.attention.self.query_proj.weight", "attention"),
        ("deberta.encoder.layer.0.attention.output.LayerNorm.bias", "norms"),
        ("deberta.encoder.layer.0.attention.output.dense.weight", "attention"),
        ("deberta.encoder.layer.0.intermediate.dense.weight", "mlp"),
        ("deberta.encoder.layer.0.output.dense.weight", "mlp"),
        ("deberta.encoder.rel_embeddings.weight", "embeddings"),
        ("deberta.embeddings.word_embeddings.weight", "embeddings"),
        ("transformer.h.0.attn.c_attn.weight", "attention"),
        ("transformer.h.0.mlp.c_fc.weight", "mlp"),
        ("transformer.ln_f.weight", "norms"),
        ("transformer.wte.weight", "embeddings"),
        ("model.layers.0.block_sparse_moe.experts.1.w1.weight", "mlp"),
        ("score.weight", "head"),
        ("classifier.weight", "head"),
        ("something.else", "other"),
    ],
)
def test_parts_of_models(name: str, part: str) -> None:
    assert group_of(canonical(name)) == part


def header(tensors: Mapping[str, object], data: bytes) -> bytes:
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            header({"a": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}}, b"1234"),
            "a is of type F8_E4M3, expected one of F64, F32",
        ),
        (
            header({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"1234"),
            "a has 4 bytes, expected 8",
        ),
        (b"PK", "cut off or no safetensors file"),
    ],
)
def test_files_that_cannot_be_compared(tmp_path: Path, content: bytes, message: str) -> None:
    base = write(tmp_path / "base", WEIGHTS)
    file = tmp_path / "x.safetensors"
    file.write_bytes(content)
    with pytest.raises(DataError, match=message):
        diff(base, file)


def test_places_without_weights(tmp_path: Path) -> None:
    base = write(tmp_path / "base", WEIGHTS)
    with pytest.raises(ConfigError, match="nowhere: no such file or directory"):
        diff(base, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"found no \*\.safetensors"):
        diff(base, tmp_path / "empty")


MEMORY = """
import re, sys, threading, time
from pathlib import Path
from semeval_humor.diff import diff

def anonymous():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

before, peak, over = anonymous(), 0, threading.Event()
def watch():
    global peak
    while not over.wait(0.01):
        peak = max(peak, anonymous() - before)
watcher = threading.Thread(target=watch, daemon=True)
watcher.start()
found = diff(Path(sys.argv[1]), Path(sys.argv[2]))
over.set()
watcher.join()
print(found.verdict, peak, "torch" in sys.modules)
"""


def sparse(path: Path, dtype: str, size: int, rows: int) -> Path:
    """A model of zeros that take no place on the disk, but for the last value, which is 1."""
    shape = [rows, 2**20]
    stop = size * rows * 2**20
    entry = {"dtype": dtype, "shape": shape, "data_offsets": [0, stop]}
    text = json.dumps({Q: entry}).encode()
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        stream.truncate(8 + len(text) + stop)
        stream.seek(-size, 2)
        stream.write({2: b"\x80\x3f", 4: b"\x00\x00\x80\x3f"}[size])
    return path


def test_memory_does_not_grow_with_the_model_and_torch_is_not_needed(tmp_path: Path) -> None:
    rows = 128  # 134 million values: 256 MiB in bfloat16, 512 MiB in float32
    half = sparse(tmp_path / "half.safetensors", "BF16", 2, rows)
    full = sparse(tmp_path / "full.safetensors", "F32", 4, rows)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, half, full], capture_output=True, text=True, check=True
    )
    verdict, peak, torch = done.stdout.split()
    assert (verdict, torch) == ("identical", "False")
    assert int(peak) < 64 * 2**20
