"""One way in to all families."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from semeval_humor.rewards.perturbations import additions, letters, order, prose
from semeval_humor.rewards.perturbations.family import Family
from semeval_humor.rewards.perturbations.source import Source
from semeval_humor.schema import Lang, Prompt

PERTURBATIONS: Mapping[Family, Callable[[Source], str | None]] = {
    Family.SHUFFLED: order.shuffled,
    Family.SWAPPED: order.swapped,
    Family.DROPPED: order.dropped,
    Family.REPLACED: order.replaced,
    Family.TRUNCATED: order.truncated,
    Family.HALVES: order.halves,
    Family.WORD_LOOP: order.word_loop,
    Family.PHRASE_LOOP: order.phrase_loop,
    Family.TAIL_LOOP: order.tail_loop,
    Family.TEN_TIMES: order.ten_times,
    Family.FOREIGN_HEAD: additions.foreign_head,
    Family.FOREIGN_MIDDLE: additions.foreign_middle,
    Family.FOREIGN_TAIL: additions.foreign_tail,
    Family.WRONG_LANGUAGE: additions.wrong_language,
    Family.LAUGHTER: additions.laughter,
    Family.EMOJI: additions.emoji,
    Family.CODE: additions.code,
    Family.CHATTER: additions.chatter,
    Family.ROLE_TOKENS: additions.role_tokens,
    Family.STUFFING: additions.stuffing,
    Family.ECHO: prose.echo,
    Family.NEUTRAL: prose.neutral,
    Family.NEWS: prose.news,
    Family.EMPTY: letters.empty,
    Family.ONE_CHARACTER: letters.one_character,
    Family.ZERO_WIDTH: letters.zero_width,
    Family.HOMOGLYPHS: letters.homoglyphs,
}


def perturb(
    family: Family,
    text: str,
    lang: Lang,
    random: Random,
    others: Sequence[str],
    prompt: Prompt | None,
) -> str | None:
    """A joke spoilt in the way of a family; None where the family does not apply to it.

    A result always differs from the joke in more than its spaces. The same arguments with
    ``random`` in the same state give the same result.

    Args:
        family: how to spoil it.
        text: the joke.
        lang: its language.
        random: decides whatever is left to chance.
        others: further jokes in the same language, or, for WRONG_LANGUAGE, in any other one.
            Without them, the families that need them do not apply.
        prompt: what the joke answers. Without a headline, ECHO does not apply.
    """
    spoilt = PERTURBATIONS[family](Source(text, lang, random, others, prompt))
    return None if spoilt is None or spoilt.split() == text.split() else spoilt
