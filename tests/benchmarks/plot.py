"""Curves as pictures: SVG that can be read on a light and on a dark page.

Here: one function from a `Curve` to its text. Both axes are logarithmic, so that a cost that grows linearly is a line
of one slope, which is drawn as a grey guide. Not here: what is measured (`curves.py`).
"""

import math
from collections.abc import Iterator
from html import escape

from tests.benchmarks.curves import Curve

_WIDTH, _HEIGHT = 720, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 44, 48, 60
_COLOURS = ("#2563eb", "#d97706", "#059669", "#7c3aed")
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#475569}.title{font-weight:600;font-size:15px;fill:#334155}"
    ".grid{stroke:#94a3b8;stroke-opacity:.25}.guide{stroke:#94a3b8;stroke-dasharray:4 4;fill:none}"
    ".curve{fill:none;stroke-width:2}"
    "@media(prefers-color-scheme:dark){text{fill:#cbd5e1}.title{fill:#e2e8f0}}"
)


def svg(curve: Curve) -> str:
    """The picture of a curve."""
    return "\n".join(_lines(curve)) + "\n"


def _lines(curve: Curve) -> Iterator[str]:
    points = [point for line in curve.lines.values() for point in line]
    x_decades = _decades([x for x, _ in points])
    y_decades = _decades([y for _, y in points])
    place = _Place(x_decades, y_decades)
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
    yield f"<title>{escape(curve.title)}</title><style>{_STYLE}</style>"
    yield f'<text class="title" x="{_LEFT}" y="24">{escape(curve.title)}</text>'
    yield from _grid(curve, place)
    yield from _guide(points, place)
    for number, (name, line) in enumerate(curve.lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{place.x(x):.1f},{place.y(y):.1f}" for x, y in line)
        yield f'<polyline class="curve" stroke="{colour}" points="{path}"/>'
        yield from (f'<circle cx="{place.x(x):.1f}" cy="{place.y(y):.1f}" r="3.5" fill="{colour}"/>' for x, y in line)
        left = _WIDTH - _RIGHT - 150
        yield f'<rect x="{left}" y="{_TOP + 8 + 20 * number}" width="12" height="4" fill="{colour}"/>'
        yield f'<text x="{left + 20}" y="{_TOP + 15 + 20 * number}">{escape(name)}</text>'
    yield "</svg>"


class _Place:
    """Where a point is in the picture."""

    def __init__(self, x_decades: tuple[int, int], y_decades: tuple[int, int]) -> None:
        self.x_decades, self.y_decades = x_decades, y_decades

    def x(self, value: float) -> float:
        low, high = self.x_decades
        return _LEFT + (math.log10(value) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        low, high = self.y_decades
        return _HEIGHT - _BOTTOM - (math.log10(value) - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)


def _decades(values: list[float]) -> tuple[int, int]:
    """The powers of ten around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _grid(curve: Curve, place: _Place) -> Iterator[str]:
    bottom = _HEIGHT - _BOTTOM
    for power in range(place.x_decades[0], place.x_decades[1] + 1):
        x = place.x(10**power)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{10.0**power:,g}</text>'
    for power in range(place.y_decades[0], place.y_decades[1] + 1):
        y = place.y(10**power)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>'
    yield f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 14}" text-anchor="middle">{escape(curve.x)}</text>'
    middle = (_TOP + bottom) / 2
    yield f'<text transform="translate(18 {middle}) rotate(-90)" text-anchor="middle">{escape(curve.y)}</text>'


def _guide(points: list[tuple[float, float]], place: _Place) -> Iterator[str]:
    """A line of linear growth through the last point, as far as it is in the picture."""
    x_last, y_last = max(points)
    slope = y_last / x_last
    start = max(10.0 ** place.x_decades[0], 10.0 ** place.y_decades[0] / slope)
    first = f"{place.x(start):.1f},{place.y(start * slope):.1f}"
    yield f'<polyline class="guide" points="{first} {place.x(x_last):.1f},{place.y(y_last):.1f}"/>'
