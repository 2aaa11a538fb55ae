import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeval_humor.data.repair import repair


@pytest.mark.parametrize(
    ("broken", "fixed"),
    [
        ("Tom &amp; Jerry &lt;3 &amp;#39;hi&amp;#39;", "Tom & Jerry <3 'hi'"),
        ("Â¿QuÃ© pasÃ³, seÃ±or?", "¿Qué pasó, señor?"),
        ("\x97Hola \x97 dijo", "—Hola — dijo"),
        ("cafe\u0301", "café"),
        ("a\u200bb\u00adc \ufeffd\u200e", "abc d"),
        ("bell\x07 \x1b[31mred\x1b[0m", "bell red"),
        ("  two  spaces\u00a0and \n\n a break \r\nend  ", "two spaces and\n\na break\nend"),
        ("See http://example.com/a?b=c now", "See now"),
        ("A comic (https://example.com/x.png)", "A comic"),
        ("看这个https://example.com/猫很好", "看这个猫很好"),
        ("\u3000\u3000\u200d 老师说：好。", "老师说：好。"),
    ],
)
def test_what_machines_broke_is_put_right(broken: str, fixed: str) -> None:
    assert repair(broken) == fixed


@pytest.mark.parametrize(
    "text",
    [
        "¿Sí? ¡Claro! —dijo «el ñandú»…",
        "他说：“好，走！”（然后睡了）ＮＢＡ——《猫》……",
        "Family 👩\u200d👩\u200d👧, wave 👋🏽, heart ❤️, flag 🇺🇾",
        "🤦🏽\u200d♂️ ok",
        "It’s “fine” – isn't it?",
        "Have you seen www.pitchdark.example? I saw nothing",
        "Email me @home, #winning",
        "体重５０kg，身高１米７",
        "Line one\n\nLine three",
    ],
)
def test_what_authors_meant_stays(text: str) -> None:
    assert repair(text) == text


@pytest.mark.parametrize(
    ("tweet", "text"),
    [
        ("RT @ana_1: ¿Tiene pan? No, sueño.", "¿Tiene pan? No, sueño."),
        ("RT @ana: RT @luis: Uno y uno son once", "Uno y uno son once"),
        (".@ana, @luis: feliz día", "feliz día"),
        ("Mira “@luis: Hola a todos”", "Mira “Hola a todos”"),
        ("Era tan alto que llovía después. (Vía @ana)", "Era tan alto que llovía después."),
        ("Era tan alto que llovía después by @ana #fb", "Era tan alto que llovía después"),
        ("¿Y el pan? @ana @luis", "¿Y el pan?"),
        ("Me compré una camiseta de @Nike", "Me compré una camiseta de Nike"),
        ("Gracias @ana por venir", "Gracias ana por venir"),
        ("#chiste: #Cruel Mamá, tengo frío #chistes RT.", "Mamá, tengo frío"),
        ("Sin humor no hay pan\n#Chistes #Humor #Anecd...", "Sin humor no hay pan"),
        ("#LosLunes empiezan en domingo #Filosofía", "#LosLunes empiezan en domingo #Filosofía"),
        ("Sin #chistes no hay fiesta", "Sin #chistes no hay fiesta"),
        ("Escribe a ana@correo.example", "Escribe a ana@correo.example"),
        ("#chistes", ""),
        ("@ana", ""),
    ],
)
def test_tweets_lose_what_is_not_the_joke(tweet: str, text: str) -> None:
    assert repair(tweet, tweet=True) == text


def test_only_tweets_lose_it() -> None:
    assert repair("@ana #chistes") == "@ana #chistes"


@given(st.text(), st.booleans())
def test_no_text_breaks_it(text: str, tweet: bool) -> None:
    fixed = repair(text, tweet=tweet)
    assert fixed == fixed.strip()
    assert unicodedata.is_normalized("NFC", fixed)
    assert "\r" not in fixed
    assert "  " not in fixed
