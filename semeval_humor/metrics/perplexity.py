"""How well a language model predicts jokes: perplexity, and bits per character."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from semeval_humor.errors import DataError
from semeval_humor.languages import LANGUAGES
from semeval_humor.metrics.intervals import RESAMPLES, Interval, Settings
from semeval_humor.schema import (
    Continuation,
    Conversation,
    Engine,
    Lang,
    ModelIdentity,
    Score,
)
from semeval_humor.text.length import count_characters

_BLOCK = 4_000_000  # rows resampled at once: 80 MB


@dataclass(frozen=True, slots=True)
class PerplexityScores:
    """What a model makes of a set of jokes.

    Attributes:
        perplexity: exp(NLL of all tokens / number of tokens), 1 or more, lower is more expected.
            It depends on the tokenizer, so compare it only under the same model. It belongs to
            the set and has no rows: their mean would be ruled by the few shortest jokes.
        bits_per_character: NLL of all tokens in bits / number of characters, 0 or more, which
            compares across tokenizers. Its rows are those of each joke alone, so that two systems
            can be compared row by row, each joke counting alike; in the value long ones count
            for more.
        tokens: number of tokens that were scored.
    """

    perplexity: Score
    bits_per_character: Score
    tokens: int


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of each text, 0 where it has no token with a probability.

    Attributes:
        nll: negative log-likelihood in nats.
        tokens: number of tokens in it.
        characters: number of code points of the text.
        orphans: whether a first token was left out.
    """

    nll: NDArray[np.float64]
    tokens: NDArray[np.float64]
    characters: NDArray[np.float64]
    orphans: bool


def perplexity(
    engine: Engine,
    texts: Sequence[str],
    lang: Lang,
    *,
    prompts: Sequence[Conversation] | None,
    count_end: bool,
    seed: int = 0,
) -> PerplexityScores:
    """Perplexity and bits per character of jokes under a model, exact to the token.

    A joke's tokens are those of its text alone, set after the prompt's. After a prompt that is a
    text, they begin with a space where the language has spaces, as in the examples for base
    models; it is not counted as a character. A model whose texts begin with no BOS token gives no
    probability to a first token without a prompt: it is left out, though its characters count,
    and the settings say ``first:left-out``. Empty texts are left out.

    Intervals are percentile bootstraps of the ratio over rows; a single row has none.

    Args:
        engine: runs the model.
        texts: jokes, one string each.
        lang: their language.
        prompts: what stands before each joke; None scores them alone.
        count_end: the model's end token counts as the last token of each joke.
        seed: of the bootstrap.

    Raises:
        DataError: no text has a token with a probability, or one has probability 0.
        ConfigError: the model has no end token to be counted, or no chat template for the prompts.
        EngineError: the model or the server failed.
    """
    before = [""] * len(texts) if prompts is None else prompts
    sums = _sums(engine, texts, before, lang, count_end)
    tokens = int(sums.tokens.sum())
    if not tokens:
        raise DataError(
            f"perplexity: none of the {len(texts)} texts has a token with a probability, "
            "expected at least one"
        )
    settings: Settings = {
        "model": _label(engine.identity()),
        "prompt": "alone" if prompts is None else "given",
        "end": "counted" if count_end else "not",
        **({"first": "left-out"} if sums.orphans else {}),
        **{name: engine.settings[name] for name in ("window", "stride") if name in engine.settings},
    }
    items = int((sums.tokens > 0).sum())
    low, high = ratio_interval(sums.nll, sums.tokens, seed=seed)
    value = Score(
        "perplexity",
        _exp(math.fsum(sums.nll) / tokens),
        items,
        lang,
        None if low is None else _exp(low),
        None if high is None else _exp(high),
        settings,
    )
    bits = sums.nll / math.log(2)
    with np.errstate(invalid="ignore"):
        rows = bits / sums.characters  # 0 / 0 is NaN
    ratio = math.fsum(bits) / float(sums.characters.sum())
    low, high = ratio_interval(bits, sums.characters, seed=seed)
    per_character = Score(
        "bits-per-character", ratio, items, lang, low, high, settings, tuple(map(float, rows))
    )
    return PerplexityScores(value, per_character, tokens)


def ratio_interval(
    numerators: NDArray[np.float64],
    denominators: NDArray[np.float64],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """Percentile bootstrap interval of a ratio of two sums over rows; it contains the ratio.

    The order of the rows does not matter.

    Args:
        numerators: of each row.
        denominators: of each row; rows with 0 are left out.
        seed: of the resampling.
        resamples: number of times that as many rows are drawn with replacement.

    Raises:
        DataError: no row is left.

    Source: Efron 1979, Bootstrap methods: another look at the jackknife.
    """
    used = denominators > 0
    above, below = numerators[used], denominators[used]
    if not above.size:
        raise DataError("interval of no rows, expected at least one")
    if above.size == 1:
        return None, None
    order = np.lexsort((below, above))
    above, below = above[order], below[order]
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK // above.size)
    ratios = np.empty(resamples)
    for start in range(0, resamples, block):
        shape = min(block, resamples - start), above.size
        drawn = generator.integers(above.size, size=shape, dtype=np.int32)
        ratios[start : start + block] = above[drawn].sum(axis=1) / below[drawn].sum(axis=1)
    low, high = np.percentile(ratios, [2.5, 97.5])
    ratio = math.fsum(above) / float(below.sum())
    return min(float(low), ratio), max(float(high), ratio)


def _sums(
    engine: Engine,
    texts: Sequence[str],
    before: Sequence[Conversation],
    lang: Lang,
    count_end: bool,
) -> _Sums:
    asked = {
        place: Continuation(prompt, _gap(prompt, lang) + text, ends=count_end)
        for place, (text, prompt) in enumerate(zip(texts, before, strict=True))
        if text
    }
    sums = np.zeros((3, len(texts)))
    orphans = False
    answers = engine.logprobs(list(asked.values()))
    for place, values in zip(asked, answers, strict=True):
        defined = [value for value in values if not math.isnan(value)]
        orphans |= len(defined) < len(values)
        if defined:
            sums[:, place] = -math.fsum(defined), len(defined), count_characters(texts[place])
        if math.isinf(sums[0, place]):
            raise DataError(
                f"perplexity: text {place + 1} of {len(texts)} has a token of probability 0 "
                f"under {engine.identity().name}, which leaves no finite value"
            )
    nll, tokens, characters = sums
    return _Sums(nll, tokens, characters, orphans)


def _gap(prompt: Conversation, lang: Lang) -> str:
    """What a model writes between a prompt and a joke."""
    text = isinstance(prompt, str) and prompt != "" and not prompt[-1].isspace()
    return " " if text and LANGUAGES[lang].spaced else ""


def _label(identity: ModelIdentity) -> str:
    """Name of a model with the beginnings of the hashes of its weights and its adapter."""
    weights = f"@{identity.weights[:8]}" if identity.weights else ""
    adapter = f"+{identity.adapter[:8]}" if identity.adapter else ""
    return f"{identity.name}{weights}{adapter}"


def _exp(nats: float) -> float:
    try:
        return math.exp(nats)
    except OverflowError as error:
        raise DataError(
            f"perplexity: {nats:.0f} nats for each token leave no finite value, expected below "
            "700; the weights of the model are broken"
        ) from error
