import html
import json
import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.bench.browser import browser_data, row_scores
from semeval_humor.bench.duels import Duel, duels
from semeval_humor.bench.report import Benchmark, report, write_report
from semeval_humor.errors import HumorError
from semeval_humor.findings import Code, Finding
from semeval_humor.html.page import Html, visible
from semeval_humor.schema import (
    Constraint,
    Gif,
    GifPrompt,
    Headline,
    Lang,
    Prompt,
    Task,
    Vote,
    Winner,
    WordPair,
)
from semeval_humor.submission.kinds import KINDS, Kind
from tests.bench.boards import CARD, benchmark, drawn, entry, prompts

HOSTILE = (
    "</script><script>alert(1)</script><!-- \u202egnp.exe\u200b\ud83d <img src=x onerror=alert(2)>"
    " </bdi></li><form action=//x><a href='javascript:alert(3)'>&lt;"
)
ASKED = [
    Prompt("en_0001", Task.A, Lang.EN, Headline("City opens a bridge for hedgehogs")),
    Prompt("en_0101", Task.A, Lang.EN, WordPair("paint", "ladder")),
]
FINE = {
    "en_0001": "At last a crossing where nobody honks back.",
    "en_0101": "I paint so slowly that the ladder asked for rent.",
}
L, R, TIE = Winner.LEFT, Winner.RIGHT, Winner.TIE


class Page(HTMLParser):
    """Tags and attributes of a page, and its data."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(source)
        self.data: dict[str, Any] = json.loads(self.scripts[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script" and self.cdata_elem:
            self.scripts.append(data)
        self.text += data


def vote(left: str, right: str, winner: Winner, id_: str = "en_0001", voter: str = "v") -> Vote:
    return Vote(id_, Lang.EN, left, right, winner, voter)


def small(votes: Mapping[str, Sequence[Vote]] | None = None, **texts: dict[str, str]) -> Benchmark:
    return benchmark(
        [entry(system, ASKED, mine) for system, mine in texts.items()],
        votes or {},
        ["script-purity"],
    )


# Votes added up


def test_duels_do_not_depend_on_sides() -> None:
    cast = [vote("a", "b", L), vote("b", "a", R), vote("b", "a", L), vote("b", "a", TIE)]
    # a is funnier twice: left against b, and right against b
    assert duels(cast) == {("a", "b"): Duel(2, 1, 1)}
    assert duels([]) == {}


@pytest.mark.parametrize(
    ("duel", "share", "clear"),
    [
        (Duel(2, 1, 1), 2.5 / 4, False),
        (Duel(0, 3, 0), 0.5, False),
        (Duel(1, 0, 9), 0.1, True),  # Wilson of 9 in 10: from 0.596
        (Duel(7, 0, 3), 0.7, False),  # of 7 in 10: from 0.397
        (Duel(60, 20, 20), 0.7, True),  # of 70 in 100: from 0.604
    ],
)
def test_duel(duel: Duel, share: float, clear: bool) -> None:
    assert (duel.share, duel.clear) == (share, clear)
    assert duel.turned().share == pytest.approx(1 - share)
    assert duel.turned().clear == clear


def test_no_votes_are_not_clear() -> None:
    assert not Duel().clear


# Data for the script


def test_data_of_a_small_benchmark() -> None:
    cast = {
        "people": [vote("b", "a", L), vote("a", "b", R), vote("a", "zz", L)],
        "judge": [vote("a", "b", L), vote("a", "b", TIE, "en_0101")],
    }
    made = small(cast, a=FINE, b={"en_0101": "I paint, сказал он."})
    data = browser_data(made.board, made.entries, made.votes)
    assert (data["systems"], data["baseline"], data["voters"]) == (
        ["a", "b"],
        0,
        ["people", "judge"],
    )
    assert data["kinds"] == [{"name": "Task A, English", "lang": "en"}]
    names = [score["name"] for score in data["scores"]]
    assert names[:2] == ["purity", "words used"]
    first, second = data["prompts"]
    assert (first["what"], first["asked"]) == ("headline", "City opens a bridge for hedgehogs")
    assert (second["what"], second["asked"]) == ("words", "paint + ladder")
    # Voter, systems, and how often the first was found funnier, neither, the second.
    assert first["votes"] == [(0, 0, 1, 0, 0, 2), (1, 0, 1, 1, 0, 0)]
    assert second["votes"] == [(1, 0, 1, 0, 1, 0)]
    mine, other = first["jokes"]
    assert (mine["by"], mine["text"], other["text"]) == (0, FINE["en_0001"], None)
    assert mine["scores"][:2] == [1, None]  # a headline demands no words
    assert other["scores"] == [None] * len(names)
    joke = second["jokes"][1]
    # 6 of 14 letters are Latin: I, paint; сказал and он are 8.
    assert joke["scores"][:2] == [pytest.approx(6 / 14, abs=1e-4), 0.5]
    codes = {data["codes"][code]["name"]: message for code, message in joke["findings"]}
    assert codes["missing-word"] == "without 'ladder', which must occur"
    assert codes["wrong-script"].startswith("Cyrillic letters in English text")


def test_every_kind_of_prompt_has_words() -> None:
    kind = Kind(Task.B2, Lang.EN)
    asked: dict[str, Constraint] = {
        "img_2_0001": GifPrompt("https://gifs.example/1.gif", "When ______ happens"),
        "img_2_0002": GifPrompt("javascript:alert(1)", "______!"),
        "img_2_0003": Gif("https://gifs.example/3.gif"),
    }
    known = {id_: Prompt(id_, Task.B2, Lang.EN, each) for id_, each in asked.items()}
    base = entry("a", ASKED, {**dict.fromkeys(known, "Ha."), "img_2_9": "Ha."})
    checked = type(base.checked)("f", "0", kind, (), type(base.checked.reference)("", None, known))
    made = benchmark([type(base)("a", kind, base.texts, checked, ())], {}, ["length-words"])
    found = browser_data(made.board, made.entries, {})["prompts"]
    assert [(each["what"], each["asked"], each["link"]) for each in found] == [
        ("GIF and sentence", "When ______ happens", "https://gifs.example/1.gif"),
        ("GIF and sentence", "______!", None),
        ("GIF", "https://gifs.example/3.gif", "https://gifs.example/3.gif"),
        ("input not known", "", None),
    ]
    assert "coverage-inflected" not in row_scores(made.entries[0])  # one of the rows is not known


@pytest.mark.parametrize("lang", list(Lang))
def test_rows_in_three_languages(lang: Lang) -> None:
    made = drawn(["a", "b"], [prompts(lang, 24)], people=100)
    data = browser_data(made.board, made.entries, made.votes)
    assert [each["id"] for each in data["prompts"]] == list(made.entries[0].texts)
    for place, (prompt, text) in enumerate(
        zip(data["prompts"], made.entries[1].texts.values(), strict=True)
    ):
        assert prompt["jokes"][1]["text"] == visible(text, longest=1000)
        assert prompt["jokes"][0]["scores"][0] is not None, place
    counted = sum(won + tied + lost for p in data["prompts"] for *_, won, tied, lost in p["votes"])
    assert counted == 100


# The page


def test_nothing_that_others_wrote_becomes_part_of_the_page() -> None:
    bad = dict.fromkeys(FINE, HOSTILE)
    made = small({HOSTILE: [vote(HOSTILE, "b", L)] * 3}, **{HOSTILE: bad, "b": FINE})
    asked = Prompt("en_0001", Task.A, Lang.EN, Headline(HOSTILE))
    whole = Finding(HOSTILE, Code.BOM, HOSTILE)
    made.entries[0].checked.reference.prompts["en_0001"] = asked  # type: ignore[index]
    entries = [type(made.entries[0])(HOSTILE, KINDS[0], bad, made.entries[0].checked, (whole,))]
    hostile = Benchmark(
        type(made.board)(
            HOSTILE, HOSTILE, made.board.rows, (HOSTILE,), {HOSTILE: {**CARD, "says": [HOSTILE]}}
        ),
        made.drawn,
        [*entries, made.entries[1]],
        made.votes,
        {HOSTILE: [Html("")]},
        {HOSTILE: Path(HOSTILE.replace("\ud83d", "\udcff"))},
    )
    source = report(hostile, Path())
    source.encode()  # no half characters
    page = Page(source)
    assert page.tags.count("script") == 2
    assert {"img", "form"} & set(page.tags) == set()
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    links = [value or "" for name, value in page.attributes if name in ("href", "src", "action")]
    assert all(re.match(r"#[a-z-]+$|[^:]+$", value) for value in links), links
    assert "\u202e" not in source
    assert "\u200b" not in source
    joke = page.data["prompts"][0]["jokes"][0]["text"]
    assert joke == visible(HOSTILE)
    assert joke.startswith("</script><script>alert(1)</script><!-- ⟨U+202E⟩gnp.exe⟨U+200B⟩⟨U+D83D⟩")


def test_the_page_needs_nothing_else() -> None:
    source = report(small(a=FINE, b=FINE), Path())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', source)
    assert policy is not None
    assert html.unescape(policy[1]).startswith(
        "default-src 'none'; style-src 'unsafe-inline'; script"
    )
    assert "http" not in source.replace("http-equiv", "")
    assert "url(" not in source
    # Nothing that makes elements out of text.
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document.write|\beval\b|Function\(", source
    )


def test_what_is_not_known_has_no_section() -> None:
    bare = report(small(a=FINE), Path())
    assert re.findall(r'<section id="([a-z-]+)">', bare) == ["leaderboard", "findings", "jokes"]
    assert "1 system, 2 jokes, no votes. The baseline is a." in bare
    cast = {"judge": [vote("a", "b", L)] * 2}
    full = small(cast, a=FINE, b=FINE)
    curves = {"ppo": [Html("<p>curve</p>")]}
    whole = Benchmark(full.board, full.drawn, full.entries, cast, curves, {"r": Path("r.json")})
    page = report(whole, Path())
    assert re.findall(r'<a href="#([a-z-]+)">', page) == [
        *("leaderboard", "head-to-head", "judges", "findings", "jokes", "trainings", "receipts")
    ]
    assert "This judge is no better than a coin." in page
    assert "not known: it never preferred a joke" in page
    assert "<details><summary>ppo</summary><p>curve</p></details>" in page


def test_head_to_head() -> None:
    cast = {"people": [vote("a", "b", L)] * 9 + [vote("b", "a", L)], "judge": [vote("a", "c", TIE)]}
    page = report(small(cast, a=FINE, b=FINE, c=FINE), Path())
    rows = re.findall(r'<tr><th scope="row">(\d  [abc])</th>(.*?)</tr>', page)
    cells = [(name, re.sub(r"<[^>]+>", " ", inside).split()) for name, inside in rows]
    assert cells == [
        ("1  a", ["–", "90%", "10"]),
        ("2  b", ["10%", "10", "–"]),
        ("1  a", ["–", "50%", "1"]),  # by the judge, who has not seen b
        ("2  c", ["50%", "1", "–"]),
    ]
    assert page.count("<b>90%</b>") == page.count("<b>10%</b>") == 1
    assert "<b>50%</b>" not in page


def test_findings_of_whole_files_are_listed() -> None:
    made = small(a=FINE)
    found = tuple(Finding("f", Code.UNKNOWN_ID, f"number {n}") for n in range(25))
    one = type(made.entries[0])("a", KINDS[0], FINE, made.entries[0].checked, found)
    page = report(Benchmark(made.board, made.drawn, [one], {}), Path())
    assert "as a whole: 25" in page
    assert "unknown-id: number 19</li><li>and 5 more</li>" in page
    assert '<td class="failed">25</td>' in page


def test_links_are_relative_to_the_page(tmp_path: Path) -> None:
    made = small(a=FINE)
    receipts = {"a": tmp_path / "runs" / "a b.run.json", "b": tmp_path / "site" / "javascript:x"}
    page = tmp_path / "site" / "deep" / "dev.html"
    write_report(page, Benchmark(made.board, made.drawn, made.entries, {}, {}, receipts))
    source = page.read_text(encoding="utf-8")
    assert '<a href="../../runs/a%20b.run.json">a</a>' in source
    assert '<a href="../javascript%3Ax">b</a>' in source


def test_a_page_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HumorError, match=r"file/dev\.html: cannot be written"):
        write_report(tmp_path / "file" / "dev.html", small(a=FINE))
