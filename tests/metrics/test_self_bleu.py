import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.errors import DataError
from semeval_humor.metrics.grams import TokenKind
from semeval_humor.metrics.self_bleu import self_bleu
from semeval_humor.schema import Lang
from semeval_humor.text.tokens import tokenize

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
JOKES = {
    EN: [
        "My cat opened a bank account. It only takes naps.",
        "My cat opened a bank. My dog opened a bank account in its name, and a bank, and a bank.",
        "My cat opened a bank account. It only takes naps.",
        "Why did the bank hire a cat? It wanted a purr-sonal account.",
        "Meow.",
        "A cat.",
        "bank bank bank bank bank",
        "Quick zebras!",
    ],
    ES: [
        "Mi gato abrió una cuenta en el banco. Solo ingresa siestas.",
        "Mi gato abrió un banco. Mi perro abrió una cuenta en el banco, en el banco y en el banco.",
        "Mi gato abrió una cuenta en el banco. Solo ingresa siestas.",
        "¿Por qué el banco contrató a un gato?",
        "Miau.",
        "Un gato.",
        "banco banco banco banco banco",
        "¡Veloces cebras!",
    ],
    ZH: [
        "我的猫开了一个银行账户，只存午觉。",
        "我的猫开了银行，我的狗用它的名字开了一个银行账户，一个又一个。",
        "我的猫开了一个银行账户，只存午觉。",
        "银行为什么雇了一只猫？",
        "喵",
        "一猫",
        "猫猫猫猫猫猫",
        "KTV",
    ],
}


def sacrebleu_mean(texts: Sequence[str], lang: Lang) -> float:
    """Mean sentence BLEU by sacrebleu, each text against all others."""
    import sacrebleu

    bleu = sacrebleu.BLEU(tokenize="none", effective_order=True)
    joined = [" ".join(tokenize(text, lang)) for text in texts]
    scores = [
        bleu.sentence_score(text, joined[:row] + joined[row + 1 :]).score
        for row, text in enumerate(joined)
    ]
    return sum(scores) / len(scores) / 100


@pytest.mark.parametrize("lang", list(Lang))
def test_equals_sacrebleu(lang: Lang) -> None:
    for texts in (JOKES[lang], JOKES[lang][1:], JOKES[lang][3:], JOKES[lang][:2]):
        assert self_bleu(texts, lang).value == pytest.approx(sacrebleu_mean(texts, lang), abs=1e-9)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text("ab ", min_size=1, max_size=16), min_size=2, max_size=6))
def test_equals_sacrebleu_on_texts_of_two_words(texts: list[str]) -> None:
    spoken = [text for text in texts if text.strip()]
    if len(spoken) < 2:
        with pytest.raises(DataError, match="fewer than 2"):
            self_bleu(texts, EN)
        return
    score = self_bleu(texts, EN)
    assert score.value == pytest.approx(sacrebleu_mean(spoken, EN), abs=1e-9)
    assert score.items == len(spoken)


@pytest.mark.parametrize(
    ("lang", "texts", "value"),
    [
        (EN, ["The cat naps here.", "the cat naps here"], 1),
        (EN, ["one two", "three four"], 0),
        # a b c against a b d: 2/3, 1/2 and, smoothed, 1/2 of the one triple: the cube root of 1/6.
        (EN, ["a b c", "a b d"], (2 / 3 * 1 / 2 * 1 / 2) ** (1 / 3)),
        (ES, ["a b c", "a b d"], (2 / 3 * 1 / 2 * 1 / 2) ** (1 / 3)),
        (ZH, ["猫睡觉", "猫睡了"], (2 / 3 * 1 / 2 * 1 / 2) ** (1 / 3)),
        # a is the whole of the one and half of the other, which has no pair in common; the shorter
        # one pays exp(1 − 2/1) for its length.
        (EN, ["a", "a b"], (math.exp(-1) + (1 / 2 * 1 / 2) ** (1 / 2)) / 2),
    ],
)
def test_by_hand(lang: Lang, texts: list[str], value: float) -> None:
    assert self_bleu(texts, lang).value == pytest.approx(value, abs=1e-12)


def test_settings() -> None:
    score = self_bleu(JOKES[ZH], ZH)
    assert score.settings == {"tokens": "char", "order": 4, "smooth": "exp", "eff": "yes"}
    words = self_bleu(JOKES[ZH], ZH, tokens=TokenKind.WORD)
    assert words.settings["tokens"] == "word"
    assert words.value < score.value


def test_one_joke_has_no_others() -> None:
    with pytest.raises(DataError, match=r"^self-bleu: fewer than 2 of the 2 texts have a token$"):
        self_bleu(["A cat.", "…"], EN)
