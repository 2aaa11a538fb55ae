"""Whether the weights that wrote a submission are any others than those they were trained from."""

from pathlib import Path

from semeval_humor.diff import diff
from semeval_humor.errors import DataError
from semeval_humor.models import KNOWN, resolve
from semeval_humor.receipt import read_receipt
from semeval_humor.schema import Receipt
from semeval_humor.weights import parent_of, weights_sha256


def training_verdict(account: Receipt) -> str | None:
    """Verdict of ``diff`` on the weights that wrote a file, against those before their training.

    It is taken from the receipt of the training, or found now where both lie on this machine. None
    where nothing was trained (a packaged or hub model, a server's) or nobody here can know: the
    weights are gone, are others than those in the receipt, or do not say what they were made from.

    Args:
        account: receipt of the run that wrote the file.
    """
    adapter = account.config.get("adapter")
    folder = Path(adapter or account.model.name).expanduser()
    if not folder.is_dir() or not _same_weights(folder, account, adapted=adapter is not None):
        return None
    for path in sorted(folder.glob("*.run.json")):
        match read_receipt(path).counts:
            case {"diff": {"verdict": str(verdict)}}:
                return verdict
    parent = account.model.name if adapter else parent_of(str(folder))
    if parent is None or not (parent in KNOWN or Path(parent).expanduser().is_dir()):
        return None
    accepted = account.config.get("accept_license", ())
    return diff(Path(resolve(parent, accepted_licenses=accepted).path), folder).verdict


def _same_weights(folder: Path, account: Receipt, *, adapted: bool) -> bool:
    wanted = account.model.adapter if adapted else account.model.weights
    try:
        return weights_sha256(str(folder)) == wanted
    except DataError:  # there are none any more
        return False
