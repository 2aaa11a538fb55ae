import csv
from pathlib import Path

import pytest

from semeval_humor.schema import Lang
from semeval_humor.text.language import NAMES, SURE, guess, other_language

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
DATA = Path(__file__).parents[2] / "../shared/data"

JOKES = {
    EN: "My umbrella left me for somebody who lives where it rains.",
    ES: "Mi paraguas me dejó por alguien que vive donde llueve.",
    ZH: "我的雨伞离开了我，去找住在多雨地方的人了。",
}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((text, str(lang)) for lang, text in JOKES.items()),
        ("我的雨傘離開了我，去找住在多雨地方的人了。", "zh"),
        (JOKES[EN].upper(), "en"),
        ("Mon parapluie m'a quitté pour quelqu'un qui habite là où il pleut.", "fr"),
        ("Mein Schirm hat mich für jemanden verlassen, bei dem es regnet.", "de"),
        ("Il mio ombrello mi ha lasciato per qualcuno che abita dove piove.", "it"),
        ("O meu guarda-chuva deixou-me por alguém que mora onde chove.", "pt"),
        ("El meu paraigua m'ha deixat per algú que viu allà on plou.", "ca"),
        ("Мой зонт ушёл от меня к тому, у кого всегда идёт дождь.", "ru"),
        ("傘は雨の多い町に住む人のところへ行ってしまった。", "ja"),
        ("تركتني مظلتي من أجل شخص يعيش حيث تمطر السماء.", "ar"),
    ],
)
def test_guess_and_what_it_proves(text: str, code: str) -> None:
    found = guess(text)
    assert found is not None
    assert found.code == code
    assert found.code in NAMES
    assert SURE <= found.probability <= 1
    for lang in Lang:
        assert other_language(text, lang) == (None if lang == code else found)


@pytest.mark.parametrize("text", ["", "  ", "1 + 1 = 3", "🎉🎉", "?!"])
def test_a_text_without_letters_is_in_no_language(text: str) -> None:
    assert guess(text) is None
    assert other_language(text, EN) is None


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        (ES, "This is not mine"),  # surely English, but 13 letters
        (EN, "Esto no es mío."),
        (EN, "太好笑了吧"),  # 15 bytes
        (ES, "Dos tacos y un hot dog light para el manager, please."),  # two languages
    ],
)
def test_short_and_mixed_texts_prove_nothing(lang: Lang, text: str) -> None:
    assert other_language(text, lang) is None


def baseline(lang: Lang) -> list[str]:
    path = DATA / f"mwahaha/baseline-dev/task-a-{lang}.tsv"
    if not path.exists():
        pytest.skip("the official data is not here")
    with path.open(encoding="utf-8", newline="") as stream:
        return [row["text"] for row in csv.DictReader(stream, delimiter="\t")]


@pytest.mark.parametrize("lang", list(Lang))
def test_the_official_baseline_is_in_its_language_and_in_no_other(lang: Lang) -> None:
    texts = baseline(lang)
    guesses = [found.code for text in texts if (found := guess(text))]
    assert guesses.count(lang) >= 0.999 * len(texts)
    assert not any(other_language(text, lang) for text in texts)
    for other in Lang:
        if other is not lang:
            told = sum(other_language(text, other) is not None for text in texts)
            assert told > 0.99 * len(texts)
