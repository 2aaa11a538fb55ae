import csv
from collections import Counter
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from semeval_humor.errors import DataError
from semeval_humor.schema import Lang
from semeval_humor.text import words
from semeval_humor.text.words import Inclusion, inclusion

OFFICIAL = Path(__file__).parents[2] / "../shared/data/mwahaha"
EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
EXACT, INFLECTED, MISSING = Inclusion


@pytest.mark.parametrize(
    ("lang", "word", "text", "expected"),
    [
        (EN, "spray", "Spray it, he said.", EXACT),
        (EN, "spray", "She sprayed the cat.", INFLECTED),
        (EN, "mouse", "Three mice walk into a bar.", INFLECTED),
        (EN, "run", "He ran out of jokes.", INFLECTED),
        (EN, "break", "My diet broke before noon.", INFLECTED),
        (EN, "leave", "The bus left without its driver.", INFLECTED),
        (EN, "thought", "I think my fridge knows.", INFLECTED),
        (EN, "dog", "That is the dog's chair.", EXACT),
        (EN, "cat", "My category is closed.", MISSING),
        (EN, "hot dog", "Two Hot  Dogs… one hot\ndog.", EXACT),
        (EN, "hot dog", "Two hot dogs.", INFLECTED),
        (EN, "hot dog", "The dog is hot.", MISSING),
        (EN, "t-shirt", "A T-shirt says nothing.", EXACT),
        (EN, "c++", "I only speak C++ here.", EXACT),
        (ES, "martillar", "Estoy martillando el piano.", INFLECTED),
        (ES, "lápiz", "Perdí mis lápices.", INFLECTED),
        (ES, "lápiz", "Mi La\u0301piz favorito.", EXACT),
        (ES, "lanzar", "Espero que lance bien.", INFLECTED),
        (ES, "casa", "No hay caso.", MISSING),
        (ES, "casar", "Quiero una casa.", MISSING),
        (ES, "sol", "Un soldado solitario.", MISSING),
        (ZH, "洗澡", "他在洗澡。", EXACT),
        (ZH, "洗澡", "他洗了个澡。", INFLECTED),
        (ZH, "见面", "我们見面吧。", EXACT),
        (ZH, "见面", "我们见了一面。", INFLECTED),
        (ZH, "见面", "我们见见面吧。", EXACT),
        (ZH, "见面", "他见了风。外面有雨。", MISSING),
        (ZH, "帮忙", "你帮他一个大忙。", INFLECTED),
        (ZH, "拔掉插头", "他把插头拔掉了。", INFLECTED),
        (ZH, "香蕉", "苹果很好吃。", MISSING),
        (ZH, "NBA", "我看nba。", EXACT),
    ],
)
def test_inclusion(lang: Lang, word: str, text: str, expected: Inclusion) -> None:
    assert inclusion(word, text, lang) is expected


@pytest.mark.parametrize("word", ["", " ", "-"])
def test_no_word(word: str) -> None:
    with pytest.raises(DataError, match="no letter or digit"):
        inclusion(word, "anything", Lang.EN)


@pytest.mark.skipif(not OFFICIAL.exists(), reason="official data not here")
@pytest.mark.parametrize(
    ("lang", "exact", "inflected", "verbatim"),
    [(EN, 99, 1, 100), (ES, 76, 24, 78), (ZH, 98, 2, 98)],
)
def test_official_baseline(lang: Lang, exact: int, inflected: int, verbatim: int) -> None:
    """The organisers' baseline; verbatim counts parts of words as well, exact does not."""
    import pandas as pd

    inputs = pd.read_csv(
        OFFICIAL / f"dev/task-a-{lang}.tsv",
        delimiter="\t",
        quoting=csv.QUOTE_NONE,
        keep_default_na=False,
    )
    texts = pd.read_csv(OFFICIAL / f"baseline-dev/task-a-{lang}.tsv", delimiter="\t")
    text_of = dict(zip(texts["id"], texts["text"], strict=True))
    counts: Counter[Inclusion] = Counter()
    contained = 0
    for key, *pair in inputs[["id", "word1", "word2"]].itertuples(index=False):
        if "-" in pair:
            continue
        found = {inclusion(word, text_of[key], lang) for word in pair}
        counts[max(found, key=list(Inclusion).index)] += 1
        contained += all(word.casefold() in text_of[key].casefold() for word in pair)
    assert (counts[EXACT], counts[INFLECTED], counts[MISSING]) == (exact, inflected, 0)
    assert contained == verbatim


PIECES = st.sampled_from(["cat", "a", " ", "-", "_", "²", "\u0301", "é", "1", "我", "'", "🎉"])


@given(
    st.lists(PIECES, min_size=1, max_size=3).map("".join),
    st.lists(PIECES, max_size=9).map("".join),
)
def test_a_whole_word_has_no_letter_beside_it(word: str, text: str) -> None:
    pattern = regex.compile(rf"(?<!\w){regex.escape(word)}(?!\w)")
    for searched in (text, f"{text}{word}", f"{word}{text}"):
        assert words._occurs(word, searched, Lang.EN) is bool(pattern.search(searched))
