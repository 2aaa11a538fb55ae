import pytest

from semeval_humor.schema import Lang
from semeval_humor.text.noise import code_tokens, disguised, emoji, laughs, symbols


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("No face here :-) ^_^ <3", 0),
        ("© 2026 Chistes™, número 1", 0),
        ("Lunes 😂😂", 2),
        ("A family 👨‍👩‍👧, a thumb 👍🏽, a heart ❤️, a flag 🇪🇸", 4),
        ("任务 ✔ 完成 ☑", 2),
    ],
)
def test_emoji_are_counted_as_a_reader_sees_them(text: str, count: int) -> None:
    assert emoji(text) == count


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ha, said the judge, and the hijab shop had a jojoba sale", []),
        ("La hija de Juan y la hoja del jefe", []),
        ("He laughed: haha! HAHAHA bahaha lol", ["haha", "HAHAHA", "bahaha", "lol"]),
        ("JA JA JA, dijo. Jejeje xD ¡jajajá!", ["JA JA JA", "Jejeje", "xD", "jajajá"]),
        ("老板哈哈大笑lol，233，笑死我了", ["哈哈", "lol", "233", "笑死我了"]),
        ("电话是12333", []),
    ],
)
def test_laughs(text: str, found: list[str]) -> None:
    assert list(laughs(text)) == found


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("", 0.0),
        (" \n", 0.0),
        ("abc d", 0.0),
        ("a b!!", 0.5),  # 2 marks of 4 characters
        ("笑话。。", 0.5),
        ("¡Sí! ¿Tú?", 4 / 8),  # ¡ ! ¿ ? and 4 letters
    ],
)
def test_symbols(text: str, share: float) -> None:
    assert symbols(text) == share


@pytest.mark.parametrize(
    "text",
    [
        'print("ha")',
        "if (x == null) { return; }",
        "一个笑话</div>很好笑",
        "Un chiste var a = []; y ya",
        "self.assertEqual(a, b)",
        "SELECT name FROM jokes",
        "std::cout << a;",
        "甲return 0;乙",
        "0x7f3a",
        "a\\n\\nb",
        "the get_joke_text of it",
        "getJokeText works",
        "from jokes import laugh",
        "git push origin main",
    ],
)
def test_code_is_found(text: str) -> None:
    assert code_tokens(text)


@pytest.mark.parametrize(
    "text",
    [
        "Why do programmers mix up Halloween and Christmas? Oct 31 = Dec 25.",
        "My class is in public; the return is private, let me import tea from China.",
        "She said: :-) <3 :/ ^_^ ¯\\_(ツ)_/¯ https://example.org/a_b @some_body #un_tag",
        "El iPhone de McDonald; 3 + 4 = 7, 50% & más; tú y yo",
        "他说：“1+1=2”，老板（笑）：KTV 见！",
        "f**k, and/or 24/7, 2 > 1",
    ],
)
def test_people_do_not_write_code(text: str) -> None:
    assert code_tokens(text) == []


@pytest.mark.parametrize(
    ("lang", "text", "count"),
    [
        (Lang.EN, "plain\ntext", 0),
        (Lang.EN, "ze\u200bro wi\u00addth", 2),
        (Lang.EN, "а cаt", 2),  # both letters are Cyrillic
        (Lang.EN, "He read «Привет» aloud, then π and Ω", 0),
        (Lang.EN, "𝒇𝒖𝒏 ｆｕｎ", 6),
        (Lang.ES, "¡Año ñoño!\r\nÉl 👨‍👩‍👧", 0),
        (Lang.ES, "piñа", 1),
        (Lang.ZH, "我在ＫＴＶ唱歌", 0),
        (Lang.ZH, "⼈在唱歌\ufeff", 2),  # U+2F08 in the place of 人
        (Lang.ZH, "驱动器А坏了", 1),
    ],
)
def test_disguised_and_invisible_characters(lang: Lang, text: str, count: int) -> None:
    assert disguised(text, lang) == count
