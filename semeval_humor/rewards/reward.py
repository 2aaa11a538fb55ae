"""A reward: classifiers and a profile, asked about many texts at once."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import Field

from semeval_humor.configs import Settings, checked, read_toml
from semeval_humor.errors import ConfigError, DataError, EngineError
from semeval_humor.files import sha256_of_file, sha256_of_json
from semeval_humor.rewards.classifier import Classifier, load_classifier
from semeval_humor.rewards.components import Row
from semeval_humor.rewards.profiles import PROFILES, Judgement, Profile, read_profile
from semeval_humor.schema import FileRecord, Lang, Prompt, Scorer


class HumourClassifier(Protocol):
    """Something that says how probably texts are jokes, and how much of them it cannot see."""

    def probabilities(self, texts: Sequence[str]) -> Iterable[float]:
        """One number in [0, 1] for each text."""

    def unknown_rates(self, texts: Sequence[str]) -> Iterable[float]:
        """Share of each text that its tokenizer does not know, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Rewards:
    """What texts get.

    Attributes:
        total: the reward of each text.
        components: what it is made of: for each name one value a text, None where it does not
            apply. All texts of a profile have the same names.
    """

    total: tuple[float, ...]
    components: Mapping[str, tuple[float | None, ...]]


class TextReward(Protocol):
    """Something that says what texts are worth; ``Reward`` is one."""

    def __call__(
        self,
        prompts: Sequence[Prompt],
        texts: Sequence[str],
        *,
        stopped: Sequence[bool] | None = None,
    ) -> Rewards:
        """Reward texts, and be told whether the model ended each itself, where that is known."""


class RewardFile(Settings):
    """A REWARD.toml."""

    profile: Literal["guarded", "summed"] = "guarded"
    """How components become one number; see profiles.toml."""
    classifiers: dict[Lang, Path] = Field(min_length=1)
    """Checkpoints of ``train reward`` by language, relative to this file."""
    overrides: dict[str, Any] = Field(default_factory=dict)
    """Settings of the profile that differ, in tables as in profiles.toml."""


class Reward:
    """Says what texts are worth, in batches. Identical texts are scored once.

    Args:
        profile: how components become one number.
        classifiers: by language.
        records: the files that it was made from, with their hashes.
    """

    def __init__(
        self,
        profile: Profile,
        classifiers: Mapping[Lang, HumourClassifier],
        records: tuple[FileRecord, ...] = (),
    ) -> None:
        self.profile = profile
        self.records = records
        self._classifiers = classifiers

    @property
    def langs(self) -> tuple[Lang, ...]:
        """Languages that it has a classifier for."""
        return tuple(self._classifiers)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the hashes of all that it was made from, in hexadecimal."""
        return sha256_of_json([record.sha256 for record in self.records])

    def __call__(
        self,
        prompts: Sequence[Prompt],
        texts: Sequence[str],
        *,
        stopped: Sequence[bool] | None = None,
    ) -> Rewards:
        """Reward texts.

        Args:
            prompts: what each text answers.
            texts: as they were written.
            stopped: whether the model ended each text itself; None where nobody knows, which
                leaves out the gate for it.

        Raises:
            ConfigError: there is no classifier for a prompt's language.
            DataError: a constraint has a word or a headline without letters or digits.
            EngineError: a classifier returns something that is no number in [0, 1].
        """
        ends: Sequence[bool | None] = [None] * len(texts) if stopped is None else stopped
        seen = self._seen(prompts, texts)
        rows = [
            Row(prompt, text, *seen[prompt.lang, text], end)
            for prompt, text, end in zip(prompts, texts, ends, strict=True)
        ]
        judged = {row: self.profile.judge(row) for row in dict.fromkeys(rows)}
        return _transposed([judged[row] for row in rows])

    @property
    def scorer(self) -> Scorer:
        """The totals alone; a ``Scorer``."""
        return lambda prompts, texts: self(prompts, texts).total

    def _seen(
        self, prompts: Sequence[Prompt], texts: Sequence[str]
    ) -> dict[tuple[Lang, str], tuple[float, float]]:
        """What the classifiers say of each different text: humour and unknown tokens."""
        asked: dict[Lang, dict[str, None]] = defaultdict(dict)
        for prompt, text in zip(prompts, texts, strict=True):
            asked[prompt.lang][text] = None
        seen = {}
        for lang, different in asked.items():
            if lang not in self._classifiers:
                known = ", ".join(self._classifiers)
                raise ConfigError(f"the reward has classifiers for {known}, not for {lang}")
            classifier, wanted = self._classifiers[lang], list(different)
            humour, unknown = classifier.probabilities(wanted), classifier.unknown_rates(wanted)
            for text, p, rate in zip(wanted, humour, unknown, strict=True):
                seen[lang, text] = _share(p, lang, text), _share(rate, lang, text)
        return seen


def load_reward(path: Path, langs: Collection[Lang] | None = None) -> Reward:
    """The reward that a REWARD.toml describes.

    Args:
        path: the file.
        langs: languages that it is needed for; None loads the classifiers of all it has.

    Raises:
        ConfigError: the file cannot be read, a setting is unknown or makes no sense, or there is
            no classifier for a language.
        DataError: a classifier cannot be read.
    """
    config = checked(RewardFile, read_toml(path), str(path))
    wanted = config.classifiers.keys() if langs is None else langs
    for lang in wanted:
        if lang not in config.classifiers:
            raise ConfigError(f'{path}: no classifier for {lang}; add {lang} = "FOLDER"')
    profile = read_profile(config.profile, config.overrides, str(path))
    folders = {lang: path.parent / config.classifiers[lang].expanduser() for lang in wanted}
    loaded: dict[Path, Classifier] = {}
    for lang, folder in folders.items():
        if folder not in loaded:  # one classifier may speak several languages
            loaded[folder] = _loaded(folder, f"{path}: classifiers.{lang}")
        if lang not in loaded[folder].langs:
            spoken = ", ".join(sorted(loaded[folder].langs))
            raise ConfigError(f"{path}: classifiers.{lang}: {folder} was trained for {spoken}")
    records = (
        FileRecord(str(path.resolve()), sha256_of_file(path)),
        FileRecord(f"package:rewards/{PROFILES.name}", sha256_of_file(PROFILES)),
        *(FileRecord(str(folder.resolve()), each.sha256) for folder, each in loaded.items()),
    )
    return Reward(profile, {lang: loaded[folder] for lang, folder in folders.items()}, records)


def _loaded(folder: Path, where: str) -> Classifier:
    try:
        return load_classifier(folder)
    except DataError as error:
        remedy = "make one with semeval-humor train reward"
        raise DataError(f"{where}: {error}; {remedy}") from error


def _share(value: float, lang: Lang, text: str) -> float:
    if not (math.isfinite(value) and 0 <= value <= 1):
        found = f"{value} for {text[:60]!r}"
        raise EngineError(f"the {lang} classifier returned {found}, expected a number in [0, 1]")
    return float(value)


def _transposed(judgements: Sequence[Judgement]) -> Rewards:
    names = judgements[0].components if judgements else ()
    return Rewards(
        tuple(judgement.total for judgement in judgements),
        {name: tuple(each.components[name] for each in judgements) for name in names},
    )
