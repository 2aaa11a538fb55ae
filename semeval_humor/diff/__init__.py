"""Whether training changed a model: the weights of two checkpoints, compared."""

from semeval_humor.diff.causes import likely_cause, no_gradient
from semeval_humor.diff.difference import Difference, GroupChange, Verdict, diff
from semeval_humor.diff.history import History, read_history

__all__ = [
    "Difference",
    "GroupChange",
    "History",
    "Verdict",
    "diff",
    "likely_cause",
    "no_gradient",
    "read_history",
]
