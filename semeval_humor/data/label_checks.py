"""Whether a label fits its joke: reasons to refuse it, in words that a model can act on."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import regex

from semeval_humor.data.joke_parts import giveaway, has_laughter
from semeval_humor.data.labels import LIMITS, Label
from semeval_humor.data.part_of_speech import Kind, can_be
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang
from semeval_humor.text.language import other_language
from semeval_humor.text.leaks import find_leaks
from semeval_humor.text.overlap import is_copy
from semeval_humor.text.scripts import foreign_runs
from semeval_humor.text.words import Inclusion, inclusion

MAX_GIVEAWAY = 1 / 3
"""Share of the punchline's own words that a headline may say.

Of the official dev headlines, which came before the baseline's jokes on them, 97 % (en), 96 % (es)
and 94 % (zh) say no more. It refuses a headline that is the punchline in 99 % of these jokes, and
one that is the last half of it in 94 % (en, es) and 77 % (zh).
"""


class LabelFault(StrEnum):
    """Why a label is refused; what is wrong with the words first, then with the headline."""

    VERB_SHAPE = "verb-shape"
    NOUN_SHAPE = "noun-shape"
    VERB_MISSING = "verb-missing"
    NOUN_MISSING = "noun-missing"
    SAME_WORD = "same-word"
    NO_VERB = "no-verb"
    NO_NOUN = "no-noun"
    HEADLINE_LENGTH = "headline-length"
    WRONG_SCRIPT = "wrong-script"
    WRONG_LANGUAGE = "wrong-language"
    JOKE_COPY = "joke-copy"
    PUNCHLINE = "punchline"
    LEAK = "leak"
    NO_HEADLINE = "no-headline"

    def sentence(self, lang: Lang) -> str:
        """Say what was wrong and what is expected, in the language of the joke."""
        limits = LIMITS[lang]
        return _SENTENCES[lang][self].format(word=limits.word, headline=limits.headline)


_SENTENCES: Mapping[Lang, Mapping[LabelFault, str]] = {
    Lang.EN: {
        LabelFault.VERB_SHAPE: "The verb must be one single word.",
        LabelFault.NOUN_SHAPE: "The noun must be one single word.",
        LabelFault.VERB_MISSING: "The verb must be a word of the joke.",
        LabelFault.NOUN_MISSING: "The noun must be a word of the joke.",
        LabelFault.SAME_WORD: "Verb and noun must be two different words.",
        LabelFault.NO_VERB: "The word given as verb is no verb.",
        LabelFault.NO_NOUN: "The word given as noun is no noun.",
        LabelFault.HEADLINE_LENGTH: "The headline must have {headline[0]} to {headline[1]} "
        "characters.",
        LabelFault.WRONG_SCRIPT: "The headline must be written in Latin letters.",
        LabelFault.WRONG_LANGUAGE: "The headline must be in English.",
        LabelFault.JOKE_COPY: "The headline must not be the joke itself.",
        LabelFault.PUNCHLINE: "The headline must not give the punchline away.",
        LabelFault.LEAK: "The headline must be plain text, without quotes, labels or remarks.",
        LabelFault.NO_HEADLINE: "The headline must read like one in a newspaper, not like a "
        "joke with question and answer, a dialogue or laughter.",
    },
    Lang.ES: {
        LabelFault.VERB_SHAPE: "El verbo debe ser una sola palabra.",
        LabelFault.NOUN_SHAPE: "El sustantivo debe ser una sola palabra.",
        LabelFault.VERB_MISSING: "El verbo debe ser una palabra del chiste.",
        LabelFault.NOUN_MISSING: "El sustantivo debe ser una palabra del chiste.",
        LabelFault.SAME_WORD: "El verbo y el sustantivo deben ser dos palabras distintas.",
        LabelFault.NO_VERB: "La palabra dada como verbo no es un verbo.",
        LabelFault.NO_NOUN: "La palabra dada como sustantivo no es un sustantivo.",
        LabelFault.HEADLINE_LENGTH: "El titular debe tener de {headline[0]} a {headline[1]} "
        "caracteres.",
        LabelFault.WRONG_SCRIPT: "El titular debe estar escrito en letras latinas.",
        LabelFault.WRONG_LANGUAGE: "El titular debe estar en español.",
        LabelFault.JOKE_COPY: "El titular no debe ser el propio chiste.",
        LabelFault.PUNCHLINE: "El titular no debe revelar el remate.",
        LabelFault.LEAK: "El titular debe ser texto sin más, sin comillas, etiquetas ni notas.",
        LabelFault.NO_HEADLINE: "El titular debe sonar a prensa, no a chiste de pregunta y "
        "respuesta, diálogo ni risas.",
    },
    Lang.ZH: {
        LabelFault.VERB_SHAPE: "动词必须是{word[0]}到{word[1]}个汉字。",
        LabelFault.NOUN_SHAPE: "名词必须是{word[0]}到{word[1]}个汉字。",
        LabelFault.VERB_MISSING: "动词必须在笑话中出现。",
        LabelFault.NOUN_MISSING: "名词必须在笑话中出现。",
        LabelFault.SAME_WORD: "动词和名词必须是两个不同的词。",
        LabelFault.NO_VERB: "所给的动词不是动词。",
        LabelFault.NO_NOUN: "所给的名词不是名词。",
        LabelFault.HEADLINE_LENGTH: "标题必须有{headline[0]}到{headline[1]}个字。",
        LabelFault.WRONG_SCRIPT: "标题必须用汉字书写。",
        LabelFault.WRONG_LANGUAGE: "标题必须是中文。",
        LabelFault.JOKE_COPY: "标题不能就是笑话本身。",
        LabelFault.PUNCHLINE: "标题不能透露笑点。",
        LabelFault.LEAK: "标题必须是纯文本，不带引号、标签或说明。",
        LabelFault.NO_HEADLINE: "标题必须像新闻标题，不能是问答、对话或带笑声的笑话。",
    },
}

_HAN_WORD = regex.compile(r"\p{Han}+")
# Jokes that ask and answer, call Q and A, or let people speak in turn; and laughter at the end.
_ANSWERED = regex.compile(r"[?？][\"”’」』)）]*\s*[-–—]*\s*\S.{0,40}[.!。！…]+$")
_TURNS = regex.compile(r"^\s*[-–—•]|\n|(?i:\bq\s*:.*\ba\s*:)|[:：][^:：]*[:：][^:：]*[:：]")
_RIDDLES: Mapping[Lang, regex.Pattern[str]] = {
    Lang.EN: regex.compile(
        r"(?i)(?:knock,? knock|what do(?: you|es one) (?:call|get when|get if)|"
        r"what(?:'s|’s| is) the difference between .*\?|why did the .*\?|did you hear about|"
        r"how many .* does it take|what did the .* say to )"
    ),
    Lang.ES: regex.compile(
        r"(?i)¿?(?:qué le (?:dice|dijo|dicen) |cuál es el colmo|en qué se parecen? .*\?|"
        r"toc,? toc|sabes? (?:por qué|cuál|qué) |van dos |esto es un |se abre el telón)"
    ),
    Lang.ZH: regex.compile(r"(?:为什么.*[?？].*因为|.*(?:问|：).*[?？]\s*.*(?:答|：))"),
}
_TRAILING_FACE = regex.compile(r"(?:\p{Extended_Pictographic}|[:;=xX]-?[)D(P]+|\^_\^)\s*$")


def check_label(label: Label, joke: str, lang: Lang) -> list[LabelFault]:
    """Reasons to refuse a label, in the order of :class:`LabelFault`; none where it fits its joke.

    A word without a letter is only of the wrong shape, a headline without one of the wrong length.
    Whether a word can be a verb or a noun is asked of the word alone, not of its place in the joke.
    The checks take about half a millisecond.

    Args:
        label: as a model or the rules gave it.
        joke: text that was labelled.
        lang: language of both.
    """
    return [*_word_faults(label, joke, lang), *_headline_faults(label.headline, joke, lang)]


def _word_faults(label: Label, joke: str, lang: Lang) -> Iterator[LabelFault]:
    verb_fits, noun_fits = _is_word(label.verb, lang), _is_word(label.noun, lang)
    if not verb_fits:
        yield LabelFault.VERB_SHAPE
    if not noun_fits:
        yield LabelFault.NOUN_SHAPE
    if verb_fits and inclusion(label.verb, joke, lang) is Inclusion.MISSING:
        yield LabelFault.VERB_MISSING
    if noun_fits and inclusion(label.noun, joke, lang) is Inclusion.MISSING:
        yield LabelFault.NOUN_MISSING
    if verb_fits and noun_fits and _same(label.verb, label.noun, lang):
        yield LabelFault.SAME_WORD
    if verb_fits and not can_be(label.verb, Kind.VERB, lang):
        yield LabelFault.NO_VERB
    if noun_fits and not can_be(label.noun, Kind.NOUN, lang):
        yield LabelFault.NO_NOUN


def _headline_faults(headline: str, joke: str, lang: Lang) -> Iterator[LabelFault]:
    low, high = LIMITS[lang].headline
    has_words = any(map(str.isalnum, headline))
    if not low <= len(headline) <= high or not has_words:
        yield LabelFault.HEADLINE_LENGTH
    if any(run.reason is None for run in foreign_runs(headline, lang)):
        yield LabelFault.WRONG_SCRIPT
    if other_language(headline, lang):
        yield LabelFault.WRONG_LANGUAGE
    if has_words and is_copy(joke, headline, lang):
        yield LabelFault.JOKE_COPY
    if giveaway(headline, joke, lang) > MAX_GIVEAWAY:
        yield LabelFault.PUNCHLINE
    if find_leaks(headline, lang):
        yield LabelFault.LEAK
    # What is too long has its fault, and the patterns are not made for whole articles.
    if len(headline) <= high and not _is_headline(headline, lang):
        yield LabelFault.NO_HEADLINE


def _is_word(word: str, lang: Lang) -> bool:
    low, high = LIMITS[lang].word
    if not low <= len(word) <= high:
        return False
    if not LANGUAGES[lang].spaced:
        return _HAN_WORD.fullmatch(word) is not None
    return word.isalpha()


def _same(left: str, right: str, lang: Lang) -> bool:
    """Whether one word is a form or a part of the other, so that a joke has both with one."""
    return (
        inclusion(left, right, lang) is not Inclusion.MISSING
        or inclusion(right, left, lang) is not Inclusion.MISSING
    )


def _is_headline(text: str, lang: Lang) -> bool:
    return not (
        _ANSWERED.search(text)
        or _TURNS.search(text)
        or _RIDDLES[lang].match(text)
        or _TRAILING_FACE.search(text)
        or has_laughter(text)
    )
