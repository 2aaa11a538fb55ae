"""Word coverage: whether jokes use the two words that they must use."""

import math
from collections.abc import Sequence

from semeval_humor.metrics.intervals import mean_score
from semeval_humor.schema import Lang, Prompt, Score, WordPair
from semeval_humor.text.words import Inclusion, inclusion


def coverage_exact(texts: Sequence[str], prompts: Sequence[Prompt], lang: Lang) -> Score:
    """Mean share of the two words that stand in the joke as the prompt gives them, in [0, 1].

    A joke has 0, ½ or 1. Case does not matter, nor does the Simplified or Traditional form. Rows
    with another constraint than two words have no value.

    Args:
        texts: jokes, one string each.
        prompts: the row of each joke.
        lang: decides what is a form of a word.

    Raises:
        DataError: no row has two words, or a word has no letter or digit.
    """
    return _coverage("coverage-exact", texts, prompts, lang, {Inclusion.EXACT})


def coverage_inflected(texts: Sequence[str], prompts: Sequence[Prompt], lang: Lang) -> Score:
    """Mean share of the two words that stand in the joke in whatever form, in [0, 1].

    As :func:`coverage_exact`, but other forms of the word count as well: the same lemma or stem in
    English and Spanish, a separated verb in Chinese. Never below :func:`coverage_exact`.

    Raises:
        DataError: no row has two words, or a word has no letter or digit.
    """
    accepted = {Inclusion.EXACT, Inclusion.INFLECTED}
    return _coverage("coverage-inflected", texts, prompts, lang, accepted)


def _coverage(
    name: str,
    texts: Sequence[str],
    prompts: Sequence[Prompt],
    lang: Lang,
    accepted: set[Inclusion],
) -> Score:
    rows = []
    for text, prompt in zip(texts, prompts, strict=True):
        match prompt.constraint:
            case WordPair(word1, word2):
                found = [inclusion(word, text, lang) in accepted for word in (word1, word2)]
                rows.append(sum(found) / 2)
            case _:
                rows.append(math.nan)
    undefined = f"none of the {len(rows)} rows has two words to use, expected at least one"
    return mean_score(name, rows, lang, undefined=undefined)
