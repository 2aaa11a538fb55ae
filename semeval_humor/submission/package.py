"""Packages: the zip that is handed in, its card and its receipt, once every gate is passed."""

import dataclasses
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from semeval_humor import receipt
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.files import atomic_path, atomic_writer, sha256_of_file
from semeval_humor.metrics.suite import Measured
from semeval_humor.metrics.variety import own_share
from semeval_humor.schema import FileRecord, ModelIdentity, Receipt
from semeval_humor.submission.card import Entry, card
from semeval_humor.submission.gates import Evidence, Gate, GateResult, pass_gates
from semeval_humor.submission.ingest import ingest
from semeval_humor.submission.kinds import KINDS
from semeval_humor.submission.origin import training_verdict
from semeval_humor.submission.scores import score_file
from semeval_humor.submission.signature import signature
from semeval_humor.submission.validate import Checked, Report, validate
from semeval_humor.submission.zips import read_zip

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files make the same zip


@dataclass(frozen=True, slots=True)
class Package:
    """What became of a submission folder.

    Attributes:
        path: the zip; None where a gate refused it.
        gates: how every file stood at every gate.
    """

    path: Path | None
    gates: tuple[GateResult, ...]


def package(
    folder: Path,
    gates: Mapping[str, Gate],
    *,
    inputs: Path | None = None,
    allowed: Collection[str] = (),
) -> Package:
    """Pack a submission folder into the zip beside it, if every gate is passed or overridden.

    Beside the zip ``NAME.zip`` come its card ``NAME.md`` and its receipt ``NAME.run.json``. The zip
    is read back as the organisers do before it takes its place.

    Args:
        folder: has task files under their official names at its top.
        gates: from ``read_gates``.
        inputs: folder with the task's input files; else the inputs that the receipts name.
        allowed: names of gates that are overridden.

    Raises:
        ConfigError: there is no such folder, no task file in it, or a zip that this did not write.
        HumorError: the zip cannot be written.
    """
    target = folder.with_name(folder.name + ".zip")
    _check_untouched(target)
    files = [folder / kind.file_name for kind in KINDS if (folder / kind.file_name).is_file()]
    if not files:
        expected = ", ".join(kind.file_name for kind in KINDS)
        raise ConfigError(f"{folder}: no task file in this folder, expected {expected}")
    report = validate(files, inputs)
    results: list[GateResult] = []
    entries: list[Entry] = []
    for file, checked in zip(files, report.files, strict=True):
        entry, evidence = _examined(file, checked, report)
        entries.append(entry)
        results += pass_gates(evidence, gates, allowed)
    if any(not (result.passed or result.allowed) for result in results):
        return Package(None, tuple(results))
    _write_zip(target, files)
    with atomic_writer(target.with_suffix(".md")) as stream:
        stream.write(card(folder.name, entries, results))
    account = _account(folder, target, files, results, allowed)
    receipt.write_receipt(receipt.receipt_path(target), account)
    return Package(target, tuple(results))


def _check_untouched(target: Path) -> None:
    """Refuse to replace a zip that this did not write."""
    if not target.exists():
        return
    written = receipt.receipt_path(target)
    known = (
        {each.sha256 for each in receipt.read_receipt(written).outputs} if written.exists() else ()
    )
    if target.is_dir() or sha256_of_file(target) not in known:
        raise ConfigError(f"{target}: is in the way and was not made by package; move it away")


def _examined(file: Path, checked: Checked, report: Report) -> tuple[Entry, Evidence]:
    findings = tuple(finding for finding in report.findings if finding.file == checked.file)
    account = checked.reference.receipt
    assert checked.kind is not None  # the file has an official name
    ids, measured, own_pairs = _measured(checked)
    entry = Entry(
        file=file.name,
        rows=len(checked.rows),
        signature=signature(checked.kind, len(checked.rows), checked.sha256, account),
        scores=tuple(measured.scores.values()),
        undefined=measured.undefined,
        findings=findings,
        receipt=account,
    )
    evidence = Evidence(
        file=file.name,
        lang=checked.kind.lang,
        sha256=checked.sha256,
        ids=ids,
        scores=measured.scores,
        own_pairs=own_pairs,
        findings=findings,
        complete=checked.reference.ids is not None,
        receipt=account,
        training=training_verdict(account) if account else None,
    )
    return entry, evidence


def _measured(checked: Checked) -> tuple[tuple[str, ...], Measured, tuple[float, ...]]:
    """Ids of the rows that have a text, the scores, and what is its own in each row."""
    try:
        scored = score_file(checked)
    except DataError as error:  # no text at all, which the gate of errors refuses
        return (), Measured(undefined={"all": str(error)}), ()
    own_pairs = own_share(scored.sample.texts, scored.sample.lang)
    return scored.ids, scored.measured, own_pairs


def _write_zip(target: Path, files: Sequence[Path]) -> None:
    with atomic_path(target) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                member = zipfile.ZipInfo(file.name, _EPOCH)
                member.external_attr = 0o644 << 16
                archive.writestr(member, file.read_bytes(), zipfile.ZIP_DEFLATED)
        _check_zip(target, temporary, files)


def _check_zip(target: Path, written: Path, files: Sequence[Path]) -> None:
    contents, findings = read_zip(written)
    if findings or list(contents) != [file.name for file in files]:
        raise DataError(f"{target}: reads back as {', '.join(contents) or 'nothing'}")
    for file in files:
        if ingest(file.name, contents[file.name]).rows != ingest(file.name, file.read_bytes()).rows:
            raise DataError(f"{target}: {file.name} reads back with other rows")


def _account(
    folder: Path,
    target: Path,
    files: Sequence[Path],
    results: Sequence[GateResult],
    allowed: Collection[str],
) -> Receipt:
    made = (target, target.with_suffix(".md"))
    return Receipt(
        command="package",
        config={"folder": str(folder), "allow": sorted(allowed)},
        identity={},
        model=ModelIdentity(folder.name),
        engine={},
        inputs=tuple(FileRecord(file.name, sha256_of_file(file)) for file in files),
        outputs=tuple(FileRecord(path.name, sha256_of_file(path)) for path in made),
        counts={
            "overridden": sorted({result.gate for result in results if result.allowed}),
            "gates": [dataclasses.asdict(result) for result in results],
        },
        unresolved={},
        versions=receipt.versions(),
        hardware=receipt.hardware(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )
