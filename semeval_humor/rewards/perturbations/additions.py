"""Jokes to which something was added that has no place there."""

from semeval_humor.languages import LANGUAGES
from semeval_humor.rewards.perturbations import phrases
from semeval_humor.rewards.perturbations.source import Source, keywords
from semeval_humor.schema import GifPrompt, Headline, Prompt, WordPair

_STUFFED = 10
_KEPT = (0.0, 0.5, 1.0)  # share of the joke that stands before what takes its place


def foreign_head(joke: Source) -> str | None:
    """Two to ten words in another script, then the joke."""
    return joke.join([_foreign_words(joke), joke.text]) if joke.text else None


def foreign_middle(joke: Source) -> str | None:
    """Two to ten words in another script inside the joke."""
    return _inside(joke, _foreign_words(joke))


def foreign_tail(joke: Source) -> str | None:
    """The joke, then two to ten words in another script."""
    return joke.join([joke.text, _foreign_words(joke)]) if joke.text else None


def wrong_language(joke: Source) -> str | None:
    """A joke in another language; the others must be such."""
    return joke.other()


def laughter(joke: Source) -> str | None:
    """None, half or all of the joke, and 8 to 16 laughs."""
    laughs = joke.random.choices(phrases.LAUGHTER[joke.lang], k=joke.random.randint(8, 16))
    return joke.join([*_beginning(joke), *laughs])


def emoji(joke: Source) -> str | None:
    """None, half or all of the joke and 8 to 20 emoji, or one after each of its words."""
    parts = joke.pieces
    if len(parts) >= 8 and joke.random.random() < 0.25:
        return joke.join([each for part in parts for each in (part, _emoji(joke, 1))])
    return joke.join([*_beginning(joke), _emoji(joke, joke.random.randint(8, 20))])


def code(joke: Source) -> str | None:
    """The joke with one to four pieces of code inside or after it."""
    snippets = " ".join(joke.random.choices(phrases.CODE, k=joke.random.randint(1, 4)))
    if joke.random.random() < 0.5:
        return f"{joke.text} {snippets}" if joke.text else None
    return _inside(joke, snippets)


def chatter(joke: Source) -> str | None:
    """The joke with what a model says before it, after it, or both."""
    before = joke.random.choice(phrases.BEFORE[joke.lang])
    after = joke.random.choice(phrases.AFTER[joke.lang])
    if not joke.text:
        return None
    return joke.random.choice(
        (f"{before}{joke.text}", f"{joke.text}{after}", f"{before}{joke.text}{after}")
    )


def role_tokens(joke: Source) -> str | None:
    """The joke with a chat template's tokens before or after it."""
    if not joke.text:
        return None
    if joke.random.random() < 0.5:
        return joke.random.choice(phrases.ROLES_BEFORE) + joke.text
    return joke.text + joke.random.choice(phrases.ROLES_AFTER)


def stuffing(joke: Source) -> str | None:
    """The joke, and ten words of the prompt and of other jokes in a row."""
    words = _prompt_words(joke.prompt)
    for _ in range(_STUFFED):
        found = keywords(joke.other() or "", joke.lang)
        words += joke.random.sample(found, min(2, len(found)))
    if not words or not joke.text:
        return None
    joke.random.shuffle(words)
    listed = (", " if LANGUAGES[joke.lang].spaced else "、").join(words[:_STUFFED])
    return joke.join([joke.text, listed])


def _foreign_words(joke: Source) -> str:
    own = LANGUAGES[joke.lang].scripts
    script = joke.random.choice([each for each in phrases.FOREIGN if each not in own])
    joint = "" if script in phrases.UNSPACED else " "
    return joint.join(joke.random.choices(phrases.FOREIGN[script], k=joke.random.randint(2, 10)))


def _inside(joke: Source, addition: str) -> str | None:
    """The joke with something in its middle third."""
    parts = joke.pieces
    if len(parts) < 2:
        return None
    place = joke.random.randint(max(1, len(parts) // 3), max(1, 2 * len(parts) // 3))
    return joke.join([*parts[:place], addition, *parts[place:]])


def _beginning(joke: Source) -> list[str]:
    parts = joke.pieces
    return parts[: round(joke.random.choice(_KEPT) * len(parts))]


def _emoji(joke: Source, count: int) -> str:
    # Most spam repeats one or two of them.
    kinds = joke.random.sample(phrases.EMOJI, joke.random.randint(1, 4))
    return "".join(joke.random.choices(kinds, k=count))


def _prompt_words(prompt: Prompt | None) -> list[str]:
    if prompt is None:
        return []
    match prompt.constraint:
        case WordPair(word1, word2):
            return [word1, word2]
        case Headline(text) | GifPrompt(text=text):
            return keywords(text, prompt.lang)
        case _:
            return []
