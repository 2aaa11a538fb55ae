"""What becomes of a task file: the chosen jokes, the submission file and its receipt."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_humor import receipt
from semeval_humor.errors import ConfigError
from semeval_humor.files import sha256_of_file
from semeval_humor.inference.candidates import candidates_path
from semeval_humor.inference.selection import Choice
from semeval_humor.schema import Candidate, FileRecord, Joke, Prompt, Receipt
from semeval_humor.tsv import write_jokes

_MOVE = "move it away to have it written anew, or use another --name or --out"


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one task file.

    Attributes:
        path: the submission file; written only if no row is without text.
        prompts: its rows.
        choices: by prompt id.
        failures: reasons for which samples were lost, with their number.
        tokens: sampled in this run.
        seconds: spent on sampling in this run, the engine's start excluded.
        is_sample: the rows are the package's own.
        scorer: name of what chose.
        changed: rows that were in the file before, with another joke; None without a former file.
    """

    path: Path
    prompts: tuple[Prompt, ...]
    choices: Mapping[str, Choice]
    failures: Mapping[str, int]
    tokens: int
    seconds: float
    is_sample: bool
    scorer: str
    changed: int | None = None

    @property
    def without_text(self) -> list[str]:
        """Ids of rows for which no candidate has a text."""
        return [prompt.id for prompt in self.prompts if prompt.id not in self.choices]

    @property
    def unresolved(self) -> dict[str, tuple[str, ...]]:
        """Ids of rows whose best candidate breaks rules, with these rules."""
        return {id_: choice.faults for id_, choice in self.choices.items() if choice.faults}


def check_untouched(path: Path, rows: int) -> None:
    """Refuse to replace a file that no run wrote, that was edited, or that has more rows.

    Args:
        path: the submission file, which need not exist.
        rows: number of rows that it is going to have.

    Raises:
        ConfigError: something would be lost.
    """
    if not path.exists():
        return
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder, expected a file; use another --name or --out")
    written = receipt.receipt_path(path)
    if not written.exists():
        raise ConfigError(f"{path}: has no receipt, so predict did not write it; {_MOVE}")
    outputs = {output.name: output for output in receipt.read_receipt(written).outputs}
    output = outputs.get(path.name)
    if output is None or output.sha256 != sha256_of_file(path):
        raise ConfigError(f"{path}: was changed after it was written; {_MOVE}")
    if len(output.ids) > rows:
        raise ConfigError(
            f"{path}: has {len(output.ids)} rows, and --limit would leave {rows}; "
            "leave out --limit, or use another --name or --out"
        )


def write_result(
    result: FileResult, candidates: Iterable[Candidate], account: Receipt
) -> FileResult:
    """Write the submission file, and the receipt with what is known only now.

    Args:
        result: complete, without rows that have no text.
        candidates: all of the run.
        account: the receipt; outputs, counts and unresolved rows are filled in, seconds added.

    Returns:
        The result with the number of changed rows.
    """
    before = _lines_by_id(result.path) if result.path.is_file() else None
    jokes = [Joke(prompt.id, result.choices[prompt.id].candidate.text) for prompt in result.prompts]
    write_jokes(result.path, jokes)
    journal = candidates_path(result.path)
    ids = tuple(joke.id for joke in jokes)
    account = dataclasses.replace(
        account,
        outputs=(
            FileRecord(result.path.name, sha256_of_file(result.path), ids),
            FileRecord(journal.name, sha256_of_file(journal)),
        ),
        counts=_counts(result, candidates),
        unresolved=result.unresolved,
        seconds=round(account.seconds + result.seconds, 2),
    )
    receipt.write_receipt(receipt.receipt_path(result.path), account)
    if before is None:
        return result
    after = _lines_by_id(result.path).items()
    changed = sum(before.get(id_, text) != text for id_, text in after)
    return dataclasses.replace(result, changed=changed)


def _lines_by_id(path: Path) -> dict[bytes, bytes]:
    """Texts as they are written, so that even a damaged file can be compared."""
    return dict(line.partition(b"\t")[::2] for line in path.read_bytes().splitlines())


def _counts(result: FileResult, candidates: Iterable[Candidate]) -> dict[str, Any]:
    candidates = list(candidates)
    choices = result.choices.values()
    return {
        "rows": len(result.prompts),
        "candidates": len(candidates),
        "tokens": sum(candidate.tokens for candidate in candidates),
        "finished": _counted(candidate.finish for candidate in candidates),
        "cleaned": _counted(kind for candidate in candidates for kind in candidate.cleaned),
        "resampled_rows": len({known.prompt_id for known in candidates if known.round > 0}),
        "crowded_rows": sum(choice.crowded for choice in choices),
        "unresolved_rows": len(result.unresolved),
        "unresolved": _counted(fault for choice in choices for fault in choice.faults),
        "lost_in_last_run": dict(result.failures),
    }


def _counted(names: Iterable[str]) -> dict[str, int]:
    return {str(name): count for name, count in Counter(names).most_common()}
