"""Benchmarks of any size for tests: systems of known strength, jokes of our own, votes on them."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from semeval_humor.bench.board import Board, Row
from semeval_humor.bench.report import Benchmark
from semeval_humor.bench.table import leaderboard
from semeval_humor.findings import Finding
from semeval_humor.metrics import suite
from semeval_humor.ratings import rate
from semeval_humor.schema import Headline, Lang, Prompt, Score, Task, Vote, Winner, WordPair
from semeval_humor.submission.content import check_text
from semeval_humor.submission.entries import Entry
from semeval_humor.submission.ingest import Row as FileRow
from semeval_humor.submission.kinds import Kind
from semeval_humor.submission.references import Reference
from semeval_humor.submission.validate import Checked
from semeval_humor.tsv import read_prompts

DEV = Path(__file__).parents[2] / "../shared/data/mwahaha/dev"

_JOKES = {
    Lang.EN: (
        "I told my {a} about {b}, and now both of them want a raise and a window seat.",
        "The {a} went to therapy because of {b}. Progress is slow, but the couch is lovely.",
        "My {a} has one rule about {b}: never before breakfast, never without a receipt.",
        "They say {b} brings people together. So does a {a} stuck in a lift.",
        "After the {a} came {b}, after {b} came the lawyers, and after the lawyers, silence.",
    ),
    Lang.ES: (
        "Le hablé de {b} a mi {a} y ahora los dos quieren vacaciones pagadas.",
        "Mi {a} tiene una norma sobre {b}: nunca antes del desayuno y siempre con factura.",
        "Dicen que {b} une a la gente. También un {a} atascado en el ascensor.",
    ),
    Lang.ZH: (
        "我跟{a}聊了聊{b}，结果它们俩都要求涨工资。",
        "自从有了{b}，我的{a}每天都去看心理医生，沙发倒是很舒服。",
        "都说{b}能让人团结，卡在电梯里的{a}也能。",
    ),
}
_THINGS = {
    Lang.EN: ("neighbour", "accountant", "parrot", "dentist", "ladder", "toaster", "choir", "goat"),
    Lang.ES: ("vecino", "contable", "loro", "dentista", "gato", "coro", "primo", "cartero"),
    Lang.ZH: ("邻居", "会计", "鹦鹉", "牙医", "梯子", "面包机", "合唱团", "山羊"),
}


def prompts(lang: Lang, count: int) -> list[Prompt]:
    """The official ones where they are at hand, else ones of our own; one in twelve has words."""
    path = DEV / Task.A.file_name(lang)
    if path.exists():
        return list(read_prompts(path, Task.A, lang))[:count]
    things = _THINGS[lang]
    return [
        Prompt(
            f"{lang}_{number:04}",
            Task.A,
            lang,
            WordPair(things[number % 8], things[number % 7])
            if number % 12 == 0
            else Headline(f"{things[number % 8]} {number} {things[number // 8 % 8]}"),
        )
        for number in range(1, count + 1)
    ]


def jokes(asked: Sequence[Prompt], seed: int) -> dict[str, str]:
    """A joke for each prompt, some of them faulty."""
    draw = random.Random(seed)
    return {prompt.id: _joke(draw, prompt) for prompt in asked}


def entry(system: str, asked: Sequence[Prompt], texts: Mapping[str, str]) -> Entry:
    """A file of jokes with what is wrong with each of them."""
    lang = asked[0].lang
    file = f"submissions/{system}/task-a-{lang}.tsv"
    findings = tuple(
        Finding(file, fault.code, fault.message, line, prompt.id)
        for line, prompt in enumerate(asked, start=2)
        if prompt.id in texts
        for fault in check_text(texts[prompt.id], Task.A, lang, prompt.constraint)
    )
    rows = tuple(FileRow(line, id_, text) for line, (id_, text) in enumerate(texts.items(), 2))
    known = {prompt.id: prompt for prompt in asked}
    reference = Reference("tests", tuple(known), known)
    kind = Kind(Task.A, lang)
    return Entry(system, kind, texts, Checked(file, "0" * 64, kind, rows, reference), findings)


def _joke(draw: random.Random, prompt: Prompt) -> str:
    things = _THINGS[prompt.lang]
    joke = draw.choice(_JOKES[prompt.lang]).format(a=draw.choice(things), b=draw.choice(things))
    match prompt.constraint:
        case WordPair(word1, word2):
            joke += f" {word1}" * (draw.random() < 0.9) + f" {word2}." * (draw.random() < 0.8)
        case Headline(text) if draw.random() < 0.3:
            joke = f"{text[:60]}? {joke}"
    fault = draw.random()
    if fault < 0.02:
        return "Sure, here's a joke: " + joke
    if fault < 0.04:
        return joke + " смешно очень"
    if fault < 0.06:
        return joke + " ha" * 12
    return joke


def votes(
    entries: Sequence[Entry], voter: str, count: int, *, noise: float, seed: int
) -> list[Vote]:
    """Votes on chance pairs. Later systems are the better ones, the less so the more noise."""
    draw = random.Random(seed)
    by_kind: dict[Kind, list[Entry]] = {}
    for each in entries:
        by_kind.setdefault(each.kind, []).append(each)
    made = []
    for _ in range(count):
        kind, mine = draw.choice(list(by_kind.items()))
        left, right = draw.sample(range(len(mine)), 2)
        better = 1 / (1 + 10 ** ((right - left) / (4 + noise)))
        winner = Winner.LEFT if draw.random() < better else Winner.RIGHT
        winner = Winner.TIE if draw.random() < 0.15 else winner
        id_ = draw.choice(list(mine[left].texts))
        session = f"{voter}-{draw.randrange(40)}"
        made.append(Vote(id_, kind.lang, mine[left].system, mine[right].system, winner, session))
    return made


def drawn(
    systems: Sequence[str],
    asked: Sequence[Sequence[Prompt]],
    *,
    people: int = 0,
    judge: int = 0,
    metrics: Sequence[str] = ("script-purity", "length-words"),
) -> Benchmark:
    """A benchmark of chance jokes and votes; its baseline is the first system.

    Args:
        systems: their names, the better ones later.
        asked: prompts of each task file.
        people: number of their votes.
        judge: number of the votes of a judge.
        metrics: that the board has.
    """
    entries = [
        entry(system, each, jokes(each, seed=100 * number + place))
        for number, system in enumerate(systems)
        for place, each in enumerate(asked)
    ]
    cast = {
        "people": votes(entries, "session", people, noise=0, seed=1),
        "judge": votes(entries, "judge", judge, noise=6, seed=2),
    }
    return benchmark(entries, {voter: found for voter, found in cast.items() if found}, metrics)


def benchmark(
    entries: Sequence[Entry], cast: Mapping[str, Sequence[Vote]], metrics: Sequence[str] = ()
) -> Benchmark:
    """A benchmark of given jokes and votes."""
    board = Board(
        "dev",
        entries[0].system,
        tuple(_rows(entries, cast, metrics)),
        tuple(cast),
        {"judge": CARD} if "judge" in cast else {},
    )
    return Benchmark(board, leaderboard(board, {}), entries, cast)


def _rows(
    entries: Sequence[Entry], cast: Mapping[str, Sequence[Vote]], metrics: Sequence[str]
) -> list[Row]:
    rows = []
    for kind in dict.fromkeys(each.kind for each in entries):
        found = {
            voter: {rating.system: rating for rating in rate(cast_here, bootstraps=50).rows}
            for voter, all_ in cast.items()
            if (cast_here := [vote for vote in all_ if vote.lang is kind.lang])
        }
        for each in entries:
            if each.kind == kind:
                mine = {v: by[each.system] for v, by in found.items() if each.system in by}
                rows.append(Row(each.system, kind, _scores(each, metrics), mine))
    return rows


def _scores(each: Entry, metrics: Sequence[str]) -> dict[str, Score]:
    sample = suite.Sample(tuple(each.texts.values()), each.kind.lang)
    return {name: suite.METRICS[name](sample) for name in metrics}


CARD = {
    "judge": "judge",
    "battles": 400,
    "unanswered": 0,
    "possible": 1200,
    "flip_rate": {"value": 0.31, "low": 0.267, "high": 0.357, "items": 400},
    "tie_rate": {"value": 0.35, "low": 0.305, "high": 0.398, "items": 400},
    "first_rate": None,
    "longer_rate": {"value": 0.56, "low": 0.5, "high": 0.619, "items": 260},
    "people": {"value": 0.52, "low": 0.483, "high": 0.557, "items": 696},
    "reasons": {"first_rate": "it never preferred a joke"},
    "says": ["This judge is no better than a coin."],
}
