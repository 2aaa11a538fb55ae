"""Values with their intervals, one below the other, as SVG in the page's own colours."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from semeval_humor.errors import ConfigError
from semeval_humor.html.charts import labels, segment, ticks, widened
from semeval_humor.html.page import Html, escaped

_WIDTH = 360  # as wide as a phone, so that its letters are as large as the page's
_ROW, _TOP, _BOTTOM, _SIDE = 31, 6, 34, 12
_NAME = 15  # height of a row's names, which the line from a marked value does not cross
_LABEL = 32  # width of a number of four or five figures


@dataclass(frozen=True, slots=True)
class Interval:
    """A value, and the ends of its interval.

    Attributes:
        name: whose it is; with some forty letters it fits on a phone.
        value: the value.
        low: lower end.
        high: upper end.
        marked: it is what the others are compared with.
    """

    name: str
    value: float
    low: float
    high: float
    marked: bool = False


def interval_plot(title: str, intervals: Sequence[Interval], *, axis: str, note: str = "") -> Html:
    """A figure with a dot and a line for each interval, in the order given.

    A dashed line goes down at each value that is marked, so that one sees what lies beyond it.
    What the picture shows is also said in words, for those who cannot see it.

    Args:
        title: what is shown.
        intervals: one or more, with finite numbers.
        axis: what the axis below shows, with its unit.
        note: a sentence below the title.

    Raises:
        ConfigError: there are no intervals.
    """
    if not intervals:
        raise ConfigError(f"plot {title!r}: no intervals, expected at least one")
    low, high = widened(min(x.low for x in intervals), max(x.high for x in intervals))
    frame = _Frame(low, high, _TOP + _ROW * len(intervals))
    inside = "".join([*_axis(frame, axis), *_marks(frame, intervals), *_rows(frame, intervals)])
    said = "; ".join(f"{x.name}: {_in_words(x)}" for x in intervals)
    key = hashlib.sha256(f"{title}{inside}".encode(errors="replace")).hexdigest()[:10]
    return Html(
        f'<figure class="chart intervals"><figcaption><b>{escaped(title)}</b>'
        + (f'<span class="quiet"> {escaped(note)}</span>' if note else "")
        + f'</figcaption>\n<svg viewBox="0 0 {_WIDTH} {frame.bottom + _BOTTOM}" role="img" '
        f'aria-labelledby="t{key} d{key}"><title id="t{key}">{escaped(title)}</title>'
        f'<desc id="d{key}">{escaped(said)}.</desc>{inside}</svg></figure>\n'
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where values lie in the picture."""

    low: float
    high: float
    bottom: int

    def x(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _SIDE + share * (_WIDTH - 2 * _SIDE)


def _axis(frame: _Frame, axis: str) -> Iterator[str]:
    along = ticks(frame.low, frame.high)
    for value, label in zip(along, labels(along), strict=True):
        x = frame.x(value)
        yield segment("grid", x, _TOP, x, frame.bottom)
        # At the edges, half of a long label would be cut off.
        room = min(x, _WIDTH - x)
        anchor = "middle" if room > _LABEL / 2 else "start" if x < _LABEL else "end"
        yield f'<text x="{x:.1f}" y="{frame.bottom + 14}" text-anchor="{anchor}">{label}</text>'
    yield segment("axis", _SIDE, frame.bottom, _WIDTH - _SIDE, frame.bottom)
    place = f'x="{_WIDTH / 2:g}" y="{frame.bottom + 29}" text-anchor="middle"'
    yield f"<text {place}>{escaped(axis)}</text>"


def _marks(frame: _Frame, intervals: Sequence[Interval]) -> Iterator[str]:
    for each in intervals:
        for place in range(len(intervals)) if each.marked else ():
            x, row = frame.x(each.value), _TOP + _ROW * place
            yield segment("reference", x, row + _NAME, x, row + _ROW)


def _rows(frame: _Frame, intervals: Sequence[Interval]) -> Iterator[str]:
    for place, each in enumerate(intervals):
        kind = "value marked" if each.marked else "value"
        above, y = _TOP + _ROW * place + 12, _TOP + _ROW * place + 21
        yield f'<text class="name" x="{_SIDE}" y="{above}">{escaped(each.name)}</text>'
        end = f'x="{_WIDTH - _SIDE}" y="{above}" text-anchor="end"'
        yield f"<text {end}>{_number(each.value)}</text>"
        yield segment(kind, frame.x(each.low), y, frame.x(each.high), y)
        yield f'<circle class="{kind}" cx="{frame.x(each.value):.1f}" cy="{y}" r="4"/>'


def _in_words(each: Interval) -> str:
    return f"{_number(each.value)}, from {_number(each.low)} to {_number(each.high)}"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


INTERVAL_CSS = """
.intervals .name { fill: var(--text); }
.intervals text { paint-order: stroke; stroke: var(--page); stroke-width: 3px; }
.intervals line.value { stroke: var(--first); stroke-width: 2.4; stroke-linecap: round; }
.intervals circle.value { fill: var(--first); stroke: var(--page); stroke-width: 1.2; }
.intervals line.marked { stroke: var(--second); } .intervals circle.marked { fill: var(--second); }
.intervals .reference { stroke: var(--second); stroke-width: 1; stroke-dasharray: 3 3; }
"""
"""Needs :data:`~semeval_humor.html.charts.CHART_CSS` as well."""
