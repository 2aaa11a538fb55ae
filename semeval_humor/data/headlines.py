"""A headline out of a joke: its set-up, no longer a riddle, and no longer than a headline.

Nothing is added but the ending of an English verb, so that a headline says no more than the joke
does. A set-up that cannot be turned into a statement is left alone: no headline is better than a
broken one.
"""

from collections.abc import Callable, Mapping, Sequence

import regex

from semeval_humor.data import english_words
from semeval_humor.data.joke_parts import clauses, sentences, split_joke
from semeval_humor.data.labels import LIMITS
from semeval_humor.schema import Lang

_SPEAKER = regex.compile(r"^(?i:[qp]|me|yo|question|pregunta|dad joke)\s*[:.)=]\s*")
_DECORATION = regex.compile(
    r"[\"“”«»『』「」*_~`¡¿]|https?://\S+|[@#]\w+|\p{Extended_Pictographic}"
)
_START = regex.compile(r"^[\s\-–—•·_:,;.…]+")
_END = regex.compile(r"[\s.,;:!?…。，；：！？、'’\-–—]+$")
# An answer that a dash begins, on the same line.
_REPLY = regex.compile(r"\s[–—-]\s?(?=\p{Lu})")
# Somebody speaks on the next line; what is a list of numbered points does not count.
_SPEECH = regex.compile(r":\s*\n\s*[-–—\"“]*\s*(?!\d)")

_Riddles = Sequence[tuple[regex.Pattern[str], str]]


def _riddles(*rules: tuple[str, str]) -> _Riddles:
    return [(regex.compile(pattern, regex.I), kept) for pattern, kept in rules]


# Riddles, tried in order, and what stays of them.
_ENGLISH = _riddles(
    (r"(?:what|how) (?:do|would) (?:you|u|we) call (?:it when )?(.+)", r"\1"),
    (r"what do(?: you|es one)? get (?:when|if) you (?:cross|mix|combine) (.+)", r"crossing \1"),
    (r"what do you get (?:when|if) (.+)", r"what happens when \1"),
    (r"what do you (?:do|say) (?:when|if) (.+)", r"what to do when \1"),
    (r"what happens (?:when|if) (.+)", r"what happens when \1"),
    (
        r"(?:did|have|has) (?:you|u|anyone)(?: guys)?(?: ever)? (?:hear|heard|see|seen)"
        r"(?: about| of| that)? (.+)",
        r"\1",
    ),
    (r"how do you (?:know|tell) (?:when|if|that|whether)? ?(.+)", r"how to tell whether \1"),
    (r"(how|where|when) (?:do|can|would|should) (?:you|we|i) (.+)", r"\1 to \2"),
    (r"how many (.+?) does it take (.+)", r"how many \1 it takes \2"),
    (
        r"(?:what(?:'s| is| are| was)|whats) (the|a|an|my|your|his|her) (?!.*\bdoing\b)(.+)",
        r"\1 \2",
    ),
    (r"(?:who|which|what) (?:is|are|was|were) (?!it\b|that\b|this\b|you\b|up\b)(.{20,})", r"\1"),
    (r"((?:why|what|how|where|when|which|who)\b.*?) do (.+)", r"\1 \2"),
    (r"(why) (is|are|was|were) (you|i|we|they|he|she|it) (.+)", r"\1 \3 \2 \4"),
)
_SPANISH = _riddles(
    (r"(?:cuál|cual) (?:es|era|fue|será) (el|la|lo) (.+)", r"\1 \2"),
    (r"(?:cuáles|cuales) (?:son|eran|fueron) (los|las) (.+)", r"\1 \2"),
    (r"(?:qué|que) (?:es|son) (.{20,})", r"\1"),
    (
        r"(?:qué|que) (le|les|hace|hacen|hacía|dice|dijo|pasa|tiene|tienen|sale|obtienes|hay) (.+)",
        r"lo que \1 \2",
    ),
    (
        r"(?:sabes|saben|sabían|sabías)(?: tú| ustedes)? (?:por qué|porque|porqué) (.+)",
        r"por qué \1",
    ),
    (r"(?:sabes|saben|sabían|sabías) (?:cuál|cual) es (.+)", r"\1"),
    (r"(?:sabes|saben|sabían|sabías) (?:que|qué) (.+)", r"\1"),
    (r"(?:por ?qué|por que|porque) (.+)", r"por qué \1"),
    (r"(?:cómo|como) (.+)", r"cómo \1"),
    (r"(?:en qué|en que|en q) (se parecen?) (.+)", r"en qué \1 \2"),
    (r"(cuántos|cuántas|cuantos|cuantas|dónde|donde|cuándo|quién|quien) (.+)", r"\1 \2"),
)
_ASKED = regex.compile(
    r"(?i)((?:why|what|how|where|when|which|who)\b.*?) "
    r"(did|does|can|could|should|would|will|can't|couldn't|won't|shouldn't|don't|doesn't|didn't) "
    r"(.+)"
)
_LOWER_I = regex.compile(r"\bi\b")
_QUESTION = regex.compile(
    r"(?i)(?:what|why|who|whose|which|where|when|how|do|does|did|is|are|am|was|were|can|could|will|"
    r"would|should|have|has|isn't|aren't|don't|doesn't|didn't|if)\b"
)
_FILLERS: Mapping[Lang, regex.Pattern[str]] = {
    Lang.EN: regex.compile(
        r"(?i)(?:(?:so|and|but|well|okay|ok|hey|oh|yo|joke|riddle|just)\b[,:]? )+"
    ),
    Lang.ES: regex.compile(
        r"(?i)(?:(?:oye|oiga|pues|bueno|y|pero|chiste|ay|mamá|papá|doctor|hola)\b[,:]? )+"
    ),
    Lang.ZH: regex.compile(r"(?:[话話][说說]，|据说|據說|听说|聽說)"),
}
# A statement that is too long is cut before these, or after its commas.
_JOINTS: Mapping[Lang, regex.Pattern[str]] = {
    Lang.EN: regex.compile(
        r"[,;:] | [–—-] | (?=(?:and|but|because|so|when|while|who|which|then|after|before|if)\b)"
    ),
    Lang.ES: regex.compile(
        r"[,;:] | [–—-] | (?=(?:y|pero|porque|cuando|mientras|para|si|hasta|aunque|donde)\b)"
    ),
}
# A clause that announces words: 老板问 and 小明说道 say nothing without them.
_ANNOUNCES = regex.compile(r".*(?:[说說问問道喊叫答曰]|回答|一句)")
_BREAKS = regex.compile(r"[。！？…!?\s]+")
_COLON = regex.compile(r"[：:][，,]*$")
# A Chinese headline is long enough from here on, and takes no further clause.
_ENOUGH = 15


def headline_by_rules(joke: str, lang: Lang) -> str | None:
    """Return the set-up of a joke as a headline; None where it gives none of a legal length.

    It is the first sentence that can be made a statement, shortened to as many of its clauses as
    fit. A joke without a break gives none, as half a sentence is no headline.
    """
    parts = split_joke(joke, lang)
    if parts.broken:
        return None
    if lang is Lang.ZH:
        return _chinese(parts.setup)
    for sentence in sentences(_SPEECH.sub(": ", parts.setup)):
        asked = sentence.rstrip("\"'”’ ").endswith("?")
        stated = _STATEMENTS[lang](_plain(sentence, lang), asked)
        fitted = _fitted(stated, lang) if stated else None
        if fitted:
            return fitted
    return None


def _plain(text: str, lang: Lang) -> str:
    bare = _START.sub("", " ".join(_DECORATION.sub("", text).split()))
    bare = _SPEAKER.sub("", _REPLY.split(bare)[0])
    filler = _FILLERS[lang].match(bare)
    return str(_END.sub("", bare[filler.end() :] if filler else bare))


def _english(text: str, asked: bool) -> str | None:
    text = _LOWER_I.sub("I", text.replace("’", "'"))
    stated = _first_match(_ENGLISH, text) or _undone(text)
    return text if stated is None and not asked and not _QUESTION.match(text) else stated


def _undone(text: str) -> str | None:
    """Turn "why did the chicken cross the road" into "why the chicken crossed the road"."""
    match = _ASKED.fullmatch(text)
    verb = english_words.asked_verb(f"{match[2]} {match[3]}") if match else None
    if not match or not verb:
        return None
    asked, auxiliary, rest = match.groups()
    start = verb.start - len(auxiliary) - 1
    subject, after = rest[:start].rstrip().removesuffix(" ever"), rest[start + len(verb.form) :]
    if auxiliary.lower() == "did":
        predicate = english_words.past_tense(verb.lemma)
    elif auxiliary.lower() == "does":
        predicate = english_words.third_person(verb.lemma)
    else:
        predicate = f"{auxiliary} {verb.form}"
    return f"{asked} {subject} {predicate}{after}"


def _spanish(text: str, asked: bool) -> str | None:
    return _first_match(_SPANISH, text) if asked else text


def _first_match(riddles: _Riddles, text: str) -> str | None:
    for pattern, kept in riddles:
        match = pattern.fullmatch(text)
        if match:
            return str(match.expand(kept))
    return None


def _fitted(text: str, lang: Lang) -> str | None:
    """The text, or as many of its clauses as fit; None where these are too short."""
    low, high = LIMITS[lang].headline
    if len(text) > high:
        cuts = [match.start() for match in _JOINTS[lang].finditer(text)]
        text = text[: max((cut for cut in cuts if cut <= high), default=0)]
    text = _END.sub("", text)
    return text[:1].upper() + text[1:] if len(text) >= low else None


def _chinese(setup: str) -> str | None:
    low, high = LIMITS[Lang.ZH].headline
    bare = _DECORATION.sub("", setup).lstrip()
    filler = _FILLERS[Lang.ZH].match(bare)
    taken: list[str] = []
    for clause in clauses(_BREAKS.sub("，", bare[filler.end() :] if filler else bare)):
        words = _END.sub("", _START.sub("", clause))
        if len("".join(taken) + words) > high:
            break
        # As in the press, a colon stands after who speaks, and spaces for all other marks.
        taken.append(f"{words}：" if _COLON.search(clause) else f"{words} ")
        if len("".join(taken)) > _ENOUGH and taken[-1].endswith(" "):
            break
    while taken and (taken[-1].endswith("：") or _ANNOUNCES.fullmatch(taken[-1].rstrip())):
        taken.pop()
    text = "".join(taken).rstrip()
    return text if len(text) >= low else None


_STATEMENTS: Mapping[Lang, Callable[[str, bool], str | None]] = {
    Lang.EN: _english,
    Lang.ES: _spanish,
}
