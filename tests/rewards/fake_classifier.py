"""A classifier that is told what to say, and remembers what it was asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from semeval_humor.schema import Lang


@dataclass
class FakeClassifier:
    """Says ``humour`` of every text that ``says`` does not name.

    Attributes:
        asked: texts in the order in which they were asked about.
    """

    humour: float = 1.0
    says: Mapping[str, float] = field(default_factory=dict)
    unknown: Mapping[str, float] = field(default_factory=dict)
    langs: frozenset[Lang] = frozenset(Lang)
    sha256: str = "c" * 64
    asked: list[str] = field(default_factory=list)

    def probabilities(self, texts: Sequence[str]) -> Iterable[float]:
        self.asked += texts
        return [self.says.get(text, self.humour) for text in texts]

    def unknown_rates(self, texts: Sequence[str]) -> Iterable[float]:
        return [self.unknown.get(text, 0.0) for text in texts]
