"""A benchmark as one page: leaderboard, duels, judges, every joke, trainings, receipts."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import semeval_humor
from semeval_humor.bench.board import Board
from semeval_humor.bench.browser import browser
from semeval_humor.bench.judge_card import MEASURES, measure_of
from semeval_humor.bench.report_tables import head_to_head, leaderboard_tables
from semeval_humor.bench.table import Leaderboard
from semeval_humor.files import atomic_writer
from semeval_humor.findings import Level
from semeval_humor.html.charts import CHART_CSS
from semeval_humor.html.intervals import INTERVAL_CSS
from semeval_humor.html.matrix import MATRIX_CSS
from semeval_humor.html.page import (
    Cell,
    Html,
    bullets,
    escaped,
    folded,
    heading,
    link,
    page,
    paragraph,
    table,
    visible,
)
from semeval_humor.schema import Vote
from semeval_humor.submission.entries import Entry
from semeval_humor.submission.kinds import Kind

_SHARE = ("", "share", "95 %", "of", "what it is a share of")
_MOST_FINDINGS = 20  # of a whole file that are shown


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All that a report is made of.

    Attributes:
        board: ratings, scores and judges' cards.
        drawn: the same as tables show it.
        entries: what the systems have handed in.
        votes: by the name of the voters.
        curves: of trainings, by their names; ready HTML.
        receipts: files to be linked, by what they are called.
    """

    board: Board
    drawn: Leaderboard
    entries: Sequence[Entry]
    votes: Mapping[str, Sequence[Vote]]
    curves: Mapping[str, Sequence[Html]] = field(default_factory=dict)
    receipts: Mapping[str, Path] = field(default_factory=dict)


def write_report(path: Path, benchmark: Benchmark) -> None:
    """Write the report of a benchmark as one file, which opens from disk without a network.

    Raises:
        HumorError: the file cannot be written.
    """
    with atomic_writer(path) as stream:
        stream.write(report(benchmark, path.parent))


def report(benchmark: Benchmark, folder: Path) -> str:
    """The page itself. Jokes are shown as text whatever they hold.

    Args:
        benchmark: what it says.
        folder: where the page will lie; links are relative to it.
    """
    sections = {
        "Leaderboard": leaderboard_tables(benchmark.board, benchmark.drawn),
        "Head to head": _head_to_head(benchmark),
        "Judges": _judges(benchmark.board.cards),
        "Findings": _findings(benchmark.entries),
        "Jokes": [browser(benchmark.board, benchmark.entries, benchmark.votes)],
        "Trainings": (
            folded(visible(name), Html("".join(it))) for name, it in benchmark.curves.items()
        ),
        "Receipts": _receipts(benchmark.receipts, folder),
    }
    made = {name: Html("".join(parts)) for name, parts in sections.items()}
    made = {name: inside for name, inside in made.items() if inside}
    return page(
        visible(benchmark.board.name),
        [
            paragraph(_summary(benchmark)),
            Html(f"<nav>{''.join(_anchor(name) for name in made)}</nav>\n"),
            *(_section(name, inside) for name, inside in made.items()),
        ],
        css=CHART_CSS + INTERVAL_CSS + MATRIX_CSS + _packaged("report.css"),
        footer=f"semeval-humor {semeval_humor.__version__}",
        script=_packaged("report.js"),
    )


def _packaged(name: str) -> str:
    return files("semeval_humor.bench").joinpath(name).read_text(encoding="utf-8")


def _place(name: str) -> str:
    return name.lower().replace(" ", "-")


def _anchor(name: str) -> str:
    return f'<a href="#{_place(name)}">{name}</a> '


def _section(name: str, inside: Html) -> Html:
    return Html(f'<section id="{_place(name)}">\n{heading(name)}{inside}</section>\n')


def _summary(benchmark: Benchmark) -> str:
    systems = len({entry.system for entry in benchmark.entries})
    texts = sum(len(entry.texts) for entry in benchmark.entries)
    votes = [f"{len(cast):,} votes by {visible(name)}" for name, cast in benchmark.votes.items()]
    said = [f"{systems} system{'s' * (systems > 1)}", f"{texts:,} jokes", *(votes or ["no votes"])]
    baseline = benchmark.board.baseline
    compared = f" The baseline is {visible(baseline)}." if baseline else ""
    return f"{', '.join(said)}.{compared}"


def _head_to_head(benchmark: Benchmark) -> Iterator[Html]:
    for kind in dict.fromkeys(entry.kind for entry in benchmark.entries):
        systems = [entry.system for entry in benchmark.entries if entry.kind == kind]
        for voter, cast in benchmark.votes.items():
            drawn = head_to_head(_of_kind(cast, kind, benchmark.entries), systems)
            if drawn:
                yield heading(f"{kind.title}: by {visible(voter)}", 3)
                yield drawn
    if any(benchmark.votes.values()):
        yield paragraph(
            "How often the row's joke was found funnier than the column's, ties counting half, and "
            "the number of votes. Bold: the 95 % interval does not hold 50 %.",
            "quiet",
        )


def _of_kind(votes: Sequence[Vote], kind: Kind, entries: Sequence[Entry]) -> Iterator[Vote]:
    ids = {id_ for entry in entries if entry.kind == kind for id_ in entry.texts}
    return (vote for vote in votes if vote.lang is kind.lang and vote.prompt_id in ids)


def _judges(cards: Mapping[str, Any]) -> Iterator[Html]:
    for name, card in cards.items():
        yield heading(visible(name), 3)
        yield paragraph(" ".join(visible(sentence) for sentence in card["says"]))
        rows: list[list[str | Cell]] = []
        for measure, meaning in MEASURES.items():
            found = measure_of(card, measure)
            said = meaning if found else f"not known: {card['reasons'][measure]}"
            words = Cell(escaped(visible(said)), "words")
            if found is None:
                rows.append([measure, "–", "–", "–", words])
            else:
                interval = f"{found.low:.3f} – {found.high:.3f}"
                rows.append([measure, f"{found.value:.3f}", interval, f"{found.items:,}", words])
        yield table(_SHARE, rows)
        counts = f"{card['battles']:,} battles with a verdict, of {card['possible']:,} possible."
        yield paragraph(counts, "quiet")


def _findings(entries: Sequence[Entry]) -> Iterator[Html]:
    """What is wrong with each file, in numbers; and with files as a whole, in words."""
    rows: list[list[str | Cell]] = []
    for entry in entries:
        levels = Counter(finding.level for finding in entry.findings)
        codes = Counter(finding.code for finding in entry.findings).most_common()
        said = ", ".join(f"{code} {count:,}" for code, count in codes)
        errors = levels[Level.ERROR]
        rows.append(
            [
                visible(entry.system),
                entry.kind.title,
                f"{len(entry.texts):,}",
                Cell(escaped(f"{errors:,}"), "failed" if errors else ""),
                f"{levels[Level.WARNING]:,}",
                Cell(escaped(said), "words"),
            ]
        )
    yield table(("system", "file", "texts", "errors", "warnings", "codes"), rows)
    whole = defaultdict(list)
    for entry in entries:
        for finding in entry.findings:
            if finding.id is None:
                whole[entry.checked.file].append(f"{finding.code}: {finding.message}")
    for file, found in whole.items():
        more = [f"and {len(found) - _MOST_FINDINGS:,} more"] * (len(found) > _MOST_FINDINGS)
        listed = [escaped(visible(each)) for each in [*found[:_MOST_FINDINGS], *more]]
        yield folded(f"{visible(file)} as a whole: {len(found):,}", bullets(listed))


def _receipts(receipts: Mapping[str, Path], folder: Path) -> Iterator[Html]:
    links = [
        link(visible(name), Path(os.path.relpath(path, folder))) for name, path in receipts.items()
    ]
    yield bullets(links)
