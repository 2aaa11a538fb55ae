import pytest

from semeval_humor.errors import DataError
from semeval_humor.metrics.overlap import headline_copies, headline_run, headline_share
from semeval_humor.schema import Headline, Lang, Prompt, Task, WordPair

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH


@pytest.mark.parametrize(
    ("lang", "headline", "texts", "share", "run", "copies"),
    [
        (
            EN,
            "Mayor opens new bridge",
            ["Mayor opens new bridge!", "The mayor opens a new bridge.", "Ducks."],
            [1, 2 / 3, 0],  # mayor opens, new bridge
            [1, 2 / 4, 0],
            [1, 0, 0],
        ),
        (ES, "Sube el río", ["¡Sube el río!", "El río sube"], [1, 1 / 2], [1, 2 / 3], [1, 0]),
        (ZH, "貓會游泳", ["猫会游泳。", "会游泳的狗不多见"], [1, 2 / 3], [1, 3 / 4], [1, 0]),
    ],
)
def test_overlap(
    lang: Lang,
    headline: str,
    texts: list[str],
    share: list[float],
    run: list[float],
    copies: list[float],
) -> None:
    rows = [Prompt(f"{lang}_1", Task.A, lang, Headline(headline))] * len(texts)
    for metric, wanted in ((headline_share, share), (headline_run, run), (headline_copies, copies)):
        score = metric(texts, rows, lang)
        assert score.rows == pytest.approx(tuple(wanted))
        assert score.value == pytest.approx(sum(wanted) / len(wanted))


def test_rows_without_a_headline() -> None:
    words = Prompt("en_1", Task.A, EN, WordPair("open", "bridge"))
    headline = Prompt("en_2", Task.A, EN, Headline("Mayor opens bridge"))
    score = headline_share(["Mayor opens bridge."] * 2, [words, headline], EN)
    assert (score.value, score.items, score.settings) == (1, 1, {"n": 2})
    with pytest.raises(DataError, match=r"^headline-run: none of the 1 rows has a headline"):
        headline_run(["Mayor opens bridge."], [words], EN)
    with pytest.raises(DataError, match="no word to compare"):
        headline_copies(["A."], [Prompt("en_3", Task.A, EN, Headline("…"))], EN)
