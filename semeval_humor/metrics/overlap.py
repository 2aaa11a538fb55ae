"""How much of their headlines jokes repeat. Rows with another constraint have no value."""

import math
from collections.abc import Callable, Sequence

from semeval_humor.metrics.intervals import mean_score
from semeval_humor.schema import Headline, Lang, Prompt, Score
from semeval_humor.text.overlap import ORDER, headline_overlap, is_copy


def headline_share(texts: Sequence[str], prompts: Sequence[Prompt], lang: Lang) -> Score:
    """Mean share of a headline's pairs of tokens that stand in its joke too, in [0, 1].

    Args:
        texts: jokes, one string each.
        prompts: the row of each joke.
        lang: decides the tokens: words for English and Spanish, characters for Chinese.

    Raises:
        DataError: no row has a headline, or a headline has no word.
    """
    return _mean(
        "headline-share",
        lambda text, headline: headline_overlap(text, headline, lang).share,
        texts,
        prompts,
        lang,
        {"n": ORDER},
    )


def headline_run(texts: Sequence[str], prompts: Sequence[Prompt], lang: Lang) -> Score:
    """Mean length of the longest run of tokens that a joke takes from its headline, in [0, 1].

    It is relative to the headline: 1 where the joke holds all of it.

    Raises:
        DataError: no row has a headline, or a headline has no word.
    """
    return _mean(
        "headline-run",
        lambda text, headline: headline_overlap(text, headline, lang).run,
        texts,
        prompts,
        lang,
    )


def headline_copies(texts: Sequence[str], prompts: Sequence[Prompt], lang: Lang) -> Score:
    """Share of the jokes that are their headline with next to nothing added, in [0, 1].

    Raises:
        DataError: no row has a headline, or a headline has no word.
    """
    return _mean(
        "headline-copies",
        lambda text, headline: float(is_copy(text, headline, lang)),
        texts,
        prompts,
        lang,
    )


def _mean(
    name: str,
    measure: Callable[[str, str], float],
    texts: Sequence[str],
    prompts: Sequence[Prompt],
    lang: Lang,
    settings: dict[str, int] | None = None,
) -> Score:
    rows = [
        measure(text, prompt.constraint.text)
        if isinstance(prompt.constraint, Headline)
        else math.nan
        for text, prompt in zip(texts, prompts, strict=True)
    ]
    undefined = f"none of the {len(rows)} rows has a headline, expected at least one"
    return mean_score(name, rows, lang, undefined=undefined, settings=settings)
