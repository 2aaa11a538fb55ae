"""The families of spoilt jokes, and what each is used for."""

from enum import StrEnum


class Family(StrEnum):
    """One way to spoil a joke, or to replace it by something that only looks like one."""

    SHUFFLED = "shuffled-words"
    SWAPPED = "two-word-swap"
    DROPPED = "dropped-words"
    REPLACED = "replaced-words"
    TRUNCATED = "truncated-tail"
    HALVES = "halves-of-two-jokes"
    WORD_LOOP = "word-loop"
    PHRASE_LOOP = "phrase-loop"
    TAIL_LOOP = "tail-loop"
    TEN_TIMES = "ten-times-the-length"

    FOREIGN_HEAD = "foreign-head"
    FOREIGN_MIDDLE = "foreign-middle"
    FOREIGN_TAIL = "foreign-tail"
    WRONG_LANGUAGE = "wrong-language"
    LAUGHTER = "laughter-spam"
    EMOJI = "emoji-spam"
    CODE = "code-tokens"
    CHATTER = "model-chatter"
    ROLE_TOKENS = "role-tokens"
    STUFFING = "keyword-stuffing"

    ECHO = "prompt-copy"
    NEUTRAL = "neutral-prose"
    NEWS = "news-style"

    EMPTY = "empty"
    ONE_CHARACTER = "one-character"
    ZERO_WIDTH = "zero-width"
    HOMOGLYPHS = "homoglyphs"


HARD_NEGATIVES = frozenset(
    {
        *(Family.SHUFFLED, Family.REPLACED, Family.TRUNCATED, Family.HALVES),
        *(Family.WORD_LOOP, Family.PHRASE_LOOP, Family.TAIL_LOOP),
        *(Family.FOREIGN_TAIL, Family.LAUGHTER, Family.EMOJI),
        *(Family.ECHO, Family.NEUTRAL, Family.NEWS),
    }
)
"""Families that a classifier is trained to reject."""

HELD_OUT = frozenset(Family) - HARD_NEGATIVES
"""Families that no classifier has seen: they tell whether what it learnt carries over."""

GATED = frozenset(
    {
        *(Family.WORD_LOOP, Family.PHRASE_LOOP, Family.TAIL_LOOP, Family.TEN_TIMES),
        *(Family.FOREIGN_HEAD, Family.FOREIGN_MIDDLE, Family.FOREIGN_TAIL),
        *(Family.EMOJI, Family.CODE, Family.CHATTER, Family.ROLE_TOKENS, Family.ECHO),
        *(Family.EMPTY, Family.ONE_CHARACTER, Family.ZERO_WIDTH, Family.HOMOGLYPHS),
    }
)
"""Families that rules can tell, so that gates must stop them whatever a classifier thinks."""
