from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.languages import LANGUAGES
from semeval_humor.rewards.perturbations import (
    GATED,
    HARD_NEGATIVES,
    HELD_OUT,
    Family,
    frames,
    perturb,
    phrases,
    simulated_headline,
)
from semeval_humor.rewards.perturbations.perturb import PERTURBATIONS
from semeval_humor.rewards.perturbations.source import join, keywords, pieces
from semeval_humor.schema import Gif, GifPrompt, Headline, Lang, Prompt, Task, WordPair
from semeval_humor.text.loops import find_loops
from semeval_humor.text.overlap import is_copy
from semeval_humor.text.scripts import foreign_runs
from tests.rewards.jokes import JOKES, prompt

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
F = Family
SEEDS = range(24)


def others(family: Family, lang: Lang) -> tuple[str, ...]:
    """Jokes of the language, or for the wrong language those of the next one."""
    if family is not Family.WRONG_LANGUAGE:
        return JOKES[lang]
    return JOKES[list(Lang)[(list(Lang).index(lang) + 1) % len(Lang)]]


def spoil(family: Family, lang: Lang, seed: int, joke: str | None = None) -> str | None:
    text = JOKES[lang][0] if joke is None else joke
    wanted = prompt(lang, JOKES[lang][0])
    return perturb(family, text, lang, Random(seed), others(family, lang), wanted)


def counted(text: str, lang: Lang) -> Counter[str]:
    return Counter(pieces(text, lang))


def repeats(spoilt: str, joke: str, lang: Lang) -> bool:
    return bool(find_loops(spoilt, lang))


def has_foreign(spoilt: str, joke: str, lang: Lang) -> bool:
    return any(run.reason is None for run in foreign_runs(spoilt, lang))


def same_words(spoilt: str, joke: str, lang: Lang) -> bool:
    return sorted(spoilt.replace(" ", "")) == sorted(joke.replace(" ", ""))


def without(pattern: str) -> Callable[[str, str, Lang], bool]:
    return lambda spoilt, joke, lang: regex.sub(pattern, "", spoilt) == joke


def is_emoji_spam(spoilt: str, joke: str, lang: Lang) -> bool:
    return len(regex.findall(r"\p{Extended_Pictographic}", spoilt)) >= 8


def looks_alike(spoilt: str, joke: str, lang: Lang) -> bool:
    own = LANGUAGES[lang].scripts[0]
    radicals = len(regex.findall(r"[\u2f00-\u2fd5]", spoilt))
    return len(spoilt) == len(joke) and (
        radicals > 0 if own == "Han" else bool(regex.search(r"\p{Cyrillic}", spoilt))
    )


# What must be true of every result, in every language.
TRUE_OF: dict[Family, Callable[[str, str, Lang], bool]] = {
    F.SHUFFLED: same_words,
    F.SWAPPED: same_words,
    F.DROPPED: lambda spoilt, joke, lang: len(pieces(spoilt, lang)) < len(pieces(joke, lang)),
    F.REPLACED: lambda spoilt, joke, lang: (
        set(spoilt) <= set("".join(JOKES[lang]) + " ")
        and len(set(pieces(joke, lang)) - set(pieces(spoilt, lang))) >= 1
    ),
    F.TRUNCATED: lambda spoilt, joke, lang: joke.startswith(spoilt) and spoilt[-1].isalnum(),
    F.HALVES: lambda spoilt, joke, lang: any(
        spoilt.startswith(joke[:8]) and spoilt.endswith(other[-8:])
        for other in JOKES[lang]
        if other != joke
    ),
    F.WORD_LOOP: repeats,
    F.PHRASE_LOOP: repeats,
    F.TAIL_LOOP: lambda spoilt, joke, lang: spoilt.startswith(joke) and repeats(spoilt, joke, lang),
    F.TEN_TIMES: lambda spoilt, joke, lang: (
        spoilt.startswith(joke) and 10 * len(joke) <= len(spoilt) < 13 * len(joke)
    ),
    F.FOREIGN_HEAD: lambda spoilt, joke, lang: (
        spoilt.endswith(joke) and has_foreign(spoilt, joke, lang)
    ),
    F.FOREIGN_MIDDLE: lambda spoilt, joke, lang: (
        has_foreign(spoilt, joke, lang) and spoilt[:4] == joke[:4] and spoilt[-4:] == joke[-4:]
    ),
    F.FOREIGN_TAIL: lambda spoilt, joke, lang: (
        spoilt.startswith(joke) and has_foreign(spoilt, joke, lang)
    ),
    F.WRONG_LANGUAGE: lambda spoilt, joke, lang: spoilt in others(F.WRONG_LANGUAGE, lang),
    F.LAUGHTER: lambda spoilt, joke, lang: (
        sum(spoilt.count(laugh) for laugh in phrases.LAUGHTER[lang]) >= 8
    ),
    F.EMOJI: is_emoji_spam,
    F.CODE: lambda spoilt, joke, lang: any(snippet in spoilt for snippet in phrases.CODE),
    F.CHATTER: lambda spoilt, joke, lang: joke in spoilt,
    F.ROLE_TOKENS: lambda spoilt, joke, lang: joke in spoilt,
    F.STUFFING: lambda spoilt, joke, lang: (
        spoilt.startswith(joke) and len(regex.split("[,、]", spoilt[len(joke) :])) == 10
    ),
    F.ECHO: lambda spoilt, joke, lang: is_copy(spoilt, headline_of(prompt(lang, joke)), lang),
    F.NEUTRAL: lambda spoilt, joke, lang: "{" not in spoilt and joke[:8] not in spoilt,
    F.NEWS: lambda spoilt, joke, lang: "{" not in spoilt and joke[-14:] not in spoilt,
    F.EMPTY: lambda spoilt, joke, lang: spoilt == "",
    F.ONE_CHARACTER: lambda spoilt, joke, lang: len(spoilt) == 1,
    F.ZERO_WIDTH: without(r"\p{Cf}"),
    F.HOMOGLYPHS: looks_alike,
}


def headline_of(row: Prompt) -> str:
    assert isinstance(row.constraint, Headline)
    return row.constraint.text


def test_every_family_is_made_and_described() -> None:
    assert set(PERTURBATIONS) == set(Family) == set(TRUE_OF)
    assert all(function.__doc__ for function in PERTURBATIONS.values())


def test_what_families_are_for() -> None:
    assert set(Family) == HARD_NEGATIVES | HELD_OUT
    assert not HARD_NEGATIVES & HELD_OUT
    assert set(Family) > GATED
    assert F.FOREIGN_TAIL in HARD_NEGATIVES
    assert {F.FOREIGN_HEAD, F.FOREIGN_MIDDLE} < HELD_OUT


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("family", Family)
def test_a_joke_is_spoilt_as_its_family_says(family: Family, lang: Lang) -> None:
    joke = JOKES[lang][0]
    for seed in SEEDS:
        spoilt = spoil(family, lang, seed)
        assert spoilt is not None
        assert TRUE_OF[family](spoilt, joke, lang), spoilt
        assert spoilt.split() != joke.split()
        assert spoil(family, lang, seed) == spoilt


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("family", sorted(set(Family) - {F.EMPTY}))
def test_chance_decides(family: Family, lang: Lang) -> None:
    assert len({spoil(family, lang, seed) for seed in range(20)}) > 2


@settings(max_examples=40, deadline=None)
@given(
    text=st.text(max_size=60)
    | st.sampled_from([joke for found in JOKES.values() for joke in found]),
    family=st.sampled_from(Family),
    lang=st.sampled_from(Lang),
    seed=st.integers(0, 99),
    given=st.sampled_from([(), ("",), ("?", "Una frase cualquiera, sin gracia.")]),
)
def test_any_text_is_changed_or_left_out(
    text: str, family: Family, lang: Lang, seed: int, given: tuple[str, ...]
) -> None:
    for constraint in (Headline("Council meets"), WordPair("open", "door"), Gif("x"), None):
        wanted = None if constraint is None else Prompt("1", Task.A, lang, constraint)
        spoilt = perturb(family, text, lang, Random(seed), given, wanted)
        assert spoilt is None or spoilt.split() != text.split()
        assert perturb(family, text, lang, Random(seed), given, wanted) == spoilt


@pytest.mark.parametrize(
    ("family", "text", "given", "constraint"),
    [
        (F.SHUFFLED, "Knock knock again", (), None),  # three words
        (F.SWAPPED, "no no no no no", (), None),
        (F.SHUFFLED, "no no no no no", (), None),
        (F.HALVES, JOKES[EN][0], (), None),
        (F.HALVES, JOKES[EN][0], (JOKES[EN][0],), None),  # only itself
        (F.HALVES, JOKES[EN][0], ("Too short.",), None),
        (F.TEN_TIMES, JOKES[EN][0], (), None),
        (F.WRONG_LANGUAGE, JOKES[EN][0], (), None),
        (F.ECHO, JOKES[EN][0], (), None),
        (F.ECHO, JOKES[EN][0], (), WordPair("ask", "dentist")),
        (F.ECHO, "Council meets", (), Headline("council meets")),
        (F.STUFFING, JOKES[EN][0], (), None),
        (F.NEWS, "So it is.", (), None),  # no longer words
        (F.WORD_LOOP, "So it is.", (), None),
        (F.HOMOGLYPHS, "?!", (), None),
        (F.ZERO_WIDTH, "?", (), None),
        (F.EMPTY, " ", (), None),
        (F.CHATTER, "", (), None),
    ],
)
def test_where_a_family_does_not_apply(
    family: Family, text: str, given: tuple[str, ...], constraint: WordPair | Headline | None
) -> None:
    wanted = None if constraint is None else Prompt("1", Task.A, EN, constraint)
    for seed in SEEDS:
        spoilt = perturb(family, text, EN, Random(seed), given, wanted)
        assert spoilt is None or (
            family is F.ECHO and spoilt.casefold().strip("“”.") == "council meets"
        )


def test_stuffing_takes_the_words_of_the_prompt() -> None:
    for constraint in (WordPair("juggle", "walnut"), GifPrompt("x", "juggle the walnut")):
        wanted = Prompt("1", Task.A, EN, constraint)
        spoilt = perturb(F.STUFFING, "A joke.", EN, Random(0), (), wanted)
        assert spoilt in {"A joke. juggle, walnut", "A joke. walnut, juggle"}


def test_pieces_are_words_as_they_stand() -> None:
    assert pieces("Well, don't ask!", EN) == ["Well,", "don't", "ask!"]
    assert pieces("¿Qué? ¡No!", ES) == ["¿Qué?", "¡No!"]
    assert pieces("“我问镜子，”他说。", ZH) == ["“我", "问", "镜子，”", "他", "说。"]
    # What folding changes stays with its neighbour.
    assert pieces("我用ＷiFi看猫", ZH) == ["我用ＷiFi", "看猫"]
    assert [pieces(text, lang) for text in ("", "?!") for lang in (EN, ZH)] == [
        [],
        [],
        ["?!"],
        ["?!"],
    ]


@given(text=st.text(alphabet="我问镜子谁最帅，。Ａa1 \n“”😂ß", max_size=40))
def test_chinese_pieces_make_up_the_text(text: str) -> None:
    assert join(pieces(text, ZH), ZH) == text
    assert all(pieces(text, ZH))


def test_keywords_are_longer_words_once() -> None:
    assert keywords("The cat, the other cat and the Other 1234 dogs", EN) == ["other", "dogs"]
    assert keywords("我的钱包像洋葱，钱包", ZH) == ["钱包", "洋葱"]


@pytest.mark.parametrize("lang", Lang)
def test_headlines_are_about_the_joke_and_no_copies(lang: Lang) -> None:
    for joke in JOKES[lang]:
        headline = simulated_headline(joke, lang, Random(0))
        assert headline is not None
        folded = headline.text.casefold()
        assert sum(word in folded for word in keywords(joke, lang)) >= 2
        assert not is_copy(joke, headline.text, lang)
    assert simulated_headline("Oh.", lang, Random(0)) is None


@pytest.mark.parametrize("lang", Lang)
def test_every_frame_can_be_filled(lang: Lang) -> None:
    slots = dict.fromkeys(("a", "b", "opening"), "x")
    for name in frames.SLOTS[lang]:
        slots |= {name: "x", f"{name}2": "x"}
    for table in (frames.NEUTRAL, frames.NEWS, frames.HEADLINES):
        for frame in table[lang]:
            assert "{" not in frame.format_map(slots)
    assert all("{a}" in frame and "{b}" in frame for frame in frames.HEADLINES[lang])
