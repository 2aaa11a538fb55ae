"""Jokes of our own with a good label each."""

from semeval_humor.data.jokes import CorpusText
from semeval_humor.data.label_prompts import answer_of
from semeval_humor.data.labels import Label
from semeval_humor.data.splits import Split
from semeval_humor.schema import Lang

JOKES = {
    Lang.EN: (
        "A friend weighed his pumpkin on a train scale. The train was late.",
        Label("weigh", "pumpkin", "Station installs public scales for heavy luggage"),
    ),
    Lang.ES: (
        "Mi vecino quiere pelar la calabaza más grande del mundo. Ya tiene el cuchillo.",
        Label("pelar", "cuchillo", "Un concurso premia las hortalizas más grandes del país"),
    ),
    Lang.ZH: (
        "医生建议我每天测量冰箱的温度。现在冰箱比我健康。",
        Label("测量", "冰箱", "专家提醒市民注意家用电器的日常保养"),
    ),
}


def joke(lang: Lang, number: int = 0, *, is_humor: bool | None = True) -> CorpusText:
    """Return the joke of a language as a row of ``jokes.parquet``."""
    text = JOKES[lang][0]
    return CorpusText(
        f"test-{lang}-{number}", lang, text, is_humor, None, None, "test", Split.DEV, "ours"
    )


def answer(lang: Lang) -> str:
    """Return its label as a model should write it."""
    return answer_of(JOKES[lang][1])
