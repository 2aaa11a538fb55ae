from pathlib import Path

import pytest

from semeval_humor.errors import DataError
from semeval_humor.metrics.coverage import coverage_exact, coverage_inflected
from semeval_humor.schema import Constraint, Headline, Lang, Prompt, Task, WordPair

OFFICIAL = Path(__file__).parents[2] / "../shared/data/mwahaha"
EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH


def prompts(lang: Lang, *constraints: Constraint) -> list[Prompt]:
    return [Prompt(f"{lang}_{n}", Task.A, lang, found) for n, found in enumerate(constraints)]


@pytest.mark.parametrize(
    ("lang", "pair", "texts", "exact", "inflected"),
    [
        (
            EN,
            WordPair("paint", "mouse"),
            ["I paint my mouse.", "I painted two mice.", "I paint mice.", "Nothing."],
            [1, 0, 0.5, 0],
            [1, 1, 1, 0],
        ),
        (
            ES,
            WordPair("martillar", "lápiz"),
            ["No vale martillar un lápiz.", "Estoy martillando lápices.", "El lápiz.", "Nada."],
            [1, 0, 0.5, 0],
            [1, 1, 0.5, 0],
        ),
        (
            ZH,
            WordPair("洗澡", "香蕉"),
            ["香蕉在洗澡。", "香蕉洗了个澡。", "他洗了个澡。", "没有。"],
            [1, 0.5, 0, 0],
            [1, 1, 0.5, 0],
        ),
        (ZH, WordPair("见面", "汉语"), ["見面說漢語。"], [1], [1]),
    ],
)
def test_coverage(
    lang: Lang, pair: WordPair, texts: list[str], exact: list[float], inflected: list[float]
) -> None:
    rows = prompts(lang, *[pair] * len(texts))
    for metric, wanted in ((coverage_exact, exact), (coverage_inflected, inflected)):
        score = metric(texts, rows, lang)
        assert score.rows == tuple(wanted)
        assert score.value == sum(wanted) / len(wanted)


def test_headlines_have_no_coverage() -> None:
    rows = prompts(EN, Headline("Mayor opens bridge"), WordPair("mayor", "bridge"))
    score = coverage_exact(["A mayor, a bridge.", "A mayor."], rows, EN)
    assert (score.value, score.items) == (0.5, 1)
    assert score.rows is not None
    assert str(score.rows[0]) == "nan"


def test_nothing_but_headlines() -> None:
    with pytest.raises(DataError, match=r"^coverage-inflected: none of the 1 rows has two words"):
        coverage_inflected(["A mayor."], prompts(EN, Headline("Mayor opens bridge")), EN)


def test_a_word_that_no_joke_can_use() -> None:
    with pytest.raises(DataError, match="no letter or digit"):
        coverage_exact(["A mayor."], prompts(EN, WordPair("?", "mayor")), EN)


@pytest.mark.skipif(not OFFICIAL.exists(), reason="official data not here")
@pytest.mark.parametrize(
    ("lang", "exact", "inflected"), [(EN, 0.995, 1), (ES, 0.88, 1), (ZH, 0.99, 1)]
)
def test_official_baseline(lang: Lang, exact: float, inflected: float) -> None:
    """Of 100 word pairs each, 1, 24 and 2 need an inflected word, none lacks one."""
    from semeval_humor.tsv import read_jokes, read_prompts

    rows = read_prompts(OFFICIAL / f"dev/task-a-{lang}.tsv", Task.A, lang)
    texts = [joke.text for joke in read_jokes(OFFICIAL / f"baseline-dev/task-a-{lang}.tsv")]
    score = coverage_exact(texts, rows, lang)
    assert score.value == pytest.approx(exact)
    assert score.items == 100
    assert coverage_inflected(texts, rows, lang).value == inflected
