"""What a submission file must be complete against: the task's input, or the run's own record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.inputs import read_recorded_input
from semeval_humor.receipt import read_receipt, receipt_path
from semeval_humor.schema import Prompt, Receipt
from semeval_humor.submission.kinds import Kind
from semeval_humor.tsv import read_prompts


@dataclass(frozen=True, slots=True)
class Reference:
    """The rows that a submission file must have.

    Attributes:
        source: where they are from, or why they are not known; for people.
        ids: of all rows, in order; None where they are not known.
        prompts: the rows themselves, by id; empty where they are not known.
        receipt: of the run that wrote the file; None where there is none that can be read.
    """

    source: str
    ids: tuple[str, ...] | None = None
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    receipt: Receipt | None = None


def reference(path: Path | None, sha256: str, kind: Kind | None, inputs: Path | None) -> Reference:
    """The rows that a file must have, from a folder of task inputs, else from its receipt.

    A receipt names the ids; the rows are read from the input that it names if that still lies
    there unchanged.

    Args:
        path: of the submission file; None for what lies in an archive, and has no receipt.
        sha256: of the file.
        kind: task and language of the file, if they are known.
        inputs: folder with the task's input files under their official names.

    Raises:
        ConfigError: there is no such folder.
        DataError: the input file is not one.
    """
    recorded = _from_receipt(path, sha256, kind)
    if inputs is None:
        return recorded
    if not inputs.is_dir():
        raise ConfigError(f"{inputs}: no such folder, expected one with the task's input files")
    if kind is None:
        return Reference("neither its name nor its ids tell its task", receipt=recorded.receipt)
    file = inputs / kind.file_name
    if not file.exists():
        return Reference(f"no {file}", receipt=recorded.receipt)
    prompts = read_prompts(file, kind.task, kind.lang)
    return Reference(str(file), *_rows(prompts), recorded.receipt)


def _from_receipt(path: Path | None, sha256: str, kind: Kind | None) -> Reference:
    written = receipt_path(path) if path else None
    if path is None or written is None or not written.is_file():
        return Reference("no receipt; give the folder of the task's input files with --inputs")
    try:
        receipt = read_receipt(written)
    except DataError as error:
        return Reference(str(error))
    record = next((record for record in receipt.inputs if record.ids), None)
    if record is None:
        return Reference(f"no ids in {written}", receipt=receipt)
    outputs = {output.name: output.sha256 for output in receipt.outputs}
    source = str(written) + ", though the file was changed since" * (
        outputs.get(path.name) != sha256
    )
    if kind is not None:
        try:
            read = read_recorded_input(kind.task, kind.lang, record)
        except (ConfigError, DataError):  # gone or changed: its ids are known all the same
            return Reference(source, record.ids, receipt=receipt)
        return Reference(source, *_rows(read.prompts), receipt)
    return Reference(source, record.ids, receipt=receipt)


def _rows(prompts: Sequence[Prompt]) -> tuple[tuple[str, ...], dict[str, Prompt]]:
    return tuple(prompt.id for prompt in prompts), {prompt.id: prompt for prompt in prompts}
