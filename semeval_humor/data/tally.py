"""What happened to the rows of a build: the numbers of its card and receipt."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from semeval_humor.data.corpora import Meaning
from semeval_humor.data.files import CorpusFile
from semeval_humor.data.sieve import Drop, Goes, Stays
from semeval_humor.data.splits import Split
from semeval_humor.schema import Lang


@dataclass(slots=True)
class SourceTally:
    """What happened to the rows of one file.

    Attributes:
        file: the file.
        sha256: of the file.
        read: number of its rows.
        repaired: rows whose text is not what it was.
        dropped: rows that did not stay, by reason.
        other_label: rows dropped as duplicates of a row with another label.
        stayed: rows that did, by label and split.
        lengths: rows that did, by length in characters.
    """

    file: CorpusFile
    sha256: str
    read: int = 0
    repaired: int = 0
    dropped: Counter[Drop] = field(default_factory=Counter)
    other_label: int = 0
    stayed: Counter[tuple[Meaning, Split]] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)

    @property
    def kept(self) -> int:
        """Number of rows that stayed."""
        return self.stayed.total()

    def add(self, verdict: Stays | Goes, text: str, label: Meaning, *, repaired: bool) -> None:
        """Count one row."""
        self.read += 1
        self.repaired += repaired
        match verdict:
            case Goes(why, _, other_label):
                self.dropped[why] += 1
                self.other_label += other_label
            case Stays(split):
                self.stayed[label, split] += 1
                self.lengths[len(text)] += 1


@dataclass(frozen=True, slots=True)
class TaskInputs:
    """Inputs of the task that no row may repeat.

    Attributes:
        sha256: of their files, by name.
        texts: number of headlines and prompts, by language.
    """

    sha256: Mapping[str, str]
    texts: Mapping[Lang, int]


@dataclass(frozen=True, slots=True)
class Build:
    """What a build read, dropped and kept.

    Attributes:
        sources: the files that were at hand, in order.
        missing: names of those that were not.
        task_inputs: what rows were held against.
        versions: of this package, Python and the libraries that decide what comes out.
    """

    sources: Sequence[SourceTally]
    missing: Sequence[str]
    task_inputs: TaskInputs
    versions: Mapping[str, str]

    @property
    def rows(self) -> int:
        """Number of rows that stayed."""
        return sum(tally.kept for tally in self.sources)
