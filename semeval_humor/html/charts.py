"""Line charts as SVG inside of a page: no scripts, no images, the page's own colours."""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from semeval_humor.errors import ConfigError
from semeval_humor.html.page import Html, escaped

# A chart is never wider than a phone, so that its letters are as large as the page's.
_WIDTH, _HEIGHT = 360, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 12, 20, 34
_TICKS = 4
_DASHES = ("", "6 3", "2 3", "8 3 2 3")
_POINTS = 40
"""Series with at most so many points have them marked."""

_NEAR = 1.5
"""A limit is drawn if it is at most so many heights of the curves away from them."""


@dataclass(frozen=True, slots=True)
class Series:
    """A curve: its name, and places (x, y) in ascending x. It is broken where y is no number."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Band:
    """Healthy values, from low to high; None: there is no such limit."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line where something happened."""

    x: float
    name: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where values lie in the picture."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        share = (value - self.x_low) / (self.x_high - self.x_low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.y_low) / (self.y_high - self.y_low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    x_name: str = "step",
    note: str = "",
    band: Band | None = None,
    marks: Sequence[Mark] = (),
) -> Html:
    """A figure with one to four curves over the same axis.

    Curves differ in colour and in dashes. What a picture says is also said in words, for those who
    cannot see it: the range and the last value of each curve.

    Args:
        title: what is shown, with its unit.
        series: each with at least one number.
        x_name: what the axis below shows.
        note: a sentence below the title.
        band: values that are fine.
        marks: where something happened.

    Raises:
        ConfigError: no curves, more than four, or one without a number.
    """
    if not 1 <= len(series) <= len(_DASHES):
        raise ConfigError(f"chart {title!r}: {len(series)} curves, expected 1 to {len(_DASHES)}")
    for each in series:
        if not any(math.isfinite(y) for _, y in each.points):
            raise ConfigError(f"chart {title!r}: curve {each.name!r} has no number")
    frame = _frame(series, band, marks)
    inside = "".join(
        [
            *_band(frame, band),
            *_axes(frame, x_name),
            *(_curve(frame, each, place) for place, each in enumerate(series)),
            *_marks(frame, marks),
        ]
    )
    said = escaped(_in_words(series, x_name, band, marks))
    key = hashlib.sha256(f"{escaped(title)}{inside}".encode()).hexdigest()[:10]
    return Html(
        f'<figure class="chart"><figcaption><b>{escaped(title)}</b>'
        + (f'<span class="quiet"> {escaped(note)}</span>' if note else "")
        + f'{_legend(series)}</figcaption>\n<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="t{key} d{key}"><title id="t{key}">{escaped(title)}</title>'
        f'<desc id="d{key}">{said}</desc>{inside}</svg></figure>\n'
    )


def charts(figures: Iterable[Html]) -> Html:
    """Charts side by side, as many as the screen is wide; nothing where there are none."""
    inside = "".join(figures)
    return Html(f'<div class="charts">\n{inside}</div>\n' if inside else "")


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, 2 to 5 of them: multiples of 1, 2 or 5 times 10ⁿ."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def _frame(series: Sequence[Series], band: Band | None, marks: Sequence[Mark]) -> _Frame:
    points = [point for each in series for point in each.points]
    xs = [x for x, _ in points] + [mark.x for mark in marks]
    ys = [y for _, y in points if math.isfinite(y)]
    x_low, x_high = widened(min(xs), max(xs))
    y_low, y_high = min(ys), max(ys)
    reach = _NEAR * (y_high - y_low) or math.inf
    for limit in (band.low, band.high) if band else ():
        if limit is not None and y_low - reach <= limit <= y_high + reach:
            ys.append(limit)
    y_low, y_high = widened(min(ys), max(ys))
    room = 0.06 * (y_high - y_low)
    return _Frame(x_low, x_high, y_low - room, y_high + room)


def widened(low: float, high: float) -> tuple[float, float]:
    """The same, or something around a single value."""
    return (low, high) if high > low else (low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2)


def _band(frame: _Frame, band: Band | None) -> Iterator[str]:
    if band is None:
        return
    low = frame.y_low if band.low is None else band.low
    high = frame.y_high if band.high is None else band.high
    bottom, top = (frame.y(min(max(each, frame.y_low), frame.y_high)) for each in (low, high))
    size = f'width="{_WIDTH - _LEFT - _RIGHT}" height="{max(0.0, bottom - top):.1f}"'
    yield f'<rect class="band" x="{_LEFT}" y="{top:.1f}" {size}/>'
    for limit in (band.low, band.high):
        if limit is not None and frame.y_low <= limit <= frame.y_high:
            yield segment("limit", _LEFT, frame.y(limit), _WIDTH - _RIGHT, frame.y(limit))


def _axes(frame: _Frame, x_name: str) -> Iterator[str]:
    bottom = _HEIGHT - _BOTTOM
    across = ticks(frame.y_low, frame.y_high)
    for value, label in zip(across, labels(across), strict=True):
        y = frame.y(value)
        yield segment("grid", _LEFT, y, _WIDTH - _RIGHT, y)
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    along = ticks(frame.x_low, frame.x_high)
    for value, label in zip(along, labels(along), strict=True):
        x = frame.x(value)
        yield segment("tick", x, bottom, x, bottom + 4)
        yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{label}</text>'
    yield segment("axis", _LEFT, bottom, _WIDTH - _RIGHT, bottom)
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 4}" text-anchor="middle">{escaped(x_name)}</text>'


def _curve(frame: _Frame, series: Series, place: int) -> str:
    parts = []
    for there, stretch in groupby(series.points, key=lambda point: math.isfinite(point[1])):
        if there:
            places = [f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in stretch]
            line = f' points="{" ".join(places)}"' if len(places) > 1 else ""
            dashes = f' stroke-dasharray="{_DASHES[place]}"' if _DASHES[place] else ""
            parts.append(f'<polyline class="curve c{place}"{dashes}{line}/>' if line else "")
            if len(series.points) <= _POINTS or len(places) == 1:
                parts += [_dot(each, place) for each in places]
    return "".join(parts)


def _dot(place: str, number: int) -> str:
    x, y = place.split(",")
    return f'<circle class="dot c{number}" cx="{x}" cy="{y}" r="2.2"/>'


def _marks(frame: _Frame, marks: Sequence[Mark]) -> Iterator[str]:
    for mark in marks:
        x = frame.x(mark.x)
        anchor = "end" if x > _WIDTH / 2 else "start"
        place = f'x="{x:.1f}" y="{_TOP - 6}" text-anchor="{anchor}"'
        yield segment("mark", x, _TOP - 3, x, _HEIGHT - _BOTTOM)
        yield f'<text class="marked" {place}>{escaped(mark.name)}</text>'


def segment(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line in a picture, of a class of :data:`CHART_CSS`."""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _legend(series: Sequence[Series]) -> str:
    if len(series) == 1:
        return ""
    items = "".join(
        f'<span><svg class="key" viewBox="0 0 24 8" aria-hidden="true"><line class="curve c{place}"'
        f' x1="0" y1="4" x2="24" y2="4" stroke-dasharray="{_DASHES[place]}"/></svg>'
        f"{escaped(each.name)}</span> "
        for place, each in enumerate(series)
    )
    return f'<span class="legend">{items}</span>'


def _in_words(
    series: Sequence[Series], x_name: str, band: Band | None, marks: Sequence[Mark]
) -> str:
    said = []
    for each in series:
        there = [(x, y) for x, y in each.points if math.isfinite(y)]
        ys = [y for _, y in there]
        said.append(
            f"{each.name}: from {min(ys):.3g} to {max(ys):.3g} over {x_name} {there[0][0]:g} to "
            f"{there[-1][0]:g}, at last {ys[-1]:.3g}"
        )
    if band is not None:
        ends = [("at least", band.low), ("at most", band.high)]
        said.append(
            "healthy: "
            + (" and ".join(f"{word} {end:.3g}" for word, end in ends if end is not None) or "all")
        )
    said += [f"{mark.name} at {x_name} {mark.x:g}" for mark in marks]
    return "; ".join(said) + "."


def labels(values: Sequence[float]) -> list[str]:
    """Numbers with as many digits as tell them apart."""
    step = abs(values[1] - values[0]) if len(values) > 1 else abs(values[0]) or 1.0
    largest = max(map(abs, values))
    if largest >= 1e5 or step < 1e-4:
        return [f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e") for value in values]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [f"{value + 0.0:.{digits}f}" for value in values]


CHART_CSS = """
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr));
  gap: 1.2rem 1.5rem; }
.chart { margin: 0; max-width: 30rem; --first: #1f5fbf; --second: #a8480f; --third: #6b4fa0;
  --fourth: #0f766e; }
.chart figcaption { font-size: 0.85rem; min-height: 2.6rem; }
.chart figcaption b { font-weight: 600; }
.chart svg { display: block; width: 100%; height: auto; }
.chart text { font-size: 11px; fill: var(--quiet); font-variant-numeric: tabular-nums; }
.chart .grid, .chart .tick { stroke: var(--line); stroke-width: 0.6; }
.chart .axis { stroke: var(--quiet); stroke-width: 0.8; }
.chart .band { fill: var(--good); opacity: 0.12; }
.chart .limit { stroke: var(--good); stroke-width: 1; stroke-dasharray: 3 3; }
.chart .mark { stroke: var(--bad); stroke-width: 1.4; }
.chart .marked { fill: var(--bad); font-weight: 600; }
.chart .curve { fill: none; stroke-width: 1.7; stroke-linejoin: round; }
.chart .c0 { stroke: var(--first); } .chart .c1 { stroke: var(--second); }
.chart .c2 { stroke: var(--third); } .chart .c3 { stroke: var(--fourth); }
.chart .dot { stroke: none; } .chart .dot.c0 { fill: var(--first); }
.chart .dot.c1 { fill: var(--second); } .chart .dot.c2 { fill: var(--third); }
.chart .dot.c3 { fill: var(--fourth); }
.chart .legend { display: block; color: var(--quiet); }
.chart .legend > span { margin-right: 0.8rem; white-space: nowrap; }
.chart .key { display: inline-block; width: 24px; height: 8px; margin-right: 0.3rem; }
@media (prefers-color-scheme: dark) { .chart { --first: #7db3ff; --second: #ffb38a;
  --third: #c9b3ff; --fourth: #6fe0d0; } }
"""
