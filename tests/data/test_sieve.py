import random

import pytest

from semeval_humor.data.sieve import Drop, Goes, Sieve, Stays
from semeval_humor.data.splits import split_of
from semeval_humor.schema import Lang

SAMPLE = {
    Lang.EN: "My toaster and I broke up because it said I was too crumby",
    Lang.ES: "—Doctor, ¿es grave? —No, señora, es una palabra esdrújula",
    Lang.ZH: "我的闹钟比我努力，所以我每天早上奖励它多响五分钟。",
}


@pytest.mark.parametrize("lang", Lang)
def test_a_good_text_stays_once(lang: Lang) -> None:
    sieve = Sieve(lang, [])
    assert isinstance(sieve.judge("a-1", SAMPLE[lang], "joke"), Stays)
    again = SAMPLE[lang].upper() + "!!"
    assert sieve.judge("a-2", again, "joke") == Goes(Drop.SAME_TEXT, "a-1", other_label=False)
    assert sieve.judge("a-3", again, None) == Goes(Drop.SAME_TEXT, "a-1", other_label=True)


@pytest.mark.parametrize(
    ("lang", "text", "verdict"),
    [
        (Lang.EN, "", Goes(Drop.EMPTY)),
        (Lang.ES, "😂😂 …", Goes(Drop.EMPTY)),
        (Lang.ES, "Pedro tiene cien a\ufffdos y un perro", Goes(Drop.BROKEN)),
        # 11 letters, and 4 characters
        (Lang.EN, "so very sad", Goes(Drop.TOO_SHORT)),
        (Lang.ZH, "好，我走了", Goes(Drop.TOO_SHORT)),
        (Lang.EN, "ha " * 300 + "h", Goes(Drop.TOO_LONG)),
        (Lang.ZH, "哈" * 301, Goes(Drop.TOO_LONG)),
        (Lang.ES, "The best things in life are the ones you do not need", "en"),
        (Lang.EN, "El perro de mi vecina ya no me saluda por las mañanas", "es"),
        (Lang.ZH, "The neighbour's cat has learnt to open the door by itself", "en"),
    ],
)
def test_what_is_no_text_of_its_language_goes(lang: Lang, text: str, verdict: Goes | str) -> None:
    expected = Goes(Drop.OTHER_LANGUAGE, verdict) if isinstance(verdict, str) else verdict
    assert Sieve(lang, []).judge("a-1", text, None) == expected


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        # As short and as long as may be, and words of another language inside.
        (Lang.EN, "abcdefghijkl"),
        (Lang.ZH, "好，我走了吧"),
        (Lang.EN, "word " * 180),
        (Lang.ES, "Mi jefe dice «let it be», y yo le dejo ser"),
        (Lang.ZH, "我爱吃KFC，它爱我的wallet。"),
    ],
)
def test_what_is_on_the_edge_stays(lang: Lang, text: str) -> None:
    assert isinstance(Sieve(lang, []).judge("a-1", text.strip(), None), Stays)


@pytest.mark.parametrize(
    ("lang", "given", "text"),
    [
        (Lang.EN, "Harbor town elects a pelican", "Harbour Town elects a Pelican!"),
        (Lang.ES, "Un pingüino gana la lotería", "un pingüino gana la loteria"),
        (Lang.ZH, "社區圖書館延長開放時間", "社区图书馆延长开放时间。"),
    ],
)
def test_no_row_repeats_an_input_of_the_task(lang: Lang, given: str, text: str) -> None:
    sieve = Sieve(lang, ["another headline of that day", given])
    assert sieve.judge("a-1", text, None) == Goes(Drop.TASK_INPUT, given)
    # A joke about it is fine.
    assert isinstance(sieve.judge("a-2", f"{text} {SAMPLE[lang]}", None), Stays)


def test_near_duplicates_go_and_what_is_retold_shares_a_split() -> None:
    # Of 20 letters, 2 exchanged leave 36 of 40 = 90 %, 3 leave 85 %, 5 leave 75 %.
    first = "abcdefghijklmnopqrst"
    retold = [first[:17] + f"{draw:03}" for draw in range(40)]
    apart = "00000" + first[5:]
    for text in retold:
        sieve = Sieve(Lang.EN, [])
        stays = sieve.judge("a-1", first, None)
        assert sieve.judge("a-2", first[:18] + "00", None) == Goes(Drop.NEAR_DUPLICATE, "a-1")
        assert sieve.judge("a-3", text, None) == stays
        assert sieve.judge("a-4", apart, None) == Stays(split_of(apart))
    # By themselves they would have been divided.
    assert len({split_of(text) for text in retold}) > 1


def test_later_rows_move_no_earlier_one() -> None:
    draw = random.Random(1)
    words = ["the", "cat", "sat", "on", "a", "mat", "then", "it", "saw", "one", "dog", "old"]
    texts = [" ".join(draw.choices(words, k=8)) for _ in range(400)]

    def verdicts(lines: list[str]) -> list[Stays | Goes]:
        sieve = Sieve(Lang.EN, [])
        return [sieve.judge(str(number), line, None) for number, line in enumerate(lines)]

    assert verdicts(texts)[:250] == verdicts(texts[:250])
