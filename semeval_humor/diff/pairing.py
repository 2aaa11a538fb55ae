"""Which weights of two checkpoints belong together, under whatever names they were saved."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from semeval_humor.diff.lora import LoraAdapter, is_adapter, open_adapter
from semeval_humor.diff.names import canonical, group_of, wrapper_in
from semeval_humor.diff.pairs import AdaptedPair, AdapterPair, Pair, StoredPair
from semeval_humor.diff.tensors import Tensor, open_tensors
from semeval_humor.errors import ConfigError
from semeval_humor.weights import read_json

HEAD = "lm_head.weight"

Tensors = Mapping[str, Tensor]
"""By canonical name."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """What two checkpoints have in common.

    Attributes:
        pairs: weights of both sides.
        placed: number of weights about which the checkpoint says something.
        missing: names of tensors that only the base has, as it has them.
        extra: names of tensors that only the checkpoint has, or that no loader would use.
        misfits: weights that have another shape there, in words.
        wrapped: names of its tensors with a wrapper in them, where the base has none.
        adapter: the checkpoint is an adapter.
    """

    pairs: tuple[Pair, ...]
    placed: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    misfits: tuple[str, ...]
    wrapped: tuple[str, ...]
    adapter: bool


def pair_up(base: Path, checkpoint: Path) -> Pairing:
    """Find the weights that belong together. Reads names and shapes, and the matrices of adapters.

    Args:
        base: directory of a model or an adapter, or a safetensors file.
        checkpoint: the same; an adapter is compared with the model or adapter that it follows.

    Raises:
        ConfigError: the base is an adapter and the checkpoint a model, or one is not there.
        DataError: a file is damaged.
    """
    for path in (base, checkpoint):
        if not path.exists():
            raise ConfigError(f"{path}: no such file or directory")
    if is_adapter(base):
        if not is_adapter(checkpoint):
            parent = read_json(base / "adapter_config.json").get("base_model_name_or_path")
            raise ConfigError(
                f"{base}: an adapter, and {checkpoint} a model; give the adapter's own base "
                f"({parent or 'it names none'}) as BASE"
            )
        return _pair_adapters(open_adapter(base), open_adapter(checkpoint))
    before = _by_canonical_name(open_tensors(base).values())
    if is_adapter(checkpoint):
        return _pair_adapted(before, open_adapter(checkpoint))
    after = _by_canonical_name(open_tensors(checkpoint).values())
    return _pair_models(
        _with_tied_head(before, after, base), _with_tied_head(after, before, checkpoint)
    )


def _by_canonical_name(tensors: Collection[Tensor]) -> dict[str, Tensor]:
    """Tensors whose canonical names would be the same keep their own."""
    times = Counter(canonical(tensor.name) for tensor in tensors)
    return {
        tensor.name if times[canonical(tensor.name)] > 1 else canonical(tensor.name): tensor
        for tensor in tensors
    }


def _with_tied_head(tensors: Tensors, other: Tensors, path: Path) -> Tensors:
    """Add the head of a model that uses its embeddings as such and does not store them twice."""
    if HEAD in tensors or HEAD not in other:
        return tensors
    embeddings = _embeddings(tensors, other[HEAD].shape)
    if embeddings is None:
        return tensors
    config = path / "config.json"
    tied = config.exists() and bool(read_json(config).get("tie_word_embeddings"))
    twin = _embeddings(other, other[HEAD].shape)
    if tied or (twin is not None and _equal(twin, other[HEAD])):
        return {**tensors, HEAD: embeddings}
    return tensors


def _embeddings(tensors: Tensors, shape: tuple[int, ...]) -> Tensor | None:
    fitting = (
        tensor
        for name, tensor in tensors.items()
        if group_of(name) == "embeddings" and tensor.shape == shape
    )
    return next(fitting, None)


def _equal(left: Tensor, right: Tensor) -> bool:
    pair = StoredPair(HEAD, left, right)
    return all(pair.is_same(*piece) for piece in pair.pieces())


def _pair_models(before: Tensors, after: Tensors) -> Pairing:
    common = [name for name in before if name in after]
    pairs = [StoredPair(name, before[name], after[name]) for name in common]
    fitting = tuple(pair for pair in pairs if pair.before.shape == pair.after.shape)
    return Pairing(
        pairs=fitting,
        placed=len(fitting),
        missing=tuple(tensor.name for name, tensor in before.items() if name not in after),
        extra=tuple(tensor.name for name, tensor in after.items() if name not in before),
        misfits=tuple(
            _misfit(pair.name, pair.before.shape, pair.after.shape)
            for pair in pairs
            if pair.before.shape != pair.after.shape
        ),
        wrapped=tuple(
            after[name].name
            for name in common
            if wrapper_in(after[name].name) and not wrapper_in(before[name].name)
        ),
        adapter=False,
    )


def _pair_adapted(before: Tensors, adapter: LoraAdapter) -> Pairing:
    """Of the model's weights, those that the adapter leaves alone are their own pairs."""
    pairs: dict[str, Pair] = {name: StoredPair(name, t, t) for name, t in before.items()}
    placed: set[str] = set()
    misfits: list[str] = []
    extra = list(adapter.skipped)
    for place, whole in adapter.whole.items():
        name = canonical(place)
        weight = before.get(name)
        if weight is None:
            extra.append(whole.name)
        elif weight.shape != whole.shape:
            misfits.append(_misfit(name, weight.shape, whole.shape))
        else:
            pairs[name] = StoredPair(name, weight, whole)
            placed.add(name)
    for module, added in adapter.low_rank.items():
        name = canonical(f"{module}.weight")
        # Where head and embeddings are the same, they are stored once.
        tied = _embeddings(before, added.shape) if name == HEAD else None
        weight = before.get(name, tied)
        if weight is None:
            extra.extend(added.names)
        elif weight.shape != added.shape:
            misfits.append(_misfit(name, weight.shape, added.shape))
        else:
            pairs[name] = AdaptedPair(name, weight, added)
            placed.add(name)
    return Pairing(
        pairs=tuple(pairs.values()),
        placed=len(placed),
        missing=(),
        extra=tuple(extra),
        misfits=tuple(misfits),
        wrapped=(),
        adapter=True,
    )


def _pair_adapters(before: LoraAdapter, after: LoraAdapter) -> Pairing:
    """A module that only one of them has is a pair too: the other one adds nothing to it."""
    modules = {**before.low_rank, **after.low_rank}
    pairs = [
        AdapterPair(canonical(f"{module}.weight"), *sides)
        for module in modules
        if (sides := (before.low_rank.get(module), after.low_rank.get(module)))
    ]
    fitting = [pair for pair in pairs if len(pair.shapes) == 1]
    whole = _pair_models(
        {canonical(name): tensor for name, tensor in before.whole.items()},
        {canonical(name): tensor for name, tensor in after.whole.items()},
    )
    return Pairing(
        pairs=(*fitting, *whole.pairs),
        placed=len(fitting) + len(whole.pairs),
        missing=whole.missing,
        extra=(*after.skipped, *whole.extra),
        misfits=(
            *(_misfit(pair.name, *pair.shapes) for pair in pairs if len(pair.shapes) > 1),
            *whole.misfits,
        ),
        wrapped=(),
        adapter=True,
    )


def _misfit(name: str, before: tuple[int, ...], after: tuple[int, ...]) -> str:
    was, now = ("×".join(map(str, shape)) or "a number" for shape in (before, after))
    return f"{name}: {was} in the base, {now} in the checkpoint"
