import math
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.html.charts import CHART_CSS, Band, Mark, Series, charts, line_chart, ticks
from semeval_humor.html.page import (
    CSS,
    Cell,
    Html,
    bullets,
    escaped,
    folded,
    heading,
    page,
    paragraph,
    quoted,
    table,
)
from semeval_humor.schema import Lang

HOSTILE = "<td><script>alert('&')</script> \u202e\ud83d </bdi>\""


class Page(HTMLParser):
    """Tags, attributes and text of a page; every tag that needs it is closed, in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(source)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_text_stays_text_wherever_it_stands() -> None:
    series = [Series(HOSTILE, [(0, 1), (1, 2)]), Series("b", [(0, 1)])]
    body = [
        paragraph(HOSTILE),
        heading(HOSTILE),
        folded(HOSTILE, quoted(HOSTILE, Lang.EN)),
        bullets([escaped(HOSTILE)]),
        table([HOSTILE, "b"], [[HOSTILE, HOSTILE], ["a", Cell(escaped(HOSTILE), "words")]]),
        line_chart(HOSTILE, series, x_name=HOSTILE, note=HOSTILE, marks=[Mark(1, HOSTILE)]),
    ]
    source = page(HOSTILE, body, footer=HOSTILE)
    source.encode()  # no half characters
    found = Page(source)
    assert "script" not in found.tags
    assert (
        found.text.count("<td><script>alert('&')</script>") == 23
    )  # 11 before the chart, 11 in it, the footer
    assert found.tags.count("td") == 2
    assert "⟨U+202E⟩⟨U+D83D⟩" in found.text


def test_a_page_needs_nothing_else() -> None:
    source = page("Jokes", [paragraph("Fine.", "passed")], css=CHART_CSS)
    assert "default-src 'none'; style-src 'unsafe-inline'" in source
    assert "http" not in source.replace("http-equiv", "")
    assert "url(" not in source
    assert '<html lang="en">' in source
    assert '<p class="passed">Fine.</p>' in source
    assert "footer" not in Page(source).tags


def test_table() -> None:
    source = table(
        ["name", "value"], [["a", "1"], ["b", Cell(Html("<b>2</b>"), "failed")]], numbers=1
    )
    assert '<th scope="col">name</th><th scope="col" class="number">value</th>' in source
    assert '<tr><th scope="row">a</th><td class="number">1</td></tr>' in source
    assert '<tr><th scope="row">b</th><td class="failed"><b>2</b></td></tr>' in source
    assert bullets([]) == ""


SVG = "{http://www.w3.org/2000/svg}"


def svg(figure: str) -> ElementTree.Element:
    picture = figure[figure.index('<svg viewBox="0 0 360') : figure.rindex("</svg>") + 6]
    return ElementTree.fromstring(
        picture.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    )


def lines(root: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [each for each in root.iter() if each.get("class", "").split()[:1] == [kind]]


def test_a_curve_lies_where_its_numbers_are() -> None:
    # The axis reaches from 0 to 10, with 6 % of room: 0 lies at 0.6 / 11.2 of the height, 166.
    root = svg(line_chart("T", [Series("a", [(0, 0), (50, 10), (100, 5)])]))
    (curve,) = root.iter(f"{SVG}polyline")
    places = [tuple(map(float, place.split(","))) for place in curve.get("points", "").split()]
    assert [x for x, _ in places] == [50, 199, 348]
    bottom, top, middle = (y for _, y in places)
    assert bottom == pytest.approx(186 - 166 * 0.6 / 11.2, abs=0.1)
    assert top == pytest.approx(20 + 166 * 0.6 / 11.2, abs=0.1)
    assert middle == pytest.approx((bottom + top) / 2, abs=0.1)
    assert len(list(root.iter(f"{SVG}circle"))) == 3


def test_what_is_no_number_breaks_the_curve() -> None:
    points = [(0, 1.0), (1, 2.0), (2, math.nan), (3, 4.0), (4, math.inf), (5, 1.0), (6, 1.0)]
    root = svg(line_chart("T", [Series("a", points)]))
    assert [len(c.get("points", "").split()) for c in root.iter(f"{SVG}polyline")] == [2, 2]
    assert len(list(root.iter(f"{SVG}circle"))) == 5  # the lone 4 as well


@pytest.mark.parametrize(
    ("band", "limits", "height"),
    [
        (Band(0.5, 1.5), 2, None),
        (Band(high=1.5), 1, None),
        (Band(low=-100, high=100), 0, 166.0),  # too far to be drawn: all is healthy
        (Band(low=50), 0, 0.0),  # all is unhealthy
        (None, 0, None),
    ],
)
def test_bands(band: Band | None, limits: int, height: float | None) -> None:
    root = svg(line_chart("T", [Series("a", [(0, 0), (1, 1)])], band=band))
    assert len(lines(root, "limit")) == limits
    found = [float(each.get("height", "nan")) for each in lines(root, "band")]
    assert len(found) == (band is not None)
    if height is not None:
        assert found == [height]


def test_a_mark_stands_at_its_step() -> None:
    root = svg(line_chart("T", [Series("a", [(0, 0), (50, 1)])], marks=[Mark(100, "alarm")]))
    (mark,) = lines(root, "mark")
    assert mark.get("x1") == mark.get("x2") == "348.0"


def test_a_chart_says_what_it_shows() -> None:
    figure = line_chart(
        "Reward",
        [Series("guarded", [(0, 0.25), (5, math.nan), (10, 0.5)]), Series("other", [(0, 1)])],
        band=Band(low=0.1, high=0.75),
        marks=[Mark(10, "alarm")],
    )
    root = svg(figure)
    title, said = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert said is not None
    assert (title.text, root.get("role")) == ("Reward", "img")
    assert root.get("aria-labelledby", "").split() == [title.get("id"), said.get("id")]
    assert said.text == (
        "guarded: from 0.25 to 0.5 over step 0 to 10, at last 0.5; other: from 1 to 1 over step 0 "
        "to 0, at last 1; healthy: at least 0.1 and at most 0.75; alarm at step 10."
    )
    assert Page(figure).text.count("guarded") == 2  # once more in the legend
    assert "legend" not in line_chart("T", [Series("a", [(0, 0)])])


def test_charts_on_one_page_have_names_of_their_own() -> None:
    both = charts(line_chart(name, [Series("a", [(0, 0)])]) for name in ("A", "B"))
    names = re.findall(r' id="(\w+)"', both)
    assert len(set(names)) == 4


@pytest.mark.parametrize("points", [[(0, 0)], [(7, -3.5)], [(0, 1), (1, 1)], [(1, 1e-9), (2, 1e9)]])
def test_single_and_extreme_values_have_a_place(points: list[tuple[float, float]]) -> None:
    for each in svg(line_chart("T", [Series("a", points)])).iter(f"{SVG}circle"):
        assert 50 <= float(each.get("cx", "nan")) <= 348
        assert 20 <= float(each.get("cy", "nan")) <= 186


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 5, 10]),  # 2.5 apart would be 5 of them, but is no round number
        (0, 1, [0, 0.5, 1]),
        (0.2, 0.9, [0.2, 0.4, 0.6, 0.8]),
        (-3, 2, [-2, 0, 2]),
        (0, 1200, [0, 500, 1000]),
        (1e-5, 3e-5, [1e-5, 1.5e-5, 2e-5, 2.5e-5, 3e-5]),
    ],
)
def test_ticks(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("series", "fault"),
    [
        ([], "0 curves, expected 1 to 4"),
        ([Series("a", [(0, 1)])] * 5, "5 curves"),
        ([Series("a", [(0, math.nan)])], "curve 'a' has no number"),
        ([Series("a", [])], "curve 'a' has no number"),
    ],
)
def test_a_chart_without_curves_is_refused(series: list[Series], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        line_chart("T", series)


def luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1])
def test_curves_can_be_told_from_the_page(scheme: int) -> None:
    pages = re.findall(r"--page: (#\w{6})", CSS)
    colours = re.findall(r"--(?:first|second|third|fourth): (#\w{6})", CHART_CSS)
    assert (len(pages), len(colours)) == (2, 8)
    for colour in colours[4 * scheme :][:4]:
        light, dark = sorted((luminance(colour), luminance(pages[scheme])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2 asks for 3 where there is no text
