"""What is particular to each language: data only, no behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass

from semeval_humor.schema import Lang


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the task.

    Attributes:
        name: in the language itself.
        english_name: in English.
        scripts: Unicode scripts in which its words are written.
        max_characters: longest joke that the organisers accept, in code points.
        spaced: words are divided by spaces.
    """

    name: str
    english_name: str
    scripts: tuple[str, ...]
    max_characters: int
    spaced: bool


LANGUAGES: Mapping[Lang, Language] = {
    Lang.EN: Language("English", "English", ("Latin",), 900, spaced=True),
    Lang.ES: Language("español", "Spanish", ("Latin",), 900, spaced=True),
    Lang.ZH: Language("中文", "Chinese", ("Han",), 300, spaced=False),
}
