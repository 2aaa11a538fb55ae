import pytest

from semeval_humor.data import english_words, spanish_words
from semeval_humor.data.agreement import read_gold
from semeval_humor.data.part_of_speech import Kind, can_be, find_words
from semeval_humor.schema import Lang

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
VERB, NOUN = Kind.VERB, Kind.NOUN


def found(text: str, lang: Lang) -> tuple[str, str]:
    """Lemmas of the verbs and of the nouns in a text."""
    words = find_words(text, lang)
    assert all(text[word.start :].startswith(word.form) for word in words)
    verbs = " ".join(word.lemma for word in words if word.kind is VERB)
    return verbs, " ".join(word.lemma for word in words if word.kind is NOUN)


@pytest.mark.parametrize(
    ("lang", "word", "verb", "noun"),
    [
        (EN, "hammer", True, True),
        (EN, "Peeled", True, False),
        (EN, "unplug", True, False),
        (EN, "deseed", True, False),
        (EN, "went", True, False),
        (EN, "fridge", False, True),
        (EN, "shoes", False, True),
        (EN, "happiness", False, True),
        (EN, "beautiful", False, False),
        (EN, "easiest", False, False),
        (EN, "quickly", False, False),
        (EN, "the", False, False),
        (EN, "qzxv", False, False),
        (ES, "pelar", True, False),
        (ES, "desenchufar", True, False),
        (ES, "contarle", True, False),
        (ES, "levantándose", True, False),
        (ES, "cocina", True, True),
        (ES, "mujer", False, True),
        (ES, "hogar", False, True),
        (ES, "zapatos", False, True),
        (ES, "teclado", False, True),
        (ES, "vendido", True, False),
        (ES, "rápidamente", False, False),
        (ZH, "喷洒", True, False),
        (ZH, "拔掉插头", True, True),
        (ZH, "混合", True, True),
        (ZH, "冰箱", False, True),
        (ZH, "筆記本電腦", False, True),  # Traditional
        (ZH, "微波炉说明书", False, True),
        (ZH, "漂亮", False, False),
        (ZH, "因为", False, False),
    ],
)
def test_can_be(lang: Lang, word: str, verb: bool, noun: bool) -> None:
    assert (can_be(word, VERB, lang), can_be(word, NOUN, lang)) == (verb, noun)


@pytest.mark.parametrize(
    ("lang", "text", "verbs", "nouns"),
    [
        (EN, "I walk the dog after a walk.", "walk", "dog walk"),
        (EN, "Why did the old chicken ever cross the road?", "cross", "chicken road"),
        (EN, "Why does the coast guard have lamps?", "", "lamps"),
        (
            EN,
            "A baker hired two clowns and Anna peeled a sour lemon.",
            "hire peel",
            "baker clowns lemon",
        ),
        (EN, "She is juggling first aid kits.", "juggle", "kits"),
        (EN, "He has been to Paris, is really happy and gets it.", "", ""),
        (ES, "La cocina es grande, pero él cocina mal.", "cocinar", "cocina"),
        (ES, "Se rompió el teclado y la vendí.", "romper vender", "teclado"),
        (ES, "Ha vendido un coche vendido.", "vender", "coche"),
        (ES, "No quiere contarle nada a Marta, a pesar de todo.", "contar", ""),
        (ES, "", "", ""),
        (ZH, "医生嘱咐我少喝奶茶", "嘱咐", "医生 奶茶"),
        (ZH, "醫生囑咐我買冰箱", "囑咐", "醫生 冰箱"),  # in the joke's own script
        (ZH, "他的道歉没有声音", "", "声音"),
        (ZH, "我可以知道这件事情吗", "", ""),
    ],
)
def test_find_words(lang: Lang, text: str, verbs: str, nouns: str) -> None:
    assert found(text, lang) == (verbs, nouns)


@pytest.mark.parametrize(
    ("base", "past", "third"),
    [
        ("cross", "crossed", "crosses"),
        ("stop", "stopped", "stops"),
        ("visit", "visited", "visits"),
        ("cry", "cried", "cries"),
        ("play", "played", "plays"),
        ("hire", "hired", "hires"),
        ("eat", "ate", "eats"),
        ("go", "went", "goes"),
        ("have", "had", "has"),
    ],
)
def test_english_endings(base: str, past: str, third: str) -> None:
    assert english_words.past_tense(base) == past
    assert english_words.third_person(base) == third
    assert english_words.verb_lemma(past) == base


def test_the_verb_of_a_question_may_be_a_light_one() -> None:
    verb = english_words.asked_verb("did the tired old snail say to the slug")
    assert verb is not None
    assert (verb.lemma, verb.start) == ("say", 24)
    assert english_words.asked_verb("did the snail") is None


def test_words_are_no_infinitives_for_their_ending() -> None:
    assert not any(map(spanish_words.is_infinitive, ["mujer", "lugar", "azúcar", "er", "nuclear"]))
    assert all(map(spanish_words.is_infinitive, ["ir", "ser", "freír", "pelar", "desgranar"]))


# What the module says of its accuracy on the gold set, in percent; at least that.
@pytest.mark.parametrize(("lang", "verbs", "nouns"), [(EN, 71, 84), (ES, 90, 91), (ZH, 79, 89)])
def test_accuracy_on_the_gold_set(lang: Lang, verbs: int, nouns: int) -> None:
    for kind, least in ((VERB, verbs), (NOUN, nouns)):
        right = wrong = wanted = 0
        for joke in read_gold():
            if joke.lang is lang:
                words = find_words(joke.joke, lang)
                lemmas = {word.lemma for word in words if word.kind is kind}
                gold = {word.casefold() for word in (joke.verbs, joke.nouns)[kind is NOUN]}
                right, wrong = right + len(lemmas & gold), wrong + len(lemmas - gold)
                wanted += len(gold)
                assert all(can_be(word, kind, lang) for word in gold)
        assert wrong == 0
        assert 100 * right >= least * wanted
