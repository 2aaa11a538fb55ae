import pytest

from semeval_humor.schema import Lang
from semeval_humor.text.ending import truncated

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH

CUT = [
    (EN, "My owl bought a piano,"),
    (EN, "The vet looked at my goldfish and said:"),
    (EN, "I was about to name the butler —"),
    (EN, "I was about to name the but-"),
    (EN, "The parrot cleared its throat and said “"),
    (EN, "The parrot whispered “nobody in this bank"),
    (EN, "My diet works (as long as nobody opens the fridge"),
    (EN, "My plants are dying because of the"),
    (EN, "My therapist left, and now I’m"),
    (EN, "I bought a boat BECAUSE"),
    (EN, "My horoscope is wrong again, it’s"),
    (ES, "Mi gato ronca más que el"),
    (ES, "El semáforo se puso rojo porque"),
    (ES, "Mi abuela dice que la nevera es de"),
    (ES, "El loro miró al cura y dijo:"),
    (ES, "El loro le contestó «yo no"),
    (ES, "Compré una alarma;"),
    (ZH, "我家猫昨天去面试，"),
    (ZH, "老板问我为什么迟到，我说："),
    (ZH, "我本来想减肥，但是"),
    (ZH, "我本來想減肥，因為"),
    (ZH, "医生说：“你的鱼"),
    (ZH, "他的爱好有睡觉、"),
    (ZH, "昨天我请了老板和"),
    (ZH, "真正的凶手就是——"),
]

WHOLE = [
    (EN, ""),
    (EN, "My owl bought a piano. It plays by ear."),
    (EN, "My owl bought a piano and now we don't talk"),
    (EN, "My owl bought a piano, and then…"),
    (EN, "Not even the vet knows what that is, is it?"),
    (EN, "The vet took one look at the bill :("),
    (EN, "My goldfish died again D:"),
    (EN, "Fish &amp; chips &gt;"),
    (EN, '"Is this a joke?" asked the "'),
    (EN, "There is one place I never came in"),
    (EN, "Grade: hick-fil-a"),
    (ES, "—No hay pan. —Pues que coman «croquetas»"),
    (ES, "—Me voy —dijo el tren—"),
    (ES, "Mi vecino ronca y yo como si nada"),
    (ES, "Suspendí otra vez :(pero aprendí algo"),
    (ES, "¿Y tú? Pues yo tampoco lo se"),
    (ZH, "我家猫昨天去面试，今天我被开除了"),
    (ZH, "这条鱼是卖菜的"),
    (ZH, "他唱得很柔和"),
    (ZH, "我说：“你先走。”"),
    (ZH, "电影叫《鱼》"),
]


@pytest.mark.parametrize(("lang", "text"), CUT)
def test_truncated(lang: Lang, text: str) -> None:
    assert truncated(text, lang)
    assert truncated(f"{text} \n", lang)
    assert not truncated(f"{text}…", lang)


@pytest.mark.parametrize(("lang", "text"), WHOLE)
def test_whole(lang: Lang, text: str) -> None:
    assert not truncated(text, lang)


@pytest.mark.parametrize("unit", ["“", "(a ", "- ", "&", "a", "我", " "])
@pytest.mark.parametrize("lang", list(Lang))
def test_long_nonsense_ends_soon(unit: str, lang: Lang) -> None:
    text = unit * (100_000 // len(unit))
    for end in ("a", "-", ";"):
        assert truncated(text + end, lang) in (True, False)
