import pytest

from semeval_humor.markdown import plain, table


def test_a_table() -> None:
    assert table(["file", "rows"], [["a.tsv", "300"]], align="lr") == (
        "| file | rows |\n| :-- | --: |\n| a.tsv | 300 |\n"
    )


def test_a_row_of_another_width_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="1 cells, expected 2"):
        table(["file", "rows"], [["a.tsv"]])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b\nc", r"a \| b c"),
        ("**¡Olé!** <script>", r"\*\*¡Olé!\*\* \<script\>"),
        ("[笑话](http://x)", r"\[笑话\](http://x)"),
    ],
)
def test_texts_cannot_become_markup(text: str, shown: str) -> None:
    assert plain(text) == shown
