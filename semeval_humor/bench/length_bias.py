"""Whether voters prefer the longer joke."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import DataError
from semeval_humor.metrics.intervals import RESAMPLES, Interval
from semeval_humor.schema import Score, Vote, Winner
from semeval_humor.submission.entries import Entry

NAME = "longer-wins"


def longer_wins(votes: Sequence[Vote], entries: Sequence[Entry], *, seed: int = 0) -> Score:
    """Share of the decided votes that went to the longer joke, in [0, 1]; ½ is no bias.

    Lengths are in characters. Ties, jokes of the same length and systems without a text are left
    out. The share says that the longer joke wins, not why: good systems may write more. The
    interval is from prompts drawn with replacement, since votes on the same jokes are alike.

    Args:
        votes: of one language.
        entries: texts of the systems.
        seed: of the resamples.

    Raises:
        DataError: the votes are in several languages, or none of them counts.
    """
    langs = sorted({vote.lang for vote in votes})
    lengths = {
        (entry.system, id_): len(text) for entry in entries for id_, text in entry.texts.items()
    }
    ids: list[str] = []
    rows: list[float] = []
    for vote in votes:
        left = lengths.get((vote.left, vote.prompt_id))
        right = lengths.get((vote.right, vote.prompt_id))
        if vote.winner is Winner.TIE or left is None or right is None or left == right:
            continue
        ids.append(vote.prompt_id)
        rows.append(float((left > right) == (vote.winner is Winner.LEFT)))
    if not rows:
        raise DataError(f"{NAME}: no vote prefers one of two texts of different lengths")
    if len(langs) > 1:
        raise DataError(f"{NAME}: votes in {', '.join(langs)}; expected one language")
    value = float(np.mean(rows))
    low, high = _interval(ids, np.array(rows), value, seed)
    settings = {"prompts": len(set(ids)), "seed": seed}
    return Score(NAME, value, len(rows), langs[0], low, high, settings, tuple(rows))


def _interval(ids: Sequence[str], rows: NDArray[np.float64], value: float, seed: int) -> Interval:
    _, places = np.unique(np.array(ids), return_inverse=True)
    votes_P, won_P = np.bincount(places), np.bincount(places, rows)
    prompts = len(votes_P)
    if prompts == 1:
        return None, None
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(prompts, np.full(prompts, 1 / prompts), size=RESAMPLES)
    low, high = np.quantile((drawn @ won_P) / (drawn @ votes_P), [0.025, 0.975])
    return min(float(low), value), max(float(high), value)
