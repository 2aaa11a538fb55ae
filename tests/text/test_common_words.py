import pytest

from semeval_humor.schema import Lang
from semeval_humor.text.common_words import has_common_words


@pytest.mark.parametrize(
    ("lang", "text", "found"),
    [
        (Lang.EN, "The umbrella called in sick, and I knew why.", True),
        (Lang.EN, "The the the", False),  # one word, three times
        (Lang.EN, "Umbrellas everywhere!", False),
        (Lang.EN, "El paraguas pidió la baja y nadie supo por qué.", False),
        (Lang.ES, "El paraguas pidió la baja.", True),
        (Lang.ES, "Nadie supo nada", False),
        (Lang.ES, "The umbrella called in sick, and I knew why.", False),
        (Lang.ZH, "雨伞今天请了病假。", False),
        (Lang.EN, "", False),
    ],
)
def test_two_of_the_commonest_words(lang: Lang, text: str, found: bool) -> None:
    assert has_common_words(text, lang) is found
