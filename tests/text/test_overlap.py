import csv
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from semeval_humor.errors import DataError
from semeval_humor.schema import Lang
from semeval_humor.text import overlap
from semeval_humor.text.overlap import Overlap, headline_overlap, is_copy
from semeval_humor.text.scripts import to_simplified

OFFICIAL = Path(__file__).parents[2] / "../shared/data/mwahaha"
EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
HEADLINE = "Mayor opens new bridge for ducks"


@pytest.mark.parametrize(
    ("lang", "joke", "headline", "share", "run"),
    [
        (EN, f"{HEADLINE}? Geese sue.", HEADLINE, 1.0, 1.0),
        (EN, "The MAYOR opens a new bridge", HEADLINE, 2 / 5, 2 / 6),  # mayor opens, new bridge
        (EN, "Cats are fine.", HEADLINE, 0.0, 0.0),
        (EN, "Snow again", "Snow", 1.0, 1.0),
        (EN, "", HEADLINE, 0.0, 0.0),
        (ES, "El río sube otra vez", "Sube el río", 1 / 2, 2 / 3),  # el río
        (ZH, "猫会游泳？", "猫會游泳", 1.0, 1.0),
        (ZH, "会游泳的狗", "猫会游泳", 2 / 3, 3 / 4),  # 会游, 游泳
    ],
)
def test_headline_overlap(lang: Lang, joke: str, headline: str, share: float, run: float) -> None:
    assert headline_overlap(joke, headline, lang) == Overlap(share, run)


@pytest.mark.parametrize(
    ("lang", "joke", "headline", "copy"),
    [
        (EN, HEADLINE, HEADLINE, True),
        (EN, f"“{HEADLINE.upper()}!”", HEADLINE, True),
        (EN, "Mayor opens new bridge", HEADLINE, True),
        (EN, f"{HEADLINE}. Finally.", HEADLINE, False),
        (EN, "Mayor opens new fridge for ducks", HEADLINE, False),
        (EN, "Man bites dog", "Dog bites man", False),
        (EN, "Mayor", HEADLINE, False),
        (EN, "", HEADLINE, False),
        (ES, "El río sube", "¡El río sube!", True),
        (ES, "El río sube, y yo sin barca", "El río sube", False),
        (ZH, "猫会游泳，专家表示很正常", "貓會游泳，專家表示很正常", True),
        (ZH, "猫会游泳，专家表示很正常？鱼不同意。", "猫会游泳，专家表示很正常", False),
    ],
)
def test_is_copy(lang: Lang, joke: str, headline: str, copy: bool) -> None:
    assert is_copy(joke, headline, lang) is copy


@pytest.mark.parametrize("headline", ["", "…"])
def test_no_headline(headline: str) -> None:
    with pytest.raises(DataError, match="no word to compare"):
        headline_overlap("joke", headline, Lang.EN)
    with pytest.raises(DataError, match="no word to compare"):
        is_copy("joke", headline, Lang.EN)


@given(st.text(alphabet="ab c", max_size=30), st.text(alphabet="ab c", max_size=30))
def test_overlap_is_a_share(joke: str, headline: str) -> None:
    headline = f"a {headline}"
    overlap = headline_overlap(joke, headline, Lang.EN)
    assert 0 <= overlap.share <= 1
    assert 0 <= overlap.run <= 1
    assert headline_overlap(f"{joke} {headline}", headline, Lang.EN) == Overlap(1, 1)
    assert is_copy(headline, headline, Lang.EN)


JOKES = st.lists(
    st.sampled_from(
        [
            "duck",
            "Duck",
            "pond",
            "x-y",
            "5kg7",
            "½",
            "ﹰ",
            "\ufe0f",
            "é",
            "—",
            "!",
            "鸭",
            "鴨",
            "桥",
            "Ａ",
            " ",
        ]
    ),
    max_size=14,
)


@given(JOKES, JOKES, st.sampled_from(list(Lang)))
def test_what_shows_before_dividing_changes_nothing(
    joke: list[str], headline: list[str], lang: Lang
) -> None:
    texts = " ".join(joke), " ".join(["duck", *headline])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlap, "_fewest_tokens", lambda *_: 0)
        expected = is_copy(*texts, lang)
    assert is_copy(*texts, lang) is expected


@given(JOKES, st.sampled_from(list(Lang)))
@example(["鸭。，、"], Lang.ZH)
def test_tokens_are_neither_fewer_nor_more_than_thought(joke: list[str], lang: Lang) -> None:
    text = " ".join(joke)
    tokens = len(overlap._content_tokens(text, lang))
    assert overlap._fewest_tokens(text, lang) <= tokens <= overlap._most_tokens(text, lang)


def test_simplifying_exchanges_characters_one_by_one() -> None:
    for character in map(chr, range(0x3400, 0xA000)):
        simplified = to_simplified(character)
        assert (len(simplified), simplified.isalnum()) == (1, character.isalnum())


@pytest.mark.skipif(not OFFICIAL.exists(), reason="official data not here")
def test_official_baseline_repeats_headlines_but_copies_none() -> None:
    import pandas as pd

    inputs = pd.read_csv(
        OFFICIAL / "dev/task-a-en.tsv",
        delimiter="\t",
        quoting=csv.QUOTE_NONE,
        keep_default_na=False,
    )
    texts = pd.read_csv(OFFICIAL / "baseline-dev/task-a-en.tsv", delimiter="\t")
    text_of = dict(zip(texts["id"], texts["text"], strict=True))
    rows = [
        (headline, text_of[key])
        for key, headline in inputs[["id", "headline"]].itertuples(index=False)
        if headline != "-"
    ]
    assert sum(h.strip().casefold() in joke.casefold() for h, joke in rows) == 179
    assert sum(headline_overlap(joke, h, Lang.EN).run == 1 for h, joke in rows) >= 179
    assert not any(is_copy(joke, h, Lang.EN) for h, joke in rows)
