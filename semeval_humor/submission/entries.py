"""What systems have handed in, side by side."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from semeval_humor.errors import DataError
from semeval_humor.findings import Finding
from semeval_humor.schema import Prompt
from semeval_humor.submission.kinds import Kind
from semeval_humor.submission.validate import Checked, validate


@dataclass(frozen=True, slots=True)
class Entry:
    """One system's file for one task and language.

    Attributes:
        system: name of the system.
        kind: task and language.
        texts: by prompt id; rows without a text are left out.
        checked: the file, with its rows, hash and reference.
        findings: what is wrong with it.
    """

    system: str
    kind: Kind
    texts: Mapping[str, str]
    checked: Checked
    findings: tuple[Finding, ...]

    @property
    def prompts(self) -> Mapping[str, Prompt]:
        """The rows that it answers, by id; empty where they are not known."""
        return self.checked.reference.prompts


def read_entries(
    systems: Mapping[str, Path], inputs: Path | None = None, *, common_rows: bool = False
) -> list[Entry]:
    """Read what systems have handed in; by system in the order given, then by file.

    Args:
        systems: name of each, and its folder, zip or file.
        inputs: folder with the task's input files; None reads those that receipts name.
        common_rows: leave out the rows that not every system with such a file has answered, and
            files that only one of several systems has.

    Raises:
        ConfigError: a path or the folder does not exist.
        DataError: a system has no file whose task is known, two for one task, or one without
            texts; or the systems have no row or no task in common.
    """
    found: list[Entry] = []
    for name, path in systems.items():
        report = validate([path], inputs)
        entries = [
            _entry(name, checked, checked.kind, report.findings)
            for checked in report.files
            if checked.kind is not None
        ]
        if not entries:
            raise DataError(f"{path}: no submission file of {name}, expected task-a-en.tsv or so")
        kinds = [each.kind for each in entries]
        for kind in kinds:
            if kinds.count(kind) > 1:
                raise DataError(f"{path}: several files of {name} for {kind.file_name}")
        found += entries
    return _on_common_rows(found) if common_rows else found


def names_of(paths: Sequence[Path]) -> dict[str, Path]:
    """Systems by the names of their folders, zips or files.

    Raises:
        DataError: two have the same name.
    """
    found: dict[str, Path] = {}
    for path in paths:
        name = path.resolve().name if path.is_dir() else path.stem
        if name in found:
            raise DataError(f"{path} and {found[name]}: both are called {name}")
        found[name] = path
    return found


def _on_common_rows(entries: Sequence[Entry]) -> list[Entry]:
    systems = len({entry.system for entry in entries})
    holders = Counter(entry.kind for entry in entries)
    shared = [each for each in entries if holders[each.kind] > 1 or systems == 1]
    if not shared:
        raise DataError("the systems have no task in common")
    return [_restricted(entry, _common(entry.kind, entries)) for entry in shared]


def _common(kind: Kind, entries: Sequence[Entry]) -> set[str]:
    """Ids of the rows that every system with a file of this kind has answered."""
    common = set.intersection(*(set(each.texts) for each in entries if each.kind == kind))
    if not common:
        raise DataError(f"{kind.file_name}: the systems have no row in common")
    return common


def _restricted(entry: Entry, ids: Collection[str]) -> Entry:
    """An entry as if its file had these rows alone."""
    return replace(
        entry,
        texts={id_: text for id_, text in entry.texts.items() if id_ in ids},
        checked=replace(
            entry.checked, rows=tuple(row for row in entry.checked.rows if row.id in ids)
        ),
        findings=tuple(each for each in entry.findings if each.id is None or each.id in ids),
    )


def _entry(system: str, checked: Checked, kind: Kind, findings: Sequence[Finding]) -> Entry:
    texts = {row.id: row.text for row in checked.rows if row.text and row.text.strip()}
    if not texts:
        raise DataError(f"{checked.file}: no row with a text, expected at least one")
    mine = tuple(finding for finding in findings if finding.file == checked.file)
    return Entry(system, kind, texts, checked, mine)
