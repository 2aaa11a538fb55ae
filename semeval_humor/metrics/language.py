"""Language identification over a set of jokes."""

import math
from collections.abc import Sequence

from semeval_humor.metrics.intervals import mean_score
from semeval_humor.schema import Lang, Score
from semeval_humor.text.language import guess


def language_share(texts: Sequence[str], lang: Lang) -> Score:
    """Share of the jokes whose likeliest language is ``lang``, in [0, 1].

    Of human jokes it is 0.99 or more; a single short joke may be taken for its language's sister,
    so trust the share and not the row. Texts without letters have no value.

    Raises:
        DataError: no text has a letter.
    """
    rows = [float(found.code == lang) if (found := guess(text)) else math.nan for text in texts]
    undefined = f"none of the {len(texts)} texts has a letter"
    return mean_score("language", rows, lang, undefined=undefined, settings={"id": "py3langid"})
