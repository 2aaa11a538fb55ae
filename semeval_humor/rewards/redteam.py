"""A red team: jokes against what code makes of them, ranked by a reward that should know better."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

from semeval_humor.errors import DataError
from semeval_humor.rewards.perturbations import Family, perturb, simulated_headline
from semeval_humor.rewards.profiles import GATE
from semeval_humor.rewards.redteam_card import Attack, Card, Clean, Example
from semeval_humor.rewards.redteam_search import BUDGET, Climb, Original, Search, climb
from semeval_humor.rewards.reward import Rewards, TextReward
from semeval_humor.schema import FileRecord, Lang, Prompt, Task

PAIRS = 300
WORST = 5
"""Examples that are kept of each attack."""

STEPS = 1 + len(Family) + len(Search)
"""What is done in each language: clean jokes, families, searches."""

# Not every family applies to every joke, and jokes that gates touch are left out.
_SPARE = 1.25

_VOCABULARY = 500  # jokes whose words a search proposes


def redteam(
    reward: TextReward,
    jokes: Mapping[Lang, Sequence[str]],
    *,
    pairs: int = PAIRS,
    seed: int = 0,
    name: str = "reward",
    files: Sequence[FileRecord] = (),
    tell: Callable[[Lang, str], None] = lambda lang, attack: None,
) -> Card:
    """Compare jokes with what each family of attacks makes of them.

    All rows are headline rows, with headlines made from the jokes: these are the rows on which
    nothing but the text itself counts. A joke of which a gate takes something says nothing about
    an attack; it is counted under ``clean`` and left out of the pairs. So are jokes without two
    longer words, of which no headline can be made.

    Args:
        reward: what is tested.
        jokes: real ones by language, best ones that nothing was trained on. Those of one language
            are the wrong language for the others.
        pairs: jokes for each family; fewer where there are no more. They are drawn by ``seed``.
        seed: decides whatever is left to chance.
        name: of the reward, for the card.
        files: what the reward is made from, for the card.
        tell: hears of each attack before it begins.

    Raises:
        DataError: there is no joke in a language, or a reward is no finite number.
    """
    attacks: list[Attack] = []
    clean: list[Clean] = []
    for lang, texts in jokes.items():
        tell(lang, "clean jokes")
        checked, originals = _originals(reward, lang, texts, math.ceil(_SPARE * pairs), seed)
        clean.append(checked)
        others = {
            False: [text for text in dict.fromkeys(texts) if text.strip()],
            True: [text for other, found in jokes.items() if other is not lang for text in found],
        }
        for family in Family:
            tell(lang, family)
            given = others[family is Family.WRONG_LANGUAGE]
            attacks += _attack(reward, family, originals, lang, given, pairs, seed)
        vocabulary = Random(seed).sample(others[False], min(_VOCABULARY, len(others[False])))
        for search in Search:
            tell(lang, search)
            ask = partial(_totals, reward)
            climbs = climb(search, ask, originals[:pairs], lang, vocabulary, seed=seed)
            attacks += _searched(search, lang, climbs)
    hashes = tuple(record.sha256 for record in files)
    return Card(name, hashes, seed, pairs, BUDGET, tuple(attacks), tuple(clean))


def _originals(
    reward: TextReward, lang: Lang, texts: Sequence[str], most: int, seed: int
) -> tuple[Clean, list[Original]]:
    """Draw jokes, and see which of them the gates leave alone."""
    random = Random(f"{seed}\n{lang}")
    different = sorted({text for text in texts if text.strip()})
    random.shuffle(different)
    prompts: list[Prompt] = []
    drawn: list[str] = []
    for text in different:
        headline = simulated_headline(text, lang, random)
        if headline is not None:
            prompts.append(Prompt(f"{lang}_{len(drawn)}", Task.A, lang, headline))
            drawn.append(text)
        if len(drawn) == most:
            break
    if not drawn:
        raise DataError(f"redteam: no {lang} joke of two longer words, expected at least one")
    rewarded = reward(prompts, drawn)
    _check_finite(rewarded.total, drawn)
    touched = [_touching_gates(rewarded, row) for row in range(len(drawn))]
    originals = [
        Original(prompt, text, total)
        for prompt, text, total, gates in zip(prompts, drawn, rewarded.total, touched, strict=True)
        if not gates
    ]
    punished = [(text, gates) for text, gates in zip(drawn, touched, strict=True) if gates]
    return Clean(lang, len(drawn), len(originals), tuple(punished[:WORST])), originals


def _touching_gates(rewarded: Rewards, row: int) -> tuple[str, ...]:
    """Gates that take something of a text's reward."""
    return tuple(
        name.removeprefix(GATE)
        for name, values in rewarded.components.items()
        if name.startswith(GATE) and (value := values[row]) is not None and value < 1
    )


def _attack(
    reward: TextReward,
    family: Family,
    originals: Sequence[Original],
    lang: Lang,
    others: Sequence[str],
    pairs: int,
    seed: int,
) -> list[Attack]:
    """The attack, or nothing where the family applies to no joke."""
    spoilt: list[tuple[Original, str]] = []
    for original in originals:
        # What becomes of a joke does not depend on which others are drawn.
        random = Random(f"{seed}\n{family}\n{original.text}")
        text = perturb(family, original.text, lang, random, others, original.prompt)
        if text is not None:
            spoilt.append((original, text))
        if len(spoilt) == pairs:
            break
    totals = _totals(reward, [each.prompt for each, _ in spoilt], [text for _, text in spoilt])
    return _summary(
        family,
        lang,
        [
            Example(original.text, text, original.reward, total)
            for (original, text), total in zip(spoilt, totals, strict=True)
        ],
    )


def _searched(search: Search, lang: Lang, climbs: Sequence[Climb]) -> list[Attack]:
    examples = [
        Example(each.original.text, each.text, each.original.reward, each.reward) for each in climbs
    ]
    gains = [each.best - each.original.reward for each in climbs]
    return _summary(search, lang, examples, gain=math.fsum(gains) / max(1, len(gains)))


def _summary(
    family: Family | Search, lang: Lang, examples: Sequence[Example], gain: float | None = None
) -> list[Attack]:
    if not examples:
        return []
    gaps = [example.gap for example in examples]
    return [
        Attack(
            family,
            lang,
            pairs=len(gaps),
            losses=sum(gap <= 0 for gap in gaps),
            mean_gap=math.fsum(gaps) / len(gaps),
            worst=tuple(sorted(examples, key=lambda example: example.gap)[:WORST]),
            gain=gain,
        )
    ]


def _totals(reward: TextReward, prompts: Sequence[Prompt], texts: Sequence[str]) -> list[float]:
    if not texts:
        return []
    totals = list(reward(prompts, texts).total)
    _check_finite(totals, texts)
    return totals


def _check_finite(totals: Sequence[float], texts: Sequence[str]) -> None:
    for total, text in zip(totals, texts, strict=True):
        if not math.isfinite(total):
            raise DataError(f"redteam: the reward of {text[:60]!r} is {total}, expected a number")
