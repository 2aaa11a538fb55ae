"""How a joke is shown."""

import pytest

from semeval_humor.arena.pages import LONGEST, assets, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("  two\nlines \n", "two\nlines"),
        ("one\r\n\r\nthree", "one\n\nthree"),
        ("a\rb\tc", "a⟨U+000D⟩b⟨U+0009⟩c"),
        ("still\u2028one line", "still⟨U+2028⟩one line"),
        ("\u202edrow\u202c \u200f\u2066", "⟨U+202E⟩drow⟨U+202C⟩ ⟨U+200F⟩⟨U+2066⟩"),
        ("\ud83d half \ufeff", "⟨U+D83D⟩ half ⟨U+FEFF⟩"),
        ("👩\u200d🚀 和 ¡ñ!", "👩\u200d🚀 和 ¡ñ!"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),  # made harmless where it is put into a page
        ("x" * (LONGEST + 1), "x" * LONGEST + "… (2,049 characters)"),
    ],
)
def test_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_addresses_of_files_change_with_them() -> None:
    assert {asset.address.partition("?")[0] for asset in assets().values()} == {
        "static/arena.css",
        "static/arena.js",
        "static/icon.svg",
    }
    assert len({asset.address.partition("?")[2] for asset in assets().values()}) == 3
