"""Jokes whose words are no longer all there, or not as they should be."""

from semeval_humor.rewards.perturbations.source import Source, pieces

_MIN_WORDS = 4
"""Of shorter texts, too little is left."""

_PUNCTUATION = " .,;:!?…。，、；：！？"
_REPEATS = {"word": (8, 20), "phrase": (5, 10), "tail": (3, 8)}


def shuffled(joke: Source) -> str | None:
    """All words in a random order."""
    parts = joke.pieces
    if len(parts) < _MIN_WORDS:
        return None
    joke.random.shuffle(parts)
    return joke.join(parts)


def swapped(joke: Source) -> str | None:
    """Two words have changed places."""
    parts = joke.pieces
    if len(parts) < _MIN_WORDS or len(set(parts)) < 2:
        return None
    left = joke.random.randrange(len(parts))
    right = joke.random.choice([i for i, part in enumerate(parts) if part != parts[left]])
    parts[left], parts[right] = parts[right], parts[left]
    return joke.join(parts)


def dropped(joke: Source) -> str | None:
    """Between a fifth and two fifths of the words are gone, one at the least."""
    parts = joke.pieces
    if len(parts) < _MIN_WORDS:
        return None
    count = max(1, round(joke.random.uniform(0.2, 0.4) * len(parts)))
    gone = set(joke.random.sample(range(len(parts)), count))
    return joke.join([part for i, part in enumerate(parts) if i not in gone])


def replaced(joke: Source) -> str | None:
    """A third to two thirds of the words are words of other jokes."""
    parts = joke.pieces
    other = joke.other()
    if len(parts) < _MIN_WORDS or other is None:
        return None
    count = round(joke.random.uniform(1 / 3, 2 / 3) * len(parts))
    for place in joke.random.sample(range(len(parts)), count):
        # Each from another joke, so that the strange words do not make one up.
        parts[place] = joke.random.choice(pieces(joke.other() or other, joke.lang))
    return joke.join(parts)


def truncated(joke: Source) -> str | None:
    """The first third to two thirds, without a mark at the end."""
    parts = joke.pieces
    if len(parts) < _MIN_WORDS:
        return None
    kept = max(1, round(joke.random.uniform(1 / 3, 2 / 3) * len(parts)))
    return joke.join(parts[:kept]).rstrip(_PUNCTUATION)


def halves(joke: Source) -> str | None:
    """The first half of the joke, and the second half of another one."""
    other = joke.other()
    if other is None:
        return None
    first, second = joke.pieces, pieces(other, joke.lang)
    if min(len(first), len(second)) < _MIN_WORDS:
        return None
    return joke.join([*first[: (len(first) + 1) // 2], *second[(len(second) + 1) // 2 :]])


def word_loop(joke: Source) -> str | None:
    """The joke up to one of its longer words, which is said 8 to 20 times."""
    if not joke.keywords:
        return None
    word = joke.random.choice(joke.keywords)
    parts = joke.pieces
    place = next((i for i, part in enumerate(parts) if word in part.casefold()), len(parts))
    return joke.join([*parts[:place], *[word] * joke.random.randint(*_REPEATS["word"])])


def phrase_loop(joke: Source) -> str | None:
    """Nothing but two to six neighbouring words of the joke, 5 to 10 times."""
    parts = joke.pieces
    if len(parts) < _MIN_WORDS:
        return None
    size = joke.random.randint(2, min(6, len(parts)))
    start = joke.random.randrange(len(parts) - size + 1)
    return joke.join(parts[start : start + size] * joke.random.randint(*_REPEATS["phrase"]))


def tail_loop(joke: Source) -> str | None:
    """The joke, and its last three to eight words 3 to 8 times more."""
    parts = joke.pieces
    if len(parts) < _MIN_WORDS:
        return None
    size = joke.random.randint(3, min(8, len(parts)))
    return joke.join(parts + parts[-size:] * joke.random.randint(*_REPEATS["tail"]))


def ten_times(joke: Source) -> str | None:
    """The joke and as many others as make it ten times as long."""
    if not joke.others:
        return None
    text = joke.text
    while len(text) < 10 * len(joke.text):  # grows by a space at the least
        text = f"{text} {joke.random.choice(joke.others)}"
    return text
