import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeval_humor.errors import DataError
from semeval_humor.schema import Lang
from semeval_humor.text.scripts import (
    HanVariants,
    Reason,
    foreign_runs,
    han_variants,
    purity,
    to_simplified,
)

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        (EN, "My cat says 你好 to guests", [("你好", "Han", None)]),
        (EN, "My cat says “你好” to guests", [("你好", "Han", Reason.QUOTED)]),
        (EN, 'He wrote "привет!" on it', [("привет", "Cyrillic", Reason.QUOTED)]),
        (EN, "and then это просто шутка", [("это просто шутка", "Cyrillic", None)]),
        (
            EN,
            '"我们的猫今天不想上班也不想睡觉" it said',
            [("我们的猫今天不想上班也不想睡觉", "Han", None)],
        ),
        (
            EN,
            "The area is π and I am ಠ_ಠ",
            [("π", "Greek", "symbol"), ("ಠ", "other", "symbol"), ("ಠ", "other", "symbol")],
        ),
        (EN, "Louis XIV, naïve café, 5 km, 100% 🎉 ½", []),
        (EN, "ends with مرحبا", [("مرحبا", "Arabic", None)]),
        (ES, "El ñandú pingüino", []),
        (ES, "dijo 我 y se fue", [("我", "Han", None)]),
        (ZH, "我在NBA打球", [("NBA", "Latin", Reason.ACRONYM)]),
        (ZH, "他买了iPhone 15手机", [("iPhone", "Latin", Reason.NAME)]),
        (
            ZH,
            "他去KTV唱歌，Bob没去",
            [("KTV", "Latin", Reason.ACRONYM), ("Bob", "Latin", Reason.NAME)],
        ),
        (ZH, "我有5kg的猫", [("kg", "Latin", Reason.UNIT)]),
        (ZH, "我有kg的猫", [("kg", "Latin", Reason.LOANWORD)]),
        (
            ZH,
            "路易XIV和ＶＩＰ",
            [("XIV", "Latin", Reason.NUMERAL), ("ＶＩＰ", "Latin", Reason.ACRONYM)],
        ),
        (ZH, "小b说", [("b", "Latin", Reason.SYMBOL)]),
        (ZH, "打开app看vlog", [("app", "Latin", "loanword"), ("vlog", "Latin", "loanword")]),
        (ZH, "他说“how are you”然后走了", [("how are you", "Latin", Reason.QUOTED)]),
        (ZH, "我看《The Office》", [("The Office", "Latin", Reason.QUOTED)]),
        (
            ZH,
            "猫说 I do not want to work today 就睡了",
            [("I do not want to work today", "Latin", None)],
        ),
        (ZH, "這是繁體字，１２３，🎉", []),
        (ZH, "你好привет", [("привет", "Cyrillic", None)]),
    ],
)
def test_foreign_runs(lang: Lang, text: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert [(run.text, run.script, run.reason) for run in foreign_runs(text, lang)] == expected


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        (EN, "abc", 1.0),
        (EN, "ab你好", 0.5),  # 2 of 4 letters
        (EN, "12 ab! 🎉", 1.0),  # digits and emoji are no letters
        (ES, "ñandú", 1.0),
        (ES, "año ж", 0.75),  # 3 of 4
        (ZH, "我爱NBA", 0.4),  # 2 of 5, tolerated or not
        (ZH, "ABC", 0.0),
    ],
)
def test_purity(lang: Lang, text: str, expected: float) -> None:
    assert purity(text, lang) == expected


@pytest.mark.parametrize("text", ["", "123", "🎉!?"])
def test_purity_of_no_letters(text: str) -> None:
    with pytest.raises(DataError, match="no letter"):
        purity(text, Lang.EN)


@pytest.mark.parametrize(
    ("text", "simplified", "traditional"),
    [
        ("见面说话", 3, 0),  # 面 is both
        ("見面說話", 0, 3),
        ("皇后在后面", 0, 0),  # 后 is good Traditional: the empress
        ("这個", 1, 1),
        ("abc 123", 0, 0),
    ],
)
def test_han_variants(text: str, simplified: int, traditional: int) -> None:
    assert han_variants(text) == HanVariants(simplified, traditional)


def test_to_simplified() -> None:
    assert to_simplified("見面說話 abc") == "见面说话 abc"


@given(
    st.text(alphabet=st.sampled_from('aZñ我們жπ1“”" .🎉ｱ'), max_size=40),
    st.sampled_from(list(Lang)),
)
def test_runs_index_the_text(text: str, lang: Lang) -> None:
    end = 0
    for run in foreign_runs(text, lang):
        assert text[run.start : run.end] == run.text
        assert run.start >= end
        end = run.end
    if not foreign_runs(text, lang) and any(map(str.isalpha, text)):
        assert purity(text, lang) == 1


@given(st.text(), st.sampled_from(list(Lang)))
def test_purity_is_a_share(text: str, lang: Lang) -> None:
    try:
        assert 0 <= purity(text, lang) <= 1
    except DataError:
        assert foreign_runs(text, lang) == []
