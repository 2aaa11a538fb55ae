"""A leaderboard: one row for each system and task file, with all that is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from semeval_humor.ratings import Rating
from semeval_humor.schema import Score
from semeval_humor.submission.kinds import Kind


@dataclass(frozen=True, slots=True)
class Row:
    """A system on a task file.

    Attributes:
        system: its name.
        kind: task and language.
        scores: what metrics say of its file, by name; empty for rows of official score files.
        ratings: what voters say of it, by their name (``people``, a judge's, ``official``).
        unrated: why there is no rating by a name.
    """

    system: str
    kind: Kind
    scores: Mapping[str, Score] = field(default_factory=dict)
    ratings: Mapping[str, Rating] = field(default_factory=dict)
    unrated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Board:
    """All rows of a benchmark.

    Attributes:
        name: of the benchmark.
        baseline: name of the system that the others are compared with; None: there is none.
        rows: by kind, and within it in the order of the systems.
        voters: names of whose votes there are ratings, in the order of the config.
        cards: what is known of each judge, by its name, as JSON values; see ``judge_card``.
    """

    name: str
    baseline: str | None
    rows: tuple[Row, ...]
    voters: tuple[str, ...]
    cards: Mapping[str, Any]
