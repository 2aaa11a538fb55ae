"""The data card: what is in ``jokes.parquet``, in words and numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from semeval_humor.data.corpora import Corpus, Meaning
from semeval_humor.data.duplicates import COMPARED_WITH_ALL, RETOLD, SAME
from semeval_humor.data.sieve import MEANINGS, Drop
from semeval_humor.data.splits import PERCENT, Split
from semeval_humor.data.tally import Build, SourceTally
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang

QUANTILES = (0, 5, 25, 50, 75, 95, 100)
"""Percent of the texts that are not longer."""

_IS_HUMOR = {True: "true", False: "false", None: "–"}


def render_card(build: Build, sha256: str) -> str:
    """Return the card as Markdown. The same build gives the same card.

    Args:
        build: what was read, dropped and kept.
        sha256: of ``jokes.parquet``.
    """
    parts = [
        "# jokes.parquet",
        f"{build.rows:,} texts, made by `semeval-humor data build`. SHA-256 `{sha256}`.",
        *_contents(build),
        *_labels(build),
        *_dropped(build),
        *_lengths(build),
        *_splits(),
        *_files(build),
    ]
    return "\n\n".join(parts) + "\n"


def _contents(build: Build) -> Iterator[str]:
    yield "## Rows"
    rows = []
    for tally in build.sources:
        labels: dict[Meaning, Counter[Split]] = {}
        for (label, split), count in tally.stayed.items():
            labels.setdefault(label, Counter())[split] += count
        for label, counts in sorted(labels.items(), key=lambda item: item[0].words):
            start = [tally.file.corpus.lang, tally.file.source.name, label.words or "–"]
            numbers = [*(counts[split] for split in Split), counts.total()]
            rows.append([*start, _IS_HUMOR[label.is_humor], *map(_number, numbers)])
    yield _table(["lang", "source", "label", "is_humor", *Split, "all"], rows, left=4)
    if build.missing:
        yield f"Not at hand when this was built: {', '.join(build.missing)}."


def _labels(build: Build) -> Iterator[str]:
    yield "## What the labels say, and who may use the texts"
    for corpus in _corpora(build):
        language = LANGUAGES[corpus.lang].english_name
        yield (
            f"**{corpus.name}** ({language}, <{corpus.home}>). {corpus.about} "
            f"Licence: {corpus.licence}. Cite: {corpus.citation}."
        )


def _dropped(build: Build) -> Iterator[str]:
    yield "## What was dropped, and why"
    reasons = [why for why in Drop if any(tally.dropped[why] for tally in build.sources)]
    yield _table(
        ["source", "read", *reasons, "kept"],
        [
            [tally.file.source.name] + [_number(count) for count in _accounts(tally, reasons)]
            for tally in build.sources
        ],
    )
    yield "\n".join(f"- *{why}*: {MEANINGS[why]}." for why in reasons)
    other_label = sum(tally.other_label for tally in build.sources)
    repaired = sum(tally.repaired for tally in build.sources)
    yield (
        "Similarity is the share of letters and digits that are equal in order (rapidfuzz's "
        "ratio), within one language and across sources; the earlier row stays. Up to "
        f"{COMPARED_WITH_ALL} texts are all compared, among more MinHash (rensa) chooses which. "
        f"{other_label:,} of the duplicates had another label than the row that stayed. "
        f"{repaired:,} rows were repaired: decoding, HTML entities, control and invisible "
        "characters, spaces, links; in tweets also names and tags at the ends. "
        "`jokes.dropped.jsonl` holds every dropped row."
    )
    texts = build.task_inputs.texts
    if any(texts.values()):
        counts = ", ".join(f"{count:,} {lang}" for lang, count in texts.items() if count)
        yield f"Held against {counts} headlines and prompts of the task."
    else:
        yield "**No task inputs were at hand: rows that repeat one of them are still there.**"


def _accounts(tally: SourceTally, reasons: Sequence[Drop]) -> list[int]:
    return [tally.read, *(tally.dropped[why] for why in reasons), tally.kept]


def _lengths(build: Build) -> Iterator[str]:
    yield "## Lengths in characters"
    rows = []
    for lang in Lang:
        lengths: Counter[int] = Counter()
        for tally in build.sources:
            if tally.file.corpus.lang is lang:
                lengths += tally.lengths
        if lengths:
            rows.append([lang, *(_number(quantile(lengths, percent)) for percent in QUANTILES)])
    yield _table(["lang", "least", *(f"{each} %" for each in QUANTILES[1:-1]), "most"], rows)


def quantile(lengths: Counter[int], percent: int) -> int:
    """Return the least length that ``percent`` of the texts do not exceed.

    Args:
        lengths: number of texts by length; not empty.
        percent: from 0 to 100; 0 gives the least length.
    """
    wanted = lengths.total() * percent / 100
    seen = 0
    for length, count in sorted(lengths.items()):
        seen += count
        if seen >= wanted:
            return length
    raise AssertionError(f"{percent} % of {lengths.total()} texts")


def _splits() -> Iterator[str]:
    yield "## Splits"
    shares = ", ".join(f"{percent} % {split}" for split, percent in PERCENT.items())
    yield (
        f"By SHA-256 of a text's letters and digits: {shares}. A text that is at least "
        f"{RETOLD:.0f} % (but less than {SAME:.0f} %) the same as an earlier one goes where that "
        "one is. Files that are added after the others move no row."
    )


def _files(build: Build) -> Iterator[str]:
    yield "## Files"
    rows = [
        [tally.file.source.name, f"`{tally.sha256}`", _published(tally)] for tally in build.sources
    ]
    rows += [[name, f"`{digest}`", ""] for name, digest in build.task_inputs.sha256.items()]
    yield _table(["file", "SHA-256", "published as"], rows, left=3)
    yield "Versions: " + ", ".join(f"{name} {v}" for name, v in build.versions.items()) + "."


def _published(tally: SourceTally) -> str:
    source = tally.file.source
    if source.url is None:
        return "a part of this package"
    if source.sha256 is None:
        return f"<{source.url}>, whose SHA-256 is not known"
    if source.sha256 == tally.sha256:
        return f"<{source.url}>"
    return f"**another file** than <{source.url}>"


def _corpora(build: Build) -> Iterator[Corpus]:
    seen = None
    for tally in build.sources:
        if tally.file.corpus is not seen:
            seen = tally.file.corpus
            yield seen


def _number(value: int) -> str:
    return f"{value:,}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A Markdown table whose columns after the first ``left`` are numbers."""
    rule = ["---"] * left + ["--:"] * (len(header) - left)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))
