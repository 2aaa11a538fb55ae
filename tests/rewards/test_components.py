import pytest

from semeval_humor.errors import DataError
from semeval_humor.rewards import components
from semeval_humor.rewards.components import Band, Row
from semeval_humor.schema import Constraint, Gif, Headline, Lang, Prompt, Task, WordPair

BAND = Band(
    at_least={Lang.EN: 4, Lang.ES: 4, Lang.ZH: 8}, at_most={Lang.EN: 8, Lang.ES: 8, Lang.ZH: 16}
)
WORDS = {
    Lang.EN: WordPair("knit", "volcano"),
    Lang.ES: WordPair("bailar", "lápiz"),
    Lang.ZH: WordPair("跳舞", "雨伞"),
}


def row(text: str, lang: Lang = Lang.EN, constraint: Constraint | None = None) -> Row:
    asked = Prompt(f"{lang}_1", Task.A, lang, constraint or Headline("Rain at last"))
    return Row(asked, text, humour=0.7, unknown=0.2)


@pytest.mark.parametrize(
    ("lang", "text", "share"),
    [
        (Lang.EN, "I knit near a volcano.", 1.0),
        (Lang.EN, "She was knitting by the volcanoes.", 1.0),  # inflected ones count too
        (Lang.EN, "A volcano, she said.", 0.5),
        (Lang.EN, "", 0.0),
        (Lang.ES, "Saqué a bailar a mi lápiz.", 1.0),
        (Lang.ES, "Dos lápices bailan.", 1.0),
        (Lang.ES, "El lápiz calla.", 0.5),
        (Lang.ES, "Nada.", 0.0),
        (Lang.ZH, "雨伞说它想跳舞。", 1.0),
        (Lang.ZH, "他跳了一支舞。", 0.5),  # 跳舞 with its halves apart, no 雨伞
        (Lang.ZH, "下雨了。", 0.0),
    ],
)
def test_coverage_is_0_half_or_1(lang: Lang, text: str, share: float) -> None:
    assert components.coverage(row(text, lang, WORDS[lang])) == share


@pytest.mark.parametrize("constraint", [Headline("Knit a volcano"), Gif("https://example.org/1")])
def test_rows_without_words_have_no_coverage(constraint: Constraint) -> None:
    assert components.coverage(row("I knit near a volcano.", constraint=constraint)) is None


def test_a_demanded_word_without_a_letter_is_an_error() -> None:
    with pytest.raises(DataError, match="has no letter or digit"):
        components.coverage(row("Anything.", constraint=WordPair("knit", "!!")))


@pytest.mark.parametrize(
    ("lang", "text", "value"),
    [
        (Lang.EN, "", 0.0),
        (Lang.EN, "!?", 0.0),
        (Lang.EN, "One", 0.25),  # 1 of at least 4 words
        (Lang.EN, "One two three four", 1.0),
        (Lang.EN, "one two three four five six seven eight", 1.0),
        (Lang.EN, "w " * 16, 0.5),  # 8 at most, of 16
        (Lang.ES, "¡Dos palabras!", 0.5),
        (Lang.ZH, "四个汉字", 0.5),  # 4 of at least 8 characters
        (Lang.ZH, "一二三四五六七八。", 1.0),
        (Lang.ZH, "好" * 64, 0.25),
    ],
)
def test_length_is_1_inside_the_band_and_falls_outside(lang: Lang, text: str, value: float) -> None:
    assert components.length(row(text, lang), BAND) == value


@pytest.mark.parametrize(
    ("lang", "text", "share"),
    [
        (Lang.EN, "", 0.0),
        (Lang.EN, "a b a b", 1 / 3),  # ab, ba, ab: one of three is a repeat
        (Lang.ES, "no y no y no", 2 / 4),
        (Lang.ZH, "好好好好好", 2 / 3),  # three triples, all the same
        (Lang.ZH, "今天下雨了", 0.0),
    ],
)
def test_repetition(lang: Lang, text: str, share: float) -> None:
    assert components.repetition(row(text, lang)) == pytest.approx(share)


def test_what_models_said_is_passed_on() -> None:
    assert components.humour(row("x")) == 0.7
    assert components.unknown(row("x")) == 0.2


def test_a_number_for_one_language_only_is_refused() -> None:
    with pytest.raises(ValueError, match="one for each of en, es, zh"):
        Band(at_least={Lang.EN: 4}, at_most=8)
