"""Everything that is wrong with submission files, folders of them and archives."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semeval_humor.findings import Finding, Level
from semeval_humor.submission.content import check_text, check_texts
from semeval_humor.submission.ingest import Row, ingest
from semeval_humor.submission.kinds import Kind, kind_of_ids
from semeval_humor.submission.references import Reference, reference
from semeval_humor.submission.sources import Source, find_sources, misnamed
from semeval_humor.submission.structure import check_ids, check_sizes


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that was checked.

    Attributes:
        file: its path as people know it; members of a zip are ``X.zip/task-a-en.tsv``.
        sha256: of its content.
        kind: task and language, as its name or its ids tell; None where neither does.
        rows: those that the organisers' reader gets, or would get.
        reference: the rows that it must have.
    """

    file: str
    sha256: str
    kind: Kind | None
    rows: tuple[Row, ...]
    reference: Reference


@dataclass(frozen=True, slots=True)
class Report:
    """All files that were checked, and all that is wrong with them, by file and line."""

    files: tuple[Checked, ...]
    findings: tuple[Finding, ...]

    def of(self, level: Level) -> tuple[Finding, ...]:
        """Findings of one level."""
        return tuple(finding for finding in self.findings if finding.level is level)


def validate(paths: Sequence[Path], inputs: Path | None = None) -> Report:
    """Check files, folders and zips as the organisers' side will, and for what voters punish.

    Args:
        paths: files, folders and zips.
        inputs: folder with the task's input files: with it, ids are compared with the input's,
            and texts with what their rows demand. Without it, ids are compared with those in
            the receipt beside each file, if there is one.

    Raises:
        ConfigError: a path does not exist, or there is nothing to check in it.
        DataError: an input file is not one.
    """
    files: list[Checked] = []
    findings: list[Finding] = []
    for source in find_sources(paths):
        found = list(source.findings)
        if source.content is not None:
            checked, more = _check(source, source.content, inputs)
            files.append(checked)
            found += more
        # Findings without a line are about the whole file, or about what is not in it.
        findings += sorted(found, key=lambda finding: (finding.line is None, finding.line or 0))
    return Report(tuple(files), tuple(findings))


def _check(source: Source, content: bytes, inputs: Path | None) -> tuple[Checked, list[Finding]]:
    read = ingest(source.file, content)
    digest = hashlib.sha256(content).hexdigest()
    kind = source.kind or kind_of_ids(row.id for row in read.rows)
    wanted = reference(source.path, digest, kind, inputs)
    findings = [
        *([] if kind else [misnamed(source.file)]),
        *read.findings,
        *check_ids(source.file, read.rows, wanted.ids, kind),
        *check_sizes(source.file, read.rows),
        *(_check_texts(source.file, read.rows, kind, wanted) if kind else ()),
    ]
    return Checked(source.file, digest, kind, read.rows, wanted), findings


def _check_texts(
    file: str, rows: Sequence[Row], kind: Kind, wanted: Reference
) -> Iterator[Finding]:
    texts = [(row, row.text) for row in rows if row.text]
    for row, text in texts:
        prompt = wanted.prompts.get(row.id)
        constraint = prompt.constraint if prompt else None
        for fault in check_text(text, kind.task, kind.lang, constraint):
            yield Finding(file, fault.code, fault.message, row.line, row.id or None)
    for index, fault in check_texts([text for _, text in texts], kind.lang):
        row = texts[index][0]
        yield Finding(file, fault.code, fault.message, row.line, row.id or None)
