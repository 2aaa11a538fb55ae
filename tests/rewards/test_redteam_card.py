import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from semeval_humor.errors import DataError
from semeval_humor.html.page import CSS, visible
from semeval_humor.receipt import read_receipt, receipt_path
from semeval_humor.rewards.perturbations import GATED, HARD_NEGATIVES, Family
from semeval_humor.rewards.redteam_card import (
    Attack,
    Card,
    Clean,
    Example,
    document,
    read_verdict,
)
from semeval_humor.rewards.redteam_pages import card_path, html, markdown, write_card
from semeval_humor.rewards.redteam_search import Search
from semeval_humor.schema import FileRecord, Lang

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH
HOSTILE = "<script>alert('&')</script> | *bold* \u202e\u200b\ud83d </bdi>"


def attack(
    family: Family | Search = Family.EMPTY,
    lang: Lang = EN,
    losses: int = 0,
    pairs: int = 300,
    gain: float | None = None,
    spoilt: str = "",
) -> Attack:
    worst = (Example("A joke.", spoilt, 0.75, 0.75 if losses else 0.25),)
    return Attack(family, lang, pairs, losses, 0.5, worst, gain)


def card(*attacks: Attack, untouched: int = 300) -> Card:
    langs = dict.fromkeys(each.lang for each in attacks)
    clean = [Clean(lang, 300, untouched, (("A joke.", ("loops",)),)) for lang in langs]
    return Card("rewards/r.toml", ("12ab", "34cd"), 7, 300, 64, attacks, tuple(clean))


@pytest.mark.parametrize(
    ("losses", "low", "high"),
    [
        # z² = 3.84146. Of 0 in 300: 2 (z²/2) / (300 + z²) = 3.84146 / 303.84146
        (0, 0.0, 0.012643),
        # (15 + 1.92073) / 303.84146 ∓ 1.959964 √(15·285/300 + 0.960365) / 303.84146
        (15, 0.030532, 0.080848),
        (300, 0.987357, 1.0),
    ],
)
def test_interval(losses: int, low: float, high: float) -> None:
    assert attack(losses=losses).interval == pytest.approx((low, high), abs=2e-6)
    assert attack(losses=losses).lost == losses / 300


@pytest.mark.parametrize(
    ("family", "lang", "bound"),
    [
        *((family, lang, 0.01) for family in sorted(GATED) for lang in Lang),
        *((family, EN, 0.02) for family in sorted(HARD_NEGATIVES - GATED - {Family.HALVES})),
        (Family.HALVES, EN, 0.25),
        (Family.SWAPPED, EN, 0.08),
        (Family.WRONG_LANGUAGE, EN, 0.08),
        (Search.SWAPPER, EN, 0.3),
        (Search.APPENDER, EN, 0.3),
        (Family.SHUFFLED, ES, None),
        (Family.HALVES, ZH, None),
        (Search.SWAPPER, ZH, None),
    ],
)
def test_bounds(family: Family | Search, lang: Lang, bound: float | None) -> None:
    assert attack(family, lang).bound == bound
    if bound is None:
        assert attack(family, lang, losses=300).passed
    else:
        at_most = round(bound * 300)
        assert attack(family, lang, losses=at_most).passed
        assert not attack(family, lang, losses=at_most + 1).passed


def test_a_card_fails_with_its_reasons() -> None:
    assert card(attack()).passed
    assert card(attack(), untouched=294).passed
    failed = card(attack(losses=4), attack(Family.SHUFFLED, ES, losses=300), untouched=293)
    assert not failed.passed
    assert failed.failures == (
        "en: empty: 4 of 300 pairs lost (1.3%), at most 1%",
        "en: gates touch 7 of 300 clean jokes (2.3%), at most 2%",
        "es: gates touch 7 of 300 clean jokes (2.3%), at most 2%",
    )


def test_json() -> None:
    found = document(card(attack(losses=3), attack(Search.SWAPPER, losses=60, gain=0.125)))
    assert found == {
        "reward": "rewards/r.toml",
        "families": [
            {
                "family": "empty",
                "lang": "en",
                "heldout": True,
                "pairs": 300,
                "lost": 0.01,
                "mean_gap": 0.5,
            },
            {
                "family": "search-word-swapper",
                "lang": "en",
                "heldout": False,
                "pairs": 300,
                "lost": 0.2,
                "mean_gap": 0.5,
            },
        ],
        "searches": [{"family": "search-word-swapper", "lang": "en", "budget": 64, "gain": 0.125}],
        "clean": [{"lang": "en", "jokes": 300, "untouched": 1.0}],
        "files": ["12ab", "34cd"],
        "seed": 7,
        "failures": [],
        "passed": True,
    }
    assert json.loads(json.dumps(found)) == found


# What trainers read


OURS = (FileRecord("r.toml", "12ab"), FileRecord("model", "34cd"))


@pytest.mark.parametrize(
    ("attacks", "files", "lang", "refusal"),
    [
        ([attack()], OURS, EN, None),
        ([attack(), attack(lang=ES)], OURS[:1], ES, None),
        ([attack()], [*OURS, FileRecord("other", "ff")], EN, "tested another other; run"),
        ([attack()], OURS, ZH, "tested in en, not in zh; run redteam again"),
        ([attack(losses=9)], OURS, EN, "en: empty: 9 of 300 pairs lost (3.0%), at most 1%"),
        ([attack(losses=9)] * 3, OURS, EN, "at most 1%; 2 more in this card"),
    ],
)
def test_verdict(
    tmp_path: Path, attacks: list[Attack], files: list[FileRecord], lang: Lang, refusal: str | None
) -> None:
    path = card_path(tmp_path / "r.toml")
    write_card(card(*attacks), path, OURS)
    found = read_verdict(path).refusal(files, lang)
    if refusal is None:
        assert found is None
    else:
        assert found is not None
        assert found.startswith(f"{path}: ")
        assert refusal in found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            None,
            "no card that can be read (No such file or directory); run semeval-humor redteam first",
        ),
        ("{", "not a card of redteam"),
        ("[]", "not a card of redteam"),
        ('{"clean": [{"lang": "fr"}]}', "not a card of redteam"),
        ('{"clean": []}', "not a card of redteam: 'files'"),
    ],
)
def test_no_verdict(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "r.redteam.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=re.escape(f"{path}: {message}")):
        read_verdict(path)


def test_files_of_a_card(tmp_path: Path) -> None:
    path = card_path(tmp_path / "new" / "r.toml")
    assert path.name == "r.redteam.json"
    written = write_card(card(attack(spoilt=HOSTILE, losses=1)), path, OURS)
    assert [each.name for each in written] == [f"r.redteam.{end}" for end in ("json", "md", "html")]
    assert json.loads(path.read_text(encoding="utf-8"))["seed"] == 7
    account = read_receipt(receipt_path(path))
    assert account.inputs == OURS
    assert [record.name for record in account.outputs] == [each.name for each in written]
    assert account.config == {"seed": 7, "budget": 64, "pairs": 300}


# Pages


class Page(HTMLParser):
    """Collects tags, attributes and text, and checks that every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.text = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= dict(attrs)
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    assert page._open == []
    return page


def test_jokes_are_text_whatever_they_hold() -> None:
    found = card(
        attack(spoilt=HOSTILE, losses=30), attack(lang=ZH, spoilt="老师<b>"), untouched=200
    )
    page = read(html(found))
    assert {"script", "a", "img", "link"}.isdisjoint(page.tags)
    assert "<script>alert('&')</script> | *bold* ⟨U+202E⟩⟨U+200B⟩⟨U+D83D⟩ </bdi>" in page.text
    assert "老师<b>" in page.text
    html(found).encode()  # no half characters


def test_html_says_what_was_found() -> None:
    found = card(attack(losses=30), attack(Search.APPENDER, losses=9, gain=0.0625), untouched=200)
    text = html(found)
    page = read(text)
    assert "Verdict: failed" in page.text
    assert "en: empty: 30 of 300 pairs lost (10.0%), at most 1%" in page.text
    assert "7.1% – 13.9%" in page.text  # (30 + 1.92)/303.84 ∓ 1.96 √(27 + 0.96)/303.84
    assert "0.062" in page.text
    assert "Gates leave 200 of 300 clean jokes untouched (66.7%, at least 98%)." in page.text
    assert "A joke.: loops" in page.text
    assert 'class="number failed">10.0%' in text
    assert 'class="number">3.0%' in text
    passed = read(html(card(attack())))
    assert "Verdict: passed" in passed.text
    assert "ul" not in passed.tags[: passed.tags.index("table") - 8]


def test_html_needs_nothing_else() -> None:
    text = html(card(attack()))
    assert "http" not in re.sub('http-equiv="', "", text)
    assert "url(" not in text
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert read(text).attributes["lang"] == "en"


def luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1])
def test_colours_can_be_read(scheme: int) -> None:
    found = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    assert len(found) == 2
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", found[scheme]))
    assert len(colours) == 7
    for front, back in itertools.product(("text", "quiet", "good", "bad"), ("page", "panel")):
        light, dark = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (front, back)  # WCAG 2.2, level AA


def test_markdown() -> None:
    found = markdown(
        card(attack(spoilt=HOSTILE, losses=30), attack(Search.SWAPPER, gain=0.0), untouched=299)
    )
    assert found.startswith("# Red team of rewards/r.toml\n\nVerdict: **failed**.\n\n- en: empty:")
    assert "| empty | gated, held out | 300 | **10.0%** | 7.1% – 13.9% | 1% | 0.500 | – |" in found
    assert "| search-word-swapper | trained | 300 | 0.0% |" in found
    assert "Gates leave 299 of 300 clean jokes untouched" in found
    assert "A joke." not in found
    assert "Verdict: passed." in markdown(card(attack()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "(empty)"),
        ("¿Qué? 我 😂", "¿Qué? 我 😂"),
        ("a\nb\tc", "a⏎b⟨U+0009⟩c"),
        ("x\u200dy \U0001f469\u200d\U0001f373", "x⟨U+200D⟩y \U0001f469\u200d\U0001f373"),
        ("\ue000\ufeff", "⟨U+E000⟩⟨U+FEFF⟩"),
        ("x" * 300, "x" * 300),
        ("x" * 1301, "x" * 300 + "… (1,301 characters)"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown
