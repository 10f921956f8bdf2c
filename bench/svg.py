"""Plots as SVG: bars in groups and lines, on logarithmic axes. No dependency, no script, no font."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 860, 430
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 190, 46, 54
COLORS = ("#0b6e4f", "#4cae8a", "#8fd0b5", "#c2a83e", "#8a8f98", "#b4534b", "#5b6fb5", "#9b5fa5")
_DECADE = 10.0
_THREE_DIGITS = 100
_STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}"
    ".grid{stroke:#e3e3e3}.even{stroke:#777;stroke-dasharray:4 3}.small{font-size:10px}"
    "@media(prefers-color-scheme:dark){svg{background:#16181c}text{fill:#ddd}.grid{stroke:#333}}"
    "</style>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What any plot says."""

    title: str
    y_label: str
    x_label: str = ""
    is_ratio: bool = True
    """Whether bars begin at 1, instead of at the end of the axis."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """A logarithmic axis, from whole power to whole power."""

    low: float
    high: float
    start: float
    """Pixels."""
    end: float

    def __call__(self, value: float) -> float:
        clipped = min(max(value, self.low), self.high)
        part = math.log(clipped / self.low) / math.log(self.high / self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return the powers of ten on the axis."""
        first, last = round(math.log10(self.low)), round(math.log10(self.high))
        return [_DECADE**power for power in range(first, last + 1)]


def number(value: float) -> str:
    """Write a number with three digits, and all digits before the point."""
    return f"{value:,.0f}" if value >= _THREE_DIGITS else f"{value:.3g}"


def bar_chart(
    chart: Chart, groups: Sequence[str], series: Mapping[str, Sequence[float | None]]
) -> str:
    """Draw groups of bars, one bar per series in each group.

    Args:
        chart: Title and axis.
        groups: Under the horizontal axis.
        series: Name to one value per group; None leaves a gap.
    """
    values = [each for listed in series.values() for each in listed if each]
    y = _scale([*values, 1.0] if chart.is_ratio else values, HEIGHT - _BOTTOM, _TOP)
    floor = y(1.0 if chart.is_ratio else y.low)
    group_width = (WIDTH - _LEFT - _RIGHT) / max(len(groups), 1)
    bar_width = group_width * 0.84 / max(len(series), 1)
    parts = [*_frame(chart, y), *_legend(list(series))]
    for at, group in enumerate(groups):
        left = _LEFT + at * group_width
        parts.append(_text(left + group_width / 2, HEIGHT - _BOTTOM + 18, group, anchor="middle"))
        for place, (name, listed) in enumerate(series.items()):
            value = listed[at]
            if value:
                x = left + group_width * 0.08 + place * bar_width
                box = _box(
                    (x, y(value)), (x + bar_width * 0.92, floor), COLORS[place % len(COLORS)]
                )
                title = f"<title>{escape(group)}, {escape(name)}: {number(value)}</title>"
                parts.append(f"<rect {box}>{title}</rect>")
    if chart.is_ratio:
        across = f'x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{floor:.1f}" y2="{floor:.1f}"'
        parts.append(f'<line class="even" {across}/>')
    return _document(parts)


def line_chart(chart: Chart, series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Draw lines through points, both axes logarithmic.

    Args:
        chart: Title and axes.
        series: Name to points, in the order of their first coordinate.
    """
    points = [point for listed in series.values() for point in listed]
    y = _scale([point[1] for point in points], HEIGHT - _BOTTOM, _TOP)
    xs = sorted({point[0] for point in points})
    x = _Scale(xs[0], max(xs[-1], xs[0] * 1.01), _LEFT + 14, WIDTH - _RIGHT - 14)
    parts = [*_frame(chart, y), *_legend(list(series))]
    under = HEIGHT - _BOTTOM + 18
    parts += [_text(x(each), under, number(each), anchor="middle", small=True) for each in xs]
    for place, (name, listed) in enumerate(series.items()):
        color = COLORS[place % len(COLORS)]
        path = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in listed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x(at):.1f}" cy="{y(value):.1f}" r="3" fill="{color}">'
            f"<title>{escape(name)}, {number(at)}: {number(value)}</title></circle>"
            for at, value in listed
        ]
    return _document(parts)


def _scale(values: Sequence[float], start: float, end: float) -> _Scale:
    positive = [value for value in values if value > 0] or [1.0]
    low = _DECADE ** math.floor(math.log10(min(positive)))
    high = _DECADE ** math.ceil(math.log10(max(positive)))
    return _Scale(low, high if high > low else low * _DECADE, start, end)


def _frame(chart: Chart, y: _Scale) -> list[str]:
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    parts = [
        _text(_LEFT, 24, chart.title, style="title"),
        _upright(16, middle, chart.y_label),
        _text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 12, chart.x_label, anchor="middle"),
    ]
    for tick in y.ticks():
        at = y(tick)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        )
        parts.append(_text(_LEFT - 8, at + 4, number(tick), anchor="end"))
    return parts


def _legend(names: Sequence[str]) -> list[str]:
    parts = []
    for place, name in enumerate(names):
        top = _TOP + place * 20
        color = COLORS[place % len(COLORS)]
        parts.append(
            f'<rect x="{WIDTH - _RIGHT + 16}" y="{top}" width="12" height="12" fill="{color}"/>'
        )
        parts.append(_text(WIDTH - _RIGHT + 34, top + 10, name))
    return parts


def _box(one: tuple[float, float], other: tuple[float, float], color: str) -> str:
    """Write the attributes of a rectangle between two corners."""
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(one, other, strict=True))
    size = f'width="{right - left:.1f}" height="{max(bottom - top, 1):.1f}"'
    return f'x="{left:.1f}" y="{top:.1f}" {size} fill="{color}"'


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", style: str = "", small: bool = False
) -> str:
    name = style or ("small" if small else "")
    kind = f' class="{name}"' if name else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{escape(text)}</text>'


def _upright(x: float, y: float, text: str) -> str:
    turned = f"translate({x:.0f} {y:.0f}) rotate(-90)"
    return f'<text transform="{turned}" text-anchor="middle">{escape(text)}</text>'


def _document(parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img">'
    )
    return "\n".join([head, _STYLE, *(part for part in parts if part), "</svg>"]) + "\n"
