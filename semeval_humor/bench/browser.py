"""Every prompt with the jokes of all systems, for the page's script to show and to filter."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semeval_humor.bench.board import Board
from semeval_humor.bench.columns import BETTER, Better
from semeval_humor.bench.duels import duels
from semeval_humor.errors import DataError
from semeval_humor.findings import Code, Finding, Level
from semeval_humor.html.page import Html, data_block, escaped, visible
from semeval_humor.metrics import suite
from semeval_humor.schema import Gif, GifPrompt, Headline, Lang, Prompt, Vote, WordPair
from semeval_humor.submission.entries import Entry

ROW_SCORES: Mapping[str, str] = {
    "script-purity": "purity",
    "coverage-inflected": "words used",
    "headline-share": "share of the headline",
    "rep-4": "repetition",
    "length-characters": "characters",
}
"""Metrics that have a value for each joke, and what they are called beside it."""

_LONGEST = 1000  # characters of a joke; no task allows more than 900
_DIGITS = 4  # of a score


@dataclass(frozen=True, slots=True)
class VotesOf:
    """What voters of one name say, by prompt."""

    voter: str
    by_prompt: Mapping[tuple[Lang, str], Sequence[Vote]]


def browser(board: Board, entries: Sequence[Entry], votes: Mapping[str, Sequence[Vote]]) -> Html:
    """Filters, room for the prompts, and the data; all texts in it have nothing hidden.

    Args:
        board: says which system is the baseline.
        entries: what systems have handed in.
        votes: by the name of the voters.
    """
    data = browser_data(board, entries, votes)
    codes = Counter(
        finding.code for entry in entries for finding in entry.findings if finding.id is not None
    )
    return Html(f"{_controls(data, codes)}{data_block(data)}")


def browser_data(
    board: Board, entries: Sequence[Entry], votes: Mapping[str, Sequence[Vote]]
) -> dict[str, Any]:
    """What the script reads: names once, and places in their lists everywhere else."""
    systems = list(dict.fromkeys(entry.system for entry in entries))
    kinds = list(dict.fromkeys(entry.kind for entry in entries))
    found = [row_scores(entry) for entry in entries]
    names = [name for name in ROW_SCORES if any(name in scores for scores in found)]
    sides = [VotesOf(voter, _by_prompt(cast)) for voter, cast in votes.items()]
    return {
        "systems": [visible(name) for name in systems],
        "baseline": systems.index(board.baseline) if board.baseline in systems else None,
        "kinds": [{"name": kind.title, "lang": str(kind.lang)} for kind in kinds],
        "codes": [{"name": str(code), "level": str(code.level)} for code in Code],
        "scores": [{"name": ROW_SCORES[name], "better": BETTER[name]} for name in names],
        "voters": [visible(each.voter) for each in sides],
        "prompts": [
            prompt
            for number, kind in enumerate(kinds)
            for prompt in _prompts(
                number,
                [
                    (systems.index(entry.system), entry, [scores.get(name, {}) for name in names])
                    for entry, scores in zip(entries, found, strict=True)
                    if entry.kind == kind
                ],
                sides,
                systems,
            )
        ],
    }


def row_scores(entry: Entry) -> dict[str, dict[str, float]]:
    """What single jokes score by :data:`ROW_SCORES`, then by prompt id; NaN is no value."""
    prompts = [entry.prompts[id_] for id_ in entry.texts if id_ in entry.prompts]
    asked = tuple(prompts) if len(prompts) == len(entry.texts) else None
    sample = suite.Sample(tuple(entry.texts.values()), entry.kind.lang, asked)
    found = {}
    for name in ROW_SCORES:
        try:
            values = suite.METRICS[name](sample).rows
        except DataError:  # none of the jokes has a value
            continue
        assert values is not None, f"{name} has no rows"
        found[name] = dict(zip(entry.texts, values, strict=True))
    return found


def _by_prompt(votes: Iterable[Vote]) -> Mapping[tuple[Lang, str], Sequence[Vote]]:
    found: dict[tuple[Lang, str], list[Vote]] = defaultdict(list)
    for vote in votes:
        found[vote.lang, vote.prompt_id].append(vote)
    return found


Answers = Sequence[tuple[int, Entry, Sequence[Mapping[str, float]]]]
"""Of the systems that answer a kind: place in the list, file, and scores in their order by id."""


def _prompts(
    kind: int, answers: Answers, sides: Sequence[VotesOf], systems: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Rows of one kind in the order of the input; those that nobody knows stand last."""
    known = {id_: prompt for _, entry, _ in answers for id_, prompt in entry.prompts.items()}
    ids = [*known, *(id_ for _, entry, _ in answers for id_ in entry.texts)]
    findings = [_by_row(entry.findings) for _, entry, _ in answers]
    lang = answers[0][1].kind.lang
    for id_ in dict.fromkeys(ids):
        what, words, link = _asked(known.get(id_))
        yield {
            "id": visible(id_),
            "kind": kind,
            "what": what,
            "asked": words,
            "link": link,
            "jokes": [
                {
                    "by": system,
                    "text": visible(entry.texts[id_], longest=_LONGEST)
                    if id_ in entry.texts
                    else None,
                    "scores": [_plain(values.get(id_, math.nan)) for values in scores],
                    "findings": mine.get(id_, []),
                }
                for (system, entry, scores), mine in zip(answers, findings, strict=True)
            ],
            "votes": list(_votes(sides, (lang, id_), systems)),
        }


def _asked(prompt: Prompt | None) -> tuple[str, str, str | None]:
    """What a prompt demands: its kind, its words, and where its picture lies."""
    match prompt and prompt.constraint:
        case None:
            return "input not known", "", None
        case WordPair(word1, word2):
            return "words", f"{visible(word1)} + {visible(word2)}", None
        case Headline(text):
            return "headline", visible(text, longest=_LONGEST), None
        case Gif(url):
            return "GIF", visible(url), _link(url)
        case GifPrompt(url, text):
            return "GIF and sentence", visible(text, longest=_LONGEST), _link(url)
    raise AssertionError(prompt)


def _link(url: str) -> str | None:
    return url if url.startswith(("https://", "http://")) and url.isascii() else None


def _by_row(findings: Sequence[Finding]) -> dict[str, list[tuple[int, str]]]:
    places = {code: place for place, code in enumerate(Code)}
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for finding in findings:
        if finding.id is not None:
            found[finding.id].append((places[finding.code], visible(finding.message)))
    return found


def _votes(
    sides: Sequence[VotesOf], key: tuple[Lang, str], systems: Sequence[str]
) -> Iterator[tuple[int, int, int, int, int, int]]:
    """Voters, two systems, and how often the first was found funnier, neither, the second."""
    for voter, side in enumerate(sides):
        for (first, second), duel in duels(side.by_prompt.get(key, ())).items():
            if first in systems and second in systems:
                pair = systems.index(first), systems.index(second)
                yield voter, *pair, duel.wins, duel.ties, duel.losses


def _plain(value: float) -> float | None:
    return round(value, _DIGITS) if math.isfinite(value) else None


def _controls(data: Mapping[str, Any], codes: Mapping[Code, int]) -> str:
    voters = data["voters"]
    tasks = [("", "all")] + [(str(n), kind["name"]) for n, kind in enumerate(data["kinds"])]
    errors = sum(count for code, count in codes.items() if code.level is Level.ERROR)
    findings = [("", "any or none"), ("error", f"any error ({errors:,})")] + [
        (str(place), f"{code} ({codes[code]:,})")
        for place, code in enumerate(Code)
        if codes.get(code)
    ]
    votes = [("", "any or none")] + [(f"[{n}]", f"by {voter}") for n, voter in enumerate(voters)]
    votes += [
        (f"[{a},{b}]", f"{voters[a]} and {voters[b]} disagree")
        for a in range(len(voters))
        for b in range(a + 1, len(voters))
    ]
    orders = [("", "as in the input")]
    for n, score in enumerate(data["scores"]):
        orders += [
            (f"{end} {n}", f"by {score['name']}, {words} first")
            for end, words in _ENDS[score["better"]]
        ]
    boxes = "".join(
        f'<label><input type="checkbox" value="{n}" checked>{escaped(name)}</label>'
        for n, name in enumerate(data["systems"])
    )
    return (
        "<noscript><p>The jokes can be browsed with JavaScript only.</p></noscript>\n"
        '<div id="browser" hidden>\n<div role="search" class="filters" aria-label="jokes">\n'
        '<label>Search<input type="search" id="words" autocomplete="off" spellcheck="false">'
        f"</label>\n{_select('kind', 'Task', tasks)}{_select('finding', 'Finding', findings)}"
        f"{_select('votes', 'Votes', votes)}{_select('order', 'Order', orders)}"
        f'<fieldset id="systems"><legend>Systems</legend>{boxes}</fieldset>\n'
        '<button type="button" id="clear">Clear filters</button>\n</div>\n'
        f'<p id="count" role="status"></p>\n{_PAGER}<ol id="prompts" tabindex="-1" '
        f'aria-label="prompts"></ol>\n{_PAGER}</div>\n'
    )


_ENDS: Mapping[Better, Sequence[tuple[str, str]]] = {
    Better.HIGHER: [("low", "worst")],
    Better.LOWER: [("high", "worst")],
    Better.NEITHER: [("low", "lowest"), ("high", "highest")],
}
"""Which end of a score may stand first, and what it is called."""


def _select(name: str, label: str, options: Iterable[tuple[str, str]]) -> str:
    inside = "".join(f'<option value="{value}">{escaped(words)}' for value, words in options)
    return f'<label>{label}<select id="{name}">{inside}</select></label>\n'


_PAGER = (
    '<p class="pager"><button type="button" data-step="-1">Previous</button>'
    '<button type="button" data-step="1">Next</button></p>\n'
)
