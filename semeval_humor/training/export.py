"""``train export``: a LoRA adapter merged into its model, and how much of it is left."""

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from semeval_humor.diff import Verdict, diff
from semeval_humor.errors import ConfigError, HumorError
from semeval_humor.files import atomic_folder, sha256_of_file
from semeval_humor.models import check_adapter, parent_of, resolve
from semeval_humor.receipt import hardware, versions, write_receipt
from semeval_humor.schema import FileRecord, Receipt
from semeval_humor.training.loading import load_model
from semeval_humor.training.run import writing
from semeval_humor.training.source import Source, copy_tokenizer

RECEIPT = "train-export.run.json"

Dtype = Literal["float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class Survival:
    """What a type of weights leaves of what an adapter adds.

    Attributes:
        changed: values that the adapter changes in float32.
        kept: of these, values that are still others than before in the type that was written.
        lost: ‖written change − change‖ / ‖change‖; 0 is exact, 1 as bad as no change at all.
    """

    changed: int
    kept: int
    lost: float

    @property
    def share(self) -> float:
        """Share of the changed values that are still changed, in [0, 1]."""
        return self.kept / self.changed


def export(
    adapter: Path,
    out: Path,
    dtype: Dtype,
    *,
    model: str | None = None,
    accept_license: Collection[str] = (),
) -> Survival:
    """Write a whole model with an adapter merged into it.

    It is merged in float32, and only then cast. The folder appears whole, with a receipt.

    Args:
        adapter: directory of the adapter.
        out: folder of the model; must not exist.
        dtype: type of the written weights. In bfloat16 a small adapter is mostly rounded away.
        model: what to merge into; None: what the adapter says it was made for.
        accept_license: licences whose terms the user has accepted.

    Raises:
        ConfigError: something is in the way, or the adapter does not fit the model.
        DataError: weights are missing.
        EngineError: not enough memory.
        HumorError: the adapter adds nothing, or the folder cannot be written.
    """
    started = datetime.now(UTC)
    if out.exists():
        raise ConfigError(f"{out}: is there already; choose another folder")
    name = model or parent_of(str(adapter))
    if name is None:
        raise ConfigError(f"{adapter}: does not say what model it was made for; add --model")
    base = resolve(name, accepted_licenses=accept_license)
    source = Source(base, check_adapter(str(adapter), base))
    before = diff(Path(base.path), adapter)
    if before.verdict is not Verdict.CHANGED:
        raise HumorError(f"{adapter}: {before.verdict}: there is nothing to merge")
    with writing(out), atomic_folder(out) as partial:
        survival = _merge(source, partial, dtype)
        copy_tokenizer(base, partial)
        write_receipt(partial / RECEIPT, _receipt(source, partial, dtype, survival, started))
    return survival


def _receipt(
    source: Source, folder: Path, dtype: Dtype, survival: Survival, started: datetime
) -> Receipt:
    assert source.adapter is not None
    after = diff(Path(source.model.path), folder)
    return Receipt(
        command="train export",
        config={"adapter": source.adapter.path, "model": source.model.name, "dtype": dtype},
        identity={},
        model=source.identity(),
        engine={"device": "cpu", "merged": "float32", "written": dtype},
        inputs=(),
        outputs=tuple(
            FileRecord(file.name, sha256_of_file(file))
            for file in sorted(folder.glob("*.safetensors"))
        ),
        counts={
            "diff": {"verdict": after.verdict},
            "survival": dataclasses.asdict(survival) | {"share": survival.share},
        },
        unresolved={},
        versions=versions(),
        hardware=hardware(),
        started=started.isoformat(timespec="seconds"),
    )


def _merge(source: Source, out: Path, dtype: Dtype) -> Survival:
    import torch
    from peft import PeftModel

    assert source.adapter is not None
    kind = torch.float32 if dtype == "float32" else torch.bfloat16
    adapted = PeftModel.from_pretrained(load_model(source.model, "float32"), source.adapter.path)
    before = _adapted_weights(adapted)
    merged = adapted.merge_and_unload(safe_merge=True)
    now = dict(merged.named_parameters())
    changed = kept = 0
    square = lost = 0.0
    for name, old in before.items():
        new = now[name].detach()
        moved = new != old
        written, was = new.to(kind).float(), old.to(kind).float()
        changed += int(moved.sum())
        kept += int((moved & (written != was)).sum())
        square += float((new - old).double().square().sum())
        lost += float(((written - was) - (new - old)).double().square().sum())
    merged.to(kind).save_pretrained(out)
    return Survival(changed, kept, (lost / square) ** 0.5)


def _adapted_weights(adapted: Any) -> dict[str, Any]:
    """Copies of the weights that have an adapter, by their names in the model without it."""
    found = {}
    for name, parameter in adapted.get_base_model().named_parameters():
        if ".base_layer." in name:
            found[name.replace(".base_layer.", ".")] = parameter.detach().clone()
    return found
