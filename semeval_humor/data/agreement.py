"""How far labels agree with a gold set: jokes that people labelled by hand."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from semeval_humor.data.label_checks import check_label
from semeval_humor.data.labels import Label
from semeval_humor.errors import DataError
from semeval_humor.metrics.intervals import mean_score, wilson_interval
from semeval_humor.schema import Lang, Score
from semeval_humor.text.scripts import to_simplified
from semeval_humor.text.words import Inclusion, inclusion

GOLD = Path(__file__).with_name("gold.jsonl")
"""The gold set of the package: 20 jokes in each language, with their labels."""


@dataclass(frozen=True, slots=True)
class GoldJoke:
    """A joke that was labelled by hand.

    Attributes:
        lang: of the joke.
        joke: its text.
        verbs: verbs that are good labels, the best first.
        nouns: nouns that are.
        headline: a headline that the joke could be about.
    """

    lang: Lang
    joke: str
    verbs: tuple[str, ...]
    nouns: tuple[str, ...]
    headline: str

    @property
    def label(self) -> Label:
        """The best label."""
        return Label(self.verbs[0], self.nouns[0], self.headline)


def read_gold(path: Path = GOLD) -> tuple[GoldJoke, ...]:
    """Read a gold set: JSON lines with lang, joke, verb, noun, headline, other_verbs, other_nouns.

    Raises:
        DataError: the file cannot be read, or a line is no such object; the line is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a gold set: {error}") from error
    found = tuple(
        _gold_joke(line, f"{path}:{number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    )
    if not found:
        raise DataError(f"{path}: no line, expected labelled jokes")
    return found


def agreement(labels: Sequence[Label | None], gold: Sequence[GoldJoke]) -> list[Score]:
    """Measure how far labels agree with gold, for each language in the gold set.

    ``labelled`` is the share of jokes that have a label, and everything else is over these, if any:
    ``verb-exact`` and ``noun-exact`` (the best gold word, in whatever case or Chinese script),
    ``verb-lemma`` and ``noun-lemma`` (in whatever form: hired, hire), ``pair`` (both in whatever
    form and order), ``verb-accepted`` and ``noun-accepted`` (any gold word, in whatever form),
    ``checks`` (labels without a fault), ``headline-chrf``. All are in [0, 1], higher is closer.
    Shares have Wilson's interval, the mean chrF that of the bootstrap. People would not agree
    fully either: a joke has several words and many headlines that would do.

    Args:
        labels: one for each joke of the gold set, in its order; None where there is none.
        gold: the jokes with their gold labels.

    Raises:
        DataError: the numbers of labels and jokes differ.
    """
    if len(labels) != len(gold):
        raise DataError(f"agreement: {len(labels)} labels for {len(gold)} gold jokes")
    pairs = list(zip(labels, gold, strict=True))
    scores = []
    for lang in Lang:
        rows = [(label, joke) for label, joke in pairs if joke.lang is lang]
        if rows:
            scores += _scores(rows, lang)
    return scores


def _scores(rows: Sequence[tuple[Label | None, GoldJoke]], lang: Lang) -> list[Score]:
    given = [(label, joke) for label, joke in rows if label is not None]
    shares = [_share("labelled", [label is not None for label, _ in rows], lang)]
    if not given:
        return shares
    matches = [_matches(label, joke) for label, joke in given]
    shares += [_share(name, [match[name] for match in matches], lang) for name in matches[0]]
    similar = [_chrf(label.headline, joke.headline) for label, joke in given]
    chrf = mean_score("headline-chrf", similar, lang, undefined="no headline")
    return [*shares, chrf]


def _matches(label: Label, gold: GoldJoke) -> Mapping[str, bool]:
    lang, best = gold.lang, gold.label
    verb = _same_word(label.verb, best.verb, lang)
    noun = _same_word(label.noun, best.noun, lang)
    turned = _same_word(label.verb, best.noun, lang) and _same_word(label.noun, best.verb, lang)
    return {
        "verb-exact": _fold(label.verb) == _fold(best.verb),
        "verb-lemma": verb,
        "verb-accepted": any(_same_word(label.verb, word, lang) for word in gold.verbs),
        "noun-exact": _fold(label.noun) == _fold(best.noun),
        "noun-lemma": noun,
        "noun-accepted": any(_same_word(label.noun, word, lang) for word in gold.nouns),
        "pair": (verb and noun) or turned,
        "checks": not check_label(label, gold.joke, lang),
    }


def _same_word(given: str, wanted: str, lang: Lang) -> bool:
    """Whether two words are forms of one; a word that is merely a part of another is not."""
    if _fold(given) == _fold(wanted):
        return True
    return any(map(str.isalnum, given)) and inclusion(given, wanted, lang) is Inclusion.INFLECTED


def _fold(word: str) -> str:
    return to_simplified(unicodedata.normalize("NFKC", word).casefold().strip())


def _share(name: str, hits: Sequence[bool], lang: Lang) -> Score:
    low, high = wilson_interval(sum(hits), len(hits))
    rows = tuple(map(float, hits))
    return Score(name, sum(hits) / len(hits), len(hits), lang, low, high, {}, rows)


def _chrf(headline: str, gold: str) -> float:
    """Overlap of character n-grams of orders 1 to 6, in [0, 1], spaces left out."""
    from sacrebleu.metrics.chrf import CHRF

    return float(CHRF().sentence_score(headline, [gold]).score) / 100


def _gold_joke(line: str, where: str) -> GoldJoke:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{where}: not JSON: {error}") from error
    texts, lists = ("lang", "joke", "verb", "noun", "headline"), ("other_verbs", "other_nouns")
    if not isinstance(row, dict) or row.keys() != {*texts, *lists}:
        raise DataError(f"{where}: expected an object with {', '.join((*texts, *lists))}")
    if not all(isinstance(row[name], str) and row[name].strip() for name in texts):
        raise DataError(f"{where}: {', '.join(texts)} must be texts, and not empty")
    if not all(_is_list_of_texts(row[name]) for name in lists):
        raise DataError(f"{where}: {' and '.join(lists)} must be lists of texts")
    if row["lang"] not in set(Lang):
        raise DataError(f"{where}: lang {row['lang']!r}, expected one of {', '.join(Lang)}")
    verbs, nouns = (row["verb"], *row["other_verbs"]), (row["noun"], *row["other_nouns"])
    return GoldJoke(Lang(row["lang"]), row["joke"], verbs, nouns, row["headline"])


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)
