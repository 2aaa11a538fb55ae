"""What became of the weights of a model: the comparison of two checkpoints, and its verdict."""

import math
import os
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from semeval_humor.diff.change import Change
from semeval_humor.diff.names import GROUPS, group_of
from semeval_humor.diff.pairing import Pairing, pair_up
from semeval_humor.diff.pairs import AdaptedPair, Pair, StoredPair

HALF_STEP = 2.0**-24
"""Relative distance of a float32 to the middle between it and the next one, at most."""

THREADS = 4
"""At most; more wait for the memory."""

Piece = tuple[Pair, int, int]
"""Part of a weight, from a first to before a last row or value."""

Changes = Sequence[tuple[Pair, Change]]

Watch = Callable[[int, int], None]
"""Is told how many values of how many have been compared."""


class Verdict(StrEnum):
    """What became of the weights."""

    CHANGED = "changed"
    IDENTICAL = "identical"
    ADAPTER_NOOP = "adapter-noop"
    WITHIN_ROUNDING = "within-rounding"
    INCOMPATIBLE = "incompatible"


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What became of one part of the model.

    Attributes:
        name: embeddings, attention, mlp, norms, head or other.
        tensors: number of weights that both sides have.
        tensors_changed: of these, with a changed value.
        values: numbers in them; those of tied embeddings count for the head too if one side
            stores it.
        values_changed: of these, not equal on both sides, whatever types they are stored in.
        relative_l2: ‖Δ‖ / ‖W‖ over the whole group, 0 or more; None where W is all zero and Δ
            is not. W is the base; between two adapters, what the first one adds.
        max_abs: largest |Δ| of a finite value.
    """

    name: str
    tensors: int
    tensors_changed: int
    values: int
    values_changed: int
    relative_l2: float | None
    max_abs: float


@dataclass(frozen=True, slots=True)
class Traits:
    """What else the weights say about how they came about.

    Attributes:
        adapter: the checkpoint is an adapter.
        dtype: type in which most of the checkpoint's values are stored, in the words of
            safetensors; for an adapter, that of its model; None between two adapters.
        misfits: weights that have another shape there, in words.
        wrapped: names of tensors that no loader knows, because they hold a wrapper's name.
        moved: what became of the weights with a changed value, all together.
        shrunk: share of Σ Δ² that is explained by each weight having been multiplied by a number
            of its own, in [0, 1].
        survives: of an adapter: share of the values that it changes that would still change if it
            were merged in the type of the model's weights; else None.
    """

    adapter: bool
    dtype: str | None
    misfits: tuple[str, ...]
    wrapped: tuple[str, ...]
    moved: Change
    shrunk: float
    survives: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """How a checkpoint differs from its base.

    Attributes:
        verdict: in one word.
        groups: parts of the model that both sides have, in the order of ``names.GROUPS``.
        missing: names of tensors that only the base has.
        extra: names of tensors that only the checkpoint has, or that no loader would use.
        traits: what ``likely_cause`` looks at.
    """

    verdict: Verdict
    groups: tuple[GroupChange, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    traits: Traits


def diff(base: Path, checkpoint: Path, *, watch: Watch | None = None) -> Difference:
    """Say whether the weights of a checkpoint differ from those of its base, where, and how far.

    Values are compared, not files: neither the number of shards nor their order matters, nor do
    the type in which a value is stored, the wrappers in the names, or tied embeddings that are
    stored twice. The verdict is

    - incompatible, if a weight has another shape or the two have none in common;
    - adapter-noop, if an adapter adds exactly nothing;
    - identical, if every common value is equal;
    - within-rounding, if no value moved further than a cast between the types of the two sides
      can move it, or if what an adapter adds is smaller than what float32 rounds off the weights;
    - changed otherwise.

    Tensors that only one side has do not enter into it: they are listed. What an adapter adds is
    computed in float32; the weights that it leaves alone count as unchanged. Needs no torch, and
    little memory whatever the size: values are read in pieces from mapped files.

    Args:
        base: directory of a model or an adapter, or a safetensors file.
        checkpoint: the same. An adapter is compared with the model, or the adapter, before it.
        watch: is told of the progress, from this thread.

    Raises:
        ConfigError: the base is an adapter and the checkpoint a model, or one is not there.
        DataError: a file is damaged, is quantised, or is a kind of adapter other than LoRA.
    """
    pairing = pair_up(base, checkpoint)
    changes = _changes(pairing.pairs, watch)
    groups = tuple(_group(name, changes) for name in GROUPS)
    return Difference(
        verdict=_verdict(pairing, changes),
        groups=tuple(group for group in groups if group.tensors),
        missing=pairing.missing,
        extra=pairing.extra,
        traits=_traits(pairing, changes),
    )


def _changes(pairs: Sequence[Pair], watch: Watch | None) -> Changes:
    """What became of each weight.

    Where a whole group is the same byte by byte, no arithmetic is done. In the other groups the
    lengths of the weights that stayed the same are needed too, for the relative change.
    """
    pieces = [(pair, *piece) for pair in pairs for piece in pair.pieces()]
    total = sum(pair.values for pair in pairs)
    found: list[Change | None] = []
    done = 0
    with ThreadPoolExecutor(min(THREADS, len(os.sched_getaffinity(0)))) as pool:
        for (_, start, stop), change in zip(pieces, pool.map(_unless_same, pieces), strict=True):
            found.append(change)
            done += change.values if change else stop - start
            if watch:
                watch(done, total)
        moved = {
            group_of(pair.name)
            for (pair, *_), change in zip(pieces, found, strict=True)
            if change and change.changed
        }
        whole = pool.map(partial(_completed, moved), pieces, found)
        by_pair: dict[str, list[Change]] = {pair.name: [] for pair in pairs}
        for (pair, *_), change in zip(pieces, whole, strict=True):
            by_pair[pair.name].append(change)
    return [(pair, Change.total(by_pair[pair.name])) for pair in pairs]


def _unless_same(piece: Piece) -> Change | None:
    pair, start, stop = piece
    return None if pair.is_same(start, stop) else pair.change(start, stop)


def _completed(moved: Collection[str], piece: Piece, change: Change | None) -> Change:
    pair, start, stop = piece
    if change is not None:
        return change
    return pair.change(start, stop) if group_of(pair.name) in moved else Change(stop - start)


def _group(name: str, changes: Changes) -> GroupChange:
    of_group = [change for pair, change in changes if group_of(pair.name) == name]
    total = Change.total(of_group)
    relative = math.sqrt(total.square / total.base_square) if total.base_square else None
    return GroupChange(
        name=name,
        tensors=len(of_group),
        tensors_changed=sum(change.changed > 0 for change in of_group),
        values=total.values,
        values_changed=total.changed,
        relative_l2=relative if total.square else 0.0,
        max_abs=total.largest,
    )


def _verdict(pairing: Pairing, changes: Changes) -> Verdict:
    total = Change.total(change for _, change in changes)
    if pairing.misfits or not pairing.placed:
        return Verdict.INCOMPATIBLE
    if total.changed == 0:
        adds_nothing = any(isinstance(pair, AdaptedPair) for pair in pairing.pairs)
        return Verdict.ADAPTER_NOOP if adds_nothing else Verdict.IDENTICAL
    if not total.beyond_rounding or _drowns(changes, total):
        return Verdict.WITHIN_ROUNDING
    return Verdict.CHANGED


def _drowns(changes: Changes, total: Change) -> bool:
    """Whether all that changes is what an adapter adds, and float32 rounds more off the weights."""
    added = _added(changes)
    return added.changed == total.changed and added.square < HALF_STEP**2 * added.base_square


def _added(changes: Changes) -> Change:
    return Change.total(change for pair, change in changes if isinstance(pair, AdaptedPair))


def _traits(pairing: Pairing, changes: Changes) -> Traits:
    moved = [change for _, change in changes if change.changed]
    total = Change.total(moved)
    added = _added(changes)
    return Traits(
        adapter=pairing.adapter,
        dtype=_dtype(changes),
        misfits=pairing.misfits,
        wrapped=pairing.wrapped,
        moved=total,
        shrunk=sum(change.along_square for change in moved) / total.square if total.square else 0.0,
        survives=added.kept / added.changed if added.changed else None,
    )


def _dtype(changes: Changes) -> str | None:
    values: Counter[str] = Counter()
    for pair, change in changes:
        if isinstance(pair, StoredPair):
            values[pair.after.dtype] += change.values
        elif isinstance(pair, AdaptedPair):
            values[pair.before.dtype] += change.values
    return values.most_common(1)[0][0] if values else None
