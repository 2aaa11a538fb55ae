import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.html.charts import CHART_CSS, Band, Mark, Series, charts, line_chart, ticks
from semeval_humor.html.intervals import INTERVAL_CSS, Interval, interval_plot
from semeval_humor.html.matrix import MATRIX_CSS, Share, matrix
from semeval_humor.html.page import (
    CSS,
    Cell,
    Html,
    bullets,
    data_block,
    escaped,
    folded,
    heading,
    link,
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
        interval_plot(HOSTILE, [Interval(HOSTILE, 1, 0, 2)], axis=HOSTILE, note=HOSTILE),
        matrix([HOSTILE], [[None]]),
        link(HOSTILE, Path("x")),
    ]
    source = page(HOSTILE, body, footer=HOSTILE)
    source.encode()  # no half characters
    found = Page(source)
    assert "script" not in found.tags
    assert (
        found.text.count("<td><script>alert('&')</script>") == 31
    )  # 11 before the chart, 11 in it, 6 in the plot, in the matrix, the link and the footer
    assert found.tags.count("td") == 3
    assert "⟨U+202E⟩⟨U+D83D⟩" in found.text


def test_a_page_needs_nothing_else() -> None:
    source = page("Jokes", [paragraph("Fine.", "passed")], css=CHART_CSS)
    assert "default-src 'none'; style-src 'unsafe-inline'" in source
    assert "http" not in source.replace("http-equiv", "")
    assert "url(" not in source
    assert '<html lang="en">' in source
    assert '<p class="passed">Fine.</p>' in source
    assert "footer" not in Page(source).tags


def test_a_page_runs_its_own_script_alone() -> None:
    script = "const a = '1' < 2 && \"ñ 中\";\n"
    source = page("Jokes", [], script=script)
    assert source.index(f"<script>{script}</script>") > source.index("</main>")
    # What a browser hashes is what stands between the tags.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'; require-trusted-types-for 'script'" in source
    assert "script-src" not in page("Jokes", [])
    for bare in (source, page("Jokes", [])):
        assert "base-uri 'none'; form-action 'none'\">" in bare
    for wrong in ("a = '</script>'", "a = '<!--'"):
        with pytest.raises(AssertionError, match="would"):
            page("Jokes", [], script=wrong)


def test_data_cannot_end_its_block() -> None:
    value = {"</script>": ["<!--<script>", "\u2028 ñ 中 &lt;", 1.5, None]}
    block = data_block(value)
    assert block.startswith('<script type="application/json" id="data">')
    inside = block[block.index(">") + 1 : block.rindex("</script>")]
    assert "<" not in inside
    assert json.loads(inside) == value
    with pytest.raises(ValueError, match="JSON compliant"):
        data_block(math.nan)


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("../a b/c.json", "../a%20b/c.json"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ('x" onclick="y?#', "x%22%20onclick%3D%22y%3F%23"),
        ("中/\udcff", "%E4%B8%AD/%FF"),  # a name that is not UTF-8
    ],
)
def test_links_lead_to_files(target: str, address: str) -> None:
    assert link("a & b", Path(target)) == f'<a href="{address}">a &amp; b</a>'


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


# Intervals and matrices


def plot(figure: str) -> ElementTree.Element:
    picture = figure[figure.index("<svg ") : figure.rindex("</svg>") + 6]
    return ElementTree.fromstring(
        picture.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    )


def test_an_interval_lies_where_its_numbers_are() -> None:
    rows = [Interval("a", 1100, 1000, 1200), Interval("b", 900, 800, 950, marked=True)]
    root = plot(interval_plot("T", rows, axis="rating"))
    # From 800 to 1200 are 336 units, beginning at 12: 100 points are 84 units.
    first, second = (line for line in root.iter(f"{SVG}line") if "value" in line.get("class", ""))
    assert (first.get("x1"), first.get("x2"), first.get("class")) == ("180.0", "348.0", "value")
    assert (second.get("x1"), second.get("x2")) == ("12.0", "138.0")
    dots = [(dot.get("cx"), dot.get("class")) for dot in root.iter(f"{SVG}circle")]
    assert dots == [("264.0", "value"), ("96.0", "value marked")]
    lines = [line for line in root.iter(f"{SVG}line") if line.get("class") == "reference"]
    assert {(line.get("x1"), line.get("x2")) for line in lines} == {("96.0", "96.0")}
    # Rows are 31 high, the first from 6; the upper 15 of each are its names'.
    assert [(line.get("y1"), line.get("y2")) for line in lines] == [
        ("21.0", "37.0"),
        ("52.0", "68.0"),
    ]
    said = root.find(f"{SVG}desc")
    assert said is not None
    assert said.text == "a: 1100, from 1000 to 1200; b: 900, from 800 to 950."


def test_a_single_point_has_a_place() -> None:
    root = plot(interval_plot("T", [Interval("a", 0.5, 0.5, 0.5)], axis="share"))
    assert [dot.get("cx") for dot in root.iter(f"{SVG}circle")] == ["180.0"]


def test_a_plot_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="plot 'T': no intervals"):
        interval_plot("T", [], axis="rating")


def test_matrix() -> None:
    shares = [[None, Share(0.75, 1200, clear=True)], [Share(0.25, 1200, clear=True), None]]
    source = matrix(["a", "b"], shares)
    assert '<th scope="row">2  b</th>' in source
    # Half of the way from ½ to 1, so half of 34 %.
    assert 'style="background:color-mix(in srgb,var(--good) 17%,transparent)"' in source
    assert "<b>75%</b><small>1,200</small>" in source
    assert "var(--bad) 17%" in source
    assert "<b>" not in matrix(["a"], [[Share(0.5, 2)]])


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


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("name", ["good", "bad"])
def test_letters_on_the_strongest_colour_of_a_matrix_can_be_read(scheme: int, name: str) -> None:
    colours = [re.findall(rf"--{each}: #(\w{{6}})", CSS)[scheme] for each in ("page", name, "text")]
    behind, tint, text = (bytes.fromhex(each) for each in colours)
    strength = int(re.findall(r"(\d+)%,", matrix(["a"], [[Share(1.0, 1)]]))[0]) / 100
    mixed = (
        "#"
        + bytes(
            round(strength * a + (1 - strength) * b) for a, b in zip(tint, behind, strict=True)
        ).hex()
    )
    light, dark = sorted((luminance(mixed), luminance("#" + text.hex())), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
    assert "color" not in MATRIX_CSS + INTERVAL_CSS  # letters are of the page's own colours
