"""What a red team found: its numbers, its bounds, and the verdict."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from semeval_humor.configs import checked, read_toml
from semeval_humor.errors import DataError
from semeval_humor.metrics.intervals import wilson_interval
from semeval_humor.rewards.perturbations import GATED, HELD_OUT, Family
from semeval_humor.rewards.redteam_search import Search
from semeval_humor.schema import FileRecord, Lang
from semeval_humor.submission.gates import Gate


@dataclass(frozen=True, slots=True)
class Example:
    """A joke and what was made of it, each with its reward."""

    joke: str
    spoilt: str
    joke_reward: float
    spoilt_reward: float

    @property
    def gap(self) -> float:
        """How much less the spoilt joke gets; 0 or below is a loss."""
        return self.joke_reward - self.spoilt_reward


@dataclass(frozen=True, slots=True)
class Attack:
    """How a reward stood up to one family of attacks in one language.

    Attributes:
        family: the way in which jokes were spoilt.
        lang: their language.
        pairs: number of jokes, each compared with its spoilt form.
        losses: pairs in which the spoilt form got at least as much as the joke.
        mean_gap: by how much less the spoilt forms get on average.
        worst: pairs with the smallest gaps, the smallest first.
        gain: of a search: what it added to the reward at best, on average; 0 or more.
    """

    family: Family | Search
    lang: Lang
    pairs: int
    losses: int
    mean_gap: float
    worst: tuple[Example, ...]
    gain: float | None = None

    @property
    def lost(self) -> float:
        """Share of the pairs that were lost, in [0, 1]; 0 is wanted."""
        return self.losses / self.pairs

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share lies with 95 % confidence."""
        return wilson_interval(self.losses, self.pairs)

    @property
    def held_out(self) -> bool:
        """Whether no classifier is trained against the family."""
        return self.family not in _TRAINED

    @property
    def gated(self) -> bool:
        """Whether gates must stop the family."""
        return self.family in GATED

    @property
    def bound(self) -> float | None:
        """Largest share that may be lost; None where it is only reported."""
        return _bounds()[_kind(self.family)].threshold(self.lang)

    @property
    def passed(self) -> bool:
        """Whether the share that was lost keeps the bound."""
        return self.bound is None or self.lost <= self.bound


@dataclass(frozen=True, slots=True)
class Clean:
    """How a reward's gates treat real jokes of one language.

    Attributes:
        lang: their language.
        jokes: their number.
        untouched: number of those of which no gate takes anything.
        punished: some of the others, each with the gates that did.
    """

    lang: Lang
    jokes: int
    untouched: int
    punished: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def share(self) -> float:
        """Share of the jokes that are left untouched, in [0, 1]; 1 is wanted."""
        return self.untouched / self.jokes

    @property
    def bound(self) -> float:
        """Smallest share that must be left untouched."""
        bound = _bounds()["clean"].threshold(self.lang)
        assert bound is not None  # stands in the packaged file
        return bound

    @property
    def passed(self) -> bool:
        """Whether the share keeps the bound."""
        return self.share >= self.bound


@dataclass(frozen=True, slots=True)
class Card:
    """All that a red team found about a reward.

    Attributes:
        reward: its name.
        files: SHA-256 of each file that the reward is made from.
        seed: of whatever was left to chance.
        pairs: jokes that were wanted for each family.
        budget: texts that a search may ask the reward about, for each joke.
        attacks: by language and family.
        clean: by language.
    """

    reward: str
    files: tuple[str, ...]
    seed: int
    pairs: int
    budget: int
    attacks: tuple[Attack, ...]
    clean: tuple[Clean, ...]

    @property
    def failures(self) -> tuple[str, ...]:
        """What breaks its bound, in a sentence each."""
        return (
            *(
                f"{each.lang}: {each.family}: {each.losses} of {each.pairs} pairs lost "
                f"({each.lost:.1%}), at most {each.bound:.0%}"
                for each in self.attacks
                if not each.passed
            ),
            *(
                f"{each.lang}: gates touch {each.jokes - each.untouched} of {each.jokes} clean "
                f"jokes ({1 - each.share:.1%}), at most {1 - each.bound:.0%}"
                for each in self.clean
                if not each.passed
            ),
        )

    @property
    def passed(self) -> bool:
        """Whether every bound is kept."""
        return not self.failures

    @property
    def langs(self) -> tuple[Lang, ...]:
        """Languages of the jokes, in order."""
        return tuple(each.lang for each in self.clean)


def document(card: Card) -> dict[str, Any]:
    """A card as a JSON value, without the examples."""
    return {
        "reward": card.reward,
        "families": [
            {
                "family": each.family,
                "lang": each.lang,
                "heldout": each.held_out,
                "pairs": each.pairs,
                "lost": each.lost,
                "mean_gap": each.mean_gap,
            }
            for each in card.attacks
        ],
        "searches": [
            {"family": each.family, "lang": each.lang, "budget": card.budget, "gain": each.gain}
            for each in card.attacks
            if each.gain is not None
        ],
        "clean": [
            {"lang": each.lang, "jokes": each.jokes, "untouched": each.share} for each in card.clean
        ],
        "files": list(card.files),
        "seed": card.seed,
        "failures": list(card.failures),
        "passed": card.passed,
    }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a trainer needs to know of a card.

    Attributes:
        path: where the card lies.
        langs: languages in which the reward was tested.
        files: SHA-256 of each file that the reward was made from.
        failures: what broke its bound.
    """

    path: Path
    langs: tuple[Lang, ...]
    files: tuple[str, ...]
    failures: tuple[str, ...]

    def refusal(self, files: Sequence[FileRecord], lang: Lang) -> str | None:
        """Why a reward should not be trained on; None where nothing speaks against it.

        Args:
            files: what the reward is made from now.
            lang: language of the training.
        """
        changed = [record.name for record in files if record.sha256 not in self.files]
        if changed:
            return f"{self.path}: tested another {changed[0]}; run redteam again"
        if lang not in self.langs:
            return (
                f"{self.path}: tested in {', '.join(self.langs)}, not in {lang}; run redteam again"
            )
        if self.failures:
            rest = len(self.failures) - 1
            more = f"; {rest} more in this card" if rest else ""
            return f"{self.path}: {self.failures[0]}{more}"
        return None


def read_verdict(path: Path) -> Verdict:
    """The verdict of a card that ``redteam`` wrote as JSON.

    Raises:
        DataError: the file is missing or is no card.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        langs = tuple(Lang(each["lang"]) for each in value["clean"])
        return Verdict(path, langs, tuple(value["files"]), tuple(value["failures"]))
    except OSError as error:
        raise DataError(
            f"{path}: no card that can be read ({error.strerror}); run semeval-humor redteam first"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a card of redteam: {error}") from error


# Classifiers may have learnt from what the word swapper made of other jokes.
_TRAINED: frozenset[Family | Search] = frozenset(Family) - HELD_OUT | {Search.SWAPPER}


def _kind(family: Family | Search) -> str:
    """The section of the bounds that a family comes under."""
    if isinstance(family, Search):
        return "search"
    if family in GATED:
        return "gated"
    if family is Family.HALVES:
        return "halves"
    return "held-out" if family in HELD_OUT else "hard-negatives"


@cache
def _bounds() -> Mapping[str, Gate]:
    path = Path(str(files("semeval_humor"))) / "rewards" / "redteam.toml"
    return {
        name: checked(Gate, values, f"{path}: {name}") for name, values in read_toml(path).items()
    }
